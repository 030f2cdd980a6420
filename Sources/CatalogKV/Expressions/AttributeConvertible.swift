/// A Swift value that a condition compares with, or an update writes.
public protocol AttributeConvertible {
    /// The value as an attribute.
    var attribute: Attribute { get }
}

/// A Swift value whose sets are sets in a document.
public protocol AttributeSetElement: Hashable {
    /// The set as an attribute.
    static func attribute(of set: Set<Self>) -> Attribute
}

extension Attribute: AttributeConvertible {
    /// The attribute itself.
    public var attribute: Attribute { self }
}

extension Bool: AttributeConvertible {
    /// A truth value.
    public var attribute: Attribute { .bool(self) }
}

extension AttributeConvertible where Self: FixedWidthInteger {
    /// An `int`; a `number` when the value is beyond `Int64`.
    public var attribute: Attribute {
        if let value = Int64(exactly: self) { return .int(value) }
        // Only an unsigned number of 64 bits gets here; halving it loses one bit, which is added again.
        let half = DecimalNumber(Int64(clamping: self / 2))
        let sum = half.adding(half)?.adding(DecimalNumber(Int64(clamping: self % 2)))
        return sum.map(Attribute.number) ?? .int(.max)
    }
}

extension Int: AttributeConvertible {}
extension Int64: AttributeConvertible {}
extension Int32: AttributeConvertible {}
extension Int16: AttributeConvertible {}
extension Int8: AttributeConvertible {}
extension UInt: AttributeConvertible {}
extension UInt64: AttributeConvertible {}
extension UInt32: AttributeConvertible {}
extension UInt16: AttributeConvertible {}
extension UInt8: AttributeConvertible {}

extension Double: AttributeConvertible {
    /// A binary floating-point number.
    public var attribute: Attribute { .double(self) }
}

extension DecimalNumber: AttributeConvertible {
    /// An exact decimal number.
    public var attribute: Attribute { .number(self) }
}

extension String: AttributeConvertible {
    /// A text.
    public var attribute: Attribute { .string(self) }
}

extension Array: AttributeConvertible where Element: AttributeConvertible {
    /// A list; bytes when the elements are bytes.
    public var attribute: Attribute {
        if let bytes = self as? [UInt8] { return .bytes(bytes) }
        return .list(map(\.attribute))
    }
}

extension Dictionary: AttributeConvertible where Key == String, Value: AttributeConvertible {
    /// A map.
    public var attribute: Attribute { .map(mapValues(\.attribute)) }
}

extension Optional: AttributeConvertible where Wrapped: AttributeConvertible {
    /// The value, or `null`.
    public var attribute: Attribute { self?.attribute ?? .null }
}

extension Set: AttributeConvertible where Element: AttributeSetElement {
    /// A set of texts, numbers or byte strings.
    public var attribute: Attribute { Element.attribute(of: self) }
}

extension String: AttributeSetElement {
    /// A set of texts.
    public static func attribute(of set: Set<String>) -> Attribute { .stringSet(set) }
}

extension DecimalNumber: AttributeSetElement {
    /// A set of numbers.
    public static func attribute(of set: Set<DecimalNumber>) -> Attribute { .numberSet(set) }
}

extension Int: AttributeSetElement {
    /// A set of numbers.
    public static func attribute(of set: Set<Int>) -> Attribute {
        .numberSet(Set<DecimalNumber>(set.map { DecimalNumber($0) }))
    }
}

extension Array: AttributeSetElement where Element == UInt8 {
    /// A set of byte strings.
    public static func attribute(of set: Set<[UInt8]>) -> Attribute { .byteSet(set) }
}
