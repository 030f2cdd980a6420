/// Where an operation's frame stands in the journal.
struct Location: Hashable, Sendable {
    /// The segment's number, from 1.
    var segment: UInt32
    /// Where in the segment the frame begins.
    var offset: UInt32
    /// Bytes of the whole frame.
    var byteCount: UInt32
}

/// What the index knows of one version of an item.
struct ItemVersion: Equatable, Sendable {
    /// The expiry of an item that has none.
    static let never = Int64.max

    /// The number of the operation that wrote it: the item's version.
    var sequence: UInt64
    /// Milliseconds since the Unix epoch; from this one on the item is gone.
    var expiry: Int64 = never
    /// The frame that holds the value, or the delete.
    var location: Location
    /// Whether this version is a delete.
    var isDeleted = false
}

/// Keys from `lower` on and below `upper`, in the order of `StoredKey`.
struct KeyRange: Sendable {
    var lower: StoredKey
    var upper: StoredKey
}
