import OrderLedger
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("A host's own SQL")
struct HostSQLTests {
    @Test("a read sees one state however long it takes, and whatever is written meanwhile")
    func oneSnapshot() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let order = try await ledger.place(request("k", [("a", 1)])).id
        let isReading = Flag()
        let gate = Semaphore()
        async let counts = ledger.read { database in
            let query = "SELECT COUNT(*) AS n, ?1 AS text, NULL AS absent, 1.5 AS real, x'01' AS bytes FROM orders"
            let first = try database.rows(query, "x")
            isReading.value = true
            gate.wait()
            return (first, try database.rows(query, "x"), try database.order(order))
        }
        while !isReading.value { await Task.yield() }
        _ = try await ledger.place(request("k2", [("a", 1)]))
        gate.signal()
        let (first, second, read) = try await counts
        #expect(first == second && read?.id == order)
        let row = try #require(first.first)
        #expect(row.columns == ["n", "text", "absent", "real", "bytes"])
        #expect(row.values == [1, "x", nil, .real(1.5), .blob([1])])
        #expect(row["none"] == nil && row["text"]?.text == "x")
    }

    @Test("a host's rows are written in the same transaction as an order, or neither is")
    func sameTransaction() async throws {
        let test = try await TestLedger(stock: ["a": 3])
        let ledger = test.ledger
        try await ledger.write { database in
            try database.execute("CREATE TABLE host_note (order_id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
            try database.execute("CREATE INDEX host_note_text ON host_note (text)")
        }
        let order = try await ledger.write { database in
            let order = try database.place(request("k", [("a", 2)]))
            try database.execute("INSERT INTO host_note VALUES (?1, ?2)", .integer(order.id.rawValue), "by the door")
            #expect(try database.execute("SELECT stock FROM product").first?["stock"] == 1)
            return order
        }
        await expectError(.insufficientStock) {
            try await ledger.write { database in
                try database.execute("INSERT INTO host_note VALUES (1000, 'lost')")
                return try database.place(request("k2", [("a", 2)]))
            }
        }
        // A statement that fails takes back only itself.
        try await ledger.write { database in
            try database.execute("INSERT INTO host_note VALUES (2000, 'kept')")
            #expect(throws: LedgerError.self) { try database.execute("INSERT INTO host_note VALUES (2000, 'twice')") }
        }
        let notes = try await ledger.read { try $0.rows("SELECT text FROM host_note ORDER BY order_id") }
        #expect(notes.map { $0["text"] } == ["by the door", "kept"])
        #expect(try ledger.order(order.id) == order && ledger.stock(of: "a") == 1)
        try test.expectClean("a host's tables are no damage")
        try await ledger.close()
        let reopened = try await Ledger.open(at: test.directory.path)
        #expect(try await reopened.read { try $0.rows("SELECT * FROM host_note").count } == 2)
    }

    @Test("a call that fails inside a write takes back only itself, also when the host catches the error")
    func caughtFailure() async throws {
        let test = try await TestLedger(stock: ["a": 10, "b": 1])
        let ledger = test.ledger
        let placed = try await ledger.write { database in
            let first = try database.place(request("k1", [("a", 1)]))
            // Each fails after it has written something.
            #expect(throws: LedgerError.self) { try database.place(request("k2", [("a", 2), ("b", 2)])) }
            #expect(throws: LedgerError.self) {
                try database.place(request("k3", [("a", 2)], customer: "bob", payment: .account("none")))
            }
            let last = try database.place(request("k2", [("a", 3)], customer: "eve"))
            return [first, last]
        }
        #expect(try ledger.stock(of: "a") == 6 && ledger.stock(of: "b") == 1)
        #expect(try ledger.orders(of: "ada").map(\.id) == [placed[0].id])
        #expect(try ledger.orders(of: "eve").map(\.id) == [placed[1].id])
        #expect(ledger.statistics.ordersPlaced == 2)
        try test.expectClean()
        try await ledger.close()
    }

    @Test("a host's write runs once, whatever fails beside it")
    func runsOnce() async throws {
        let test = try await TestLedger(stock: ["a": 1_000, "b": 1])
        let ledger = test.ledger
        for round in 0..<20 {
            let runs = Locked(0)
            let gate = Semaphore()
            let first = Task { try await ledger.write { _ in gate.wait() } }
            // What is asked for while the writer is busy makes one group.
            let host = Task {
                try await ledger.write { database in
                    runs.withLock { $0 += 1 }
                    try database.emit(topic: "round")
                }
            }
            let failing = Task { try await ledger.place(request("f\(round)", [("a", 1), ("b", 2)])) }
            let fine = Task { try await ledger.place(request("k\(round)", [("a", 1)])) }
            for _ in 0..<200 { await Task.yield() }
            gate.signal()
            try await first.value
            try await host.value
            await expectError(.insufficientStock) { try await failing.value }
            _ = try await fine.value
            #expect(runs.withLock { $0 } == 1)
        }
        #expect(try ledger.stock(of: "a") == 980)
        try test.expectClean()
        try await ledger.close()
    }

    @Test("nothing of the ledger's own can be changed by a host's statement, nor how the database works")
    func refused() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        try await ledger.write { try $0.execute("CREATE TABLE host_t (a INTEGER)") }
        let statements = [
            "UPDATE product SET stock = 1000", "INSERT INTO customer VALUES (9, 'x')", "DELETE FROM idempotency_key",
            "DROP TABLE orders", "CREATE TABLE mine (a)", "ALTER TABLE product ADD COLUMN x",
            "DROP TRIGGER orders_move",
            "CREATE TRIGGER host_x AFTER INSERT ON orders BEGIN SELECT 1; END", "CREATE INDEX host_i ON orders (total)",
            "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE one", "PRAGMA synchronous = OFF", "PRAGMA foreign_keys = OFF",
            "PRAGMA wal_autocheckpoint = 100", "PRAGMA journal_mode = DELETE", "PRAGMA wal_checkpoint(TRUNCATE)",
            "ATTACH ':memory:' AS other", "VACUUM", "DELETE FROM sqlite_master", "CREATE TEMP TABLE host_temp (a)",
        ]
        for sql in statements {
            await #expect(throws: LedgerError.self, "\(sql)") { try await ledger.write { try $0.execute(sql) } }
            await #expect(throws: LedgerError.self, "\(sql)") { try await ledger.read { try $0.rows(sql) } }
        }
        // A host's trigger may not reach where its statements may not.
        await expectError(.sqlRefused) {
            try await ledger.write { database in
                try database.execute(
                    "CREATE TRIGGER host_r AFTER INSERT ON host_t BEGIN UPDATE product SET stock = 9; END"
                )
                try database.execute("INSERT INTO host_t VALUES (1)")
            }
        }
        await expectError(.databaseFailed) { try await ledger.read { try $0.rows("SELECT 1; SELECT 2") } }
        await expectError(.databaseFailed) { try await ledger.read { try $0.rows("SELEKT") } }
        await expectError(.invalidRequest) { try await ledger.read { try $0.rows("SELECT ?1") } }
        await expectError(.sqlRefused) { try await ledger.read { try $0.rows("DELETE FROM host_t") } }
        // References are enforced for a host's tables too.
        try await ledger.write { try $0.execute("CREATE TABLE host_r (id INTEGER REFERENCES orders (id))") }
        await expectError(.constraintFailed) {
            try await ledger.write { try $0.execute("INSERT INTO host_r VALUES (77)") }
        }
        #expect(try ledger.stock(of: "a") == 100)
        try test.expectClean()
        _ = try await ledger.place(request("k", [("a", 1)]))
    }

    @Test("a transaction is of no use after its body")
    func escaped() async throws {
        let test = try await TestLedger()
        nonisolated(unsafe) var escapedRead: ReadTransaction?
        nonisolated(unsafe) var escapedWrite: WriteTransaction?
        try await test.ledger.read { unsafe escapedRead = $0 }
        try await test.ledger.write { unsafe escapedWrite = $0 }
        await expectError(.readExpired) { try unsafe escapedRead?.rows("SELECT 1") }
        await expectError(.isClosed) { try unsafe escapedWrite?.execute("SELECT 1") }
        await expectError(.isClosed) { try unsafe escapedWrite?.place(request("k", [("a", 1)])) }
    }
}

