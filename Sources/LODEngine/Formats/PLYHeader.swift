/// The header of a PLY file: what elements follow, with which properties, in which encoding.
///
///     ply
///     format ascii | binary_little_endian | binary_big_endian 1.0
///     element NAME COUNT
///     property TYPE NAME | property list TYPE TYPE NAME
///     comment ... | obj_info ...
///     end_header
struct PLYHeader {
    /// How the numbers behind the header are stored.
    enum Encoding {
        case ascii
        case littleEndian
        case bigEndian
    }

    /// A number's type.
    enum Scalar {
        case int8, uint8, int16, uint16, int32, uint32, float32, float64

        var byteCount: Int {
            switch self {
            case .int8, .uint8: 1
            case .int16, .uint16: 2
            case .int32, .uint32, .float32: 4
            case .float64: 8
            }
        }

        /// What stands for a full colour component.
        var colorScale: Double {
            switch self {
            case .int8, .uint8: 255
            case .int16, .uint16: 65535
            case .int32, .uint32: 4_294_967_295
            case .float32, .float64: 1
            }
        }

        init?(_ word: String) {
            switch word {
            case "char", "int8": self = .int8
            case "uchar", "uint8": self = .uint8
            case "short", "int16": self = .int16
            case "ushort", "uint16": self = .uint16
            case "int", "int32": self = .int32
            case "uint", "uint32": self = .uint32
            case "float", "float32": self = .float32
            case "double", "float64": self = .float64
            default: return nil
            }
        }
    }

    /// One of an element's values, or a list of them.
    struct Property {
        var name: String
        var type: Scalar
        /// The type of the list's length, if it is a list.
        var lengthType: Scalar?
    }

    /// A table of rows with the same properties.
    struct Element {
        var name: String
        var count: Int
        var properties: [Property] = []

        /// The least number of bytes that a row takes: in text, a digit and what divides it from the next.
        func rowBytesMin(_ encoding: Encoding) -> Int {
            properties.reduce(0) { sum, property in
                sum + (encoding == .ascii ? 2 : (property.lengthType ?? property.type).byteCount)
            }
        }
    }

    let encoding: Encoding
    let elements: [Element]
    /// Where the data begins.
    let dataStart: Int

    /// Reads a header.
    ///
    /// - Throws: `LODError.Code.invalidModel` with line and byte offset if a line is none of the above, or an element
    ///   states more rows than the rest of the file can hold.
    init(_ bytes: Span<UInt8>, name: String) throws {
        var cursor = TextCursor(name: name)
        var encoding: Encoding?
        var elements: [Element] = []
        cursor.skipLine(bytes)
        while true {
            guard cursor.position < bytes.count else { throw cursor.error(bytes, "end_header") }
            let start = cursor.position
            let words = cursor.restOfLine(bytes).split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            cursor.passLineEnd(bytes)
            switch (words.first, words.count) {
            case ("comment", _), ("obj_info", _), (nil, _): continue
            case ("end_header", _):
                guard let encoding else { throw cursor.error(bytes, at: start, "a format line before end_header") }
                self.encoding = encoding
                self.elements = elements
                dataStart = cursor.position
                for element in elements where element.count > 0 {
                    let rowBytes = max(element.rowBytesMin(encoding), 1)
                    // The last number of a text file may stand at its very end.
                    guard element.count <= (bytes.count - dataStart + 1) / rowBytes else {
                        throw cursor.error(
                            bytes,
                            at: start,
                            "as many rows of \"\(element.name)\" as the file holds, not \(element.count)"
                        )
                    }
                }
                return
            case ("format", 3) where words[2] == "1.0":
                switch words[1] {
                case "ascii": encoding = .ascii
                case "binary_little_endian": encoding = .littleEndian
                case "binary_big_endian": encoding = .bigEndian
                default: throw cursor.error(bytes, at: start, "ascii, binary_little_endian or binary_big_endian")
                }
            case ("element", 3):
                guard let count = Int(words[2]), count >= 0 else {
                    throw cursor.error(bytes, at: start, "a count of rows")
                }
                elements.append(Element(name: words[1], count: count))
            case ("property", 3), ("property", 5):
                guard !elements.isEmpty, let property = Self.property(words) else {
                    throw cursor.error(bytes, at: start, "a property of a known type behind its element")
                }
                elements[elements.count - 1].properties.append(property)
            default: throw cursor.error(bytes, at: start, "a line of a PLY header")
            }
        }
    }

    private static func property(_ words: [String]) -> Property? {
        if words.count == 3 {
            return Scalar(words[1]).map { Property(name: words[2], type: $0) }
        }
        guard words[1] == "list", let length = Scalar(words[2]), let type = Scalar(words[3]) else { return nil }
        return length == .float32 || length == .float64
            ? nil : Property(name: words[4], type: type, lengthType: length)
    }
}

extension TextCursor {
    /// Passes one line end: a line feed, a carriage return, or both.
    mutating func passLineEnd(_ bytes: Span<UInt8>) {
        if position < bytes.count, bytes[position] == UInt8(ascii: "\r") { position += 1 }
        if position < bytes.count, bytes[position] == UInt8(ascii: "\n") { position += 1 }
    }
}
