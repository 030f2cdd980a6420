import Harness
import OrderLedger

/// Reading from a shop of a million orders, beside C on the same SQLite.
struct ReadRows {
    let disk: String

    static let names = ["order with lines, 1M orders", "last 20 of a customer, 1M orders"]

    func rows(options: Options) async throws -> [Comparison] {
        guard Self.names.contains(where: options.includes) else { return [] }
        let count = options.extra["--orders"].flatMap { Int($0) } ?? 1_000_000
        print("Filling two shops with \(count) orders …")
        let shop = try await Shop(in: disk + "/read")
        try await shop.fill(count)
        // Entries share their numbers with the orders, so that these begin behind those of the products.
        guard let oldest = try shop.ledger.orders(in: .placed, limit: 1).first else { throw WrongResult("no order") }
        let first = oldest.id.rawValue
        let raw = RawOrders(at: disk + "/raw-read.sqlite")
        try raw.place(count, group: 500)
        return [
            Comparison(
                Self.names[0],
                measure: .threadCPU,
                operations: 20_000,
                ours: contender(shop) { number in
                    let id = OrderID(rawValue: first + Int64(scattered(number, count)))
                    guard try shop.ledger.order(id)?.total.minorUnits == 5_997 else { throw WrongResult("order \(id)") }
                },
                peer: contender(raw) { try raw.read(scattered($0, count)) },
                ratioMin: 0.85
            ),
            Comparison(
                Self.names[1],
                measure: .threadCPU,
                operations: 5_000,
                ours: contender(shop) { number in
                    let customer = "customer-\(scattered(number, Shop.customerCount))"
                    let orders = try shop.ledger.orders(of: customer, limit: 20)
                    guard orders.count == 20, orders.allSatisfy({ $0.total.minorUnits == 5_997 }) else {
                        throw WrongResult(customer)
                    }
                },
                peer: contender(raw) { try raw.last(scattered($0, Shop.customerCount), 20) },
                ratioMin: 0.85
            ),
        ]
    }

    private func contender(_ shop: Shop, _ work: @escaping @Sendable (Int) throws -> Void) -> Contender {
        Contender(
            "OrderLedger",
            version: "this commit",
            settings: ["reads": "plain calls"],
            check: {},
            work: { operations, _ in for number in 0..<operations { try work(number) } }
        )
    }

    private func contender(_ raw: RawOrders, _ work: @escaping @Sendable (Int) throws -> Void) -> Contender {
        Contender(
            "C on SQLite",
            version: RawOrders.sqliteVersion,
            settings: ["reads": "prepared statements in one transaction"],
            check: {},
            work: { operations, _ in for number in 0..<operations { try work(number) } }
        )
    }
}

/// Numbers below `count` in no order, the same for both sides (SplitMix64's mixing).
func scattered(_ number: Int, _ count: Int) -> Int {
    var mixed = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(count))
}
