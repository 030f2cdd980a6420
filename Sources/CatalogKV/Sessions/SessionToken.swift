internal import Crypto

/// What a shopper's browser keeps to be known again: 256 random bits.
///
/// It is a secret: whoever has it is that shopper. The store keeps only its SHA-256, so that a stolen copy of the disk
/// opens no session. Its description does not show it; `text` does.
public struct SessionToken: Sendable, CustomStringConvertible {
    /// Bytes in a token.
    public static let byteCount = 32

    /// The token's 32 bytes.
    public let bytes: [UInt8]

    /// Takes a token's bytes; `nil` unless there are 32.
    public init?(bytes: [UInt8]) {
        guard bytes.count == SessionToken.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Reads a token from what `text` gave; `nil` when it is not the text of a token.
    public init?(_ text: String) {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for character in text.utf8 {
            guard bytes.count < SessionToken.byteCount, let value = SessionToken.value(of: character) else {
                return nil
            }
            bits = bits << 6 | value
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
                bits &= (1 << bitCount) - 1
            }
        }
        // One text per token: no other number of characters, and none of the last one's spare bits.
        guard text.utf8.count == 43, bits == 0 else { return nil }
        self.init(bytes: bytes)
    }

    /// The token in 43 characters that stand unescaped in a URL and a cookie (base64url without padding, RFC 4648).
    public var text: String {
        var text = ""
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                text.unicodeScalars.append(SessionToken.character(for: bits >> bitCount & 63))
            }
            bits &= (1 << bitCount) - 1
        }
        text.unicodeScalars.append(SessionToken.character(for: bits << (6 - bitCount) & 63))
        return text
    }

    /// Says that here is a token, and not which.
    public var description: String { "SessionToken(secret)" }

    /// What the store knows the token by: its SHA-256.
    var digest: [UInt8] {
        var hash = SHA256()
        // The pointer stays inside the closure.
        unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        // The digest's bytes are copied inside the closure.
        return unsafe hash.finalize().withUnsafeBytes { unsafe Array($0) }
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".unicodeScalars
    )

    private static func character(for value: UInt32) -> Unicode.Scalar { alphabet[Int(value & 63)] }

    private static func value(of character: UInt8) -> UInt32? {
        alphabet.firstIndex { $0.value == UInt32(character) }.map { UInt32($0) }
    }
}

/// Whether two byte strings are equal, in a time that depends on their lengths only, so that how long it takes to
/// refuse a forged secret says nothing about how much of it was right.
func isEqualInConstantTime(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
}
