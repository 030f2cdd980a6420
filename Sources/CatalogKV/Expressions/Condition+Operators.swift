extension ConditionOperand {
    /// The value equals this one.
    public static func == (left: Self, right: some AttributeConvertible) -> Condition {
        compare(left, .equal, right)
    }

    /// The value does not equal this one, or is missing.
    public static func != (left: Self, right: some AttributeConvertible) -> Condition {
        compare(left, .notEqual, right)
    }

    /// The value comes before this one.
    public static func < (left: Self, right: some AttributeConvertible) -> Condition {
        compare(left, .less, right)
    }

    /// The value comes before this one or equals it.
    public static func <= (left: Self, right: some AttributeConvertible) -> Condition {
        compare(left, .lessOrEqual, right)
    }

    /// The value comes after this one.
    public static func > (left: Self, right: some AttributeConvertible) -> Condition {
        compare(left, .greater, right)
    }

    /// The value comes after this one or equals it.
    public static func >= (left: Self, right: some AttributeConvertible) -> Condition {
        compare(left, .greaterOrEqual, right)
    }

    /// Both values are equal.
    public static func == (left: Self, right: some ConditionOperand) -> Condition {
        compare(left, .equal, right)
    }

    /// The values are not equal, or one is missing.
    public static func != (left: Self, right: some ConditionOperand) -> Condition {
        compare(left, .notEqual, right)
    }

    /// The left value comes first.
    public static func < (left: Self, right: some ConditionOperand) -> Condition {
        compare(left, .less, right)
    }

    /// The left value comes first or equals the right one.
    public static func <= (left: Self, right: some ConditionOperand) -> Condition {
        compare(left, .lessOrEqual, right)
    }

    /// The left value comes last.
    public static func > (left: Self, right: some ConditionOperand) -> Condition {
        compare(left, .greater, right)
    }

    /// The left value comes last or equals the right one.
    public static func >= (left: Self, right: some ConditionOperand) -> Condition {
        compare(left, .greaterOrEqual, right)
    }

    /// The value is neither before the lower bound nor after the upper one.
    public func isBetween(_ lower: some AttributeConvertible, and upper: some AttributeConvertible) -> Condition {
        Condition(
            leaf: .between(operand.source, .value(lower.attribute), .value(upper.attribute)),
            operand.source
        )
    }

    /// The value equals one of these, at most `Condition.choiceCountMax`.
    public func isIn(_ choices: [some AttributeConvertible]) -> Condition {
        guard choices.count <= Condition.choiceCountMax else { return Condition(.excessive) }
        return Condition(leaf: .isIn(operand.source, choices.map(\.attribute)), operand.source)
    }

    private static func compare(
        _ left: Self,
        _ comparison: Condition.Comparison,
        _ right: some AttributeConvertible
    ) -> Condition {
        Condition(leaf: .compare(comparison, left.operand.source, .value(right.attribute)), left.operand.source)
    }

    private static func compare(
        _ left: Self,
        _ comparison: Condition.Comparison,
        _ right: some ConditionOperand
    ) -> Condition {
        Condition(
            leaf: .compare(comparison, left.operand.source, right.operand.source),
            left.operand.source,
            right.operand.source
        )
    }
}

extension AttributeReference {
    /// The item has the attribute, whatever its value, `null` included.
    public var exists: Condition { Condition(leaf: .attributeExists(path), operand.source) }

    /// The item does not have the attribute.
    public var notExists: Condition { !exists }

    /// The string holds this text, the bytes hold these bytes, or the list or set has this element.
    public func contains(_ value: some AttributeConvertible) -> Condition {
        Condition(leaf: .contains(operand.source, value.attribute), operand.source)
    }

    /// The string begins with this text, or the bytes with these bytes.
    public func beginsWith(_ value: some AttributeConvertible) -> Condition {
        Condition(leaf: .beginsWith(operand.source, value.attribute), operand.source)
    }

    /// The attribute is there and of this type.
    public func isOfType(_ type: Attribute.Kind) -> Condition {
        Condition(leaf: .isOfType(path, type), operand.source)
    }
}
