/// What can be a label's value: a type with few values, such as an enumeration of strings.
///
/// `String`, `Int` and `Bool` are, and so is every enumeration with raw values of those types that says so:
///
/// ```swift
/// enum Method: String, LabelValue { case get, put }
/// ```
public protocol LabelValue: Sendable {
    /// The value as it stands in the series.
    var labelText: String { get }
}

extension String: LabelValue {
    /// The text itself.
    @inlinable public var labelText: String { self }
}

extension Int: LabelValue {
    /// The number's decimal digits.
    @inlinable public var labelText: String { String(self) }
}

extension Bool: LabelValue {
    /// `true` or `false`.
    @inlinable public var labelText: String { self ? "true" : "false" }
}

extension LabelValue where Self: RawRepresentable, RawValue: LabelValue {
    /// The raw value's text.
    @inlinable public var labelText: String { rawValue.labelText }
}

/// A label's name with the type of its values.
///
/// ```swift
/// let method = LabelKey<Method>("method")
/// ```
public struct LabelKey<Value: LabelValue>: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The name, which must follow the data model where it is used.
    public let name: String

    /// Names a label.
    public init(_ name: String) {
        self.name = name
    }

    /// Names a label.
    public init(stringLiteral name: String) {
        self.name = name
    }
}
