/// How long changes stay readable once they are written.
///
/// Changes are read from the journal, whose old files compaction removes. Retention keeps it from those that hold
/// changes younger than `duration`, as long as the newest files of which they are the first come to no more than
/// `byteCountMax`. What is kept counts towards the store's size on disk.
public struct ChangeRetention: Sendable, Hashable {
    /// Changes younger than this are kept.
    public var duration: Duration
    /// Bytes of journal that are kept for the sake of changes, at most.
    public var byteCountMax: Int

    /// Nothing is kept for the sake of changes: a stream that keeps up misses nothing, one that stops for long may find
    /// what it needs gone.
    public static let none = ChangeRetention(duration: .zero, byteCountMax: 0)

    /// Keeps changes for `duration`, by default a day, in at most `byteCountMax` bytes, by default 1 GiB.
    public init(duration: Duration = .seconds(24 * 60 * 60), byteCountMax: Int = 1 << 30) {
        self.duration = duration
        self.byteCountMax = byteCountMax
    }
}
