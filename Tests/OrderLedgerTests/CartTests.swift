import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Carts")
struct CartTests {
    private func cart(_ key: String, _ lines: [(String, Int)], hold: Duration = .seconds(600)) -> CartRequest {
        CartRequest(
            idempotencyKey: key,
            customer: "ada",
            lines: lines.map { CartRequest.Line(sku: $0.0, quantity: $0.1) },
            hold: hold
        )
    }

    @Test("a cart holds its units: nobody else can buy them, and its order gets them")
    func reserveAndOrder() async throws {
        let test = try await TestLedger(stock: ["a": 5, "b": 5])
        let ledger = test.ledger
        let cart = try await ledger.reserve(cart("c", [("a", 4), ("b", 1)]))
        #expect(cart.state == .open && cart.expiresAt == test.clock.now() + .seconds(600))
        #expect(cart.lines.map(\.quantity) == [4, 1] && cart.customer == "ada")
        #expect(try await ledger.reserve(self.cart("c", [("a", 4), ("b", 1)])) == cart)
        #expect(try ledger.stock(of: "a") == 1 && test.units("reserved") == 5)
        await expectError(.insufficientStock) { try await ledger.place(request("other", [("a", 2)])) }
        await expectError(.insufficientStock) { try await ledger.reserve(self.cart("c2", [("a", 2)])) }
        // The order takes other units than the cart held: fewer of one, more of the other.
        let order = try await ledger.place(request("k", [("a", 3), ("b", 3)], cart: cart.id))
        let after = try #require(try ledger.cart(cart.id))
        #expect(after.state == .ordered && after.order == order.id)
        #expect(try ledger.stock(of: "a") == 2 && ledger.stock(of: "b") == 2 && test.units("reserved") == 0)
        let error = await expectError(.cartClosed) { try await ledger.release(cart.id) }
        #expect(error?.details == .cartClosed(cart: cart.id, state: .ordered))
        await expectError(.cartClosed) { try await ledger.place(request("k2", [("a", 1)], cart: cart.id)) }
        try test.expectClean()
    }

    @Test("an order that fails leaves its cart as it was")
    func failedOrder() async throws {
        let test = try await TestLedger(stock: ["a": 5])
        let cart = try await test.ledger.reserve(cart("c", [("a", 4)]))
        await expectError(.insufficientStock) {
            try await test.ledger.place(request("k", [("a", 6)], cart: cart.id))
        }
        #expect(try test.ledger.cart(cart.id) == cart)
        #expect(try test.ledger.stock(of: "a") == 1)
        try test.expectClean()
    }

    @Test("a cart is released once, and renewed while it is open")
    func releaseAndRenew() async throws {
        let test = try await TestLedger(stock: ["a": 5])
        let ledger = test.ledger
        let cart = try await ledger.reserve(cart("c", [("a", 4)]))
        test.clock.advance(by: .seconds(599))
        #expect(try await ledger.renew(cart.id).expiresAt == test.clock.now() + .seconds(600))
        test.clock.advance(by: .seconds(599))
        try await ledger.release(cart.id)
        #expect(try ledger.cart(cart.id)?.state == .released && ledger.stock(of: "a") == 5)
        await expectError(.cartClosed) { try await ledger.release(cart.id) }
        await expectError(.cartClosed) { try await ledger.renew(cart.id) }
        await expectError(.unknownCart) { try await ledger.renew(CartID(rawValue: 99_999)) }
        #expect(try ledger.cart(CartID(rawValue: 99_999)) == nil)
        for hold in [Duration.zero, .seconds(-1), .seconds(400 * 86_400)] {
            await expectError(.invalidRequest) { try await ledger.reserve(self.cart("x", [("a", 1)], hold: hold)) }
        }
        await expectError(.invalidRequest) { try await ledger.reserve(self.cart("x", [])) }
        try test.expectClean()
    }

    @Test("the first write after a cart's time gives its units back, and may take them itself")
    func expiryByWrite() async throws {
        let test = try await TestLedger(stock: ["a": 5])
        let ledger = test.ledger
        let cart = try await ledger.reserve(cart("c", [("a", 5)]))
        test.clock.advance(by: .milliseconds(599_999))
        await expectError(.insufficientStock) { try await ledger.place(request("k", [("a", 1)])) }
        test.clock.advance(by: .milliseconds(1))
        await expectError(.cartClosed) { try await ledger.place(request("k", [("a", 5)], cart: cart.id)) }
        #expect(try await ledger.place(request("k", [("a", 5)])).lines.count == 1)
        #expect(try ledger.cart(cart.id)?.state == .expired)
        try test.expectClean()
    }

