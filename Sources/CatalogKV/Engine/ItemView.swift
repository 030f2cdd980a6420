internal import Glibc

/// An item where it stands in the journal, for as long as a read lasts: nothing is copied until somebody asks.
struct ItemView: ~Escapable {
    /// The operation that wrote the item; its checksum and key have been compared.
    let frame: OperationFrame
    /// What the index knows of it.
    let indexed: ItemVersion

    @_lifetime(copy frame)
    init(_ frame: OperationFrame, _ indexed: ItemVersion) {
        self.frame = frame
        self.indexed = indexed
    }

    /// The item's bytes.
    var value: Span<UInt8> {
        @_lifetime(copy self)
        get { frame.value }
    }
    /// Whether the bytes are a document, rather than the user's own.
    var isDocument: Bool { frame.isDocument }
    /// The number of the operation that wrote it.
    var version: UInt64 { indexed.sequence }
    /// Milliseconds since the Unix epoch, or `ItemVersion.never`.
    var expiry: Int64 { indexed.expiry }
    /// The item's name, copied.
    var key: Key { Key(partition: frame.partition.bytes, sort: frame.sort.bytes) }
}

extension Span where Element == UInt8 {
    /// The bytes, copied.
    var bytes: [UInt8] {
        // The pointer is used inside the closure only.
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Whether another span has the same bytes (memcmp(3)).
    func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        // Both pointers are used inside their closures only.
        return unsafe withUnsafeBufferPointer { left in
            unsafe other.withUnsafeBufferPointer { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                return unsafe memcmp(first, second, left.count) == 0
            }
        }
    }
}
