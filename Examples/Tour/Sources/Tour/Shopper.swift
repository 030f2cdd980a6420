import CatalogKV
import ObjectVault
import OrderLedger

/// One visitor: opens a session, looks around, and may buy.
///
/// What a shopper does follows from its number and the tour's seed alone, so that one who was cut off by the kill does
/// the same again, under the same idempotency key.
struct Shopper: Sendable {
    let number: Int
    let seed: UInt64

    /// What became of the visit.
    enum Outcome: Sendable {
        case looked
        case bought(OrderID, units: Int)
        case soldOut
    }

    /// The name that the ledger knows the shopper by.
    var customer: String { "shopper-\(number)" }
    /// The same for the first try and for every later one.
    var idempotencyKey: String { "visit-\(seed)-\(number)" }

    /// The whole visit; `acknowledged` hears of each thing that a store said is done.
    func visit(
        _ shop: Shop,
        figures: Figures,
        acknowledged: @Sendable (Acknowledgement) -> Void
    ) async throws -> Outcome {
        var random = VisitRandom(seed: seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
        try await random.pause(upToMilliseconds: 2_500)
        let token = try await figures.openSession.timingWait {
            try await shop.sessions.create(user: customer).token
        }
        acknowledged(.session(token: token.text))
        let products = try shop.products()
        guard !products.isEmpty else { return .looked }
        for _ in 0..<random.number(in: 4...10) {
            let product = products[random.number(in: 0...products.count - 1)]
            try look(at: product, token: token, in: shop, figures: figures, &random)
            try await random.pause(upToMilliseconds: 150)
        }
        guard random.number(in: 0...9) < 8 else { return .looked }
        return try await buy(products, in: shop, figures: figures, &random, acknowledged: acknowledged)
    }

    /// The preview first, and then, if it pleases, a fuller level piece by piece.
    private func look(
        at product: Product,
        token: SessionToken,
        in shop: Shop,
        figures: Figures,
        _ random: inout VisitRandom
    ) throws {
        guard try figures.resolveSession.timing({ try shop.sessions.resolve(token) }) != nil else {
            throw TourError("the session of \(customer) is gone while it is used")
        }
        for _ in 0..<8 {
            _ = try figures.readCatalog.timing { try shop.listings.get(Product.key(of: product.sku)) }
        }
        guard let preview = product.levels.first, let previewID = ObjectID(hex: preview.digest) else { return }
        let bytes = try figures.readPreview.timing { try shop.vault.read(previewID) }
        guard bytes.count == preview.byteCount else {
            throw TourError("the preview of \(product.sku) has changed size")
        }
        guard random.number(in: 0...2) == 0, product.levels.count > 1 else { return }
        let fuller = product.levels[random.number(in: 1...product.levels.count - 1)]
        guard let id = ObjectID(hex: fuller.digest) else { return }
        let size = Int64(fuller.byteCount)
        var offset: Int64 = 0
        while offset < min(size, 8 << 16) {
            let range = offset..<min(size, offset + 1 << 16)
            _ = try figures.readRange.timing { try shop.vault.read(id, range: range) }
            offset = range.upperBound
        }
    }

    private func buy(
        _ products: [Product],
        in shop: Shop,
        figures: Figures,
        _ random: inout VisitRandom,
        acknowledged: @Sendable (Acknowledgement) -> Void
    ) async throws -> Outcome {
        var quantities: [String: Int] = [:]
        for _ in 0..<random.number(in: 1...3) {
            quantities[products[random.number(in: 0...products.count - 1)].sku, default: 0] += random.number(in: 1...2)
        }
        let lines = quantities.sorted { $0.key < $1.key }.map {
            OrderRequest.Line(sku: $0.key, quantity: $0.value)
        }
        let request = OrderRequest(idempotencyKey: idempotencyKey, customer: customer, lines: lines)
        do {
            let order = try await figures.placeOrder.timingWait { try await shop.ledger.place(request) }
            acknowledged(.order(shopper: number, id: "\(order.id)"))
            return .bought(order.id, units: quantities.values.reduce(0, +))
        } catch let error as LedgerError where error.code == .insufficientStock {
            return .soldOut
        }
    }
}

/// What a store acknowledged: after the kill it must still be so.
enum Acknowledgement: Sendable {
    case session(token: String)
    case order(shopper: Int, id: String)
}

/// A small generator of a visit's own (SplitMix64), so that a visit can be made again.
struct VisitRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Waits as people do, for a random time.
    mutating func pause(upToMilliseconds limit: Int) async throws {
        try await Task.sleep(for: .milliseconds(number(in: 0...limit)))
    }

    mutating func number(in range: ClosedRange<Int>) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return range.lowerBound + Int(mixed % UInt64(range.count))
    }
}

/// Something of the tour's own went wrong.
struct TourError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
