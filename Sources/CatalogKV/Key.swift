/// The name of an item: a partition key, and a sort key that orders the items of that partition.
///
/// Both are bytes. Within a partition, items stand in the order of their sort keys, compared byte by byte as unsigned
/// numbers; text in UTF-8 sorts by code point. A key without a sort key has the empty one.
public struct Key: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes that a partition key may have; the fewest is one.
    public static let partitionByteCountMax = 2_048
    /// The most bytes that a sort key may have.
    public static let sortByteCountMax = 1_024

    /// What items are gathered by: a range reads items of one partition.
    public let partition: [UInt8]
    /// What the items of a partition are ordered by; may be empty.
    public let sort: [UInt8]

    /// Names an item by two texts, taken as UTF-8.
    public init(partition: String, sort: String = "") {
        self.init(partition: Array(partition.utf8), sort: Array(sort.utf8))
    }

    /// Names an item by a text, taken as UTF-8, and bytes.
    public init(partition: String, sort: [UInt8]) {
        self.init(partition: Array(partition.utf8), sort: sort)
    }

    /// Names an item by bytes.
    public init(partition: [UInt8], sort: [UInt8] = []) {
        self.partition = partition
        self.sort = sort
    }

    /// Both parts for people: as text where they are UTF-8 without control characters, else in hexadecimal, cut
    /// after 64 bytes.
    public var description: String {
        sort.isEmpty ? Key.readable(partition) : Key.readable(partition) + " / " + Key.readable(sort)
    }

    /// Refuses a key that is over its limits.
    ///
    /// - Throws: `CatalogError` with `keyTooLong`.
    func check() throws {
        try Key.check(partition: partition)
        guard sort.count <= Key.sortByteCountMax else {
            throw CatalogError(
                .keyTooLong,
                "the sort key in partition \(Key.readable(partition)) has \(sort.count) bytes; "
                    + "it may have at most \(Key.sortByteCountMax)"
            )
        }
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
