import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Prices")
struct PricingTests {
    @Test("discounts and tax are cut into exact shares, whatever the order")
    func exactShares() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let test = try await TestLedger(stock: [:])
        let ledger = test.ledger
        let prices = (0..<6).map { _ in Int64.random(in: 0...9_999, using: &random) }
        for (index, price) in prices.enumerated() {
            try await ledger.addProduct(sku: "s\(index)", name: "S", price: euros(price), stock: 1_000_000)
        }
        for round in 0..<60 {
            let chosen = prices.indices.shuffled(using: &random).prefix(.random(in: 1...6, using: &random))
            let rates = try [0, 70_000, 190_000, 1_000_000].map { try TaxRate(partsPerMillion: $0) }
            var gross: Int64 = 0
            var net: Int64 = 0
            let lines = chosen.map { index in
                let quantity = Int.random(in: 1...5, using: &random)
                let price = prices[index] * Int64(quantity)
                let own = Int64.random(in: 0...price, using: &random)
                gross += price
                net += price - own
                return OrderRequest.Line(
                    sku: "s\(index)",
                    quantity: quantity,
                    discount: own == 0 ? nil : euros(own),
                    taxRate: rates.randomElement(using: &random) ?? .zero
                )
            }
            let discount = Int64.random(in: 0...net, using: &random)
            let isIncluded = Bool.random(using: &random)
            let order = try await ledger.place(
                OrderRequest(
                    idempotencyKey: "k\(round)",
                    customer: "ada",
                    lines: lines,
                    discount: euros(discount),
                    pricesIncludeTax: isIncluded
                )
            )
            let comment = "seed \(seed), round \(round): \(order)"
            let off = order.lines.reduce(0) { $0 + $1.discount.minorUnits }
            let tax = order.lines.reduce(0) { $0 + $1.tax.minorUnits }
            #expect(order.tax.minorUnits == tax, "\(comment)")
            #expect(off == gross - net + discount, "\(comment)")
            #expect(order.total.minorUnits == gross - off + (isIncluded ? 0 : tax), "\(comment)")
            // Each rate's tax is that of its lines together, to the half of a minor unit.
            for rate in rates {
                let taxed = order.lines.indices.filter { lines[$0].taxRate == rate }.map { order.lines[$0] }
                let sum = taxed.reduce(0) { $0 + $1.tax.minorUnits }
                let base = taxed.reduce(0) { $0 + $1.total.minorUnits } - (isIncluded ? 0 : sum)
                let parts = Int64(rate.partsPerMillion)
                let whole = 1_000_000 + (isIncluded ? parts : 0)
                #expect(abs(2 * (sum * whole - base * parts)) <= whole, "\(comment)")
            }
        }
        try test.expectClean("seed \(seed)")
    }

    @Test("the tax on an invoice is worked out once for each rate, not line by line")
    func byRate() async throws {
        let test = try await TestLedger(stock: [:])
        for name in ["a", "b", "c"] {
            try await test.ledger.addProduct(sku: name, name: name, price: euros(3), stock: 9)
        }
        let rate = try TaxRate(partsPerMillion: 190_000)
        let lines = ["a", "b", "c"].map { OrderRequest.Line(sku: $0, quantity: 1, taxRate: rate) }
        let order = try await test.ledger.place(OrderRequest(idempotencyKey: "k", customer: "ada", lines: lines))
        // 19 % of nine cents is 1.71, so two; of three cents it would be 0.57 on each line, so three.
        #expect(order.tax == euros(2) && order.lines.map(\.tax.minorUnits) == [1, 1, 0])
        let included = OrderRequest(idempotencyKey: "i", customer: "ada", lines: lines, pricesIncludeTax: true)
        #expect(try await test.ledger.place(included).total == euros(9))
        #expect(try test.balance("tax") == -3)
    }

    @Test("discounts and rates that cannot be are refused")
    func refusals() async throws {
        let test = try await TestLedger()
        func order(_ discount: Money?, _ own: Money? = nil) -> OrderRequest {
            OrderRequest(
                idempotencyKey: "k",
                customer: "ada",
                lines: [.init(sku: "a", quantity: 1, discount: own)],
                discount: discount
            )
        }
        let refused: [(LedgerError.Code, OrderRequest)] = [
            (.invalidRequest, order(euros(1_001))), (.invalidRequest, order(nil, euros(1_001))),
            (.invalidRequest, order(euros(1), euros(1_000))), (.invalidRequest, order(euros(-1))),
            (.invalidRequest, order(nil, euros(-1))),
            (.currencyMismatch, order(Money(minorUnits: 1, currency: .jpy))),
            (.currencyMismatch, order(nil, Money(minorUnits: 1, currency: .jpy))),
        ]
        for (code, request) in refused {
            await expectError(code, "\(request)") { try await test.ledger.place(request) }
        }
        for parts in [-1, 1_000_001, .max, .min] {
            await expectError(.invalidRequest) { try TaxRate(partsPerMillion: parts) }
        }
        let free = try await test.ledger.place(order(euros(500), euros(500)))
        #expect(free.total == euros(0) && free.state == .paid)
        #expect(try test.ledger.payments(of: free.id).isEmpty)
        try test.expectClean()
    }
}
