import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Accounts")
struct AccountTests {
    private func card(_ cents: Int64, _ key: String) -> TransferRequest {
        TransferRequest(idempotencyKey: key, amount: euros(cents), debit: .cash, credit: .named("card-1"))
    }

    @Test("a gift card is sold, pays orders within its value, and gets its money back")
    func giftCard() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        try await ledger.openAccount("card-1", currency: .eur, limits: -5_000...0)
        try await ledger.transfer(card(3_000, "t1"))
        try await ledger.transfer(card(3_000, "t1"))
        #expect(try ledger.account("card-1")?.balance == euros(-3_000))
        let order = try await ledger.place(request("k1", [("a", 2)], payment: .account("card-1"))).id
        #expect(try ledger.account("card-1")?.balance == euros(-1_000))
        #expect(try ledger.payments(of: order).map(\.account) == ["card-1"])
        let error = await expectError(.limitExceeded) {
            try await ledger.place(request("k2", [("a", 2)], payment: .account("card-1")))
        }
        #expect(
            error?.details == .limitExceeded(account: "card-1", balance: euros(-1_000), change: euros(2_000))
        )
        let unpaid = try await ledger.place(request("k3", [("a", 1)])).id
        #expect(try await ledger.pay(unpaid, from: "card-1").state == .paid)
        #expect(try ledger.account("card-1")?.balance == euros(0))
        _ = try await ledger.refund(order, RefundRequest(idempotencyKey: "r", amount: euros(500)))
        _ = try await ledger.cancel(unpaid)
        #expect(try ledger.account("card-1")?.balance == euros(-1_500))
        #expect(try ledger.stock(of: "a") == 98)
        try test.expectClean()
    }

    @Test("no change takes a balance out of its limits, at either end")
    func limits() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        try await ledger.openAccount("card-1", currency: .eur, limits: -5_000...0)
        try await ledger.transfer(card(5_000, "t1"))
        await expectError(.limitExceeded) { try await ledger.transfer(card(1, "t2")) }
        let back = TransferRequest(
            idempotencyKey: "t3",
            amount: euros(5_001),
            debit: .named("card-1"),
            credit: .revenue
        )
        await expectError(.limitExceeded) { try await ledger.transfer(back) }
        #expect(try ledger.account("card-1")?.balance == euros(-5_000))
        try test.expectClean()
        try await ledger.close()
        // The second line: the schema itself.
        let raw = try RawDatabase(test.directory.path + "/ledger.sqlite3")
        for balance in [-5_001, 1] {
            let sql = "UPDATE account SET balance = \(balance) WHERE id = 1000"
            #expect(throws: (any Error).self) { try raw.attempt(sql) }
        }
    }

    @Test("accounts and transfers that cannot be are refused by name")
    func refusals() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        try await ledger.openAccount("card-1", currency: .eur, limits: -5_000...0)
        await expectError(.duplicateAccount) {
            try await ledger.openAccount("card-1", currency: .eur, limits: 0...1)
        }
        await expectError(.duplicateAccount) { try await ledger.openAccount("cash", currency: .eur, limits: 0...1) }
        await expectError(.invalidRequest) { try await ledger.openAccount("b", currency: .eur, limits: 1...2) }
        // The ledger's own accounts are no host's to pay from either.
        for name in ["b", "cash"] {
            await expectError(.unknownAccount) {
                try await ledger.place(request("k", [("a", 1)], payment: .account(name)))
            }
        }
        let yen = TransferRequest(
            idempotencyKey: "t",
            amount: Money(minorUnits: 1, currency: .jpy),
            debit: .cash,
            credit: .named("card-1")
        )
        await expectError(.currencyMismatch) { try await ledger.transfer(yen) }
        await expectError(.invalidRequest) { try await ledger.transfer(card(0, "t")) }
        let itself = TransferRequest(idempotencyKey: "t", amount: euros(1), debit: .cash, credit: .cash)
        await expectError(.invalidRequest) { try await ledger.transfer(itself) }
        #expect(try ledger.account("nobody") == nil && ledger.account("cash") == nil)
        try test.expectClean()
    }
}
