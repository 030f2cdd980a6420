/// An exact decimal number of up to 38 significant digits, for prices, weights and counters of any scale.
///
/// The range is DynamoDB's: zero, and magnitudes from 1e-130 up to 9.99…e125. A value has one form only: trailing zeros
/// mean nothing (`1.50` is `1.5`), and zero has no sign. What cannot be held exactly is refused, never rounded.
public struct DecimalNumber: Sendable {
    /// The most significant digits that a number can have.
    public static let digitCountMax = 38
    /// The power of ten of a number's first digit is in here.
    static let firstDigitExponents = -130...125

    // Two halves in place of a `UInt128`: its alignment would double what every attribute takes.
    private let high: UInt64
    private let low: UInt64
    /// The power of ten of the last significant digit.
    let exponent: Int16
    /// Whether the number is below zero.
    public let isNegative: Bool

    /// The significant digits as a whole number; its last digit is not zero, unless it is zero.
    var coefficient: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// Zero.
    public static let zero = DecimalNumber(0)

    /// The number with exactly that value.
    public init(_ value: Int64) {
        var digits = DecimalDigits(coefficient: UInt128(value.magnitude), exponent: 0)
        digits.dropTrailingZeros()
        self.init(isNegative: value < 0, canonical: digits)
    }

    /// The number with exactly that value.
    public init(_ value: Int) { self.init(Int64(value)) }

    /// The shortest decimal that reads back as `value`: 0.1 becomes 0.1; `nil` for NaN, infinity, and what is out of
    /// range.
    public init?(_ value: Double) {
        guard value.isFinite, let digits = DecimalDigits(value.magnitude.description.utf8) else { return nil }
        self.init(isNegative: value < 0, digits)
    }

    /// `coefficient` times ten to the `exponent`; `nil` when that is out of range or takes too many digits.
    init?(isNegative: Bool, _ digits: DecimalDigits) {
        var digits = digits
        digits.dropTrailingZeros()
        if digits.coefficient == 0 {
            self.init(isNegative: false, canonical: DecimalDigits(coefficient: 0, exponent: 0))
            return
        }
        let count = DecimalDigits.count(of: digits.coefficient)
        guard count <= DecimalNumber.digitCountMax,
            DecimalNumber.firstDigitExponents.contains(digits.exponent + count - 1)
        else { return nil }
        self.init(isNegative: isNegative, canonical: digits)
    }

    private init(isNegative: Bool, canonical digits: DecimalDigits) {
        high = UInt64(truncatingIfNeeded: digits.coefficient >> 64)
        low = UInt64(truncatingIfNeeded: digits.coefficient)
        exponent = Int16(truncatingIfNeeded: digits.exponent)
        self.isNegative = isNegative
    }

    /// The number with the other sign.
    public var negated: DecimalNumber {
        DecimalNumber(isNegative: !isNegative && self != .zero, canonical: digits)
    }

    var digits: DecimalDigits { DecimalDigits(coefficient: coefficient, exponent: Int(exponent)) }

    /// The exact sum; `nil` when it takes more than 38 digits or is out of range.
    public func adding(_ other: DecimalNumber) -> DecimalNumber? {
        if self == .zero { return other }
        if other == .zero { return self }
        let (upper, lower) = exponent >= other.exponent ? (self, other) : (other, self)
        // The last digit of `lower` stays in the sum, so what does not fit here does not fit a number either.
        guard let scaled = upper.digits.coefficient(atExponent: Int(lower.exponent)) else { return nil }
        if upper.isNegative == lower.isNegative {
            let (sum, overflow) = scaled.addingReportingOverflow(lower.coefficient)
            if overflow { return nil }
            let digits = DecimalDigits(coefficient: sum, exponent: Int(lower.exponent))
            return DecimalNumber(isNegative: upper.isNegative, digits)
        }
        let isUpperLarger = scaled >= lower.coefficient
        let difference = isUpperLarger ? scaled - lower.coefficient : lower.coefficient - scaled
        let digits = DecimalDigits(coefficient: difference, exponent: Int(lower.exponent))
        return DecimalNumber(isNegative: isUpperLarger ? upper.isNegative : lower.isNegative, digits)
    }

    /// The exact difference; `nil` when it takes more than 38 digits or is out of range.
    public func subtracting(_ other: DecimalNumber) -> DecimalNumber? { adding(other.negated) }
}

extension DecimalNumber: Hashable, Comparable {
    /// By value.
    public static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        let (smaller, larger) = left.isNegative ? (right, left) : (left, right)
        if larger == .zero { return false }
        if smaller == .zero { return true }
        return DecimalDigits.compare(
            (smaller.coefficient, Int(smaller.exponent)),
            (larger.coefficient, Int(larger.exponent))
        ) == .ascending
    }
}

extension Int64 {
    /// The same value; `nil` when the number is not whole or does not fit.
    public init?(exactly number: DecimalNumber) {
        guard number.exponent >= 0, let magnitude = number.digits.coefficient(atExponent: 0) else { return nil }
        let limit = UInt128(Int64.max.magnitude) + (number.isNegative ? 1 : 0)
        guard magnitude <= limit else { return nil }
        self = number.isNegative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(truncatingIfNeeded: magnitude)
    }
}

extension Double {
    /// The double nearest to the number.
    public init(_ number: DecimalNumber) {
        // Every description of a number is a text that a double can be read from.
        self = Double(number.description) ?? .nan
    }
}
