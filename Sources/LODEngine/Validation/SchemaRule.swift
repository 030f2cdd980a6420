/// What the JSON schema of glTF 2.0 says about one object: its members, and how they depend on each other.
struct ObjectRule: Sendable {
    /// What each known member must be.
    var members: [String: ValueRule]
    /// The members that must be there.
    var required: [String] = []
    /// Groups of members of which exactly one must be there.
    var exactlyOne: [[String]] = []
    /// Members that need another one.
    var needs: [(member: String, other: String)] = []
}

/// What the JSON schema of glTF 2.0 says about one value.
indirect enum ValueRule: Sendable {
    case anything
    case bool
    /// A whole number at least `min` and at most `max`; not among `list` (if it has any) is only a warning.
    case integer(min: Int = .min, max: Int = .max, multipleOf: Int = 1, list: [Int] = [])
    case number(NumberRule = NumberRule())
    /// Not among `list` (if it has any) is only a warning.
    case text(list: [String] = [], pattern: TextPattern? = nil)
    case uri
    /// An index into a collection, named by its key, or by extension and key with a dot.
    case index(of: String)
    /// An array of at least one element; of one of `counts` if there are any.
    case list(ValueRule, counts: [Int] = [], isUnique: Bool = false)
    /// An object by its name in the table of rules, which is also where extensions may stand.
    case object(String)
    /// An object of at least one member, whose keys are free.
    case map(ValueRule)

    /// What a value of this rule is called in messages.
    var typeName: String {
        switch self {
        case .anything: "value"
        case .bool: "boolean"
        case .integer, .index: "integer"
        case .number: "number"
        case .text, .uri: "string"
        case .list: "array"
        case .object, .map: "object"
        }
    }
}

/// The numbers that are allowed.
struct NumberRule: Sendable {
    var min = -Double.infinity
    var max = Double.infinity
    /// Whether `min` itself is too small.
    var isMinExcluded = false

    /// Whether `number` is finite and in the range, give or take the last bit of a float.
    ///
    /// Exporters print floats, and 1.0000001 is what some of them make of 1.
    func allows(_ number: Double) -> Bool {
        guard number.isFinite else { return false }
        let value = Float(number)
        guard value <= Float(max).nextUp else { return false }
        return isMinExcluded ? number > min : value >= Float(min).nextDown
    }
}

/// The patterns that strings must follow.
enum TextPattern: String, Sendable {
    /// Two whole numbers with a dot between them.
    case version = "^[0-9]+\\.[0-9]+$"
    /// An RFC 6901 pointer.
    case pointer = "^(/([^/~]|~0|~1)*)*$"

    /// Whether `text` follows the pattern.
    func matches(_ text: String) -> Bool {
        switch self {
        case .version:
            let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
        case .pointer:
            guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return false }
            var isEscape = false
            for byte in text.utf8 {
                if isEscape, byte != UInt8(ascii: "0"), byte != UInt8(ascii: "1") { return false }
                isEscape = byte == UInt8(ascii: "~")
            }
            return !isEscape
        }
    }
}
