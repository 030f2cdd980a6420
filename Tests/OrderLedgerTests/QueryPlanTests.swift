import OrderLedger
import Testing
import VitrineSQLite
import VitrineTestSupport

@Suite("Queries")
struct QueryPlanTests {
    @Test("no statement of the ledger reads a whole table, and only sums of a stretch of time are sorted")
    func plans() async throws {
        let directory = try TemporaryDirectory()
        try await Ledger.open(at: directory.path).close()
        let raw = try RawDatabase(directory.path + "/ledger.sqlite3")
        #expect(Query.ofTheShop.count > 60)
        for query in Query.ofTheShop {
            let plan = try raw.rows("EXPLAIN QUERY PLAN \(query.sql)").compactMap(\.last)
            let isGrouped = query.sql.contains("GROUP BY day")
            for step in plan {
                #expect(!step.hasPrefix("SCAN") || step.hasPrefix("SCAN CONSTANT ROW"), "\(query.sql): \(plan)")
                #expect(!step.contains("TEMP B-TREE") || isGrouped, "\(query.sql): \(plan)")
                #expect(!step.contains("AUTOMATIC"), "\(query.sql): \(plan)")
            }
        }
    }

    /// Steps of a plan that read a whole table once for each row of another.
    private func repeatedScans(_ sql: String, _ raw: RawDatabase) throws -> [String] {
        let steps = try raw.rows("EXPLAIN QUERY PLAN \(sql)").map { (id: $0[0], parent: $0[1], text: $0[3]) }
        var repeated: [String] = []
        var begun: Set<String> = []
        for step in steps where step.text.hasPrefix("SCAN") || step.text.hasPrefix("SEARCH") {
            // Of loops side by side the first runs once; below a correlated query nothing does.
            let isInner = begun.contains(step.parent)
            let isCorrelated = steps.contains { $0.id == step.parent && $0.text.hasPrefix("CORRELATED") }
            begun.insert(step.parent)
            if step.text.hasPrefix("SCAN"), isInner || isCorrelated { repeated.append(step.text) }
        }
        return repeated
    }

    @Test("the audit reads no table anew for each row of another, so that its time grows with the ledger and no faster")
    func audit() async throws {
        let directory = try TemporaryDirectory()
        try await Ledger.open(at: directory.path).close()
        let raw = try RawDatabase(directory.path + "/ledger.sqlite3")
        #expect(auditRules.count > 20)
        for rule in auditRules { #expect(try repeatedScans(rule.sql, raw).isEmpty, "\(rule.name)") }
        // The check itself can fail: an expression has no affinity, and so no index that SQLite makes by itself.
        let slow = """
            WITH e AS MATERIALIZED (SELECT ifnull(order_id, id) AS order_id FROM entry)
            SELECT COUNT(e.order_id) FROM orders o LEFT JOIN e ON e.order_id = o.id
            """
        #expect(try !repeatedScans(slow, raw).isEmpty)
    }

    @Test("the test of plans fails on a statement that reads a whole table")
    func plansCanFail() async throws {
        let directory = try TemporaryDirectory()
        try await Ledger.open(at: directory.path).close()
        let raw = try RawDatabase(directory.path + "/ledger.sqlite3")
        let plan = try raw.rows("EXPLAIN QUERY PLAN SELECT id FROM orders WHERE total > 5").compactMap(\.last)
        #expect(plan.contains { $0.hasPrefix("SCAN") })
    }

    @Test("orders by state and time come page by page, each once, also those of one millisecond")
    func byState() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        var placed: [OrderID] = []
        for number in 0..<25 {
            if number % 4 == 0 { test.clock.advance(by: .milliseconds(1)) }
            let terms: PaymentTerms = number % 5 == 0 ? .captured(somePayment) : .later
            let order = try await ledger.place(request("k\(number)", [("a", 1)], payment: terms))
            if number % 5 != 0 { placed.append(order.id) }
        }
        var seen: [OrderID] = []
        var cursor: OrderCursor?
        while true {
            let page = try ledger.orders(in: .placed, limit: 3, after: cursor)
            guard let last = page.last else { break }
            seen += page.map(\.id)
            cursor = OrderCursor(after: last)
        }
        #expect(seen == placed)
        #expect(try ledger.orders(in: .paid).count == 5)
        let middle = test.clock.now() - .milliseconds(3)
        let late = try ledger.orders(in: .placed, from: middle)
        let early = try ledger.orders(in: .placed, to: middle)
        #expect(late.map(\.id) + early.map(\.id) == placed.suffix(late.count) + placed.prefix(early.count))
        #expect(!late.isEmpty && !early.isEmpty && late.count + early.count == placed.count)
        for limit in [0, 1_001] { await expectError(.invalidRequest) { try ledger.orders(in: .paid, limit: limit) } }
    }