/// Who read, in which order, and how many at once.
private final class ReadLog: Sendable {
    private let state = Locked((order: [Int](), most: 0))
    var order: [Int] { state.withLock { $0.order } }
    var mostReaders: Int { state.withLock { $0.most } }

    func note(_ number: Int, readers: Int) {
        state.withLock { state in
            state.order.append(number)
            state.most = max(state.most, readers)
        }
    }
}

@Suite("Readers")
struct ReaderPoolTests {
    /// A query that runs until it is stopped.
    private let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"

    @Test("a read that lasts too long is ended, whether a statement runs or not, and lets the log start over")
    func age() async throws {
        let test = try await TestLedger {
            $0.readerAgeMax = .milliseconds(30)
            $0.expiryInterval = .milliseconds(2)
        }
        let ledger = test.ledger
        await expectError(.readExpired) { try await ledger.read { [endless] in try $0.rows(endless) } }
        let isReading = Flag()
        let gate = Semaphore()
        let idle = Task {
            try await ledger.read { database in
                _ = try database.rows("SELECT COUNT(*) FROM orders")
                isReading.value = true
                gate.wait()
                return try database.rows("SELECT COUNT(*) FROM orders")
            }
        }
        while !isReading.value { await Task.yield() }
        #expect(ledger.statistics.readers == 1 && ledger.statistics.oldestReaderAge > .zero)
        // A snapshot needs the log to be copied whole, which the reader forbids until its transaction is ended.
        _ = try await ledger.place(request("k", [("a", 1)]))
        while ledger.statistics.oldestReaderAge < .milliseconds(60) { await Task.yield() }
        var isCopied = false
        while !isCopied { isCopied = await (try? ledger.snapshot(to: test.directory.path + "/copy.sqlite3")) != nil }
        gate.signal()
        await expectError(.readExpired) { try await idle.value }
        #expect(ledger.statistics.readers == 0)
    }

