/// Puts and deletes that become one record of the journal: after a crash, and to a reader of one partition, they are
/// all there or none is.
public struct WriteBatch: Sendable {
    /// The most operations in a batch.
    public static let operationCountMax = 100
    /// The most bytes of keys and values in a batch.
    public static let byteCountMax = 64 << 20

    private(set) var steps: [Step] = []

    struct Step: Sendable {
        let key: Key
        /// `nil` for a delete.
        let value: [UInt8]?
        let lifetime: Duration?
    }

    /// An empty batch.
    public init() {}

    /// Operations in the batch.
    public var count: Int { steps.count }

    /// Adds a put, as `Catalog.put(_:for:lifetime:durability:)` does it.
    ///
    /// Of two operations on one key, the later wins.
    public mutating func put(_ value: [UInt8], for key: Key, lifetime: Duration? = nil) {
        steps.append(Step(key: key, value: value, lifetime: lifetime))
    }

    /// Adds a delete; an item that is not there is no error.
    public mutating func delete(_ key: Key) {
        steps.append(Step(key: key, value: nil, lifetime: nil))
    }
}