    @Test("sales add up by day, SKU and currency, in the time zone that is asked for, without cancelled orders")
    func sales() async throws {
        let test = try await TestLedger(stock: ["a": 100, "b": 100])
        let ledger = test.ledger
        try await ledger.addProduct(sku: "y", name: "Y", price: Money(minorUnits: 7, currency: .jpy), stock: 9)
        // Noon of a day in UTC, and half an hour before the next one in a zone nine hours ahead.
        let day = 20_000
        test.clock.advance(by: .seconds(day * 86_400 + 43_200) - test.clock.now())
        _ = try await ledger.place(request("1", [("a", 2), ("b", 1)]))
        let gone = try await ledger.place(request("2", [("a", 5)])).id
        _ = try await ledger.cancel(gone)
        test.clock.advance(by: .seconds(3 * 3_600))
        _ = try await ledger.place(request("3", [("a", 3)], payment: .captured(somePayment)))
        _ = try await ledger.place(request("4", [("y", 3)]))
        let from = Duration.seconds(day * 86_400)
        let rows = try ledger.sales(from: from, to: from + .seconds(86_400))
        #expect(rows.map(\.day) == [day, day, day] && rows.map(\.sku) == ["a", "b", "y"])
        #expect(rows.map(\.units) == [5, 1, 3])
        #expect(rows.map(\.total) == [euros(5_000), euros(1_000), Money(minorUnits: 21, currency: .jpy)])
        let tokyo = try ledger.sales(from: from, to: from + .seconds(86_400), utcOffset: .seconds(9 * 3_600))
        #expect(tokyo.map(\.day) == [day, day, day + 1, day + 1] && tokyo.map(\.units) == [2, 1, 3, 3])
        #expect(try ledger.sales(from: .zero, to: from).isEmpty)
        await expectError(.invalidRequest) {
            try ledger.sales(from: .zero, to: from, utcOffset: .seconds(86_400))
        }
    }

    @Test("products below their reorder point come page by page, the fewest units first")
    func reorder() async throws {
        let test = try await TestLedger(stock: [:])
        let ledger = test.ledger
        for number in 0..<9 {
            try await ledger.addProduct(
                sku: "s\(number)",
                name: "S",
                price: tenEuros,
                stock: 20 - number % 3,
                reorderPoint: number % 2 == 0 ? 10 : 0
            )
        }
        #expect(try ledger.productsToReorder().isEmpty)
        for number in 0..<9 { _ = try await ledger.place(request("k\(number)", [("s\(number)", 12)])) }
        var seen: [Product] = []
        while true {
            let page = try ledger.productsToReorder(limit: 2, after: seen.last)
            if page.isEmpty { break }
            seen += page
        }
        #expect(seen.map(\.sku) == ["s2", "s8", "s4", "s0", "s6"])
        #expect(seen.map(\.stock) == [6, 6, 7, 8, 8])
        try await ledger.restock(sku: "s2", by: 4)
        try await ledger.setReorderPoint(0, of: "s8")
        try await ledger.setReorderPoint(100, of: "s1")
        try await ledger.setPrice(euros(1_200), of: "s1")
        #expect(try ledger.productsToReorder().map(\.sku) == ["s1", "s4", "s0", "s6"])
        #expect(try ledger.product("s1")?.price == euros(1_200))
        await expectError(.currencyMismatch) {
            try await ledger.setPrice(Money(minorUnits: 1, currency: .jpy), of: "s1")
        }
        await expectError(.unknownProduct) { try await ledger.setReorderPoint(1, of: "zebra") }
        #expect(try ledger.product("zebra") == nil)
    }
}
