import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Refunds")
struct RefundTests {
    /// A paid order of 7 units at 10.00 and 3 at 3.33, discounted and taxed.
    private func makeOrder(_ test: TestLedger) async throws -> Order {
        try await test.ledger.addProduct(sku: "odd", name: "Odd", price: euros(333), stock: 10)
        return try await test.ledger.place(
            OrderRequest(
                idempotencyKey: "order",
                customer: "ada",
                lines: [
                    .init(sku: "a", quantity: 7, taxRate: try TaxRate(partsPerMillion: 190_000)),
                    .init(sku: "odd", quantity: 3, discount: euros(10), taxRate: try TaxRate(partsPerMillion: 70_000)),
                ],
                discount: euros(101),
                payment: .captured(somePayment)
            )
        )
    }

    private func line(_ line: Int, _ quantity: Int, returned: Int = 0) -> RefundRequest.Line {
        RefundRequest.Line(line: line, quantity: quantity, returned: returned)
    }

    @Test("units refunded one by one sum to exactly the order's total and tax")
    func oneByOne() async throws {
        let test = try await TestLedger()
        let order = try await makeOrder(test)
        for number in 0..<10 {
            let request = RefundRequest(idempotencyKey: "r\(number)", lines: [line(number < 7 ? 1 : 2, 1)])
            let refund = try await test.ledger.refund(order.id, request)
            #expect(refund.number == number + 1 && refund.amount.minorUnits > 0)
            #expect(try await test.ledger.refund(order.id, request) == refund)
            let state = try test.ledger.order(order.id)?.state
            #expect(state == (number == 9 ? .refunded : .partiallyRefunded))
            try test.expectClean("after \(number + 1)")
        }
        let refunds = try test.ledger.refunds(of: order.id)
        #expect(refunds.reduce(0) { $0 + $1.amount.minorUnits } == order.total.minorUnits)
        #expect(refunds.reduce(0) { $0 + $1.tax.minorUnits } == order.tax.minorUnits)
        // Nothing had left, so everything is in stock again, and no account holds anything.
        #expect(try test.ledger.stock(of: "a") == 100 && test.ledger.stock(of: "odd") == 10)
        for account in ["cash", "revenue", "tax", "receivable"] { #expect(try test.balance(account) == 0) }
    }

    @Test("refunds in random steps never give back more than was paid, and end at exactly the total")
    func randomSteps() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for round in 0..<8 {
            let test = try await TestLedger()
            let order = try await makeOrder(test)
            var number = 0
            while try test.ledger.order(order.id)?.state != .refunded, number < 60 {
                number += 1
                let amount: Money? = Bool.random(using: &random) ? euros(.random(in: 1...900, using: &random)) : nil
                let isByLine = Bool.random(using: &random)
                let chosen = Int.random(in: 1...2, using: &random)
                let lines = isByLine ? [line(chosen, .random(in: 1...3, using: &random))] : []
                // Without a line and an amount it is all that is left, which would end the round too early.
                if lines.isEmpty, amount == nil { continue }
                let request = RefundRequest(idempotencyKey: "r\(number)", lines: lines, amount: amount)
                do {
                    _ = try await test.ledger.refund(order.id, request)
                } catch let error as LedgerError {
                    #expect([.amountExceeded, .quantityExceeded].contains(error.code), "seed \(seed): \(error)")
                }
            }
            if try test.ledger.order(order.id)?.state != .refunded {
                _ = try await test.ledger.refund(order.id, RefundRequest(idempotencyKey: "rest"))
            }
            let refunds = try test.ledger.refunds(of: order.id)
            #expect(refunds.reduce(0) { $0 + $1.amount.minorUnits } == order.total.minorUnits, "seed \(seed)")
            #expect(refunds.reduce(0) { $0 + $1.tax.minorUnits } == order.tax.minorUnits, "seed \(seed)")
            try test.expectClean("seed \(seed), round \(round)")
        }
    }

    @Test("units that left come back into stock only when they were returned")
    func returned() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let order = try await makeOrder(test).id
        _ = try await ledger.fulfill(order)
        let part = ShipmentRequest(idempotencyKey: "s", lines: [LineQuantity(line: 1, quantity: 5)])
        _ = try await ledger.ship(order, part)
        // Two had not left, and go back into stock; of two that had, one came back.
        let request = RefundRequest(idempotencyKey: "r", lines: [line(1, 4, returned: 1)], reason: "scratched")
        let refund = try await ledger.refund(order, request)
        #expect(refund.reason == "scratched" && refund.lines == request.lines)
        #expect(try ledger.stock(of: "a") == 96)
        #expect(try test.units("customers") == 4 && test.units("committed") == 3)
        await expectError(.quantityExceeded) {
            try await ledger.refund(order, RefundRequest(idempotencyKey: "r2", lines: [line(1, 4)]))
        }
        // What was refunded before it left cannot leave any more; the rest can.
        await expectError(.quantityExceeded) {
            let lines = [LineQuantity(line: 1, quantity: 1)]
            return try await ledger.ship(order, ShipmentRequest(idempotencyKey: "s2", lines: lines))
        }
        #expect(try await ledger.ship(order, ShipmentRequest(idempotencyKey: "s3")).lines.map(\.line) == [2])
        #expect(try ledger.order(order)?.state == .partiallyRefunded)
        await expectError(.quantityExceeded) {
            try await ledger.refund(order, RefundRequest(idempotencyKey: "r3", lines: [line(3, 1)]))
        }
        await expectError(.invalidRequest) {
            try await ledger.refund(order, RefundRequest(idempotencyKey: "r4", lines: [line(1, 1, returned: 2)]))
        }
        try test.expectClean()
    }

    @Test("a refund goes back to an order's payments in proportion to what each has left")
    func shares() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let order = try await ledger.place(request("k", [("a", 1)])).id
        for (number, amount) in [333, 333, 334].enumerated() as EnumeratedSequence<[Int64]> {
            let hold = try await ledger.authorize(
                order,
                amount: euros(amount),
                somePayment,
                for: .seconds(60),
                key: "a\(number)"
            )
            _ = try await ledger.capture(hold.id, key: "c\(number)")
        }
        #expect(try ledger.order(order)?.state == .paid)
        for number in 0..<9 {
            let request = RefundRequest(idempotencyKey: "r\(number)", amount: euros(111))
            let refund = try await ledger.refund(order, request)
            #expect(refund.shares.reduce(0) { $0 + $1.amount.minorUnits } == 111)
        }
        _ = try await ledger.refund(order, RefundRequest(idempotencyKey: "last", amount: euros(1)))
        #expect(try ledger.order(order)?.state == .refunded)
        #expect(try ledger.payments(of: order).allSatisfy { $0.refunded == $0.captured })
        try test.expectClean()
    }
}
