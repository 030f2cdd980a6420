import OrderLedger
import Testing
import VitrineTestSupport

@Suite("Orders")
struct OrderTests {
    @Test("an order takes stock, fixes prices and can be read back")
    func place() async throws {
        let directory = try TemporaryDirectory()
        let clock = ManualClock(sinceEpoch: .milliseconds(1_780_000_000_123))
        var configuration = LedgerConfiguration()
        configuration.now = clock.now
        let ledger = try await Ledger.open(at: directory.path, configuration: configuration)
        try await ledger.addProduct(sku: "chair", name: "Chair", price: tenEuros, stock: 5)
        try await ledger.addProduct(sku: "lamp", name: "Lamp", price: Money(minorUnits: 250, currency: .eur), stock: 0)
        try await ledger.restock(sku: "lamp", by: 9)

        let order = try await ledger.place(request("k1", [("lamp", 4), ("chair", 2)]))
        #expect(order.state == .placed && order.captured == euros(0) && order.customer == "ada")
        #expect(order.total == Money(minorUnits: 3_000, currency: .eur))
        #expect(order.lines.map(\.sku) == ["lamp", "chair"])
        #expect(order.lines.map(\.total.minorUnits) == [1_000, 2_000])
        #expect(order.placedAt == .milliseconds(1_780_000_000_123))
        #expect(try ledger.order(order.id) == order)
        #expect(try ledger.stock(of: "lamp") == 5 && ledger.stock(of: "chair") == 3)
        #expect(try ledger.order(OrderID(rawValue: 99)) == nil)

        let paid = try await ledger.place(request("k2", [("chair", 1)], payment: .captured(somePayment)))
        #expect(paid.state == .paid && paid.captured == tenEuros)
        #expect(try ledger.payments(of: paid.id).map(\.reference) == [somePayment])
        #expect(try ledger.order(paid.id) == paid)
        let report = try ledger.audit()
        #expect(report.isClean, "\(report)")
        #expect(report.orderCount == 2 && report.productCount == 2 && report.entryCount == 5)
        #expect(report.moneyBalances.map(\.amount) == [3_000, 1_000, -4_000])
        #expect(report.stockBalances.map(\.amount) == [7, 7, -14])
        try await ledger.close()
    }

