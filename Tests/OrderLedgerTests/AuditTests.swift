import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Audit")
struct AuditTests {
    /// A closed ledger with an order in each state; orders 1 to 4 are placed, paid, cancelled, paid and cancelled.
    private func makeLedger(_ directory: String) async throws {
        let ledger = try await Ledger.open(at: directory)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 50)
        try await ledger.addProduct(sku: "b", name: "B", price: Money(minorUnits: 99, currency: .eur), stock: 50)
        try await ledger.addProduct(sku: "y", name: "Y", price: Money(minorUnits: 7, currency: .jpy), stock: 50)
        for number in 1...4 { _ = try await ledger.place(request("k\(number)", [("a", number), ("b", 1)])) }
        _ = try await ledger.place(request("k5", [("y", 3)], payment: somePayment))
        _ = try await ledger.pay(OrderID(rawValue: 2), somePayment)
        _ = try await ledger.cancel(OrderID(rawValue: 3))
        _ = try await ledger.pay(OrderID(rawValue: 4), somePayment)
        _ = try await ledger.cancel(OrderID(rawValue: 4))
        let report = try ledger.audit()
        #expect(report.isClean, "\(report)")
        try await ledger.close()
    }

    /// What somebody did to the file, the rule that it breaks, and a part of the finding.
    static let damages: [(sql: String, rule: String, finding: String)] = [
        ("UPDATE product SET stock = stock + 1 WHERE sku = 'a'", "stock is the balance", "product a: stock 48"),
        ("UPDATE orders SET total = total + 1 WHERE id = 2", "sum of its lines", "order 2: total 2100, lines 2099"),
        ("UPDATE orders SET state = 2 WHERE id = 1", "where its entries lead", "order 1: state 2, entries 2"),
        ("UPDATE orders SET state = 1 WHERE id = 4", "where its entries lead", "order 4: state 1, entries 2 3 4"),
        ("UPDATE order_line SET quantity = 9 WHERE order_id = 3", "sum of its lines", "order 3"),
        ("UPDATE order_line SET product_id = 3 WHERE order_id = 5", "", ""),
        (
            "UPDATE order_line SET product_id = 3 WHERE order_id = 1 AND line = 1", "lines are of its currency",
            "order 1"
        ),
        ("DELETE FROM payment WHERE order_id = 2", "has a payment", "order 2"),
        ("INSERT INTO payment VALUES (1, 'x', 'y', 0)", "has a payment", "order 1"),
        (
            "UPDATE money_posting SET amount = amount - 1 WHERE entry_id = 4", "between the accounts",
            "entry 4: 1<3 1098"
        ),
        ("UPDATE money_posting SET debit = 2 WHERE entry_id = 4", "between the accounts", "entry 4: 2<3 1099"),
        ("UPDATE money_posting SET currency = 'USD' WHERE entry_id = 4", "between the accounts", "1099 USD"),
        ("DELETE FROM money_posting WHERE entry_id = 4", "between the accounts", "entry 4: none"),
        ("INSERT INTO money_posting VALUES (1, 1, 1, 3, 'EUR', 5)", "between the accounts", "entry 1: 1<3 5 EUR"),
        (
            "UPDATE stock_posting SET quantity = 2 WHERE entry_id = 4 AND line = 2", "units of its order's lines",
            "entry 4"
        ),
        ("DELETE FROM stock_posting WHERE entry_id = 5 AND line = 1", "units of its order's lines", "entry 5"),
        ("UPDATE stock_posting SET credit = 102 WHERE entry_id = 1", "from the supplier", "entry 1"),
        ("DELETE FROM stock_posting WHERE entry_id = 1", "from the supplier", "entry 1"),
        ("DELETE FROM entry WHERE id = 4", "reference leads somewhere", "posting"),
        ("DELETE FROM idempotency_key WHERE key = 'k2'", "key that placed it", "order 2"),
        ("DELETE FROM orders WHERE id = 1", "reference leads somewhere", "a row of"),
        ("PRAGMA ignore_check_constraints = ON; UPDATE product SET stock = -3 WHERE sku = 'b'", "are whole", "CHECK"),
        ("PRAGMA ignore_check_constraints = ON; UPDATE money_posting SET amount = 0", "are whole", "CHECK"),
        ("PRAGMA ignore_check_constraints = ON; UPDATE orders SET state = 7 WHERE id = 1", "are whole", "CHECK"),
    ]

    @Test("each kind of damaged row is found, and named by the rule it breaks", arguments: damages.indices)
    func damagedRows(_ index: Int) async throws {
        let damage = AuditTests.damages[index]
        let directory = try TemporaryDirectory()
        try await makeLedger(directory.path)
        do {
            let raw = try RawDatabase(directory.path + "/ledger.sqlite3")
            // The triggers stand in the way of such damage; whoever does it takes them away and puts them back.
            let triggers = try raw.rows("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid")
            for trigger in triggers { try raw.run("DROP TRIGGER \(trigger[0])") }
            try raw.run(damage.sql)
            for trigger in triggers { try raw.run(trigger[1]) }
        }
        let ledger = try await Ledger.open(at: directory.path)
        let report = try ledger.audit()
        if damage.rule.isEmpty {
            #expect(report.isClean, "the same product again is no damage: \(report)")
        } else {
            let found = report.firstDiscrepancy?.description ?? "nothing"
            #expect(found.contains(damage.rule) && found.contains(damage.finding), "\(damage.sql): \(found)")
        }
    }

    @Test("a schema that somebody changed is found")
    func changedSchema() async throws {
        let changes = [
            ("DROP TRIGGER orders_stay", "trigger orders_stay is missing"),
            ("DROP INDEX orders_by_customer", "index orders_by_customer is missing"),
            ("CREATE TABLE mine (a)", "table mine was added"),
            ("DROP VIEW stock_movement; CREATE VIEW stock_movement AS SELECT 1", "view stock_movement was changed"),
        ]
        for (sql, finding) in changes {
            let directory = try TemporaryDirectory()
            try await makeLedger(directory.path)
            try RawDatabase(directory.path + "/ledger.sqlite3").run(sql)
            let ledger = try await Ledger.open(at: directory.path)
            #expect(try ledger.audit().firstDiscrepancy?.finding == finding)
        }
    }

    @Test("the schema itself refuses to rewrite the past, to oversell and to post out of balance")
    func refusedBySchema() async throws {
        let directory = try TemporaryDirectory()
        try await makeLedger(directory.path)
        let raw = try RawDatabase(directory.path + "/ledger.sqlite3")
        try raw.run("PRAGMA foreign_keys = ON")
        let refused = [
            "UPDATE orders SET total = 1", "DELETE FROM orders", "UPDATE order_line SET quantity = 1",
            "DELETE FROM order_line", "UPDATE entry SET kind = 2", "DELETE FROM entry",
            "UPDATE money_posting SET amount = 1", "DELETE FROM money_posting", "UPDATE stock_posting SET quantity = 1",
            "DELETE FROM stock_posting", "UPDATE orders SET state = 1 WHERE id = 2",
            "UPDATE orders SET state = 2 WHERE id = 3", "UPDATE product SET stock = stock - 1000",
            "INSERT INTO money_posting VALUES (1, 1, 1, 1, 'EUR', 5)",
            "INSERT INTO money_posting VALUES (1, 1, 1, 101, 'EUR', 5)",
            "INSERT INTO money_posting VALUES (1, 1, 1, 2, 'EUR', -5)",
            "INSERT INTO stock_posting VALUES (1, 9, 101, 102, 77, 5)",
            "INSERT INTO product VALUES (9, 'z', 'Z', 'EUR', 'ten', 0)",
        ]
        for sql in refused {
            #expect(throws: (any Error).self, "\(sql)") { try raw.attempt(sql) }
        }
    }
}
