import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Payments")
struct PaymentTests {
    private let hold = Duration.seconds(3_600)

    @Test("a hold is authorised, captured in parts, and pays the order with the last of it")
    func captures() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let order = try await ledger.place(request("k", [("a", 3)])).id
        #expect(try ledger.payments(of: order).map(\.state) == [.intended])
        let payment = try await ledger.authorize(order, somePayment, for: hold, key: "auth")
        #expect(payment.id.number == 1 && payment.state == .authorized && payment.amount == euros(3_000))
        #expect(payment.expiresAt == test.clock.now() + hold)
        #expect(try test.balance("authorized") == 3_000 && test.balance("cash") == 0)
        #expect(try ledger.order(order)?.state == .placed)

        let part = try await ledger.capture(payment.id, amount: euros(1_000), key: "c1")
        #expect(part.state == .authorized && part.captured == euros(1_000))
        #expect(try await ledger.capture(payment.id, amount: euros(1_000), key: "c1") == part)
        #expect(try ledger.order(order)?.captured == euros(1_000))
        let error = await expectError(.amountExceeded) {
            try await ledger.capture(payment.id, amount: euros(2_001), key: "c2")
        }
        #expect(error?.details == .amountExceeded(asked: euros(2_001), available: euros(2_000)))
        try test.expectClean()
        let rest = try await ledger.capture(payment.id, key: "c3")
        #expect(rest.state == .captured && rest.captured == euros(3_000))
        #expect(try ledger.order(order)?.state == .paid)
        #expect(try test.balance("cash") == 3_000 && test.balance("authorized") == 0)
        #expect(try test.balance("receivable") == 0 && test.balance("revenue") == -3_000)
        try test.expectClean()
    }

    @Test("several holds share an order, and no more than its total is held")
    func sharedOrder() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let order = try await ledger.place(request("k", [("a", 3)])).id
        let card = PaymentReference(provider: "card", reference: "c")
        let first = try await ledger.authorize(order, amount: euros(1_200), card, for: hold, key: "1")
        #expect(try ledger.payments(of: order).map(\.amount) == [euros(1_800), euros(1_200)])
        await expectError(.amountExceeded) {
            try await ledger.authorize(order, amount: euros(1_801), card, for: hold, key: "2")
        }
        let second = try await ledger.authorize(order, somePayment, for: hold, key: "3")
        #expect(second.amount == euros(1_800) && second.id.number == 1)
        await expectError(.amountExceeded) { try await ledger.authorize(order, card, for: hold, key: "4") }
        await expectError(.amountExceeded) { try await ledger.pay(order, card) }
        _ = try await ledger.capture(first.id, key: "5")
        #expect(try ledger.order(order)?.state == .placed)
        _ = try await ledger.void(second.id)
        // What was given up can be paid another way.
        let paid = try await ledger.pay(order, card)
        #expect(paid.state == .paid && paid.captured == euros(3_000))
        #expect(try ledger.payments(of: order).map(\.state) == [.voided, .captured, .captured])
        try test.expectClean()
    }

    @Test("what is left of a hold can be given up; what was captured stays")
    func voids() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let order = try await ledger.place(request("k", [("a", 3)], payment: .authorized(somePayment, for: hold))).id
        let id = PaymentID(order: order, number: 1)
        _ = try await ledger.capture(id, amount: euros(500), key: "c")
        let payment = try await ledger.void(id)
        #expect(payment.state == .captured && payment.captured == euros(500))
        #expect(try test.balance("authorized") == 0 && test.balance("cash") == 500)
        let error = await expectError(.illegalPaymentTransition) { try await ledger.void(id) }
        #expect(error?.details == .illegalPaymentTransition(payment: id, from: .captured, to: .voided))
        await expectError(.illegalPaymentTransition) { try await ledger.capture(id, key: "c2") }
        await expectError(.unknownPayment) { try await ledger.void(PaymentID(order: order, number: 9)) }
        let unpaid = try await ledger.place(request("k2", [("a", 1)])).id
        #expect(try await ledger.void(PaymentID(order: unpaid, number: 1)).state == .voided)
        try test.expectClean()
    }

    @Test("a hold that runs out is given up by the ledger, and cannot be captured even if the clock jumps back")
    func expiry() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let order = try await ledger.place(request("k", [("a", 3)], payment: .authorized(somePayment, for: hold))).id
        let id = PaymentID(order: order, number: 1)
        _ = try await ledger.capture(id, amount: euros(700), key: "c")
        let other = try await ledger.place(request("k2", [("a", 1)], payment: .authorized(somePayment, for: hold))).id
        test.clock.advance(by: hold)
        // The write that comes at that moment finds it gone.
        await expectError(.illegalPaymentTransition) { try await ledger.capture(id, key: "c2") }
        #expect(try ledger.payments(of: order).map(\.state) == [.captured])
        #expect(try ledger.payments(of: other).map(\.state) == [.expired])
        #expect(try test.balance("authorized") == 0)
        test.clock.advance(by: .seconds(-7_200))
        await expectError(.illegalPaymentTransition) {
            try await ledger.capture(PaymentID(order: other, number: 1), key: "c3")
        }
        // The order still waits for its money.
        #expect(try await ledger.pay(other, somePayment).state == .paid)
        try test.expectClean()
    }

    @Test("cancelling gives up holds and gives captured money back to each payment")
    func cancelling() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let order = try await ledger.place(request("k", [("a", 3)])).id
        let first = try await ledger.authorize(order, amount: euros(1_000), somePayment, for: hold, key: "1")
        _ = try await ledger.authorize(order, amount: euros(500), somePayment, for: hold, key: "2")
        _ = try await ledger.capture(first.id, amount: euros(400), key: "3")
        let cancelled = try await ledger.cancel(order)
        #expect(cancelled.state == .cancelled && cancelled.captured == euros(400) && cancelled.refunded == euros(400))
        #expect(try ledger.payments(of: order).map(\.state) == [.voided, .captured, .voided])
        for account in ["cash", "receivable", "revenue", "authorized", "promised"] {
            #expect(try test.balance(account) == 0, "\(account)")
        }
        #expect(try ledger.stock(of: "a") == 100)
        try test.expectClean()
    }

    @Test("amounts and times that no payment can have are refused")
    func invalid() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let order = try await ledger.place(request("k", [("a", 3)])).id
        for amount in [0, -1] as [Int64] {
            await expectError(.invalidRequest) {
                try await ledger.authorize(order, amount: euros(amount), somePayment, for: hold, key: "x")
            }
        }
        for time in [Duration.zero, .seconds(-1), .seconds(367 * 86_400)] {
            await expectError(.invalidRequest) { try await ledger.authorize(order, somePayment, for: time, key: "x") }
        }
        let yen = Money(minorUnits: 1, currency: .jpy)
        await expectError(.currencyMismatch) {
            try await ledger.authorize(order, amount: yen, somePayment, for: hold, key: "x")
        }
        try test.expectClean()
    }
}
