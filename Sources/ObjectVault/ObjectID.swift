/// The name of an object: the SHA-256 digest (FIPS 180-4) of all its bytes.
///
/// Equal bytes have equal names, on every machine; `sha256sum` prints the same one. Ids are ordered as their
/// hexadecimal texts are.
public struct ObjectID: Hashable, Sendable {
    // The digest as four big-endian words: no allocation, and integer comparison is byte order.
    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    /// Takes a digest's 32 bytes; `nil` for any other number of them.
    public init?(bytes: [UInt8]) {
        guard bytes.count == ObjectID.byteCount else { return nil }
        func word(_ index: Int) -> UInt64 {
            bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        (word0, word1, word2, word3) = (word(0), word(1), word(2), word(3))
    }

    /// Reads 64 hexadecimal digits of either case; `nil` for anything else.
    public init?(hex: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ObjectID.byteCount)
        var high: UInt8?
        for character in hex.utf8 {
            guard let digit = ObjectID.value(ofDigit: character), bytes.count < ObjectID.byteCount else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        guard high == nil else { return nil }
        self.init(bytes: bytes)
    }

    /// The digest's 32 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ObjectID.byteCount)
        for word in [word0, word1, word2, word3] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }

    /// The digest as 64 lower-case hexadecimal digits.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * ObjectID.byteCount)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0x0F)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The first byte, by which objects are spread over directories.
    var firstByte: UInt8 { UInt8(truncatingIfNeeded: word0 >> 56) }

    /// The first eight bytes, as a number.
    var prefixWord: UInt64 { word0 }

    /// The digest of nothing that anybody will find.
    static let zero = ObjectID(word0: 0, word1: 0, word2: 0, word3: 0)

    private init(word0: UInt64, word1: UInt64, word2: UInt64, word3: UInt64) {
        (self.word0, self.word1, self.word2, self.word3) = (word0, word1, word2, word3)
    }

    /// Bytes of a SHA-256 digest.
    static let byteCount = 32

    private static func value(ofDigit character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension ObjectID: Comparable {
    /// Whether `left` comes first in byte order.
    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.word0, left.word1, left.word2, left.word3) < (right.word0, right.word1, right.word2, right.word3)
    }
}

extension ObjectID: CustomStringConvertible {
    /// The same as `hex`.
    public var description: String { hex }
}

extension ObjectID: Codable {
    /// Reads the hexadecimal text.
    ///
    /// - Throws: `DecodingError` when the text is not 64 hexadecimal digits.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = ObjectID(hex: text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "an object id is 64 hexadecimal digits, not \(text.prefix(80))"
            )
        }
        self = id
    }

    /// Writes the hexadecimal text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}
