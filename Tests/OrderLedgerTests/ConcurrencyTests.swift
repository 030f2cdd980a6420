import OrderLedger
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("Concurrency")
struct ConcurrencyTests {
    @Test("64 tasks sell exactly what is in stock, sharing commits, with readers beside them")
    func noOverselling() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "rare", name: "Rare", price: tenEuros, stock: 150)
        try await ledger.addProduct(sku: "common", name: "Common", price: tenEuros, stock: 10_000)
        let before = ledger.statistics
        let sold = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<64 {
                group.addTask {
                    var sold = 0
                    for number in 0..<8 {
                        let quantity = 1 + number % 2
                        do {
                            let key = "\(task)-\(number)"
                            let order = try await ledger.place(request(key, [("common", 1), ("rare", quantity)]))
                            sold += quantity
                            #expect(try ledger.order(order.id) == order)
                        } catch let error as LedgerError {
                            #expect(error.code == .insufficientStock)
                        }
                        #expect(try ledger.stock(of: "rare") >= 0)
                    }
                    return sold
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(try sold + ledger.stock(of: "rare") == 150)
        #expect(sold >= 149, "an order of two can miss the last unit, no order of one can")
        let after = ledger.statistics
        let orders = after.ordersPlaced
        #expect(
            after.commits - before.commits < orders,
            "\(after.commits - before.commits) commits of \(orders) orders"
        )
        #expect(after.hookCalls == after.commits)
        let report = try ledger.audit()
        #expect(report.isClean && report.orderCount == orders, "\(report)")
    }

    @Test("carts, orders, cancellations and expiries at once never hold or sell more than there is")
    func cartsAtOnce() async throws {
        let test = try await TestLedger(stock: ["rare": 40]) { $0.expiryInterval = .milliseconds(2) }
        let ledger = test.ledger
        let isDone = Flag()
        let clock = Task {
            while !isDone.value {
                test.clock.advance(by: .seconds(1))
                await Task.yield()
            }
        }
        let sold = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<24 {
                group.addTask {
                    var sold = 0
                    for number in 0..<12 {
                        let key = "\(task)-\(number)"
                        let hold = CartRequest(
                            idempotencyKey: "c" + key,
                            customer: "ada",
                            lines: [.init(sku: "rare", quantity: 1 + number % 3)],
                            hold: .seconds(5 + task)
                        )
                        do {
                            let cart = try await ledger.reserve(hold)
                            let order = try await ledger.place(request("k" + key, [("rare", 1)], cart: cart.id))
                            if number % 3 == 0 { _ = try await ledger.cancel(order.id) } else { sold += 1 }
                        } catch let error as LedgerError {
                            #expect([.insufficientStock, .cartClosed].contains(error.code), "\(error)")
                        }
                        #expect(try (0...40).contains(ledger.stock(of: "rare")))
                    }
                    return sold
                }
            }
            return try await group.reduce(0, +)
        }
        isDone.value = true
        await clock.value
        test.clock.advance(by: .seconds(60))
        while try test.units("reserved") > 0 { await Task.yield() }
        #expect(try sold + ledger.stock(of: "rare") == 40)
        try test.expectClean()
    }

    @Test("a key that many tasks send at once places one order")
    func concurrentIdempotency() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100)
        let orders = try await withThrowingTaskGroup(of: Order.self) { group in
            for index in 0..<64 {
                group.addTask { try await ledger.place(request("key-\(index % 4)", [("a", 2)])) }
            }
            return try await group.reduce(into: Set<Order>()) { $0.insert($1) }
        }
        #expect(orders.count == 4)
        #expect(try ledger.stock(of: "a") == 92)
        #expect(ledger.statistics.ordersPlaced == 4)
    }

    @Test("a failing order in a group takes back only itself")
    func oneFailure() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 1_000)
        try await ledger.addProduct(sku: "b", name: "B", price: tenEuros, stock: 1)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<60 {
                // Every third wants more of b than there is, and fails after it has taken from a.
                let lines = index % 3 == 0 ? [("a", 5), ("b", 2)] : [("a", 5)]
                group.addTask { (try? await ledger.place(request("k\(index)", lines))) != nil }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.filter(\.self).count == 40)
        #expect(try ledger.stock(of: "a") == 800 && ledger.stock(of: "b") == 1)
        #expect(try ledger.audit().isClean)
    }

    @Test("more writes than may wait are refused, and those that wait are done")
    func overload() async throws {
        let directory = try TemporaryDirectory()
        var configuration = LedgerConfiguration()
        configuration.pendingWritesMax = 2
        configuration.groupOrdersMax = 1
        let ledger = try await Ledger.open(at: directory.path, configuration: configuration)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 1_000)
        // Holds the writer's thread in the first write until the others have tried.
        let gate = Semaphore()
        let isReached = Flag()
        let outcomes = await withTaskGroup(of: LedgerError.Code?.self) { group in
            let place: @Sendable (Int) async -> LedgerError.Code? = { index in
                do {
                    _ = try await ledger.place(request("k\(index)", [("a", 1)]))
                    return nil
                } catch {
                    return (error as? LedgerError)?.code
                }
            }
            group.addTask {
                try? await ledger.write { transaction in
                    isReached.value = true
                    gate.wait()
                    _ = try transaction.place(request("k0", [("a", 1)]))
                }
                return nil
            }
            while !isReached.value { await Task.yield() }
            for index in 1..<6 { group.addTask { await place(index) } }
            var codes: [LedgerError.Code?] = []
            for _ in 0..<3 { if let code = await group.next() { codes.append(code) } }
            gate.signal()
            for await code in group { codes.append(code) }
            return codes
        }
        #expect(outcomes.filter { $0 == .isOverloaded }.count == 3)
        #expect(outcomes.filter { $0 == nil }.count == 3)
        #expect(try ledger.stock(of: "a") == 997)
    }

    @Test("more readers than connections take turns")
    func readersTakeTurns() async throws {
        let directory = try TemporaryDirectory()
        var configuration = LedgerConfiguration()
        configuration.readersMax = 1
        let ledger = try await Ledger.open(at: directory.path, configuration: configuration)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 7)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask { for _ in 0..<50 { try #expect(ledger.stock(of: "a") == 7) } }
            }
            try await group.waitForAll()
        }
        try await ledger.close()
        await expectError(.isClosed) { try ledger.stock(of: "a") }
    }
}
