/// Reads JSON (RFC 8259) from bytes that nobody has checked.
///
/// Nesting and the number of values are bounded, so that neither the stack nor the memory of the reader is the
/// file's to choose. Invalid UTF-8, a byte order mark, a key that stands twice in one object and anything after the
/// value are errors.
package struct JSONParser: ~Escapable {
    private let bytes: Span<UInt8>
    private var position = 0
    private var valuesLeft: Int
    private let depthMax: Int

    /// The value that `bytes` spell.
    ///
    /// - Throws: `JSONError` at the first byte that does not fit.
    package static func parse(
        _ bytes: Span<UInt8>,
        depthMax: Int = 128,
        valueCountMax: Int = 4_000_000
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes, depthMax: depthMax, valueCountMax: valueCountMax)
        let value = try parser.parseValue(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else {
            throw parser.error(.syntax, "the end of the text after the value")
        }
        return value
    }

    @_lifetime(copy bytes)
    private init(_ bytes: Span<UInt8>, depthMax: Int, valueCountMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
        valuesLeft = valueCountMax
    }

    private func error(_ kind: JSONError.Kind, _ expected: String, at offset: Int? = nil) -> JSONError {
        JSONError(kind: kind, offset: offset ?? position, expected: expected)
    }

    /// The byte to come, 0 at the end: no token starts with it.
    private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func skipSpace() {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        valuesLeft -= 1
        guard valuesLeft >= 0 else { throw error(.tooManyValues, "fewer values in all") }
        switch next {
        case UInt8(ascii: "{"): return .object(try parseObject(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try parseArray(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
        default: throw error(.syntax, "a value")
        }
    }

    private mutating func parseObject(depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= depthMax else { throw error(.tooDeep, "at most \(depthMax) levels of nesting") }
        position += 1
        var members: [JSONObject.Member] = []
        var keys: Set<String> = []  // Only for objects with many members; few are compared one by one.
        skipSpace()
        if take(UInt8(ascii: "}")) { return JSONObject() }
        repeat {
            skipSpace()
            let start = position
            guard next == UInt8(ascii: "\"") else { throw error(.syntax, "a key in quotes") }
            let key = try parseString()
            if members.count == 16 { keys = Set(members.lazy.map(\.key)) }
            let isNew = members.count < 16 ? !members.contains { $0.key == key } : keys.insert(key).inserted
            guard isNew else { throw error(.duplicateKey, "no second key \"\(key)\" in the object", at: start) }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error(.syntax, "\":\" after the key") }
            members.append(JSONObject.Member(key: key, value: try parseValue(depth: depth)))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw error(.syntax, "\",\" or \"}\" after the member") }
        return JSONObject(distinct: members)
    }

    private mutating func parseArray(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= depthMax else { throw error(.tooDeep, "at most \(depthMax) levels of nesting") }
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return values }
        repeat {
            values.append(try parseValue(depth: depth))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw error(.syntax, "\",\" or \"]\" after the element") }
        return values
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let start = position
        for byte in "\(word)".utf8 where !take(byte) {
            throw error(.syntax, "the word \(word)", at: start)
        }
        return value
    }

    private mutating func parseNumber() throws(JSONError) -> JSONNumber {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try takeDigits() }
        if take(UInt8(ascii: ".")) { try takeDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try takeDigits()
        }
        let text = try string(start..<position)
        guard let double = Double(text) else { throw error(.syntax, "a number", at: start) }
        return JSONNumber(text: text, double: double)
    }

    private mutating func takeDigits() throws(JSONError) {
        let start = position
        while next >= UInt8(ascii: "0") && next <= UInt8(ascii: "9") { position += 1 }
        guard position > start else { throw error(.syntax, "a digit") }
    }
}

/// Strings.
extension JSONParser {
    private mutating func parseString() throws(JSONError) -> String {
        let opening = position
        position += 1
        var run = position
        var text = ""
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                text += try string(run..<position)
                position += 1
                return text
            case UInt8(ascii: "\\"):
                text += try string(run..<position)
                position += 1
                text.unicodeScalars.append(try parseEscape())
                run = position
            case 0..<0x20:
                throw error(.syntax, "control characters escaped in a string")
            default:
                position += 1
            }
        }
        throw error(.syntax, "a quote that ends the string", at: opening)
    }

    private func string(_ range: Range<Int>) throws(JSONError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            throw self.error(.invalidUTF8, "UTF-8", at: range.lowerBound + error.byteOffsets.lowerBound)
        }
    }

    private mutating func parseEscape() throws(JSONError) -> Unicode.Scalar {
        let start = position - 1
        let byte = next
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try parseUnicodeEscape(from: start)
        default: throw error(.syntax, "an escape that JSON has", at: start)
        }
    }

    /// What follows "\u": four digits, or a surrogate pair.
    private mutating func parseUnicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let high = try parseHexDigits()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw error(.syntax, "surrogates in pairs", at: start)
        }
        let low = try parseHexDigits()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw error(.syntax, "surrogates in pairs", at: start) }
        return scalar
    }

    private mutating func parseHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit = next
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(digit - UInt8(ascii: "A") + 10)
            default: throw error(.syntax, "four hexadecimal digits")
            }
            position += 1
        }
        return value
    }
}

/// Places.
extension JSONParser {
    /// The byte at which the value at `pointer` (RFC 6901) starts, or the nearest value around it if there is none.
    ///
    /// Reads the text again up to there: for errors, which need it once.
    package static func offset(of pointer: String, in bytes: Span<UInt8>) -> Int {
        var parser = JSONParser(bytes, depthMax: 128, valueCountMax: .max)
        parser.skipSpace()
        var found = parser.position
        for token in pointer.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            guard (try? parser.enter(token)) == true else { break }
            found = parser.position
        }
        return found
    }

    /// Goes on to the start of the member or element that `token` names; false if the value has none of that name.
    private mutating func enter(_ token: Substring.UTF8View) throws(JSONError) -> Bool {
        let isObject = next == UInt8(ascii: "{")
        guard isObject || next == UInt8(ascii: "[") else { return false }
        var index = 0
        repeat {
            position += 1
            skipSpace()
            let name: Substring.UTF8View
            if isObject {
                guard next == UInt8(ascii: "\"") else { return false }
                // Escaped as in the pointer, without the slash in front.
                name = JSONPointer()[try parseString()].description.utf8.dropFirst()
                skipSpace()
                guard take(UInt8(ascii: ":")) else { return false }
                skipSpace()
            } else {
                guard next != UInt8(ascii: "]") else { return false }
                name = Substring(String(index)).utf8
                index += 1
            }
            if name.elementsEqual(token) { return true }
            _ = try parseValue(depth: 0)
            skipSpace()
        } while next == UInt8(ascii: ",")
        return false
    }
}
