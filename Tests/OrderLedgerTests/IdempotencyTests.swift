import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Idempotency keys")
struct IdempotencyTests {
    @Test("one key space: a key of one kind of request is a conflict for any other")
    func kinds() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let hold = Duration.seconds(60)
        let order = try await ledger.place(request("k", [("a", 3)])).id
        let cart = CartRequest(
            idempotencyKey: "k",
            customer: "ada",
            lines: [.init(sku: "a", quantity: 3)],
            hold: hold
        )
        let transfer = TransferRequest(idempotencyKey: "k", amount: euros(1), debit: .cash, credit: .revenue)
        let conflicts: [() async throws -> Void] = [
            { _ = try await ledger.reserve(cart) },
            { _ = try await ledger.authorize(order, somePayment, for: hold, key: "k") },
            { _ = try await ledger.capture(PaymentID(order: order, number: 1), key: "k") },
            { _ = try await ledger.ship(order, ShipmentRequest(idempotencyKey: "k")) },
            { _ = try await ledger.refund(order, RefundRequest(idempotencyKey: "k")) },
            { try await ledger.transfer(transfer) },
            { try await ledger.restock(sku: "a", by: 1, key: "k") },
        ]
        for conflict in conflicts {
            let error = await expectError(.idempotencyConflict) { try await conflict() }
            #expect(error?.details == .idempotencyConflict(key: "k"))
        }
        try test.expectClean()
    }

    @Test("a restock with a key arrives once")
    func restock() async throws {
        let test = try await TestLedger()
        for _ in 0..<3 { try await test.ledger.restock(sku: "a", by: 5, key: "delivery-1") }
        #expect(try test.ledger.stock(of: "a") == 105)
        await expectError(.idempotencyConflict) {
            try await test.ledger.restock(sku: "a", by: 6, key: "delivery-1")
        }
    }

    @Test("a key stands for its request until its lifetime is over, to the millisecond")
    func lifetime() async throws {
        let test = try await TestLedger { $0.keyLifetime = .seconds(3_600) }
        let ledger = test.ledger
        let first = try await ledger.place(request("k", [("a", 1)]))
        test.clock.advance(by: .milliseconds(3_599_999))
        #expect(try await ledger.place(request("k", [("a", 1)])) == first)
        test.clock.advance(by: .milliseconds(1))
        let second = try await ledger.place(request("k", [("a", 2)]))
        #expect(second.id > first.id)
        #expect(try await ledger.place(request("k", [("a", 2)])) == second)
        await expectError(.idempotencyConflict) { try await ledger.place(request("k", [("a", 1)])) }
        try test.expectClean()
    }

    @Test("keys whose time is over leave the file as new ones come")
    func sweep() async throws {
        let test = try await TestLedger(stock: ["a": 100_000]) { $0.keyLifetime = .seconds(3_600) }
        let ledger = test.ledger
        func place(_ round: Int) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<400 {
                    group.addTask { _ = try await ledger.place(request("k-\(number)-\(round)", [("a", 1)])) }
                }
                try await group.waitForAll()
            }
            test.clock.advance(by: .seconds(3_600))
        }
        for round in 0..<6 { try await place(round) }
        let kept = try await ledger.read { database in
            try database.rows("SELECT COUNT(*) AS n FROM idempotency_key").first?["n"]?.integer
        }
        #expect((400...1_200).contains(kept ?? 0), "\(kept ?? 0) keys are left of 2400, 400 of them alive")
        try test.expectClean()
    }
}
