/// An amount of one currency as a whole number of its minor units: 1299 of EUR is 12.99 €.
///
/// There is no floating point anywhere near it. Arithmetic throws where another type would round, overflow or mix
/// currencies in silence.
public struct Money: Sendable, Hashable, CustomStringConvertible {
    /// Cents, pence, or whatever the currency's smallest unit is.
    public let minorUnits: Int64
    /// What they are of.
    public let currency: Currency

    /// An amount in minor units.
    public init(minorUnits: Int64, currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// Nothing, of `currency`.
    public static func zero(_ currency: Currency) -> Money {
        Money(minorUnits: 0, currency: currency)
    }

    /// Both amounts together.
    ///
    /// - Throws: `LedgerError` with `currencyMismatch`, or `amountOverflow` past the range of `Int64`.
    public func adding(_ other: Money) throws -> Money {
        try combined(with: other, "+") { $0.addingReportingOverflow($1) }
    }

    /// What is left when `other` is taken away; it may be negative.
    ///
    /// - Throws: `LedgerError` with `currencyMismatch`, or `amountOverflow` past the range of `Int64`.
    public func subtracting(_ other: Money) throws -> Money {
        try combined(with: other, "-") { $0.subtractingReportingOverflow($1) }
    }

    /// The amount `count` times.
    ///
    /// - Throws: `LedgerError` with `amountOverflow` past the range of `Int64`.
    public func multiplied(by count: Int64) throws -> Money {
        let (product, overflow) = minorUnits.multipliedReportingOverflow(by: count)
        if overflow { throw Money.overflow("\(self) x \(count)") }
        return Money(minorUnits: product, currency: currency)
    }

    /// The amount in units with all the digits of its currency, and the code: "12.99 EUR", "-5 JPY".
    public var description: String {
        let digits = String(minorUnits.magnitude)
        let padded = String(repeating: "0", count: max(0, currency.exponent + 1 - digits.count)) + digits
        let sign = minorUnits < 0 ? "-" : ""
        guard currency.exponent > 0 else { return "\(sign)\(padded) \(currency)" }
        return "\(sign)\(padded.dropLast(currency.exponent)).\(padded.suffix(currency.exponent)) \(currency)"
    }

    private func combined(
        with other: Money,
        _ sign: String,
        _ operation: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
    ) throws -> Money {
        guard currency == other.currency else {
            throw LedgerError(
                .currencyMismatch,
                "\(self) \(sign) \(other): two currencies; convert one at a stated rate first"
            )
        }
        let (value, overflow) = operation(minorUnits, other.minorUnits)
        if overflow { throw Money.overflow("\(self) \(sign) \(other)") }
        return Money(minorUnits: value, currency: currency)
    }

    static func overflow(_ expression: String) -> LedgerError {
        LedgerError(.amountOverflow, "\(expression) does not fit 64 bits of minor units; split the amount")
    }
}
