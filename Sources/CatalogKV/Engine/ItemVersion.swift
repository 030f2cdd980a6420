/// Where an operation's frame stands in the journal.
package struct Location: Hashable, Sendable {
    /// The segment's number, from 1; below 2^31.
    package var segment: UInt32
    /// Where in the segment the frame begins.
    package var offset: UInt32
    /// Bytes of the whole frame.
    package var byteCount: UInt32

    /// Names a frame.
    package init(segment: UInt32, offset: UInt32, byteCount: UInt32) {
        self.segment = segment
        self.offset = offset
        self.byteCount = byteCount
    }
}

/// What the index knows of one version of an item.
package struct ItemVersion: Equatable, Sendable {
    /// The expiry of an item that has none.
    package static let never = Int64.max

    /// The number of the operation that wrote it: the item's version.
    package var sequence: UInt64
    /// Milliseconds since the Unix epoch; from this one on the item is gone.
    package var expiry: Int64
    /// The frame that holds the value, or the delete.
    package var location: Location
    /// Whether this version is a delete.
    package var isDeleted: Bool

    /// Describes a version.
    package init(sequence: UInt64, expiry: Int64 = ItemVersion.never, location: Location, isDeleted: Bool = false) {
        self.sequence = sequence
        self.expiry = expiry
        self.location = location
        self.isDeleted = isDeleted
    }
}

/// Keys from `lower` on and below `upper`, in the order of `StoredKey`.
struct KeyRange: Sendable {
    var lower: StoredKey
    var upper: StoredKey
}
