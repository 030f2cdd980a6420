/// The name of an item: a partition key, and a sort key that orders the items of that partition.
///
/// Both are bytes. Within a partition, items stand in the order of their sort keys, compared byte by byte as unsigned
/// numbers; text in UTF-8 sorts by code point. A key without a sort key has the empty one.
///
/// A key of up to 44 bytes is kept in the value itself: to make, copy and pass it on takes no memory and counts no
/// references.
public struct Key: Sendable, CustomStringConvertible {
    /// The most bytes that a partition key may have; the fewest is one.
    public static let partitionByteCountMax = 2_048
    /// The most bytes that a sort key may have.
    public static let sortByteCountMax = 1_024

    /// Bytes of both parts.
    let byteCount: Int
    /// Bytes of the partition key.
    let partitionByteCount: Int
    // Both parts as a `StoredKey` has them, behind the place for the number of the table: the first of these where that
    // is enough, else the array.
    private let short: InlineArray<48, UInt8>
    private let long: [UInt8]?

    /// Names an item by two texts, taken as UTF-8.
    public init(partition: String, sort: String = "") {
        self.init(partition: partition.utf8.span, sort: sort.utf8.span)
    }

    /// Names an item by a text, taken as UTF-8, and bytes.
    public init(partition: String, sort: [UInt8]) {
        self.init(partition: partition.utf8.span, sort: sort.span)
    }

    /// Names an item by bytes.
    public init(partition: [UInt8], sort: [UInt8] = []) {
        self.init(partition: partition.span, sort: sort.span)
    }

    init(partition: Span<UInt8>, sort: Span<UInt8>) {
        partitionByteCount = partition.count
        byteCount = partition.count + sort.count
        var room = InlineArray<48, UInt8>(repeating: 0)
        guard 4 + byteCount <= room.count else {
            // Longer partition keys than a `StoredKey` can tell are refused before one is made of them.
            long = StoredKey(TableNumber(rawValue: 0), partition: partition, sort: sort).bytes
            short = room
            return
        }
        StoredKey.write(TableNumber(rawValue: 0), partition, sort, over: &room)
        short = room
        long = nil
    }

    /// What items are gathered by: a range reads items of one partition; copied.
    public var partition: [UInt8] { withBytes { $0.extracting(first: partitionByteCount).bytes } }
    /// What the items of a partition are ordered by, copied; may be empty.
    public var sort: [UInt8] { withBytes { $0.extracting(partitionByteCount..<byteCount).bytes } }

    /// Runs `body` with the bytes of both parts, one behind the other.
    @inline(__always)
    func withBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        if let long { return try body(long.span.extracting(4..<4 + byteCount)) }
        let short = short
        return try body(short.span.extracting(4..<4 + byteCount))
    }

    /// Runs `body` with the bytes of the key of an item of `table`, on the stack unless they are many, so that a read
    /// takes no memory.
    ///
    /// Neither counts references on the way nor calls through closures: reads would spend a third of their time so. The
    /// caller has checked the lengths against the limits.
    @inline(__always)
    func withStoredBytes<Result>(of table: TableNumber, _ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        if let long { return try Key.withStoredBytes(long, of: table, body) }
        var room = short
        room[0] = UInt8(truncatingIfNeeded: table.rawValue >> 8)
        room[1] = UInt8(truncatingIfNeeded: table.rawValue)
        return try body(room.span.extracting(first: 4 + byteCount))
    }

    private static func withStoredBytes<Result>(
        _ long: [UInt8],
        of table: TableNumber,
        _ body: (Span<UInt8>) throws -> Result
    ) rethrows -> Result {
        var bytes = long
        bytes[0] = UInt8(truncatingIfNeeded: table.rawValue >> 8)
        bytes[1] = UInt8(truncatingIfNeeded: table.rawValue)
        return try body(bytes.span)
    }

    /// Both parts for people: as text where they are UTF-8 without control characters, else in hexadecimal, cut
    /// after 64 bytes.
    public var description: String {
        let partition = Key.readable(partition)
        return byteCount == partitionByteCount ? partition : partition + " / " + Key.readable(sort)
    }

    /// Refuses a key that is over its limits.
    ///
    /// - Throws: `CatalogError` with `keyTooLong`.
    @inline(__always)
    func check() throws {
        guard (1...Key.partitionByteCountMax).contains(partitionByteCount),
            byteCount - partitionByteCount <= Key.sortByteCountMax
        else { throw failure }
    }

    private var failure: any Error {
        do {
            try Key.check(partition: partition)
        } catch {
            return error
        }
        return CatalogError(
            .keyTooLong,
            "the sort key in partition \(Key.readable(partition)) has \(sort.count) bytes; "
                + "it may have at most \(Key.sortByteCountMax)"
        )
    }

    /// - Throws: `CatalogError` with `keyTooLong`.
    static func check(partition: [UInt8]) throws {
        guard (1...Key.partitionByteCountMax).contains(partition.count) else {
            let what = partition.isEmpty ? "is empty" : "has \(partition.count) bytes"
            throw CatalogError(.keyTooLong, "the partition key \(what); it may have 1 to \(Key.partitionByteCountMax)")
        }
    }

    private static func readable(_ bytes: [UInt8]) -> String {
        let shown = bytes.prefix(64)
        let tail = bytes.count > shown.count ? "…" : ""
        if let text = String(validating: shown, as: UTF8.self), !shown.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return "\"\(text)\"" + tail
        }
        let digits = Array("0123456789abcdef")
        return "0x" + String(shown.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }) + tail
    }
}

extension Key: Hashable {
    /// Whether both parts are the same.
    public static func == (left: Key, right: Key) -> Bool {
        let isAsLong = left.byteCount == right.byteCount && left.partitionByteCount == right.partitionByteCount
        return isAsLong && left.withBytes { left in right.withBytes { left.isEqual(to: $0) } }
    }

    /// Takes in both parts.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(partitionByteCount)
        // Used inside the closure only.
        withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) } }
    }
}
