import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Audit")
struct AuditTests {
    /// A closed ledger in which everything happened once, and what its entries are.
    ///
    /// Entries 1 to 3 stock the products; 4 reserves cart 4, 5 places order 5; the rest follows from there.
    private func makeLedger(_ directory: String) async throws {
        let ledger = try await Ledger.open(at: directory)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 50)
        try await ledger.addProduct(sku: "b", name: "B", price: euros(99), stock: 50)
        try await ledger.addProduct(sku: "y", name: "Y", price: Money(minorUnits: 7, currency: .jpy), stock: 50)
        try await ledger.openAccount("card", currency: .eur, limits: -10_000...0)
        let held = CartRequest(
            idempotencyKey: "c",
            customer: "ada",
            lines: [.init(sku: "a", quantity: 2)],
            hold: .seconds(600)
        )
        let cart = try await ledger.reserve(held).id  // Entry 4.
        let tax = try TaxRate(partsPerMillion: 100_000)
        let lines = [OrderRequest.Line(sku: "a", quantity: 2, taxRate: tax), .init(sku: "b", quantity: 1)]
        // Entries 5 (placed), 6 (cart ordered), 7 (captured).
        let whole = OrderRequest(
            idempotencyKey: "k1",
            customer: "ada",
            lines: lines,
            payment: .captured(somePayment),
            cart: cart
        )
        let shipped = try await ledger.place(whole).id
        _ = try await ledger.fulfill(shipped)  // 8
        _ = try await ledger.ship(shipped, ShipmentRequest(idempotencyKey: "s"))  // 9
        _ = try await ledger.deliver(shipped, shipment: 1)  // 10
        let returned = RefundRequest.Line(line: 1, quantity: 1, returned: 1)
        _ = try await ledger.refund(shipped, RefundRequest(idempotencyKey: "r", lines: [returned]))  // 11
        let placed = try await ledger.place(request("k2", [("a", 1)])).id  // 12
        _ = try await ledger.authorize(placed, somePayment, for: .seconds(600), key: "h")  // 13
        let gone = try await ledger.place(request("k3", [("a", 1)], payment: .captured(somePayment))).id  // 14, 15
        _ = try await ledger.cancel(gone)  // 16
        let transfer = TransferRequest(idempotencyKey: "t", amount: euros(500), debit: .cash, credit: .named("card"))
        try await ledger.transfer(transfer)  // 17
        _ = try await ledger.place(request("k4", [("y", 3)]))  // 18
        #expect(try ledger.events(after: 0, limit: 100).count == 18)
        let report = try ledger.audit()
        #expect(report.isClean, "\(report)")
        try await ledger.close()
    }

    /// What somebody did to the file, the rule that it breaks, and a part of the finding.
    static let damages: [(sql: String, rule: String, finding: String)] = [
        ("UPDATE product SET stock = stock + 1 WHERE sku = 'b'", "stock is the balance", "product b: stock 50"),
        ("UPDATE orders SET total = total + 1 WHERE id = 12", "sums of its lines", "order 12: total 1001"),
        ("UPDATE orders SET tax = tax + 1 WHERE id = 12", "sums of its lines", "order 12"),
        ("UPDATE orders SET captured = 5 WHERE id = 12", "sums of its payments", "order 12: captured 5"),
        ("UPDATE orders SET state = 6 WHERE id = 12", "where its entries lead", "order 12: state 6"),
        (
            """
            UPDATE orders SET state = 1, captured = 0, refunded = 0 WHERE id = 14;
            UPDATE payment SET captured = 0, refunded = 0, state = 4 WHERE order_id = 14
            """, "where its entries lead", "order 14: state 1"
        ),
        ("UPDATE order_line SET quantity = 9, total = 9000 WHERE order_id = 12", "sums of its lines", "order 12"),
        ("UPDATE order_line SET product_id = 3 WHERE order_id = 18", "", ""),
        ("UPDATE order_line SET product_id = 3 WHERE order_id = 12", "lines are of its currency", "order 12"),
        ("UPDATE order_line SET product_id = 2 WHERE order_id = 12", "stock is the balance", "product a"),
        ("UPDATE entry SET kind = 9, order_id = 5 WHERE id = 12", "placed by its entry", "order 12"),
        ("INSERT INTO entry (kind, posted_ms) VALUES (2, 0)", "placed by its entry", "entry 19"),
        ("UPDATE payment SET captured = 7 WHERE order_id = 12", "sums of its payments", "order 12"),
        (
            "UPDATE payment SET amount = 1001 WHERE order_id = 12", "of a payment is what it says",
            "payment 12/1: holds 1001"
        ),
        ("UPDATE payment SET state = 4 WHERE order_id = 12", "of a payment is what it says", "payment 12/1: holds 0"),
        ("UPDATE shipment SET delivered_ms = NULL", "", ""),
        ("UPDATE shipment_line SET quantity = 1 WHERE line = 1", "to the customer", "entry 9"),
        ("UPDATE refund SET amount = 1099 WHERE order_id = 5", "sum of its shares", "order 5, refund 1"),
        ("UPDATE refund_share SET amount = 1099", "sum of its shares", "order 5, refund 1"),
        ("UPDATE refund SET tax = 99 WHERE order_id = 5", "a refund posts", "entry 11, account 3"),
        ("UPDATE refund_line SET returned = 0", "a refund moves units", "entry 11"),
        ("UPDATE cart SET state = 1, order_id = NULL", "a cart's state", "cart 4: state 1"),
        ("UPDATE cart_line SET quantity = 3", "a cart takes the units", "entry 4"),
        ("UPDATE account SET balance = -499 WHERE id = 1000", "an account's balance", "account card: balance -499"),
        ("UPDATE money_posting SET amount = 1 WHERE entry_id = 5 AND line = 1", "placing an order posts", "entry 5"),
        ("UPDATE money_posting SET debit = 2 WHERE entry_id = 12", "placing an order posts", "entry 12"),
        ("UPDATE money_posting SET currency = 'USD' WHERE entry_id = 7", "in the order's currency", "entry 7: USD"),
        ("DELETE FROM money_posting WHERE entry_id = 12", "placing an order posts", "entry 12"),
        ("DELETE FROM money_posting WHERE entry_id = 16", "cancelling an order posts", "entry 16"),
        ("DELETE FROM money_posting WHERE entry_id = 17", "a transfer is one posting", "entry 17"),
        ("INSERT INTO money_posting VALUES (9, 1, 1, 3, 'EUR', 5)", "entries that move money", "entry 9"),
        ("UPDATE stock_posting SET credit = 102 WHERE entry_id = 1", "from the supplier", "entry 1"),
        ("DELETE FROM stock_posting WHERE entry_id = 1", "from the supplier", "entry 1"),
        ("DELETE FROM stock_posting WHERE entry_id = 6", "a cart takes the units", "entry 6"),
        ("DELETE FROM stock_posting WHERE entry_id = 16", "cancelling an order moves", "entry 16"),
        ("INSERT INTO stock_posting VALUES (12, 1, 101, 103, 1, 1)", "entries that move stock", "entry 12"),
        ("DELETE FROM entry WHERE id = 7", "reference leads somewhere", "posting"),
        ("DELETE FROM orders WHERE id = 12", "reference leads somewhere", "a row of"),
        ("PRAGMA ignore_check_constraints = ON; UPDATE product SET stock = -3 WHERE sku = 'b'", "are whole", "CHECK"),
        ("PRAGMA ignore_check_constraints = ON; UPDATE money_posting SET amount = 0", "are whole", "CHECK"),
        ("PRAGMA ignore_check_constraints = ON; UPDATE orders SET state = 9 WHERE id = 12", "are whole", "CHECK"),
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
            #expect(report.isClean, "\(damage.sql) is no damage: \(report)")
        } else {
            let found = report.firstDiscrepancy?.description ?? "nothing"
            #expect(found.contains(damage.rule) && found.contains(damage.finding), "\(damage.sql): \(found)")
        }
    }

    @Test("a schema that somebody changed is found")
    func changedSchema() async throws {
        let changes = [
            ("DROP TRIGGER orders_stay", "trigger orders_stay is missing"),
            ("DROP TRIGGER shipment_line_units", "trigger shipment_line_units is missing"),
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
            "DELETE FROM stock_posting", "UPDATE product SET stock = stock - 1000", "DELETE FROM product",
            "UPDATE refund SET amount = 1", "UPDATE shipment_line SET quantity = 9", "DELETE FROM cart_line",
            "UPDATE payment SET state = 1 WHERE order_id = 5", "UPDATE payment SET captured = 0 WHERE order_id = 5",
            "UPDATE orders SET refunded = 0 WHERE id = 5", "UPDATE cart SET state = 1",
            "UPDATE orders SET captured = 2000",
            "INSERT INTO shipment_line VALUES (5, 1, 3, 1)", "INSERT INTO shipment_line VALUES (5, 2, 1, 1)",
            "INSERT INTO shipment VALUES (5, 2, NULL, NULL, 0, NULL); INSERT INTO shipment_line VALUES (5, 2, 1, 1)",
            "INSERT INTO refund VALUES (5, 2, 1, 0, NULL, 0); INSERT INTO refund_line VALUES (5, 2, 1, 2, 0, 0)",
            "INSERT INTO order_line VALUES (12, 2, 1, 1, 1000, 1001, 0, -1)",
            "INSERT INTO order_line VALUES (12, 2, 1, 1, 1000, 0, 100, 1050)",
            "INSERT INTO money_posting VALUES (17, 2, 1, 1, 'EUR', 5)",
            "INSERT INTO money_posting VALUES (17, 2, 1, 101, 'EUR', 5)",
            "INSERT INTO money_posting VALUES (17, 2, 1, 2, 'EUR', -5)",
            "INSERT INTO stock_posting VALUES (17, 9, 101, 102, 77, 5)",
            "INSERT INTO stock_posting VALUES (17, 9, 1, 2, 1, 5)",
            "INSERT INTO idempotency_key VALUES ('x', x'00', 1, 0, 0)",
            "INSERT INTO product VALUES (9, 'z', 'Z', 'EUR', 'ten', 0, 0)",
            "UPDATE account SET balance = 1 WHERE id = 1000",
        ]
        for sql in refused {
            try raw.run("BEGIN")
            #expect(throws: (any Error).self, "\(sql)") { try raw.attempt(sql) }
            try raw.run("ROLLBACK")
        }
    }

    @Test("every table is strict, and every reference of one to another is enforced")
    func strictTables() async throws {
        let directory = try TemporaryDirectory()
        try await Ledger.open(at: directory.path).close()
        let raw = try RawDatabase(directory.path + "/ledger.sqlite3")
        let tables = try raw.rows(
            "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        )
        #expect(tables.count == 19)
        for table in tables { #expect(table[1] == "1", "\(table[0])") }
    }

    @Test("the schema is the same text in every ledger, whenever it was made")
    func deterministicSchema() async throws {
        var texts: Set<[[String]]> = []
        for _ in 0..<2 {
            let directory = try TemporaryDirectory()
            try await Ledger.open(at: directory.path).close()
            let raw = try RawDatabase(directory.path + "/ledger.sqlite3")
            texts.insert(try raw.rows("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema ORDER BY rowid"))
            texts.insert(try raw.rows("SELECT * FROM account ORDER BY id"))
        }
        #expect(texts.count == 2)
    }
}
