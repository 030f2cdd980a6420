import OrderLedger
import Testing
import VitrineTestSupport

/// What a ledger promises, without a disk.
private struct Model {
    var stock: [String: Int] = [:]
    var prices: [String: Int64] = [:]
    var orders: [OrderID: (request: OrderRequest, state: OrderState, total: Int64)] = [:]
    var keys: [String: OrderID] = [:]

    /// The outcome that placing must have: an error's code, or `nil` for an order.
    func outcome(of request: OrderRequest) -> LedgerError.Code? {
        if let id = keys[request.idempotencyKey] {
            return orders[id]?.request == request ? nil : .idempotencyConflict
        }
        for line in request.lines {
            guard let stock = stock[line.sku] else { return .unknownProduct }
            guard stock >= line.quantity else { return .insufficientStock }
        }
        return nil
    }

    mutating func place(_ request: OrderRequest, as id: OrderID) {
        guard keys[request.idempotencyKey] == nil else { return }
        keys[request.idempotencyKey] = id
        var total: Int64 = 0
        for line in request.lines {
            stock[line.sku, default: 0] -= line.quantity
            total += Int64(line.quantity) * (prices[line.sku] ?? 0)
        }
        orders[id] = (request, request.payment == nil ? .placed : .paid, total)
    }

    mutating func move(_ id: OrderID, to state: OrderState) {
        orders[id]?.state = state
        guard state == .cancelled, let order = orders[id] else { return }
        for line in order.request.lines { stock[line.sku, default: 0] += line.quantity }
    }
}

@Suite("Model")
struct ModelTests {
    @Test("random operations do what a model of the ledger does, across reopenings")
    func randomOperations() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let comment = "seed \(seed)"
        let directory = try TemporaryDirectory()
        var configuration = LedgerConfiguration()
        configuration.walBytesMax = 64 << 10
        var ledger = try await Ledger.open(at: directory.path, configuration: configuration)
        var model = Model()
        let skus = (0..<6).map { "sku-\($0)" }

        for step in 0..<400 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<5:
                let sku = skus.randomElement(using: &random) ?? ""
                let price = Int64.random(in: 0...500, using: &random)
                let stock = Int.random(in: 0...20, using: &random)
                let money = Money(minorUnits: price, currency: .eur)
                if model.stock[sku] == nil {
                    try await ledger.addProduct(sku: sku, name: sku, price: money, stock: stock)
                    (model.stock[sku], model.prices[sku]) = (stock, price)
                } else {
                    await expectError(.duplicateProduct, comment) {
                        try await ledger.addProduct(sku: sku, name: sku, price: money, stock: stock)
                    }
                }
            case 5..<15:
                let sku = skus.randomElement(using: &random) ?? ""
                let count = Int.random(in: 1...15, using: &random)
                guard model.stock[sku] != nil else { continue }
                try await ledger.restock(sku: sku, by: count)
                model.stock[sku, default: 0] += count
            case 15..<70:
                let request = randomRequest(step, skus, &random)
                let expected = model.outcome(of: request)
                do {
                    let order = try await ledger.place(request)
                    #expect(expected == nil, "\(comment), step \(step)")
                    if let earlier = model.keys[request.idempotencyKey] { #expect(earlier == order.id, "\(comment)") }
                    model.place(request, as: order.id)
                    #expect(order.total.minorUnits == model.orders[order.id]?.total, "\(comment), step \(step)")
                } catch let error as LedgerError {
                    #expect(error.code == expected, "\(comment), step \(step): \(error)")
                }
            case 70..<95:
                guard let id = model.orders.keys.sorted().randomElement(using: &random),
                    let order = model.orders[id]
                else { continue }
                let next: OrderState = Bool.random(using: &random) ? .paid : .cancelled
                do {
                    let moved = next == .paid ? try await ledger.pay(id, somePayment) : try await ledger.cancel(id)
                    #expect(moved.state == next && order.state.canMove(to: next), "\(comment), step \(step)")
                    model.move(id, to: next)
                } catch let error as LedgerError {
                    #expect(error.code == .illegalTransition && !order.state.canMove(to: next), "\(comment)")
                }
            default:
                if Bool.random(using: &random) { try await ledger.close() }
                ledger = try await reopen(ledger, directory.path, configuration)
                try check(ledger, model, comment)
            }
        }
        try check(ledger, model, comment)
        try await ledger.close()
    }

    /// A ledger on the directory of `old`, which is closed by then, or goes away unclosed.
    private func reopen(
        _ old: consuming Ledger,
        _ directory: String,
        _ configuration: LedgerConfiguration
    ) async throws -> Ledger {
        try? await old.close()
        return try await Ledger.open(at: directory, configuration: configuration)
    }

    private func randomRequest(_ step: Int, _ skus: [String], _ random: inout SeededGenerator) -> OrderRequest {
        let lines = skus.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
            .map { ($0, Int.random(in: 1...4, using: &random)) }
        // Some keys come again, now and then with the very same request.
        let key = Int.random(in: 0..<5, using: &random) == 0 ? "again-\(step % 7)" : "key-\(step)"
        return request(
            key,
            key.hasPrefix("again") ? Array(lines.prefix(1)) : lines,
            customer: "customer-\(Int.random(in: 0..<3, using: &random))",
            payment: Bool.random(using: &random) ? somePayment : nil
        )
    }

    private func check(_ ledger: Ledger, _ model: Model, _ comment: String) throws {
        for (sku, stock) in model.stock { #expect(try ledger.stock(of: sku) == stock, "\(comment): \(sku)") }
        for (id, expected) in model.orders {
            let order = try #require(try ledger.order(id), "\(comment)")
            #expect(order.state == expected.state && order.customer == expected.request.customer, "\(comment)")
            #expect(order.total.minorUnits == expected.total, "\(comment)")
            #expect(order.lines.map(\.sku) == expected.request.lines.map(\.sku), "\(comment)")
        }
        let report = try ledger.audit()
        #expect(report.isClean, "\(comment): \(report)")
        #expect(report.orderCount == model.orders.count, "\(comment)")
    }
}