    @Test("the ledger gives units back by itself when nobody writes")
    func expiryByTimer() async throws {
        let test = try await TestLedger(stock: ["a": 500]) { $0.expiryInterval = .milliseconds(2) }
        // More than one group gives up at once.
        for number in 0..<150 { _ = try await test.ledger.reserve(cart("c\(number)", [("a", 2)])) }
        #expect(try test.ledger.stock(of: "a") == 200)
        test.clock.advance(by: .seconds(600))
        while try test.ledger.stock(of: "a") < 500 { await Task.yield() }
        #expect(try test.units("reserved") == 0)
        try test.expectClean()
    }

    @Test("carts outlive a restart, and those whose time is over by then are given back")
    func restart() async throws {
        let test = try await TestLedger(stock: ["a": 10])
        let short = try await test.ledger.reserve(cart("c1", [("a", 3)], hold: .seconds(60)))
        let long = try await test.ledger.reserve(cart("c2", [("a", 3)]))
        try await test.ledger.close()
        test.clock.advance(by: .seconds(60))
        let ledger = try await Ledger.open(at: test.directory.path, configuration: test.configuration)
        _ = try await ledger.place(request("k", [("a", 7)]))
        #expect(try ledger.cart(short.id)?.state == .expired && ledger.cart(long.id) == long)
        #expect(try ledger.stock(of: "a") == 0)
        #expect(try ledger.audit().isClean)
    }
}

@Suite("Clocks that jump back")
struct ClockTests {
    private func cart(_ key: String) -> CartRequest {
        CartRequest(
            idempotencyKey: key,
            customer: "ada",
            lines: [.init(sku: "a", quantity: 1)],
            hold: .seconds(600)
        )
    }

    @Test(
        "a hold lasts at most its own time after a jump, whether the ledger was open or closed",
        arguments: [true, false]
    )
    func holdsEnd(_ isOpen: Bool) async throws {
        let test = try await TestLedger()
        var ledger = test.ledger
        let cart = try await ledger.reserve(cart("c"))
        let terms = PaymentTerms.authorized(somePayment, for: .seconds(600))
        let order = try await ledger.place(request("k", [("a", 1)], payment: terms)).id
        if !isOpen { try await ledger.close() }
        test.clock.advance(by: .seconds(-30 * 86_400))
        if !isOpen { ledger = try await Ledger.open(at: test.directory.path, configuration: test.configuration) }
        // The write that meets the jump.
        try await ledger.restock(sku: "a", by: 1)
        #expect(try ledger.cart(cart.id)?.expiresAt == test.clock.now() + .seconds(600))
        test.clock.advance(by: .seconds(600))
        try await ledger.restock(sku: "a", by: 1)
        #expect(try ledger.cart(cart.id)?.state == .expired)
        #expect(try ledger.payments(of: order).map(\.state) == [.expired])
        #expect(try ledger.audit().isClean)
    }

    @Test("what ran out before a jump does not come back, and what holds goes on holding")
    func nothingComesBack() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let gone = try await ledger.reserve(cart("c1"))
        test.clock.advance(by: .seconds(600))
        let held = try await ledger.reserve(cart("c2"))
        test.clock.advance(by: .seconds(-599))
        _ = try await ledger.place(request("k", [("a", 1)]))
        #expect(try ledger.cart(gone.id)?.state == .expired && ledger.cart(held.id)?.state == .open)
        await expectError(.cartClosed) { try await ledger.renew(gone.id) }
        // A repeated request finds what it made, although by then that holds nothing.
        #expect(try await ledger.reserve(cart("c1")).state == .expired)
        #expect(try ledger.stock(of: "a") == 98)
        try test.expectClean()
    }

    @Test("orders and events keep their order, whatever the dates say")
    func order() async throws {
        let test = try await TestLedger()
        var orders: [OrderID] = []
        for number in 0..<6 {
            orders.append(try await test.ledger.place(request("k\(number)", [("a", 1)])).id)
            test.clock.advance(by: .seconds(number % 2 == 0 ? -86_400 : 40_000))
        }
        #expect(orders == orders.sorted())
        #expect(try test.ledger.orders(of: "ada").map(\.id) == orders.reversed())
        let placed = try test.ledger.events(after: 0).compactMap { event -> OrderID? in
            if case .placed(let id) = event.kind { id } else { nil }
        }
        #expect(placed == orders)
        let byTime = try test.ledger.orders(in: .placed)
        #expect(byTime.map(\.placedAt) == byTime.map(\.placedAt).sorted() && byTime.count == 6)
    }

    @Test("a key keeps standing for its request after a jump")
    func keys() async throws {
        let test = try await TestLedger()
        let order = try await test.ledger.place(request("k", [("a", 1)]))
        test.clock.advance(by: .seconds(-400 * 86_400))
        #expect(try await test.ledger.place(request("k", [("a", 1)])) == order)
        #expect(test.ledger.statistics.ordersPlaced == 1)
    }
}
