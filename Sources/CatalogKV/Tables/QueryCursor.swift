internal import VitrineIO

/// Where a query or scan stopped, to go on from later: in another task, another process, or after the items in between
/// were deleted.
///
/// It belongs to the query that it came from: the same table, partition, range, order and filter. It names the last
/// item's key in the clear, and a checksum (CRC-32C) finds what a transport made of it; it is not signed, so that whoever
/// means to can make one that goes on from another key. That leads nowhere out of the query's own range: what a stranger
/// may read is for the query to say, not for the cursor. Sign the text where even that is too much.
public struct QueryCursor: Sendable, Hashable, CustomStringConvertible {
    //  0  u8   version, 1
    //  1  u32  CRC-32C of the rest
    //  5  u64  fingerprint of the query
    // 13  u32  tree of the index, for a scan
    // 17       the last item's stored key
    private static let version: UInt8 = 1
    private static let headByteCount = 17
    static let byteCountMax = headByteCount + 4 + Key.partitionByteCountMax + Key.sortByteCountMax

    let fingerprint: UInt64
    let tree: Int
    let lastKey: [UInt8]

    init(fingerprint: UInt64, tree: Int, lastKey: [UInt8]) {
        self.fingerprint = fingerprint
        self.tree = tree
        self.lastKey = lastKey
    }

    /// Reads a cursor from its text.
    ///
    /// - Throws: `CatalogError` with `invalidCursor` when the text is not what a cursor wrote.
    public init(text: String) throws {
        guard let bytes = Base64URL.decode(text, byteCountMax: QueryCursor.byteCountMax) else {
            throw QueryCursor.invalid("it is not the text of a cursor")
        }
        try self.init(bytes: bytes.span)
    }

    /// Reads a cursor from its bytes.
    ///
    /// - Throws: `CatalogError` with `invalidCursor`.
    package init(bytes: Span<UInt8>) throws {
        guard bytes.count > QueryCursor.headByteCount, bytes.count <= QueryCursor.byteCountMax else {
            throw QueryCursor.invalid("it has \(bytes.count) bytes")
        }
        guard bytes[0] == QueryCursor.version else {
            throw QueryCursor.invalid("its version is \(bytes[0]); this version of the module knows 1")
        }
        let rest = bytes.extracting(5..<bytes.count)
        guard QueryCursor.number(bytes, 1..<5) == UInt64(CRC32C.checksum(of: rest)) else {
            throw QueryCursor.invalid("its checksum does not match")
        }
        fingerprint = QueryCursor.number(bytes, 5..<13)
        tree = Int(QueryCursor.number(bytes, 13..<17))
        lastKey = bytes.extracting(QueryCursor.headByteCount..<bytes.count).bytes
    }

    /// The cursor's bytes.
    package var bytes: [UInt8] {
        var rest: [UInt8] = []
        for shift in 0..<8 { rest.append(UInt8(truncatingIfNeeded: fingerprint >> (8 * UInt64(shift)))) }
        for shift in 0..<4 { rest.append(UInt8(truncatingIfNeeded: tree >> (8 * shift))) }
        rest += lastKey
        let checksum = CRC32C.checksum(of: rest.span)
        return [QueryCursor.version] + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * UInt32($0))) } + rest
    }

    /// The cursor as text that may stand in a URL.
    public var text: String { Base64URL.encode(bytes) }

    /// The text.
    public var description: String { text }

    /// - Throws: `CatalogError` with `invalidCursor` when the cursor is another query's.
    func check(fingerprint: UInt64, lower: [UInt8], upper: [UInt8]) throws {
        guard fingerprint == self.fingerprint else {
            throw QueryCursor.invalid("it belongs to another table or query, or to a scan of a store opened otherwise")
        }
        let isInside = !lastKey.lexicographicallyPrecedes(lower) && lastKey.lexicographicallyPrecedes(upper)
        guard isInside else { throw QueryCursor.invalid("it stands outside of the query's range") }
    }

    static func invalid(_ why: String) -> CatalogError {
        CatalogError(.invalidCursor, "the cursor cannot be used: \(why); start the query from its beginning")
    }

    private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var number: UInt64 = 0
        for index in range.reversed() { number = number << 8 | UInt64(bytes[index]) }
        return number
    }
}

extension QueryCursor: Codable {
    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        try self.init(text: try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Base 64 with the alphabet for URLs and without padding (RFC 4648, section 5).
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                text.append(alphabet[Int(bits >> bitCount & 63)])
            }
        }
        if bitCount > 0 { text.append(alphabet[Int(bits << (6 - bitCount) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes; `nil` when the text is not exactly what `encode` makes of any, or of more than `byteCountMax`.
    static func decode(_ text: String, byteCountMax: Int) -> [UInt8]? {
        guard text.utf8.count <= (byteCountMax * 4 + 2) / 3, text.utf8.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
        }
        // What is left over are zeros, so that every cursor has one text.
        return bits & ((1 << bitCount) - 1) == 0 ? bytes : nil
    }
}
