extension Attribute {
    /// How one value stands to another.
    public enum Order: Sendable, Hashable {
        /// Before the other.
        case ascending
        /// Neither before nor after.
        case same
        /// After the other.
        case descending

        /// The order seen from the other side.
        public var reversed: Order {
            switch self {
            case .ascending: .descending
            case .same: .same
            case .descending: .ascending
            }
        }

        init<Value: Comparable>(_ left: Value, _ right: Value) {
            self = left < right ? .ascending : right < left ? .descending : .same
        }
    }
}

/// Comparison by value, as conditions and filters use it.
///
/// - Numbers compare across `.int`, `.double` and `.number`. A double stands for its exact value when it is whole and
///   fits 64 bits, else for the shortest decimal that reads back as it: the double 0.1 is the decimal 0.1. Zero has no
///   sign. That maps every number to one decimal, so the order is total and transitive; only NaN has no place in it.
/// - Texts compare by their UTF-8 bytes, byte strings byte by byte, both as unsigned numbers; false is before true.
/// - Nothing else has an order.
extension Attribute {
    /// How the value stands to `other`; `nil` where there is no order: different types, NaN, null, containers, sets.
    public func compare(to other: Attribute) -> Order? {
        switch (self, other) {
        case (.string(let left), .string(let right)): Attribute.compare(left, right)
        case (.bytes(let left), .bytes(let right)): Attribute.compare(left, right)
        case (.bool(let left), .bool(let right)): Order(left ? 1 : 0, right ? 1 : 0)
        default: compareNumbers(to: other)
        }
    }

    /// Whether both have the same value: numbers by ``compare(to:)``, also inside lists and maps; NaN matches nothing.
    public func matches(_ other: Attribute) -> Bool {
        switch (self, other) {
        case (.list(let left), .list(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.matches($1) }
        case (.map(let left), .map(let right)):
            left.count == right.count && left.allSatisfy { name, value in right[name].map(value.matches) ?? false }
        case (.int, _), (.double, _), (.number, _): compareNumbers(to: other) == .same
        default: self == other
        }
    }

    /// Whether the attribute is a number of any type.
    public var isNumber: Bool {
        switch self {
        case .int, .double, .number: true
        default: false
        }
    }

    private func compareNumbers(to other: Attribute) -> Order? {
        switch (self, other) {
        case (.int(let left), .int(let right)): return Order(left, right)
        case (.double(let left), .double(let right)):
            return left.isNaN || right.isNaN ? nil : Order(left, right)
        case (.number(let left), .number(let right)): return Order(left, right)
        default:
            guard let left = magnitude, let right = other.magnitude else { return nil }
            return DecimalMagnitude.compare(left, right)
        }
    }

    /// The decimal that a number stands for; `nil` for NaN and what is no number.
    private var magnitude: DecimalMagnitude? {
        switch self {
        case .int(let value): DecimalMagnitude(value)
        case .double(let value): DecimalMagnitude(value)
        case .number(let value): DecimalMagnitude(value)
        default: nil
        }
    }

    static func compare(_ left: String, _ right: String) -> Order {
        // Swift orders native strings by normalised code points; bytes are what the store orders by.
        var left = left
        var right = right
        return left.withUTF8 { left in
            right.withUTF8 { right in
                // Both buffers live as long as their closures.
                unsafe compare(left.span, right.span)
            }
        }
    }

    static func compare(_ left: [UInt8], _ right: [UInt8]) -> Order {
        compare(left.span, right.span)
    }

    static func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Order {
        let common = min(left.count, right.count)
        var index = 0
        while index < common {
            if left[index] != right[index] { return left[index] < right[index] ? .ascending : .descending }
            index += 1
        }
        return Order(left.count, right.count)
    }
}

/// A signed decimal of any exponent: what numbers of all types are compared as.
private struct DecimalMagnitude {
    let isNegative: Bool
    /// Zero for zero; `UInt128.max` stands for infinity.
    let coefficient: UInt128
    let exponent: Int

    private init(isNegative: Bool, coefficient: UInt128, exponent: Int) {
        self.isNegative = isNegative
        self.coefficient = coefficient
        self.exponent = exponent
    }

    init(_ value: Int64) {
        self.init(isNegative: value < 0, coefficient: UInt128(value.magnitude), exponent: 0)
    }

    init(_ value: DecimalNumber) {
        isNegative = value.isNegative
        coefficient = value.coefficient
        exponent = Int(value.exponent)
    }

    init?(_ value: Double) {
        if value.isNaN { return nil }
        if let whole = Int64(exactly: value) {
            self.init(whole)
            return
        }
        if value.isInfinite {
            self.init(isNegative: value < 0, coefficient: .max, exponent: 1_000)
            return
        }
        guard let digits = DecimalDigits(value.magnitude.description.utf8) else { return nil }
        self.init(isNegative: value < 0, coefficient: digits.coefficient, exponent: digits.exponent)
    }

    static func compare(_ left: DecimalMagnitude, _ right: DecimalMagnitude) -> Attribute.Order {
        if left.coefficient == 0 || right.coefficient == 0 || left.isNegative != right.isNegative {
            return Attribute.Order(left.sign, right.sign)
        }
        let order = DecimalDigits.compare(
            (left.coefficient, left.exponent),
            (right.coefficient, right.exponent)
        )
        return left.isNegative ? order.reversed : order
    }

    private var sign: Int { coefficient == 0 ? 0 : isNegative ? -1 : 1 }
}
