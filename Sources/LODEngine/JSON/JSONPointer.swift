/// The place of a value in a JSON document, in the words of RFC 6901: "/nodes/3/mesh"; empty for the document itself.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// The pointer as text.
    package let description: String

    /// What errors call the place.
    var label: String { description.isEmpty ? "the document" : description }

    /// The document itself.
    package init() {
        description = ""
    }

    private init(_ description: String) {
        self.description = description
    }

    /// The place of member `key` of the object at this place.
    package subscript(key: String) -> JSONPointer {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
            return JSONPointer(description + "/" + key)
        }
        var escaped = ""
        for character in key.unicodeScalars {
            switch character {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return JSONPointer(description + "/" + escaped)
    }

    /// The place of element `index` of the array at this place.
    package subscript(index: Int) -> JSONPointer {
        JSONPointer(description + "/" + String(index))
    }
}
