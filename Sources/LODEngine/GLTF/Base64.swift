/// Base 64 (RFC 4648, section 4), with or without the padding at the end.
enum Base64 {
    /// The bytes that `text` spells, or the offset of the first byte of `text` that does not fit.
    static func decode(_ text: Span<UInt8>) -> Result<[UInt8], Base64Error> {
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        guard end == text.count || text.count % 4 == 0, end % 4 != 1 else { return .failure(Base64Error(offset: end)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(end / 4 * 3 + 2)
        var group: UInt32 = 0
        for index in 0..<end {
            let value = values[Int(text[index])]
            guard value < 64 else { return .failure(Base64Error(offset: index)) }
            group = group << 6 | UInt32(value)
            if index % 4 == 3 {
                bytes.append(UInt8(truncatingIfNeeded: group >> 16))
                bytes.append(UInt8(truncatingIfNeeded: group >> 8))
                bytes.append(UInt8(truncatingIfNeeded: group))
                group = 0
            }
        }
        switch end % 4 {
        case 2: bytes.append(UInt8(truncatingIfNeeded: group >> 4))
        case 3:
            bytes.append(UInt8(truncatingIfNeeded: group >> 10))
            bytes.append(UInt8(truncatingIfNeeded: group >> 2))
        default: break
        }
        return .success(bytes)
    }

    /// Each character's six bits, 255 for those that are not in the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
}

/// Where a text stops being base 64.
struct Base64Error: Error, Equatable {
    /// The first byte of the text that does not fit.
    let offset: Int
}