    @Test("a read is cancelled while it runs and while it waits")
    func cancellation() async throws {
        let test = try await TestLedger {
            $0.readersMax = 1
            // No machine is so slow that the read ends by its age.
            $0.readerAgeMax = .seconds(3_600)
        }
        let ledger = test.ledger
        let running = Task { try await ledger.read { [endless] in try $0.rows(endless) } }
        while ledger.statistics.readers == 0 { await Task.yield() }
        let waiting = Task { try await ledger.read { try $0.rows("SELECT 1") } }
        for _ in 0..<100 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        // The connection is as good as before.
        #expect(try ledger.stock(of: "a") == 100)
        #expect(try await ledger.read { try $0.rows("SELECT 1").count } == 1)
    }

    @Test("those who wait for a connection get one in the order in which they came, at most so many at once")
    func fairness() async throws {
        let test = try await TestLedger {
            $0.readersMax = 2
            // No machine is so slow that those who hold the others up are ended by their age.
            $0.readerAgeMax = .seconds(3_600)
        }
        let ledger = test.ledger
        let gate = Semaphore()
        let log = ReadLog()
        let blockers = (0..<2).map { _ in Task { try await ledger.read { _ in gate.wait() } } }
        while ledger.statistics.readers < 2 { await Task.yield() }
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<12 {
            tasks.append(
                Task {
                    try await ledger.read { _ in
                        log.note(number, readers: ledger.statistics.readers)
                    }
                }
            )
            while ledger.readers.waitingCount <= number { await Task.yield() }
        }
        gate.signal()
        while log.order.count < 12 { await Task.yield() }
        gate.signal()
        for task in tasks { try await task.value }
        for blocker in blockers { try await blocker.value }
        #expect(log.order == Array(0..<12))
        #expect(log.mostReaders <= 2)
    }

    @Test("closing waits for reads under way and refuses those that come")
    func closing() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let isReading = Flag()
        let gate = Semaphore()
        let reader = Task {
            try await ledger.read { database in
                isReading.value = true
                gate.wait()
                return try database.rows("SELECT 1").count
            }
        }
        while !isReading.value { await Task.yield() }
        async let closing: Void = ledger.close()
        gate.signal()
        #expect(try await reader.value == 1)
        try await closing
        await expectError(.isClosed) { try await ledger.read { try $0.rows("SELECT 1") } }
    }
}
