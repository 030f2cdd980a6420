internal import Glibc

/// An item where it stands, in the journal or beside its key in memory, for as long as a read lasts: nothing is copied
/// until somebody asks.
struct ItemView: ~Escapable, BitwiseCopyable {
    /// The bytes of the item's `StoredKey`.
    let storedKey: Span<UInt8>
    /// The item's bytes.
    let value: Span<UInt8>
    /// The number of the operation that wrote it.
    let version: UInt64
    /// Milliseconds since the Unix epoch, or `ItemVersion.never`.
    let expiry: Int64
    // Both facts in one byte: two that are stored one by one and copied as one word make the processor wait until the
    // stores have left for the cache, which took a tenth of a range.
    private let facts: UInt8
    private static let document: UInt8 = 1
    private static let resident: UInt8 = 2

    /// Whether the bytes are a document, rather than the user's own.
    @inline(__always) var isDocument: Bool { facts & ItemView.document != 0 }
    /// Whether it stands in memory, rather than in the journal.
    @inline(__always) var isResident: Bool { facts & ItemView.resident != 0 }

    @_lifetime(copy storedKey, copy value)
    @inline(__always)
    init(
        storedKey: Span<UInt8>,
        value: Span<UInt8>,
        isDocument: Bool,
        version: UInt64,
        expiry: Int64,
        isResident: Bool
    ) {
        self.storedKey = storedKey
        self.value = value
        self.version = version
        self.expiry = expiry
        facts = (isDocument ? ItemView.document : 0) | (isResident ? ItemView.resident : 0)
    }

    /// The partition key.
    var partition: Span<UInt8> {
        @_lifetime(copy self)
        get { storedKey.extracting(4..<partitionEnd) }
    }
    /// The sort key.
    var sort: Span<UInt8> {
        @_lifetime(copy self)
        get { storedKey.extracting(partitionEnd..<storedKey.count) }
    }
    private var partitionEnd: Int { 4 + (Int(storedKey[2]) << 8 | Int(storedKey[3])) }
    /// The item's name, copied.
    var key: Key { Key(partition: partition, sort: sort) }
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
