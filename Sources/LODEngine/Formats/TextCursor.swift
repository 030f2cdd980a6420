/// A place in a text of words and numbers, byte by byte.
///
/// The bytes are handed to each call, since a span cannot be kept.
struct TextCursor {
    /// What errors call the file.
    let name: String
    /// The next byte.
    var position: Int

    /// Starts at `position` of the file called `name`.
    init(name: String, position: Int = 0) {
        self.name = name
        self.position = position
    }

    /// The error for what stands at `offset`, or here; it counts the line, so it costs a pass over the file.
    func error(_ bytes: Span<UInt8>, at offset: Int? = nil, _ expected: String) -> LODError {
        let offset = min(offset ?? position, bytes.count)
        var line = 1
        for index in 0..<offset where bytes[index] == UInt8(ascii: "\n") { line += 1 }
        return LODError(
            .invalidModel,
            "\(name), line \(line) (byte \(offset)): expected \(expected)",
            file: name,
            byteOffset: offset
        )
    }

    /// Passes blanks, and line ends that a backslash hides.
    mutating func skipBlanks(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0b, 0x0c: position += 1
            case UInt8(ascii: "\r") where position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "\n"):
                return
            case UInt8(ascii: "\\"):
                var next = position + 1
                if next < bytes.count, bytes[next] == UInt8(ascii: "\r") { next += 1 }
                guard next < bytes.count, bytes[next] == UInt8(ascii: "\n") else { return }
                position = next + 1
            default: return
            }
        }
    }

    /// Passes blanks and line ends.
    mutating func skipSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
    }

    /// Whether the line or the file ends here.
    func isAtLineEnd(_ bytes: Span<UInt8>) -> Bool {
        guard position < bytes.count else { return true }
        let byte = bytes[position]
        return byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "#")
    }

    /// Passes the rest of the line and its end.
    mutating func skipLine(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            position += 1
            if bytes[position - 1] == UInt8(ascii: "\n") {
                let before = position >= 3 && bytes[position - 2] == UInt8(ascii: "\r") ? position - 3 : position - 2
                if before < 0 || bytes[before] != UInt8(ascii: "\\") { return }
            }
        }
    }

    /// The bytes up to the next blank or line end.
    mutating func word(_ bytes: Span<UInt8>) -> Range<Int> {
        let start = position
        while position < bytes.count, bytes[position] > 0x20 { position += 1 }
        return start..<position
    }

    /// The rest of the line without the blanks around it.
    mutating func restOfLine(_ bytes: Span<UInt8>) -> String {
        skipBlanks(bytes)
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n"), bytes[position] != UInt8(ascii: "\r") {
            position += 1
        }
        var end = position
        while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
        return Self.text(bytes, start..<end)
    }

    /// Whether the bytes of `range` are `word`, but for the case of letters.
    static func matches(_ bytes: Span<UInt8>, _ range: Range<Int>, _ word: String) -> Bool {
        guard range.count == word.utf8.count else { return false }
        var place = range.lowerBound
        for letter in word.utf8 {
            guard bytes[place] | 0x20 == letter | 0x20 else { return false }
            place += 1
        }
        return true
    }

    /// The bytes of `range` as text; what is not UTF-8 becomes replacement characters.
    static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        for index in range { text.append(bytes[index]) }
        return String(decoding: text, as: UTF8.self)
    }
}

extension TextCursor {
    /// Reads a whole number, or `nil` without moving if there is none or it is beyond 32 bits.
    mutating func integer(_ bytes: Span<UInt8>) -> Int? {
        var place = position
        var isNegative = false
        if place < bytes.count, bytes[place] == UInt8(ascii: "-") || bytes[place] == UInt8(ascii: "+") {
            isNegative = bytes[place] == UInt8(ascii: "-")
            place += 1
        }
        let first = place
        var value = 0
        while place < bytes.count, bytes[place] &- 0x30 < 10 {
            value = value * 10 + Int(bytes[place] - 0x30)
            guard value <= 0xffff_ffff else { return nil }
            place += 1
        }
        guard place > first else { return nil }
        position = place
        return isNegative ? -value : value
    }

    /// Reads a finite decimal number that a `Float` holds, or `nil` without moving if there is none.
    ///
    /// The nearest float of the result is the nearest float of the text. Numbers of up to 15 digits and powers of ten
    /// up to 22 are exact products of two exact doubles (W. D. Clinger, "How to read floating point numbers
    /// accurately", 1990). With more digits the product is off by less than two of a double's last bits, which decides
    /// nothing unless it falls between two floats; the library converts what does, and the rest.
    mutating func number(_ bytes: Span<UInt8>) -> Double? {
        let start = position
        guard let (digits, exponent, isNegative) = takeDecimal(bytes) else { return nil }
        var value = Double.nan
        if digits < .max, exponent >= -22, exponent <= 22 {
            let power = Self.powersOfTen[abs(exponent)]
            let product = exponent < 0 ? Double(digits) / power : Double(digits) * power
            if digits <= 1 << 53 || Float(product.nextUp.nextUp) == Float(product.nextDown.nextDown) {
                value = isNegative ? -product : product
            }
        }
        if value.isNaN { value = Double(Self.text(bytes, start..<position)) ?? .infinity }
        guard Float(value).isFinite else {
            position = start
            return nil
        }
        return value
    }

    /// Passes sign, digits, point and exponent; `digits` is the largest number there is where it has more than 19.
    private mutating func takeDecimal(_ bytes: Span<UInt8>) -> (digits: UInt64, exponent: Int, isNegative: Bool)? {
        var place = position
        var isNegative = false
        if place < bytes.count, bytes[place] == UInt8(ascii: "-") || bytes[place] == UInt8(ascii: "+") {
            isNegative = bytes[place] == UInt8(ascii: "-")
            place += 1
        }
        var digits: UInt64 = 0
        var exponent = 0
        var digitCount = 0
        var hasPoint = false
        while place < bytes.count {
            let byte = bytes[place]
            if byte &- 0x30 < 10 {
                digits = digits < 1_000_000_000_000_000_000 ? digits * 10 + UInt64(byte - 0x30) : .max
                digitCount += 1
                if hasPoint { exponent -= 1 }
            } else if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                break
            }
            place += 1
        }
        guard digitCount > 0 else { return nil }
        if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
            var after = TextCursor(name: name, position: place + 1)
            guard let power = after.integer(bytes), abs(power) < 100_000 else { return nil }
            exponent += power
            place = after.position
        }
        position = place
        return (digits, exponent, isNegative)
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
