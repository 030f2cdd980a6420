import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Transactions")
struct TransactionTests {
    @Test("operations on several tables happen together")
    func together() async throws {
        let fixture = try await TableFixture()
        let products = try await fixture.catalog.table("products", of: Ware.self)
        let orders = try await fixture.catalog.table("orders")
        let tags = try await fixture.catalog.bytesTable("tags")
        let (lamp, order, tag) = (Key(partition: "lamp"), Key(partition: "alice", sort: 1), Key(partition: "tag"))
        let stocked = try await products.put(Ware(name: "lamp", stock: 3), for: lamp)
        try await tags.put([1], for: tag)
        let result = try await fixture.catalog.transact {
            products.updating(lamp, if: attribute("stock") >= 1) { attribute("stock").subtract(1) }
            orders.putting(["product": "lamp"], for: order, if: .notExists)
            tags.deleting(tag)
            products.checking(Key(partition: "desk"), .notExists)
        }
        #expect(try products.get(lamp)?.stock == 2)
        #expect(try products.entry(lamp)?.version == result.versions[0])
        #expect(try orders.entry(order)?.version == result.versions[1])
        #expect(result.versions[0] == stocked.version + 2)
        #expect(result.versions[1] == result.versions[0] + 1 && result.versions[3] == 0)
        #expect(try tags.get(tag) == nil)
        #expect(!result.wasRepeated)
    }

