import OrderLedger

/// One product, too few of it, and many tills at once.
struct FlashSale {
    static let sku = "SKU-SALE"
    static let stock = 1_500
    static let orderCount = 2_000
    static let tillCount = 64

    /// How many orders there were and how long they took, each flushed to disk before its till went on.
    struct Outcome {
        let sold: Int
        let seconds: Double
    }

    static func customer(_ till: Int) -> String { "till-\(till)" }

    static func run(in shop: Shop, figures: Figures) async throws -> Outcome {
        try await shop.ledger.addProduct(
            sku: sku,
            name: "Flash sale",
            price: Money(minorUnits: 999, currency: .eur),
            stock: stock
        )
        let start = ContinuousClock.now
        let sold = try await withThrowingTaskGroup(of: Int.self) { group in
            for till in 0..<tillCount {
                group.addTask {
                    var sold = 0
                    for number in stride(from: till, to: orderCount, by: tillCount) {
                        let request = OrderRequest(
                            idempotencyKey: "sale-\(number)",
                            customer: customer(till),
                            lines: [OrderRequest.Line(sku: sku, quantity: 1)]
                        )
                        do {
                            _ = try await figures.placeOrder.timingWait { try await shop.ledger.place(request) }
                            sold += 1
                        } catch let error as LedgerError where error.code == .insufficientStock {}
                    }
                    return sold
                }
            }
            return try await group.reduce(0, +)
        }
        return Outcome(sold: sold, seconds: (ContinuousClock.now - start).inSeconds)
    }
}
