internal import Glibc

/// Which of the store's tables an item belongs to.
///
/// Numbers below `firstUser` are the catalog's own, whose items no
/// user's key can meet.
package struct TableNumber: Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Definitions of the named tables.
    static let definitions = TableNumber(rawValue: 0)
    /// Sessions by the hash of their token.
    static let sessions = TableNumber(rawValue: 1)
    /// The sessions of each user.
    static let userSessions = TableNumber(rawValue: 2)
    /// Tokens of transactions that were carried out.
    static let transactionTokens = TableNumber(rawValue: 3)
    /// How far each consumer of the change stream has got.
    static let consumers = TableNumber(rawValue: 4)
    /// The first that a named table gets.
    static let firstUser: UInt16 = 16
}

/// A key as the index holds it: table, partition and sort key in one byte string, so that one comparison orders both.
///
///     0  u16  table number, big-endian
///     2  u16  byte count of the partition key, big-endian
///     4       partition key, then sort key
///
/// Because the partition's length stands before it, all items of a partition are neighbours, ordered by sort key. The
/// order of the partitions among themselves means nothing.
struct StoredKey: Hashable, Sendable {
    /// The most bytes that one can have.
    static let byteCountMax = 4 + Key.partitionByteCountMax + Key.sortByteCountMax

    let bytes: [UInt8]

    init(_ table: TableNumber, _ key: Key) {
        bytes = key.withStoredBytes(of: table) { $0.bytes }
    }

    /// The caller has checked the lengths against the limits of `Key`.
    init(_ table: TableNumber, partition: Span<UInt8>, sort: Span<UInt8>) {
        var bytes: [UInt8] = []
        StoredKey.append(table, partition, sort, to: &bytes)
        self.bytes = bytes
    }

    /// Writes the bytes of a key over the first of `room`, which must be enough.
    @inline(__always)
    static func write(
        _ table: TableNumber,
        _ partition: Span<UInt8>,
        _ sort: Span<UInt8>,
        over room: inout InlineArray<48, UInt8>
    ) {
        precondition(4 + partition.count + sort.count <= room.count, "no room for the key")
        var bytes = room.mutableSpan
        // Every copy ends within the room by the line above.
        unsafe bytes.withUnsafeMutableBytes { room in
            guard let base = room.baseAddress else { return }
            unsafe write(table, partition, sort, at: base)
        }
    }

    /// Adds the bytes of a key.
    static func append(
        _ table: TableNumber,
        _ partition: Span<UInt8>,
        _ sort: Span<UInt8>,
        to bytes: inout [UInt8]
    ) {
        let count = 4 + partition.count + sort.count
        bytes.append(addingCapacity: count) { output in
            // There is room for so many bytes, and all of them are written before they count.
            unsafe output.withUnsafeMutableBufferPointer { room, filledCount in
                guard let base = room.baseAddress else { return }
                unsafe write(table, partition, sort, at: UnsafeMutableRawPointer(base + filledCount))
                filledCount += count
            }
        }
    }

    @inline(__always)
    private static func write(
        _ table: TableNumber,
        _ partition: Span<UInt8>,
        _ sort: Span<UInt8>,
        at base: UnsafeMutableRawPointer
    ) {
        let header = UInt32(table.rawValue) << 16 | UInt32(truncatingIfNeeded: partition.count) & 0xFFFF
        unsafe base.storeBytes(of: header.bigEndian, as: UInt32.self)
        unsafe partition.copy(to: base + 4)
        unsafe sort.copy(to: base + 4 + partition.count)
    }

    /// A bound to compare with; need not be the key of an item.
    init(bound bytes: [UInt8]) {
        self.bytes = bytes
    }

    var table: TableNumber { TableNumber(rawValue: UInt16(bytes[0]) << 8 | UInt16(bytes[1])) }
    var partition: ArraySlice<UInt8> { bytes[4..<partitionEnd] }
    var sort: ArraySlice<UInt8> { bytes[partitionEnd...] }
    var key: Key { Key(partition: Array(partition), sort: Array(sort)) }
    /// Everything but the sort key: what all items of the partition begin with.
    var partitionPrefix: ArraySlice<UInt8> { bytes[..<partitionEnd] }

    /// Where the partition key of foreign bytes ends and the sort key begins; `nil` for bytes that are no item's key.
    static func partitionEnd(_ key: RawKey) -> Int? {
        guard key.count > 4 else { return nil }
        let count = unsafe Int(UInt16(bigEndian: key.base.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        guard (1...Key.partitionByteCountMax).contains(count), key.count >= 4 + count,
            key.count - 4 - count <= Key.sortByteCountMax
        else { return nil }
        return 4 + count
    }

    private var partitionEnd: Int { 4 + (Int(bytes[2]) << 8 | Int(bytes[3])) }
}

extension StoredKey: Comparable {
    /// Byte by byte; a key that another one continues comes first.
    static func < (left: StoredKey, right: StoredKey) -> Bool {
        let common = min(left.bytes.count, right.bytes.count)
        // Both arrays have at least `common` bytes.
        let order = unsafe left.bytes.withUnsafeBufferPointer { left in
            unsafe right.bytes.withUnsafeBufferPointer { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return Int32(0) }
                return unsafe memcmp(first, second, common)
            }
        }
        return order == 0 ? left.bytes.count < right.bytes.count : order < 0
    }
}

extension Span where Element == UInt8 {
    /// Copies the bytes to where the caller has room for them.
    ///
    /// Keys are short: words, the last one overlapping, cost less than a call of memcpy(3).
    @inline(__always)
    func copy(to place: UnsafeMutableRawPointer) {
        // The pointer is used inside the closure only.
        unsafe withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            let count = source.count
            guard count >= 8, count <= 64 else { return unsafe place.copyMemory(from: start, byteCount: count) }
            var offset = 0
            while offset < count - 8 {
                let word = unsafe start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                unsafe place.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
                offset += 8
            }
            let word = unsafe start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            unsafe place.storeBytes(of: word, toByteOffset: count - 8, as: UInt64.self)
        }
    }
}
