/// How long sessions live and how safely they are written.
///
/// A lifetime of zero or less has passed at once: such sessions cannot be found.
public struct SessionConfiguration: Sendable {
    /// A session that is not touched for this long is gone.
    public var idleLifetime: Duration
    /// A session is gone this long after it was created, touched or not.
    public var absoluteLifetime: Duration
    /// How safe a touch is when its call returns.
    ///
    /// A touch that is lost shortens a session after a loss of power, and
    /// nothing else, so it need not wait for a flush.
    public var touchDurability: Durability

    /// Describes sessions; by default they last half an hour beyond the last touch, and twelve hours at most.
    public init(
        idleLifetime: Duration = .seconds(30 * 60),
        absoluteLifetime: Duration = .seconds(12 * 60 * 60),
        touchDurability: Durability = .buffered
    ) {
        self.idleLifetime = idleLifetime
        self.absoluteLifetime = absoluteLifetime
        self.touchDurability = touchDurability
    }
}
