/// An attribute that a condition asks about or an update changes.
///
///     attribute("stock") >= 3 && attribute("state") == "open"
public struct AttributeReference: ConditionOperand {
    /// Where the attribute stands.
    public let path: AttributePath

    /// What a condition takes from the item: the attribute's value.
    public var operand: Operand { Operand(.attribute(path)) }

    /// How large the attribute is: the bytes of a string in UTF-8 or of bytes, the elements of a list or set, the
    /// members of a map.
    ///
    /// Nothing else has a size; a comparison with it does not hold.
    public var size: AttributeSize { AttributeSize(path: path) }
}

/// The size of an attribute, to compare with.
public struct AttributeSize: ConditionOperand {
    /// Where the attribute stands.
    public let path: AttributePath

    /// What a condition takes from the item: the attribute's size.
    public var operand: Operand { Operand(.size(path)) }
}

/// The attribute at a path, for conditions and updates.
public func attribute(_ path: AttributePath) -> AttributeReference {
    AttributeReference(path: path)
}

/// The attribute of the document that has exactly this name, whatever characters it is made of.
public func attribute(named name: String) -> AttributeReference {
    AttributeReference(path: .name(name))
}

/// What a condition can compare: an attribute or its size.
public protocol ConditionOperand: Sendable {
    /// What the condition takes from the item.
    var operand: Operand { get }
}

/// One side of a comparison: an attribute of the item, its size, or a value.
public struct Operand: Sendable {
    enum Source: Hashable, Sendable {
        case attribute(AttributePath)
        case size(AttributePath)
        case value(Attribute)

        /// What is asked of the item; `nil` for a value.
        var path: AttributePath? {
            switch self {
            case .attribute(let path), .size(let path): path
            case .value: nil
            }
        }
    }

    let source: Source

    init(_ source: Source) {
        self.source = source
    }
}
