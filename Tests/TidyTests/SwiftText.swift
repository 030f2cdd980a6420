/// Swift source with every comment and string literal blanked out, so that what is left can be searched for code.
///
/// Lines keep their numbers. Regular expression literals are not understood; the house style has none.
struct SwiftText {
    /// The code, with blanks for the rest.
    let code: String

    init(_ source: String) {
        var scanner = Scanner(input: Array(source.utf8))
        scanner.skipCode(isInterpolation: false)
        code = String(decoding: scanner.output, as: UTF8.self)
    }

    /// The code, line by line.
    var lines: [Substring] { code.split(separator: "\n", omittingEmptySubsequences: false) }

    /// A function, initializer, subscript or computed property.
    struct Body {
        /// Where it is declared, counted from 1.
        let line: Int
        /// From the declaration to the closing brace.
        let lineCount: Int
    }

    /// Every declaration that has a body of its own, nested ones too.
    var bodies: [Body] {
        let bytes = Array(code.utf8)
        var result: [Body] = []
        var line = 1
        var index = 0
        var previous = UInt8(ascii: "\n")
        while index < bytes.count {
            guard bytes[index].isWordByte else {
                if bytes[index] == UInt8(ascii: "\n") { line += 1 }
                previous = bytes[index]
                index += 1
                continue
            }
            var end = index
            while end < bytes.count, bytes[end].isWordByte { end += 1 }
            let word = String(decoding: bytes[index..<end], as: UTF8.self)
            if previous != UInt8(ascii: "."), SwiftText.bodyKeywords.contains(word),
                let close = SwiftText.bodyEnd(in: bytes, from: end, isVariable: word == "var")
            {
                let lineCount = bytes[index...close].count { $0 == UInt8(ascii: "\n") } + 1
                result.append(Body(line: line, lineCount: lineCount))
            }
            previous = bytes[end - 1]
            index = end
        }
        return result
    }

    private static let bodyKeywords: Set = ["func", "init", "deinit", "subscript", "var"]
    private static let declarationKeywords: Set = [
        "func", "init", "deinit", "subscript", "var", "let", "case", "static", "struct", "enum", "class", "typealias",
        "import", "extension", "public", "internal", "package", "private", "fileprivate", "mutating", "associatedtype",
        "return",
    ]

    /// The closing brace of the body that follows a declaration's keyword, `nil` when it has none.
    private static func bodyEnd(in bytes: [UInt8], from start: Int, isVariable: Bool) -> Int? {
        var depth = 0
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "{") where depth == 0: return closingBrace(in: bytes, from: index)
            case UInt8(ascii: "}") where depth == 0: return nil
            case UInt8(ascii: "\n") where depth == 0:
                if isVariable { return nil }
                let rest = bytes[(index + 1)...].drop { $0 == UInt8(ascii: " ") }
                let word = String(decoding: rest.prefix { $0.isWordByte }, as: UTF8.self)
                if declarationKeywords.contains(word) || rest.first == UInt8(ascii: "@") { return nil }
            default: break
            }
            if depth < 0 { return nil }
            index += 1
        }
        return nil
    }

    private static func closingBrace(in bytes: [UInt8], from start: Int) -> Int? {
        var depth = 0
        for index in start..<bytes.count {
            if bytes[index] == UInt8(ascii: "{") { depth += 1 }
            if bytes[index] == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }
}

extension UInt8 {
    fileprivate var isWordByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: self >= 0x80
        }
    }
}

/// Copies code and blanks the rest, byte by byte.
private struct Scanner {
    let input: [UInt8]
    var output: [UInt8] = []
    private var index = 0

    init(input: [UInt8]) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    /// Code up to the end, or up to the parenthesis that ends an interpolation, which is blanked as part of its string.
    mutating func skipCode(isInterpolation: Bool) {
        var depth = 0
        while index < input.count {
            if starts(with: "//") {
                while index < input.count, input[index] != UInt8(ascii: "\n") { blank() }
            } else if starts(with: "/*") {
                skipBlockComment()
            } else if let hashes = stringStart() {
                skipString(hashes: hashes)
            } else {
                if input[index] == UInt8(ascii: "(") { depth += 1 }
                if input[index] == UInt8(ascii: ")") {
                    depth -= 1
                    if isInterpolation, depth < 0 { return }
                }
                if isInterpolation { blank() } else { keep() }
            }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                blank(2)
            } else if starts(with: "*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && index < input.count
    }

    private mutating func skipString(hashes: Int) {
        blank(hashes)
        let quote = starts(with: "\"\"\"") ? "\"\"\"" : "\""
        let marks = String(repeating: "#", count: hashes)
        blank(quote.utf8.count)
        while index < input.count, !starts(with: quote + marks) {
            guard starts(with: "\\" + marks) else {
                blank()
                continue
            }
            blank(1 + hashes)
            let isInterpolation = starts(with: "(")
            blank()
            if isInterpolation {
                skipCode(isInterpolation: true)
                blank()
            }
        }
        blank(quote.utf8.count + hashes)
    }

    /// How many "#" stand before a quotation mark here, `nil` when no string begins.
    private func stringStart() -> Int? {
        var end = index
        while end < input.count, input[end] == UInt8(ascii: "#") { end += 1 }
        return end < input.count && input[end] == UInt8(ascii: "\"") ? end - index : nil
    }

    private func starts(with text: String) -> Bool {
        input[index...].starts(with: text.utf8)
    }

    private mutating func keep() {
        output.append(input[index])
        index += 1
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where index < input.count {
            output.append(input[index] == UInt8(ascii: "\n") ? input[index] : UInt8(ascii: " "))
            index += 1
        }
    }
}
