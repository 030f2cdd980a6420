import CRawOrders
import Foundation
import Harness
import OrderLedger
import Synchronization

/// A shop of a thousand products on one disk, and how many orders were placed in it.
final class Shop: Sendable {
    static let skuCount = 1_000
    static let stock = 100_000_000
    static let customerCount = 1_000

    let ledger: Ledger
    let directory: String
    private let placed = Atomic<Int>(0)

    init(in directory: String, _ configuration: LedgerConfiguration = .init()) async throws {
        ledger = try await Ledger.open(at: directory + "/ledger", configuration: configuration)
        self.directory = directory
        for sku in 0..<Self.skuCount {
            try await ledger.addProduct(
                sku: "sku-\(sku)",
                name: "product \(sku)",
                price: Money(minorUnits: 1_999, currency: .eur),
                stock: Self.stock
            )
        }
    }

    /// Orders so far.
    var count: Int { placed.load(ordering: .relaxed) }

    /// Places orders by so many tasks at once.
    func place(_ operations: Int, clients: Int) async throws {
        let first = placed.add(operations, ordering: .relaxed).oldValue
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask { [ledger] in
                    for number in stride(from: first + client, to: first + operations, by: clients) {
                        _ = try await ledger.place(Self.request(number))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Places orders a few hundred to a transaction, to fill a shop.
    func fill(_ operations: Int) async throws {
        let first = placed.add(operations, ordering: .relaxed).oldValue
        for start in stride(from: first, to: first + operations, by: 500) {
            let end = min(start + 500, first + operations)
            try await ledger.write { transaction in
                for number in start..<end { _ = try transaction.place(Self.request(number)) }
            }
        }
    }

    /// That every order is there, and everything adds up.
    func check() throws {
        let report = try ledger.audit()
        guard report.firstDiscrepancy == nil, Int(report.orderCount) == count else { throw WrongResult("\(report)") }
    }

    static func request(_ number: Int) -> OrderRequest {
        OrderRequest(
            idempotencyKey: "order-\(number)",
            customer: "customer-\(number % customerCount)",
            lines: (0..<3).map { OrderRequest.Line(sku: "sku-\((number * 3 + $0) % skuCount)", quantity: 1) }
        )
    }

    /// Ours, as a contender that places orders by so many tasks.
    func contender(clients: Int, _ name: String = "OrderLedger", _ settings: [String: String] = [:]) -> Contender {
        Contender(
            name,
            version: "this commit",
            settings: ["durability": "flushed", "clients": "\(clients) tasks"].merging(settings) { $1 },
            check: { try self.check() },
            wall: { try await self.place($0, clients: clients) }
        )
    }
}

/// The baseline in C, with the count that it must show in the end.
final class RawOrders: @unchecked Sendable {
    // Used by one turn of the benchmark at a time.
    private let orders: OpaquePointer?
    private var count = 0

    /// The version of the library that both sides are on.
    static let sqliteVersion = String(cString: raw_orders_sqlite_version())

    init(at path: String, skuCount: Int = Shop.skuCount, stock: Int = Shop.stock, isIndexed: Bool = true) {
        orders = raw_orders_open(path, Int32(skuCount), Int64(stock), isIndexed ? 1 : 0)
    }

    deinit {
        raw_orders_close(orders)
    }

    func place(_ operations: Int, group: Int) throws {
        let status = raw_orders_place(orders, Int64(count), Int32(operations), Int32(group))
        guard status == 0 else { throw WrongResult("SQLite's code \(status)") }
        count += operations
    }

    func read(_ number: Int) throws {
        guard raw_orders_read(orders, Int64(number)) == 5_997 else { throw WrongResult("order \(number)") }
    }

    func last(_ customer: Int, _ limit: Int) throws {
        let sum = raw_orders_last(orders, Int64(customer), Int32(limit))
        guard sum == Int64(limit) * 5_997 else { throw WrongResult("customer \(customer)") }
    }

    func check() throws {
        let found = raw_orders_count(orders)
        guard found == count else { throw WrongResult("\(count) orders were placed, \(found) are there") }
    }

    func contender(group: Int, _ name: String = "C on SQLite") -> Contender {
        Contender(
            name,
            version: Self.sqliteVersion,
            settings: ["journal_mode": "WAL", "synchronous": "FULL", "ordersPerCommit": "\(group)"],
            check: { try self.check() },
            wall: { try self.place($0, group: group) }
        )
    }
}
