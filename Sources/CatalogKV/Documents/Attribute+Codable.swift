/// Attributes as fields of other values.
///
/// ``DocumentEncoder`` and ``DocumentDecoder`` keep every type. Other coders know fewer: there numbers become texts, bytes
/// and sets lists, and what is read back is one of null, bool, int, double, string, list and map.
extension Attribute: Codable {
    /// Reads the first type that fits.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([Attribute].self) {
            self = .list(value)
        } else {
            self = .map(try container.decode([String: Attribute].self))
        }
    }

    /// Writes the value as the nearest that the other coder has.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .bytes(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .map(let values): try container.encode(values)
        case .stringSet(let values): try container.encode(values.sorted())
        case .numberSet(let values): try container.encode(values.sorted())
        case .byteSet(let values):
            try container.encode(values.sorted { $0.lexicographicallyPrecedes($1) })
        }
    }
}

/// Items as values and as fields of other values; see ``Attribute`` on what other coders keep.
extension Document: Codable {
    /// Reads a map.
    public init(from decoder: any Decoder) throws {
        try self.init([String: Attribute](from: decoder))
    }

    /// Writes a map.
    public func encode(to encoder: any Encoder) throws {
        try attributes.encode(to: encoder)
    }
}
