import CatalogKV
import Foundation
import LODEngine
import OrderLedger

/// The tour from its first file to its last check.
struct TourRun {
    let directory: String
    let shopperCount: Int
    let seed: UInt64
    let figures: Figures

    private let progress = Progress()
    private let clock = ShopClock()
    private let start = ContinuousClock.now

    init(directory: String, shopperCount: Int, seed: UInt64, figures: Figures) {
        self.directory = directory
        self.shopperCount = shopperCount
        self.seed = seed
        self.figures = figures
    }

    func run(_ paths: [String]) async throws -> TourResult {
        var result = TourResult()
        result.directory = directory
        result.shoppers = shopperCount

        let (products, offered) = try await stockTheShop(paths, &result)

        progress.begin("Opening the doors: \(shopperCount) shoppers, and a kill -9 while they are inside")
        let acknowledged = try letThemInAndKill(&result)

        progress.begin("Opening every store again")
        let shop = try await Shop.open(at: directory, clock: clock)
        result.reopenSeconds = shop.openSeconds
        try checkSessions(acknowledged, shop)

        progress.begin("Everyone comes again; who was cut off tries the same order under the same idempotency key")
        let tally = try await letThemInAgain(shop)
        result.orders = tally.orders
        result.soldOut = tally.soldOut
        result.unitsSold = tally.units
        progress.note("\(tally.orders) orders, \(tally.soldOut) found it sold out")

        progress.begin(
            "Flash sale: \(FlashSale.tillCount) tills, \(FlashSale.orderCount) orders, \(FlashSale.stock) units"
        )
        let sale = try await FlashSale.run(in: shop, figures: figures)
        result.saleOrders = sale.sold
        result.ordersPerSecond = Double(sale.sold) / sale.seconds
        progress.note("\(sale.sold) sold in \(time(sale.seconds))")

        progress.begin("Half an hour later: the sessions expire")
        result.expiredSessions = try await expireSessions(shop)
        try await shop.close()

        progress.begin("Closing, opening, and checking that everything adds up")
        let reopened = try await Shop.open(at: directory, clock: clock)
        let check = FinalCheck(
            shop: reopened,
            products: products,
            offered: offered.merging([FlashSale.sku: FlashSale.stock]) { first, _ in first },
            acknowledged: acknowledged,
            shopperCount: shopperCount,
            seed: seed
        )
        result.checks = try await check.run()
        try await reopened.close()

        result.latencies = figures.latencies
        result.seconds = (ContinuousClock.now - start).inSeconds
        return result
    }

    /// Reads every model before anything is stored, so that a file that is no model stops the tour at once; then
    /// builds, stores and lists them.
    private func stockTheShop(
        _ paths: [String],
        _ result: inout TourResult
    ) async throws -> (products: [Product], offered: [String: Int]) {
        progress.begin("Reading \(paths.count) models")
        let models = try paths.map { path in
            let model = try Model.read(contentsOf: path)
            // Decodes the textures too: a damaged one is found here, not half-way through stocking the shop.
            _ = try model.drawableMeshes()
            progress.note("\(URL(fileURLWithPath: path).lastPathComponent): \(model.triangleCount) triangles")
            return model
        }
        progress.begin("The shop's files: \(directory)")
        let shop = try await Shop.open(at: directory, clock: clock)
        // Less than so many shoppers will want: some find it sold out.
        let stock = max(2, shopperCount * 2 / max(1, paths.count))
        var products: [Product] = []
        var offered: [String: Int] = [:]
        for (index, (path, model)) in zip(paths, models).enumerated() {
            let ingest = Ingest(path: path, sku: String(format: "SKU-%03d", index + 1))
            progress.begin("\(ingest.name): preview, standard, high")
            let progress = progress
            let (product, row) = try await ingest.run(model, into: shop.vault) { fraction in
                progress.update("simplifying", fraction: fraction)
            }
            try await shop.listings.put(product, for: Product.key(of: product.sku))
            try await shop.ledger.addProduct(
                sku: product.sku,
                name: product.name,
                price: Money(minorUnits: product.price, currency: .eur),
                stock: stock
            )
            products.append(product)
            offered[product.sku] = stock
            result.models.append(row)
            progress.note(
                row.levels.map { "\($0.name) \($0.triangles)" }.joined(separator: ", ")
                    + String(format: " triangles, %.1f s", row.seconds)
            )
        }
        result.unitsOffered = offered.values.reduce(0, +)
        try await shop.close()
        return (products, offered)
    }

    private func letThemInAndKill(_ result: inout TourResult) throws -> [Acknowledgement] {
        let ordersMax = max(1, shopperCount / 4)
        let killed = KilledShop(directory: directory, shopperCount: shopperCount, seed: seed)
        let acknowledged = try killed.run(ordersMax: ordersMax) { orders in
            progress.update("\(orders) orders", fraction: Double(orders) / Double(ordersMax))
        }
        var sessions = 0
        for case .session in acknowledged { sessions += 1 }
        result.ordersBeforeKill = acknowledged.count - sessions
        progress.note("killed after \(result.ordersBeforeKill) acknowledged orders and \(sessions) sessions")
        return acknowledged
    }

    /// A session that was acknowledged before the kill is still open after it.
    private func checkSessions(_ acknowledged: [Acknowledgement], _ shop: Shop) throws {
        var count = 0
        for case .session(let text) in acknowledged {
            guard let token = SessionToken(text), try shop.sessions.resolve(token) != nil else {
                throw TourError("a session that was acknowledged before the kill is gone")
            }
            count += 1
        }
        progress.note(
            shop.openSeconds.map { "\($0.store) \(time($0.seconds))" }.joined(separator: ", ")
                + "; all \(count) sessions are there"
        )
    }

    private func letThemInAgain(_ shop: Shop) async throws -> Street.Tally {
        let street = Street(shopperCount: shopperCount, seed: seed)
        return try await street.run(
            in: shop,
            figures: figures,
            acknowledged: { _ in },
            left: { count in
                progress.update("\(count) of \(shopperCount) have left", fraction: Double(count) / Double(shopperCount))
            }
        )
    }

    private func expireSessions(_ shop: Shop) async throws -> Int {
        let last = try await shop.sessions.create(user: "the last shopper").token
        clock.advance(by: Shop.sessionLifetime + .seconds(1))
        guard try shop.sessions.resolve(last) == nil else { throw TourError("a session outlived its time") }
        var expired = 0
        while true {
            let swept = try await shop.catalog.sweepExpired(limit: 1_000)
            if swept == 0 { break }
            expired += swept
        }
        progress.note("\(expired) expired items swept")
        return expired
    }
}
