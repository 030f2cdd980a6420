import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Money")
struct MoneyTests {
    @Test("currencies know the digits of their minor unit; unknown codes are refused")
    func currencies() throws {
        #expect(try Currency("EUR") == .eur)
        #expect(try Currency("USD") == .usd)
        #expect(try Currency("GBP") == .gbp)
        #expect(try Currency("JPY") == .jpy)
        #expect(try Currency("KWD").exponent == 3)
        #expect(try Currency("CLF").exponent == 4)
        #expect(Currency.jpy.exponent == 0 && Currency.eur.code == "EUR")
        for code in ["", "EU", "eur", "XTS", "EURO", "ÄÖÜ", "E\u{0}R"] {
            let error = #expect(throws: LedgerError.self) { try Currency(code) }
            #expect(error?.code == .unknownCurrency, "\(code)")
        }
    }

    @Test("an amount is written with the digits of its currency")
    func descriptions() throws {
        #expect(Money(minorUnits: 1_299, currency: .eur).description == "12.99 EUR")
        #expect(Money(minorUnits: -5, currency: .eur).description == "-0.05 EUR")
        #expect(Money(minorUnits: -5, currency: .jpy).description == "-5 JPY")
        #expect(try Money(minorUnits: 7, currency: Currency("KWD")).description == "0.007 KWD")
        #expect(Money(minorUnits: .min, currency: .eur).description == "-92233720368547758.08 EUR")
    }

    @Test("arithmetic is exact, or throws")
    func arithmetic() throws {
        let price = Money(minorUnits: 250, currency: .eur)
        #expect(try price.multiplied(by: 3).adding(price).subtracting(.zero(.eur)).minorUnits == 1_000)
        let largest = Money(minorUnits: .max, currency: .eur)
        let expressions: [(LedgerError.Code, () throws -> Money)] = [
            (.amountOverflow, { try largest.adding(Money(minorUnits: 1, currency: .eur)) }),
            (.amountOverflow, { try Money(minorUnits: .min, currency: .eur).subtracting(largest) }),
            (.amountOverflow, { try Money(minorUnits: .min, currency: .eur).multiplied(by: -1) }),
            (.currencyMismatch, { try price.adding(Money(minorUnits: 1, currency: .usd)) }),
            (.currencyMismatch, { try price.subtracting(.zero(.jpy)) }),
        ]
        for (code, expression) in expressions {
            let error = #expect(throws: LedgerError.self) { try expression() }
            #expect(error?.code == code)
        }
    }

    @Test("shares sum to the whole, are less than a minor unit off, and a weight of zero gets nothing")
    func allocation() throws {
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        for _ in 0..<500 {
            let extremes: [Int64] = [.min, .max, -1, 0, 1]
            let amount =
                Bool.random(using: &random)
                ? Int64.random(in: -10_000...10_000, using: &random) : extremes.randomElement(using: &random) ?? 0
            let weights = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? Int64.random(in: 0...5, using: &random) : .random(in: 0...(.max / 16), using: &random)
            }
            let sum = weights.reduce(Int128(0)) { $0 + Int128($1) }
            guard sum > 0 else { continue }
            let shares = try Money(minorUnits: amount, currency: .eur).allocated(by: weights)
            #expect(shares.reduce(Int128(0)) { $0 + Int128($1.minorUnits) } == Int128(amount), "seed \(random.seed)")
            for (share, weight) in zip(shares, weights) {
                let exact = Int128(amount) * Int128(weight)
                let error = Int128(share.minorUnits) * sum - exact
                #expect(error.magnitude < sum.magnitude, "seed \(random.seed): \(amount) by \(weights)")
                if weight == 0 { #expect(share.minorUnits == 0, "seed \(random.seed)") }
            }
        }
    }

    @Test("splitting gives shares that differ by at most one, the larger first")
    func splitting() throws {
        let shares = try Money(minorUnits: 1_000, currency: .eur).split(into: 3).map(\.minorUnits)
        #expect(shares == [334, 333, 333])
        #expect(try Money(minorUnits: -1_000, currency: .eur).split(into: 3).map(\.minorUnits) == [-334, -333, -333])
    }

    @Test(
        "a split into no shares, or into more than a million, is refused",
        arguments: [.min, 0, 1_000_001, .max] as [Int]
    )
    func invalidCounts(_ count: Int) {
        let error = #expect(throws: LedgerError.self) { try Money(minorUnits: 5, currency: .eur).split(into: count) }
        #expect(error?.code == .invalidAllocation)
    }

    @Test("weights that divide nothing are refused", arguments: [[], [0, 0], [1, -1], [.max, 1]] as [[Int64]])
    func invalidWeights(_ weights: [Int64]) {
        let error = #expect(throws: LedgerError.self) {
            try Money(minorUnits: 5, currency: .eur).allocated(by: weights)
        }
        #expect(error?.code == .invalidAllocation)
    }
}