    @Test("a transaction that cannot be carried out does nothing and names each reason")
    func cancelled() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.table("t", of: Ware.self)
        let keys = (0..<5).map { Key(partition: "p\($0)") }
        try await table.put(Ware(name: "a", stock: 1), for: keys[0])
        try await table.put(Ware(name: "b", stock: .max), for: keys[1])
        let failure = await catalogError {
            try await fixture.catalog.transact {
                table.updating(keys[0], if: attribute("stock") >= 3) { attribute("stock").subtract(3) }
                table.putting(Ware(name: "new", stock: 1), for: keys[2])
                table.updating(keys[1]) { attribute("stock").add(1) }
                table.checking(keys[3], .exists)
                table.updating(keys[4]) { attribute("name.first").set(to: "x") }
            }
        }
        #expect(failure?.code == .transactionCancelled)
        let reasons = failure?.cancellation?.reasons ?? []
        #expect(
            reasons.map { $0?.code } == [.conditionFailed, nil, .numberOverflow, .conditionFailed, .typeMismatch]
        )
        #expect(try reasons[0]?.failedItem?.decode(Ware.self).name == "a")
        #expect(reasons[3]?.failedItem == nil && reasons[3]?.conditionFailure?.key == keys[3])
        #expect(try table.get(keys[2]) == nil)
        #expect(try table.get(keys[0])?.stock == 1)
    }

    @Test("the same token and request does nothing again and returns as before")
    func tokens() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.table("t")
        let (key, checked) = (Key(partition: "p"), Key(partition: "q"))
        try await table.put([:], for: checked)
        func run(_ catalog: Catalog, add amount: Int, token: String = "order-1") async throws -> TransactionResult {
            let table = try await catalog.table("t")
            return try await catalog.transact(token: token) {
                table.checking(checked, .exists)
                table.updating(key, if: attribute("x") != ["b": 2, "a": 1]) { attribute("n").add(amount) }
            }
        }
        let first = try await run(fixture.catalog, add: 1)
        let again = try await run(fixture.catalog, add: 1)
        #expect(again.wasRepeated && again.versions == first.versions)
        #expect(await errorCode { _ = try await run(fixture.catalog, add: 2) } == .tokenConflict)
        try await fixture.catalog.close()
        let catalog = try await TableFixture.open(fixture.disk, fixture.clock)
        let reopened = try await catalog.table("t")
        #expect(try await run(catalog, add: 1).versions == first.versions)
        #expect(try reopened.get(key) == ["n": 1])
        fixture.clock.advance(by: .seconds(599))
        #expect(try await run(catalog, add: 1).wasRepeated)
        fixture.clock.advance(by: .seconds(1))
        #expect(try await !run(catalog, add: 2).wasRepeated)
        #expect(try reopened.get(key) == ["n": 3])
        try await catalog.close()
    }

    @Test("a cancelled transaction leaves no token")
    func cancelledToken() async throws {
        let catalog = try await TableFixture().catalog
        let table = try await catalog.bytesTable("t")
        let key = Key(partition: "p")
        func run() async throws -> TransactionResult {
            try await catalog.transact([table.putting([1], for: key, if: .notExists)], token: "x")
        }
        try await table.put([0], for: key)
        #expect(await errorCode { _ = try await run() } == .transactionCancelled)
        try await table.delete(key)
        #expect(try await !run().wasRepeated)
    }

    @Test("limits are kept")
    func limits() async throws {
        let catalog = try await TableFixture().catalog
        let table = try await catalog.bytesTable("t")
        func puts(_ count: Int) -> [TransactionOperation] {
            (0..<count).map { table.putting([1], for: Key(partition: "p\($0)")) }
        }
        try await catalog.transact(puts(100), token: "t")
        #expect(await errorCode { try await catalog.transact(puts(101)) } == .batchTooLarge)
        #expect(await errorCode { try await catalog.transact([]) } == .batchTooLarge)
        #expect(await errorCode { try await catalog.transact(puts(1) + puts(1)) } == .invalidArgument)
        #expect(await errorCode { try await catalog.transact(puts(1), token: "") } == .invalidArgument)
        #expect(
            await errorCode { try await catalog.transact(puts(1), token: String(repeating: "x", count: 257)) }
                == .invalidArgument
        )
        let nameless = await catalogError { try await catalog.transact([table.deleting(Key(partition: ""))]) }
        #expect(nameless?.cancellation?.reasons.map { $0?.code } == [.keyTooLong])
        let large = [UInt8](repeating: 1, count: Catalog.itemByteCountMax)
        let five = (0..<5).map { table.putting(large, for: Key(partition: "large\($0)")) }
        #expect(await errorCode { try await catalog.transact(five) } == .batchTooLarge)
        #expect(try table.get(Key(partition: "large0")) == nil)
    }

    @Test("money that tasks move about neither appears nor vanishes")
    func transfers() async throws {
        let catalog = try await TableFixture().catalog
        let table = try await catalog.table("accounts")
        let accounts = (0..<4).map { Key(partition: "a\($0)") }
        for account in accounts { try await table.put(["balance": 100], for: account) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(task))
                    for _ in 0..<40 {
                        let pair = accounts.shuffled(using: &random).prefix(2)
                        let amount = Int.random(in: 1...60, using: &random)
                        do {
                            try await catalog.transact(durability: .buffered) {
                                table.updating(pair[0], if: attribute("balance") >= amount) {
                                    attribute("balance").subtract(amount)
                                }
                                table.updating(pair[1]) { attribute("balance").add(amount) }
                            }
                        } catch let error as CatalogError where error.code == .transactionCancelled {}
                        let balances = try table.batchGet(accounts).map { $0?["balance"] }
                        #expect(total(balances) == 400)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func total(_ balances: [Attribute?]) -> Int64 {
        balances.reduce(0) { sum, balance in
            guard case .int(let amount)? = balance else { return sum }
            return sum + amount
        }
    }

    @Test("another catalog's operations and snapshots are refused")
    func otherCatalogs() async throws {
        let (one, two) = (try await TableFixture(), try await TableFixture())
        let own = try await one.catalog.table("t", of: Ware.self)
        let foreign = try await two.catalog.table("t", of: Ware.self)
        let key = Key(partition: "p")
        let code = await errorCode {
            try await one.catalog.transact {
                own.putting(Ware(name: "a", stock: 1), for: key)
                foreign.putting(Ware(name: "b", stock: 1), for: Key(partition: "q"))
            }
        }
        #expect(code == .invalidArgument)
        #expect(try own.get(key) == nil && own.get(Key(partition: "q")) == nil)
        let snapshot = try two.catalog.snapshot()
        #expect(await errorCode { _ = try own.get(key, at: snapshot) } == .invalidArgument)
        #expect(await errorCode { _ = try own.batchGet([key], at: snapshot) } == .invalidArgument)
        #expect(await errorCode { _ = try own.query("p", at: snapshot) } == .invalidArgument)
        #expect(await errorCode { _ = try own.scan(at: snapshot) } == .invalidArgument)
    }

    @Test("an operation that is wrong in itself is named by its place, with what is wrong with the others")
    func wrongOperations() async throws {
        let fixture = try await TableFixture()
        let bytes = try await fixture.catalog.bytesTable("b")
        let table = try await fixture.catalog.table("t", of: Ware.self)
        let failure = await catalogError {
            try await fixture.catalog.transact {
                bytes.putting([1], for: Key(partition: "a"))
                bytes.putting([UInt8](repeating: 0, count: Catalog.itemByteCountMax + 1), for: Key(partition: "b"))
                bytes.updating(Key(partition: "c")) { attribute("x").set(to: 1) }
                table.deleting(Key(partition: String(repeating: "x", count: 2_049)))
            }
        }
        #expect(failure?.code == .transactionCancelled)
        #expect(
            failure?.cancellation?.reasons.map { $0?.code } == [nil, .valueTooLarge, .typeMismatch, .keyTooLong]
        )
    }

    @Test("a token knows its request again whatever order sets and dictionaries are in")
    func unorderedRequests() async throws {
        struct Labelled: Codable, Sendable {
            var sizes: Set<Int>
            var stock: [Double: Int]
        }
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.table("t", of: Labelled.self)
        let sizes = Array(0..<40)
        func request(_ order: [Int], capacity: Int) -> Labelled {
            // Another capacity and another order of insertion: another order of the elements.
            var item = Labelled(sizes: Set(minimumCapacity: capacity), stock: Dictionary(minimumCapacity: capacity))
            for size in order {
                item.sizes.insert(size)
                item.stock[Double(size)] = size
            }
            return item
        }
        let one = request(sizes, capacity: 0)
        let two = request(sizes.reversed(), capacity: 4_096)
        try #require(Array(one.sizes) != Array(two.sizes))
        try await fixture.catalog.transact([table.putting(one, for: Key(partition: "p"))], token: "t")
        let again = try await fixture.catalog.transact([table.putting(two, for: Key(partition: "p"))], token: "t")
        #expect(again.wasRepeated)
        #expect(try table.get(Key(partition: "p"))?.sizes == one.sizes)
        #expect(try table.get(Key(partition: "p"))?.stock == one.stock)
    }
}