    @Test("what cannot be placed changes nothing and says why")
    func refusals() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 3)
        try await ledger.addProduct(sku: "b", name: "B", price: tenEuros, stock: 1)
        try await ledger.addProduct(sku: "yen", name: "Y", price: Money(minorUnits: 5, currency: .jpy), stock: 9)
        try await ledger.addProduct(sku: "dear", name: "D", price: Money(minorUnits: .max, currency: .eur), stock: 9)
        try await ledger.addProduct(
            sku: "half",
            name: "H",
            price: Money(minorUnits: .max / 2 + 9, currency: .eur),
            stock: 9
        )

        let short = await expectError(.insufficientStock) {
            try await ledger.place(request("k", [("a", 2), ("b", 2)]))
        }
        #expect(short?.details == .insufficientStock(sku: "b", asked: 2, available: 1))
        #expect(short?.message.contains("SKU b: 2 asked, 1 available") == true)
        await expectError(.unknownProduct) { try await ledger.place(request("k", [("a", 1), ("zebra", 1)])) }
        await expectError(.currencyMismatch) { try await ledger.place(request("k", [("a", 1), ("yen", 1)])) }
        await expectError(.amountOverflow) { try await ledger.place(request("k", [("dear", 2)])) }
        await expectError(.amountOverflow) { try await ledger.place(request("k", [("dear", 1)])) }
        await expectError(.amountOverflow) { try await ledger.place(request("k", [("half", 1), ("dear", 1)])) }
        let malformed: [(String, OrderRequest)] = [
            ("no line", request("k", [])),
            ("none", request("k", [("a", 0)])),
            ("negative", request("k", [("a", -1)])),
            ("too many", request("k", [("a", .max)])),
            ("twice", request("k", [("a", 1), ("a", 1)])),
            ("no key", request("", [("a", 1)])),
            ("zero byte", request("k\u{0}", [("a", 1)])),
            ("long customer", request("k", [("a", 1)], customer: String(repeating: "é", count: 129))),
            ("lines", request("k", (0...100).map { ("s\($0)", 1) })),
            ("payment", request("k", [("a", 1)], payment: .captured(PaymentReference(provider: "", reference: "r")))),
        ]
        for (comment, request) in malformed {
            await expectError(.invalidRequest, comment) { try await ledger.place(request) }
        }
        #expect(try ledger.stock(of: "a") == 3 && ledger.stock(of: "b") == 1 && ledger.stock(of: "dear") == 9)
        #expect(try ledger.orders(of: "ada").isEmpty)
        #expect(try ledger.audit().isClean)
        // A refusal leaves its key unused.
        #expect(try await ledger.place(request("k", [("a", 3)])).lines.count == 1)
    }

    @Test("products are added once, restocked in bounds, and unknown ones named")
    func products() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 1)
        await expectError(.duplicateProduct) {
            try await ledger.addProduct(sku: "a", name: "B", price: tenEuros, stock: 1)
        }
        await expectError(.unknownProduct) { try ledger.stock(of: "zebra") }
        await expectError(.unknownProduct) { try await ledger.restock(sku: "zebra", by: 1) }
        for stock in [-1, .min, 1_000_000_001, .max] {
            await expectError(.invalidRequest) { try await ledger.restock(sku: "a", by: stock) }
            await expectError(.invalidRequest) {
                try await ledger.addProduct(sku: "n", name: "N", price: tenEuros, stock: stock)
            }
        }
        await expectError(.invalidRequest) { try await ledger.restock(sku: "a", by: 0) }
        await expectError(.invalidRequest) {
            try await ledger.addProduct(sku: "n", name: "N", price: Money(minorUnits: -1, currency: .eur), stock: 1)
        }
        for _ in 0..<999 { try await ledger.restock(sku: "a", by: 1_000_000_000) }
        await expectError(.invalidRequest) {
            for _ in 0..<2 { try await ledger.restock(sku: "a", by: 1_000_000_000) }
        }
        #expect(try ledger.stock(of: "a") == 999_000_000_001)
        #expect(try ledger.audit().isClean)
    }

    @Test("the same key and request return the first order; another request is a conflict that names it")
    func idempotency() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        try await ledger.addProduct(sku: "b", name: "B", price: tenEuros, stock: 10)
        let first = try await ledger.place(request("k", [("a", 1), ("b", 2)]))
        let again = try await ledger.place(request("k", [("a", 1), ("b", 2)]))
        #expect(first == again)
        let others = [
            request("k", [("b", 2), ("a", 1)]), request("k", [("a", 1), ("b", 3)]), request("k", [("a", 1)]),
            request("k", [("a", 1), ("b", 2)], customer: "bob"),
            request("k", [("a", 1), ("b", 2)], payment: .captured(somePayment)),
        ]
        for other in others {
            let error = await expectError(.idempotencyConflict) { try await ledger.place(other) }
            #expect(error?.details == .idempotencyConflict(key: "k"))
        }
        let cancelled = try await ledger.cancel(first.id)
        #expect(try await ledger.place(request("k", [("a", 1), ("b", 2)])) == cancelled)
        #expect(try ledger.stock(of: "a") == 10 && ledger.stock(of: "b") == 10)
        #expect(ledger.statistics.ordersPlaced == 1)
    }

    @Test("an order of a free product has no money to post")
    func freeOfCharge() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "gift", name: "Gift", price: .zero(.eur), stock: 2)
        let order = try await ledger.place(request("k", [("gift", 2)], payment: .captured(somePayment)))
        #expect(order.total == .zero(.eur) && order.state == .paid)
        #expect(try ledger.audit().isClean)
        _ = try await ledger.cancel(order.id)
        #expect(try ledger.audit().isClean)
    }

    @Test("a customer's orders come newest first, page by page")
    func paging() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100)
        var mine: [Order] = []
        for number in 0..<25 {
            mine.append(try await ledger.place(request("k\(number)", [("a", 1)], customer: "ada")))
            if number % 2 == 0 { _ = try await ledger.place(request("o\(number)", [("a", 1)], customer: "bob")) }
        }
        var seen: [Order] = []
        var cursor: OrderID?
        while true {
            let page = try ledger.orders(of: "ada", limit: 10, before: cursor)
            guard let last = page.last else { break }
            seen += page
            cursor = last.id
        }
        #expect(seen == mine.reversed())
        #expect(try ledger.orders(of: "carol").isEmpty)
        for limit in [0, -1, 1_001] {
            await expectError(.invalidRequest) { try ledger.orders(of: "ada", limit: limit) }
        }
    }

    @Test("names that only look alike are different, in whatever order they come")
    func lookalikes() async throws {
        let test = try await TestLedger(stock: [:])
        let (one, two) = ("caf\u{e9}", "cafe\u{301}")
        try await test.ledger.addProduct(sku: one, name: "one", price: euros(100), stock: 5)
        try await test.ledger.addProduct(sku: two, name: "two", price: euros(200), stock: 5)
        for round in 0..<2 {
            let first = try await test.ledger.place(request("1-\(round)", [(one, 1)], customer: one))
            let second = try await test.ledger.place(request("2-\(round)", [(two, 2)], customer: two))
            #expect(first.total == euros(100) && second.total == euros(400))
        }
        #expect(try test.ledger.stock(of: one) == 3 && test.ledger.stock(of: two) == 1)
        #expect(try test.ledger.orders(of: one).map(\.total) == [euros(100), euros(100)])
        try test.expectClean()
        try await test.ledger.close()
    }

    @Test("what a failed order had begun is forgotten, and a new price holds from the next order on")
    func forgotten() async throws {
        let test = try await TestLedger(stock: ["a": 100])
        for round in 0..<3 {
            // It fails when its customer and its lines are written already.
            await expectError(.unknownAccount) {
                try await test.ledger.place(
                    request("f\(round)", [("a", 1)], customer: "new \(round)", payment: .account("none"))
                )
            }
            _ = try await test.ledger.place(request("x\(round)", [("a", 1)], customer: "other \(round)"))
            let order = try await test.ledger.place(request("n\(round)", [("a", 1)], customer: "new \(round)"))
            #expect(order.total == euros(1_000 + Int64(round)))
            #expect(try test.ledger.orders(of: "new \(round)").map(\.id) == [order.id])
            try await test.ledger.setPrice(euros(1_001 + Int64(round)), of: "a")
        }
        #expect(try test.ledger.stock(of: "a") == 94)
        try test.expectClean()
        try await test.ledger.close()
    }
}
