/// The changes of one transaction, in its order: readers of a stream get all of them or none.
///
/// A single put is a transaction of one. The catalog's own items (sessions, cursors, definitions) take sequence numbers
/// too and are in no stream, so numbers may be missing between two sets and within one.
public struct ChangeSet: Sendable, Hashable {
    /// The numbers that the transaction took, those of changes that are not shown included.
    public let sequences: ClosedRange<UInt64>
    /// When it was written, as the time since 1970-01-01 00:00 UTC in whole milliseconds.
    public let time: Duration
    /// What it did, in the order of its operations.
    public let changes: [Change]

    /// The number to resume after, once this set is dealt with.
    public var lastSequence: UInt64 { sequences.upperBound }
}
