/// One value of an item: what stands under a name, in a list or in a map.
///
/// `==` and hashing are exact: the same case with the same content. `.int(1)`, `.double(1)` and `.number(1)` differ
/// there, `-0.0` differs from `0.0`, and a NaN equals a NaN with the same bits, so that an attribute always equals itself
/// after a round trip. Conditions compare by value instead: see ``compare(to:)`` and ``matches(_:)``.
public enum Attribute: Sendable {
    /// Known to be without a value, as against a name that is missing.
    case null
    /// True or false.
    case bool(Bool)
    /// A whole number of 64 bits.
    case int(Int64)
    /// A binary floating-point number; NaN and the infinities included.
    case double(Double)
    /// An exact decimal number: prices, weights.
    case number(DecimalNumber)
    /// Text.
    case string(String)
    /// Bytes that mean nothing to the catalog.
    case bytes([UInt8])
    /// Values in an order.
    case list([Attribute])
    /// Values by name.
    case map([String: Attribute])
    /// Texts without an order, each once.
    case stringSet(Set<String>)
    /// Numbers without an order, each once.
    case numberSet(Set<DecimalNumber>)
    /// Byte strings without an order, each once.
    case byteSet(Set<[UInt8]>)

    /// The type of an attribute.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Without a value.
        case null
        /// True or false.
        case bool
        /// A whole number of 64 bits.
        case int
        /// A binary floating-point number.
        case double
        /// An exact decimal number.
        case number
        /// Text.
        case string
        /// Bytes.
        case bytes
        /// Values in an order.
        case list
        /// Values by name.
        case map
        /// A set of texts.
        case stringSet
        /// A set of decimal numbers.
        case numberSet
        /// A set of byte strings.
        case byteSet
    }

    /// The attribute's type.
    public var kind: Kind {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .double: .double
        case .number: .number
        case .string: .string
        case .bytes: .bytes
        case .list: .list
        case .map: .map
        case .stringSet: .stringSet
        case .numberSet: .numberSet
        case .byteSet: .byteSet
        }
    }
}

extension Attribute: Hashable {
    /// Whether both are of the same type and content; numbers of different types differ.
    public static func == (left: Attribute, right: Attribute) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.double(let left), .double(let right)): left.bitPattern == right.bitPattern
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.bytes(let left), .bytes(let right)): left == right
        case (.list(let left), .list(let right)): left == right
        case (.map(let left), .map(let right)): left == right
        case (.stringSet(let left), .stringSet(let right)): left == right
        case (.numberSet(let left), .numberSet(let right)): left == right
        case (.byteSet(let left), .byteSet(let right)): left == right
        default: false
        }
    }

    /// Feeds the type and the content to `hasher`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        switch self {
        case .null: break
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .double(let value): hasher.combine(value.bitPattern)
        case .number(let value): hasher.combine(value)
        // Texts that are equal by Unicode's rules but not byte for byte hash alike; `==` tells them apart.
        case .string(let value): hasher.combine(value)
        case .bytes(let value): hasher.combine(value)
        case .list(let values): hasher.combine(values)
        case .map(let values): hasher.combine(values)
        case .stringSet(let values): hasher.combine(values)
        case .numberSet(let values): hasher.combine(values)
        case .byteSet(let values): hasher.combine(values)
        }
    }
}

extension Attribute: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation
{
    /// Writes `nil` for `.null`.
    public init(nilLiteral: ()) { self = .null }
    /// Writes `true` and `false` for `.bool`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Writes `12` for `.int(12)`.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// Writes `0.5` for `.double(0.5)`; a price is better a ``DecimalNumber``.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// Writes `"text"` for `.string("text")`.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension Attribute: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// Writes `[1, "two"]` for a list.
    public init(arrayLiteral elements: Attribute...) { self = .list(elements) }
    /// Writes `["name": 1]` for a map; of a name that is there twice, the last holds.
    public init(dictionaryLiteral elements: (String, Attribute)...) {
        self = .map(Dictionary(elements) { _, last in last })
    }
}

extension Attribute: CustomStringConvertible {
    /// The value for people, with the names of maps and the elements of sets in order.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value.debugDescription
        case .bytes(let value): "\(value.count) bytes"
        case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        case .map(let values): Attribute.describe(values)
        case .stringSet(let values): "{" + values.sorted().map(\.debugDescription).joined(separator: ", ") + "}"
        case .numberSet(let values): "{" + values.sorted().map(\.description).joined(separator: ", ") + "}"
        case .byteSet(let values): "{\(values.count) byte strings}"
        }
    }

    static func describe(_ values: [String: Attribute]) -> String {
        let fields = values.sorted { $0.key < $1.key }.map { "\($0.key.debugDescription): \($0.value)" }
        return "[" + fields.joined(separator: ", ") + "]"
    }
}
