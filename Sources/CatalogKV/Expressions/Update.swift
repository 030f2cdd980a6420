/// What to change about an item, as one step that happens whole or not at all.
///
///     Update {
///         attribute("stock").subtract(3)
///         attribute("state").set(to: "reserved")
///         attribute("log").append(["reserved 3"])
///     }
///
/// Every path means the item as it was before: taking elements out of a list does not move those that other changes
/// name, and a value taken from another attribute is that of before. Two changes may therefore not touch the same
/// attribute, nor one inside the other.
///
/// A change needs the map or list around its attribute to be there, except that the item itself is begun empty. A
/// position beyond the end of a list adds the value at its end.
public struct Update: Hashable, Sendable {
    /// The most changes that an update may have.
    public static let changeCountMax = 256

    /// The changes, in the order they were given.
    public private(set) var changes: [AttributeChange]

    /// The changes that the block lists.
    public init(@UpdateBuilder _ changes: () -> [AttributeChange]) {
        self.changes = changes()
    }

    /// These changes.
    public init(_ changes: [AttributeChange] = []) {
        self.changes = changes
    }

    /// Adds a change.
    public mutating func append(_ change: AttributeChange) {
        changes.append(change)
    }
}

/// Gathers the changes of an update, one a line; `if`, `switch` and `for` are allowed.
@resultBuilder
public enum UpdateBuilder {
    /// One change.
    public static func buildExpression(_ change: AttributeChange) -> [AttributeChange] { [change] }
    /// Several changes.
    public static func buildExpression(_ changes: [AttributeChange]) -> [AttributeChange] { changes }
    /// The changes of all lines.
    public static func buildBlock(_ changes: [AttributeChange]...) -> [AttributeChange] { changes.flatMap(\.self) }
    /// The changes of an `if` without `else`.
    public static func buildOptional(_ changes: [AttributeChange]?) -> [AttributeChange] { changes ?? [] }
    /// The changes of the first branch.
    public static func buildEither(first changes: [AttributeChange]) -> [AttributeChange] { changes }
    /// The changes of the other branch.
    public static func buildEither(second changes: [AttributeChange]) -> [AttributeChange] { changes }
    /// The changes of a loop.
    public static func buildArray(_ changes: [[AttributeChange]]) -> [AttributeChange] { changes.flatMap(\.self) }
}

/// One change of one attribute; made by the methods of ``AttributeReference``.
public struct AttributeChange: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case set(Attribute)
        case copy(AttributePath)
        case setIfAbsent(Attribute)
        case remove
        case add(Attribute)
        case subtract(Attribute)
        case append(Attribute)
        case prepend(Attribute)
        case insert(Attribute)
        case subtractSet(Attribute)
    }

    /// The attribute that changes.
    public let path: AttributePath
    let action: Action
}

extension AttributeReference {
    /// Writes the attribute, whatever it was.
    public func set(to value: some AttributeConvertible) -> AttributeChange {
        AttributeChange(path: path, action: .set(value.attribute))
    }

    /// Writes what another attribute was before the update, which must have been there.
    public func set(to other: AttributeReference) -> AttributeChange {
        AttributeChange(path: path, action: .copy(other.path))
    }

    /// Writes the attribute when the item does not have it.
    public func setIfAbsent(to value: some AttributeConvertible) -> AttributeChange {
        AttributeChange(path: path, action: .setIfAbsent(value.attribute))
    }

    /// Takes the attribute away; one that is missing stays so.
    public func remove() -> AttributeChange {
        AttributeChange(path: path, action: .remove)
    }

    /// Adds to a number, exactly; a missing one counts as zero.
    ///
    /// An `int` and a `number` add to either: the sum is an `int` when both are, else a `number`. A `double` and a
    /// `double` add as the processor does. An `int` that a `double` holds exactly may be added to one; anything else
    /// with a `double` is refused with `typeMismatch`, as it would round. A sum that does not fit its type is refused
    /// with `numberOverflow`.
    public func add(_ number: some AttributeConvertible) -> AttributeChange {
        AttributeChange(path: path, action: .add(number.attribute))
    }

    /// Subtracts from a number, by the rules of `add`.
    public func subtract(_ number: some AttributeConvertible) -> AttributeChange {
        AttributeChange(path: path, action: .subtract(number.attribute))
    }

    /// Puts values at the end of a list; a missing one counts as empty.
    public func append(_ values: [some AttributeConvertible]) -> AttributeChange {
        AttributeChange(path: path, action: .append(.list(values.map(\.attribute))))
    }

    /// Puts values at the beginning of a list; a missing one counts as empty.
    public func prepend(_ values: [some AttributeConvertible]) -> AttributeChange {
        AttributeChange(path: path, action: .prepend(.list(values.map(\.attribute))))
    }

    /// Adds elements to a set of the same type; a missing one counts as empty.
    public func insert<Element: AttributeSetElement>(_ elements: Set<Element>) -> AttributeChange {
        AttributeChange(path: path, action: .insert(elements.attribute))
    }

    /// Takes elements out of a set of the same type; a set that becomes empty goes away with its last one.
    public func removeElements<Element: AttributeSetElement>(_ elements: Set<Element>) -> AttributeChange {
        AttributeChange(path: path, action: .subtractSet(elements.attribute))
    }
}
