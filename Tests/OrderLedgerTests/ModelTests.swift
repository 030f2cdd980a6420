import OrderLedger
import Testing
import VitrineTestSupport

/// A ledger and the model of it, moved together.
private final class Walk {
    var ledger: Ledger
    var model: LedgerModel
    var random: SeededGenerator
    let clock: ManualClock
    let comment: String
    private let skus = (0..<6).map { "sku-\($0)" }
    private var step = 0

    init(_ test: TestLedger, seed: UInt64) {
        ledger = test.ledger
        clock = test.clock
        model = LedgerModel(now: test.clock.now())
        random = SeededGenerator(seed: seed)
        comment = "seed \(seed)"
    }

    /// One random operation on both.
    func advance() async throws {
        step += 1
        model.now = clock.now()
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<5: try await addProduct()
        case 5..<12: try await restock()
        case 12..<40: try await place()
        case 40..<50: try await reserve()
        case 50..<55: try await release()
        case 55..<93: try await move()
        default: clock.advance(by: .seconds(.random(in: -400...900, using: &random)))
        }
    }

    private var someSKU: String { skus.randomElement(using: &random) ?? "" }

    /// Runs `body`, which must end as `expected` says; returns its result, if it had one.
    private func expect<Value>(
        _ expected: LedgerError.Code?,
        _ what: String,
        _ body: () async throws -> Value
    ) async throws -> Value? {
        do {
            let value = try await body()
            #expect(expected == nil, "\(comment), step \(step), \(what): no \(expected?.name ?? "")")
            return value
        } catch let error as LedgerError {
            #expect(error.code == expected, "\(comment), step \(step), \(what): \(error)")
            return nil
        }
    }

    private func addProduct() async throws {
        let sku = someSKU
        let price = Int64.random(in: 0...500, using: &random)
        let stock = Int.random(in: 0...20, using: &random)
        let isThere = model.stock[sku] != nil
        _ = try await expect(isThere ? .duplicateProduct : nil, "add") {
            try await ledger.addProduct(sku: sku, name: sku, price: euros(price), stock: stock)
        }
        model.expire()
        if !isThere { (model.stock[sku], model.prices[sku]) = (stock, price) }
    }

    private func restock() async throws {
        let sku = someSKU
        let count = Int.random(in: 1...15, using: &random)
        let isThere = model.stock[sku] != nil
        _ = try await expect(isThere ? nil : .unknownProduct, "restock") {
            try await ledger.restock(sku: sku, by: count)
        }
        model.expire()
        if isThere { model.stock[sku, default: 0] += count }
    }

    private func lines() -> [(String, Int)] {
        skus.shuffled(using: &random).prefix(.random(in: 1...3, using: &random))
            .map { ($0, .random(in: 1...4, using: &random)) }
    }

    private func place() async throws {
        let isAgain = Int.random(in: 0..<5, using: &random) == 0
        let lines = isAgain ? [(skus[0], 1)] : self.lines()
        let hold = Duration.seconds(.random(in: 1...900, using: &random))
        let terms: [PaymentTerms] = [.later, .captured(somePayment), .authorized(somePayment, for: hold)]
        let cart = Int.random(in: 0..<4, using: &random) == 0 ? randomCart() : nil
        let request = OrderLedgerTests.request(
            isAgain ? "again-\(step % 7)" : "key-\(step)",
            lines,
            customer: "customer-\(Int.random(in: 0..<3, using: &random))",
            payment: terms.randomElement(using: &random) ?? .later,
            cart: isAgain ? nil : cart
        )
        model.expire()
        let expected = model.outcome(of: request)
        guard let order = try await expect(expected, "place", { try await ledger.place(request) }) else { return }
        if let earlier = model.keys[request.idempotencyKey] { #expect(earlier == order.id, "\(comment)") }
        model.place(request, as: order.id)
    }

    private func randomCart() -> CartID? {
        model.carts.keys.sorted { $0.rawValue < $1.rawValue }.randomElement(using: &random)
    }

    private func reserve() async throws {
        let request = CartRequest(
            idempotencyKey: "cart-\(step)",
            customer: "customer-0",
            lines: lines().map { CartRequest.Line(sku: $0.0, quantity: $0.1) },
            hold: .seconds(.random(in: 1...900, using: &random))
        )
        model.expire()
        let expected = model.outcome(of: request)
        if let cart = try await expect(expected, "reserve", { try await ledger.reserve(request) }) {
            model.reserve(request, as: cart.id)
        }
    }

    private func release() async throws {
        guard let cart = randomCart() else { return }
        model.expire()
        _ = try await expect(model.release(cart), "release") { try await ledger.release(cart) }
    }

    private func move() async throws {
        guard let id = model.orders.keys.sorted().randomElement(using: &random), let order = model.orders[id] else {
            return
        }
        let amount = Int64.random(in: 1...max(2, order.total), using: &random)
        let number = Int.random(in: 1...max(1, order.holds.count), using: &random)
        let payment = PaymentID(order: id, number: number)
        let time = Duration.seconds(.random(in: 1...900, using: &random))
        let key = "move-\(step)"
        model.expire()
        switch Int.random(in: 0..<8, using: &random) {
        case 0: _ = try await expect(model.pay(id), "pay") { try await ledger.pay(id, somePayment) }
        case 1: _ = try await expect(model.cancel(id), "cancel") { try await ledger.cancel(id) }
        case 2: _ = try await expect(model.fulfill(id), "fulfill") { try await ledger.fulfill(id) }
        case 3:
            let line = Int.random(in: 1...order.request.lines.count, using: &random)
            let part = Bool.random(using: &random) ? LineQuantity(line: line, quantity: 1) : nil
            let request = ShipmentRequest(idempotencyKey: key, lines: part.map { [$0] })
            _ = try await expect(model.ship(id, part), "ship") { try await ledger.ship(id, request) }
        case 4:
            let request = RefundRequest(idempotencyKey: key, amount: euros(amount))
            _ = try await expect(model.refund(id, amount), "refund") { try await ledger.refund(id, request) }
        case 5:
            _ = try await expect(model.authorize(id, amount, time), "authorize") {
                try await ledger.authorize(id, amount: euros(amount), somePayment, for: time, key: key)
            }
        case 6:
            _ = try await expect(model.capture(id, number - 1, amount), "capture") {
                try await ledger.capture(payment, amount: euros(amount), key: key)
            }
        default: _ = try await expect(model.void(id, number - 1), "void") { try await ledger.void(payment) }
        }
    }

    /// Holds every figure of the ledger against the model's.
    func check() throws {
        for (sku, stock) in model.stock { #expect(try ledger.stock(of: sku) == stock, "\(comment): \(sku)") }
        for (id, expected) in model.orders {
            let order = try #require(try ledger.order(id), "\(comment)")
            #expect(order.state == expected.state && order.total.minorUnits == expected.total, "\(comment): \(order)")
            #expect(order.customer == expected.request.customer, "\(comment)")
            #expect(order.captured.minorUnits == expected.captured, "\(comment): \(order)")
            #expect(order.refunded.minorUnits == expected.givenBack, "\(comment): \(order)")
            #expect(order.lines.map(\.sku) == expected.request.lines.map(\.sku), "\(comment)")
            let payments = try ledger.payments(of: id)
            #expect(payments.map(\.state) == expected.holds.map(\.state), "\(comment), order \(id)")
            #expect(payments.map(\.amount.minorUnits) == expected.holds.map(\.amount), "\(comment), order \(id)")
            #expect(payments.map(\.captured.minorUnits) == expected.holds.map(\.captured), "\(comment), order \(id)")
        }
        for (id, expected) in model.carts {
            #expect(try ledger.cart(id)?.state == expected.state, "\(comment): cart \(id)")
        }
        let report = try ledger.audit()
        #expect(report.isClean, "\(comment), step \(step): \(report)")
        #expect(report.orderCount == model.orders.count, "\(comment)")
    }
}

@Suite("Model")
struct ModelTests {
    @Test("random operations do what a model of the ledger does, across expiries, clocks that jump and reopenings")
    func randomOperations() async throws {
        let seed = TestEnvironment.seed(UInt64.random(in: 0...UInt64.max))
        let test = try await TestLedger(stock: [:]) { $0.walBytesMax = 64 << 10 }
        let walk = Walk(test, seed: seed)
        for round in 0..<TestEnvironment.count(6, soak: 200, brief: 2) {
            for _ in 0..<150 { try await walk.advance() }
            // What is due is given up by the next write, or at opening.
            walk.model.now = test.clock.now()
            if round % 2 == 0 {
                try await walk.ledger.close()
                walk.ledger = try await Ledger.open(at: test.directory.path, configuration: test.configuration)
            }
            try await walk.ledger.removeSubscriber("nobody")
            walk.model.expire()
            try walk.check()
        }
        try await walk.ledger.close()
    }
}
