/// Cuts a query's text into tokens.
struct QueryLexer {
    enum Token: Sendable, Hashable {
        case word(String)
        case number(Double)
        case duration(Int64)
        case string(String)
        /// Punctuation and operators.
        case symbol(String)
        case end
    }

    struct Placed: Sendable {
        let token: Token
        let offset: Int
        /// Of a text, where each of its bytes stands in the query, and where its end does.
        var places: [Int] = []
    }

    /// Units of durations, the longest first, in milliseconds.
    static let durationUnits: [(String, Int64)] = [
        ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
        ("ms", 1),
    ]

    private let bytes: [UInt8]
    private var place = 0

    /// All tokens, the last one `end`.
    static func tokens(of text: String) throws(QuerySyntaxError) -> [Placed] {
        var lexer = QueryLexer(bytes: Array(text.utf8))
        var result: [Placed] = []
        while true {
            let token = try lexer.next()
            result.append(token)
            if token.token == .end { return result }
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func next() throws(QuerySyntaxError) -> Placed {
        skipSpace()
        let start = place
        guard let byte = peek else { return Placed(token: .end, offset: start) }
        let token: Token
        var places: [Int] = []
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: ":"):
            token = .word(word())
        case UInt8(ascii: "0")...UInt8(ascii: "9"): token = try numberOrDuration()
        case UInt8(ascii: ".") where place + 1 < bytes.count && Self.isDigit(bytes[place + 1]):
            token = try numberOrDuration()
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): token = .string(try string(byte, &places))
        default: token = try symbol()
        }
        return Placed(token: token, offset: start, places: places)
    }

    private mutating func skipSpace() {
        while let byte = peek {
            if byte == UInt8(ascii: "#") {
                while let byte = peek, byte != 10 { place += 1 }
            } else if byte == 32 || (9...13).contains(byte) {
                place += 1
            } else {
                return
            }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 32) && byte > 64
    }

    private mutating func word() -> String {
        let start = place
        while let byte = peek, Self.isWord(byte) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func numberOrDuration() throws(QuerySyntaxError) -> Token {
        let start = place
        if let integer = try prefixedInteger() { return .number(integer) }
        if let duration = try duration() { return .duration(duration) }
        place = start
        var isExponent = false
        while let byte = peek {
            let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            guard
                Self.isDigit(byte) || byte == UInt8(ascii: ".") || byte | 32 == UInt8(ascii: "e")
                    || (isExponent && isSign)
            else { break }
            isExponent = byte | 32 == UInt8(ascii: "e")
            place += 1
        }
        guard let value = Double(String(decoding: bytes[start..<place], as: UTF8.self)),
            !(peek.map(Self.isWord) ?? false)
        else { throw QuerySyntaxError(offset: start, message: "this is no number") }
        guard value.isFinite else { throw QuerySyntaxError(offset: start, message: "this number is too large") }
        return .number(value)
    }

    /// A whole number to the base of 16 behind `0x`, or of 8 behind `0`, as PromQL reads them.
    private mutating func prefixedInteger() throws(QuerySyntaxError) -> Double? {
        let start = place
        let written = bytes[place...].prefix { Self.isWord($0) || $0 == UInt8(ascii: ".") }
        guard written.count > 1, written.first == UInt8(ascii: "0") else { return nil }
        let isHexadecimal = written.dropFirst().first.map { $0 | 32 } == UInt8(ascii: "x")
        let digits = String(decoding: written.dropFirst(isHexadecimal ? 2 : 1), as: UTF8.self)
        guard let value = Int64(digits, radix: isHexadecimal ? 16 : 8) else {
            // Beside it there are durations such as 0s, and reals such as 0.5 and 089.
            if !isHexadecimal { return nil }
            throw QuerySyntaxError(offset: start, message: "this is no number")
        }
        place += written.count
        return Double(value)
    }

    /// A duration such as `1h30m`: whole numbers with units, each shorter than the one before.
    private mutating func duration() throws(QuerySyntaxError) -> Int64? {
        let start = place
        var total: Int64 = 0
        var last = Int64.max
        while let byte = peek, Self.isDigit(byte) {
            var digits: Int64 = 0
            while let byte = peek, Self.isDigit(byte) {
                guard digits < 1_000_000_000 else { return nil }
                digits = digits * 10 + Int64(byte - 48)
                place += 1
            }
            // A colon begins the step of a subquery.
            let rest = bytes[place...].prefix { Self.isWord($0) && !Self.isDigit($0) && $0 != UInt8(ascii: ":") }
            let unit = String(decoding: rest, as: UTF8.self)
            guard let length = Self.durationUnits.first(where: { $0.0 == unit })?.1 else { return nil }
            guard length < last else { throw QuerySyntaxError(offset: start, message: "units go from long to short") }
            let (product, overflow) = digits.multipliedReportingOverflow(by: length)
            guard !overflow, product < StoredTime.end - total else {
                throw QuerySyntaxError(offset: start, message: "this is too long a time")
            }
            total += product
            last = length
            place += rest.count
        }
        return place > start ? total : nil
    }

    private mutating func string(_ quote: UInt8, _ places: inout [Int]) throws(QuerySyntaxError) -> String {
        let start = place
        place += 1
        var content: [UInt8] = []
        while let byte = peek, byte != quote {
            let start = place
            place += 1
            if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") {
                content += try escape(from: start)
            } else {
                content.append(byte)
            }
            places += repeatElement(start, count: content.count - places.count)
        }
        places.append(place)
        guard peek == quote else { throw QuerySyntaxError(offset: start, message: "a text without its closing quote") }
        place += 1
        guard let text = String(validating: content, as: UTF8.self) else {
            throw QuerySyntaxError(offset: start, message: "a text that is not UTF-8")
        }
        return text
    }

    private mutating func escape(from start: Int) throws(QuerySyntaxError) -> [UInt8] {
        guard let byte = peek else { throw QuerySyntaxError(offset: start, message: "a backslash at the end") }
        place += 1
        switch byte {
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): return [byte]
        case UInt8(ascii: "x"): return [UInt8(truncatingIfNeeded: try hexadecimal(2, from: start))]
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let value = try hexadecimal(byte == UInt8(ascii: "u") ? 4 : 8, from: start)
            guard let scalar = Unicode.Scalar(value) else {
                throw QuerySyntaxError(offset: start, message: "there is no such character")
            }
            return Array(String(scalar).utf8)
        default: throw QuerySyntaxError(offset: start, message: "this escape is not known")
        }
    }

    private mutating func hexadecimal(_ count: Int, from start: Int) throws(QuerySyntaxError) -> UInt32 {
        let digits = String(decoding: bytes[place...].prefix(count), as: UTF8.self)
        guard digits.utf8.count == count, let value = UInt32(digits, radix: 16), digits.utf8.first != 43 else {
            throw QuerySyntaxError(offset: start, message: "\(count) hexadecimal digits are needed")
        }
        place += count
        return value
    }

    private mutating func symbol() throws(QuerySyntaxError) -> Token {
        for symbol in ["=~", "!~", "!=", "==", ">=", "<="] where bytes[place...].starts(with: symbol.utf8) {
            place += 2
            return .symbol(symbol)
        }
        let scalar = Character(UnicodeScalar(bytes[place]))
        guard "(){}[],+-*/%^=<>@".contains(scalar) else {
            throw QuerySyntaxError(offset: place, message: "this character has no meaning in a query")
        }
        place += 1
        return .symbol(String(scalar))
    }
}
