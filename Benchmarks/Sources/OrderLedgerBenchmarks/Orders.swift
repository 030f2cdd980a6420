import CRawOrders
import Foundation
import Harness
import OrderLedger
import Synchronization

/// A shop of a thousand products, and how many orders were placed in it.
struct Orders: Sendable {
    static let skuCount = 1_000
    static let stock = 1_000_000

    let ledger: Ledger
    let directory: String
    private let placed = Placed()

    init(ledger: Ledger, directory: String) async throws {
        self.ledger = ledger
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

    func place(clients: Int) -> Comparison {
        let ours = Contender(
            "OrderLedger",
            version: "this commit",
            settings: ["durability": "flushed", "clients": "\(clients) tasks"],
            check: {
                let report = try ledger.audit()
                guard report.firstDiscrepancy == nil, Int(report.orderCount) == placed.count.load(ordering: .relaxed)
                else {
                    throw WrongResult("\(report)")
                }
            },
            wall: { operations in
                let first = placed.count.add(operations, ordering: .relaxed).oldValue
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<clients {
                        group.addTask {
                            for number in stride(from: first + client, to: first + operations, by: clients) {
                                _ = try await ledger.place(request(number))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        )
        let raw = RawOrders(at: directory + "/raw-\(clients).sqlite", skuCount: Self.skuCount, stock: Self.stock)
        let peer = Contender(
            "C on SQLite",
            version: String(cString: raw_orders_sqlite_version()),
            settings: ["journal_mode": "WAL", "synchronous": "FULL", "ordersPerCommit": "\(clients)"],
            check: { try raw.check() },
            wall: { operations in try raw.place(operations, group: clients) }
        )
        return Comparison(
            "place order, \(clients) client\(clients == 1 ? "" : "s")",
            measure: .wall,
            operations: 150 * clients,
            ours: ours,
            peer: peer
        )
    }

    func request(_ number: Int) -> OrderRequest {
        OrderRequest(
            idempotencyKey: "order-\(number)",
            customer: "customer-\(number % 1_000)",
            lines: (0..<3).map { OrderRequest.Line(sku: "sku-\((number * 3 + $0) % Self.skuCount)", quantity: 1) }
        )
    }
}

private final class Placed: Sendable {
    let count = Atomic<Int>(0)
}

/// The baseline, with the count that it must show in the end.
final class RawOrders: @unchecked Sendable {
    // Used by one turn of the benchmark at a time.
    private let orders: OpaquePointer?
    private var count = 0

    init(at path: String, skuCount: Int, stock: Int) {
        orders = raw_orders_open(path, Int32(skuCount), Int64(stock))
    }

    func place(_ operations: Int, group: Int) throws {
        let status = raw_orders_place(orders, Int64(count), Int32(operations), Int32(group))
        guard status == 0 else { throw WrongResult("SQLite's code \(status)") }
        count += operations
    }

    func check() throws {
        let found = raw_orders_count(orders)
        guard found == count else { throw WrongResult("\(count) orders were placed, \(found) are there") }
    }
}
