import OrderLedger
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Opening and closing")
struct OpeningTests {
    @Test("what was placed is there after reopening, closed or not")
    func reopening() async throws {
        let directory = try TemporaryDirectory()
        var ids: [OrderID] = []
        for round in 0..<3 {
            let ledger = try await Ledger.open(at: directory.path + "/a/b")
            if round == 0 { try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10) }
            ids.append(try await ledger.place(request("k\(round)", [("a", 1)])).id)
            #expect(try ledger.orders(of: "ada").map(\.id) == ids.reversed())
            if round != 1 { try await ledger.close() }
        }
        let ledger = try await Ledger.open(at: directory.path + "/a/b")
        #expect(try ledger.stock(of: "a") == 7)
        #expect(try ledger.audit().isClean)
    }

    @Test("the log's file keeps its size while orders go on, and is of no size once the ledger is closed")
    func logFile() async throws {
        let test = try await TestLedger(stock: ["a": 10_000]) { $0.walBytesMax = 256 << 10 }
        func place(_ round: Int) async throws {
            for number in 0..<60 { _ = try await test.ledger.place(request("\(round)-\(number)", [("a", 1)])) }
        }
        let path = test.directory.path + "/ledger.sqlite3-wal"
        // The log holds no lock, so that it may be looked at beside SQLite.
        try await place(0)
        let size = try #require(try PosixFileSystem().info(path)).size
        for round in 1..<4 { try await place(round) }
        #expect(try PosixFileSystem().info(path)?.size == size && size <= 2 << 20)
        #expect(test.ledger.statistics.checkpoints > 3 && test.ledger.statistics.walFileBytes == Int(size))
        #expect(test.ledger.statistics.walBytes < 1 << 20)
        try await test.ledger.close()
        #expect(try (PosixFileSystem().info(path)?.size ?? 0) == 0)
    }

    @Test("a second ledger on the directory is refused while the first is open")
    func locked() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        let error = await expectError(.isLocked) { try await Ledger.open(at: directory.path) }
        #expect(error?.description.contains("held by process") == true)
        try await ledger.close()
        let next = try await Ledger.open(at: directory.path)
        try await next.close()
    }

    @Test("a closed ledger refuses everything")
    func closed() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        try await ledger.close()
        await expectError(.isClosed) { try await ledger.place(request("k", [("a", 1)])) }
        await expectError(.isClosed) { try ledger.order(OrderID(rawValue: 1)) }
        await expectError(.isClosed) { try await ledger.attach(Collector(), as: "sink", mode: .received) }
        await expectError(.isClosed) { try await ledger.close() }
    }

    @Test("a database of the first schema is brought to this one, with all that is in it, and can be followed then")
    func firstSchema() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/ledger.sqlite3"
        let old = try await Ledger.open(at: directory.path)
        try await old.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        let order = try await old.place(request("k1", [("a", 2)]))
        try await old.close()
        // What the second version added is all that tells them apart.
        let raw = try RawDatabase(path)
        try raw.run("DROP TABLE history; PRAGMA user_version = 1")
        #expect(try raw.rows("SELECT name FROM sqlite_schema WHERE name = 'history'").isEmpty)

        let ledger = try await Ledger.open(at: directory.path)
        #expect(try RawDatabase(path).rows("PRAGMA user_version") == [["2"]])
        #expect(try ledger.order(order.id) == order)
        #expect(try await ledger.place(request("k1", [("a", 2)])) == order)
        #expect(try ledger.stock(of: "a") == 8 && ledger.audit().isClean)
        // Nobody can have a copy of what was before: one begins with a snapshot.
        var configuration = ReplicaConfiguration()
        configuration.sources = [ledger]
        let replica = try await LedgerReplica.open(at: directory.path + "/copy", configuration: configuration)
        try await replica.catchUp()
        let attached = try await Attached(replica, to: ledger, .received, after: replica.version)
        _ = try await ledger.place(request("k2", [("a", 3)]))
        #expect(try replica.stock(of: "a") == 5 && replica.audit().isClean)
        try await ledger.close()
        try await attached.end()
        try await replica.close()
        #expect(try bytes(of: path) == bytes(of: directory.path + "/copy/ledger.sqlite3"))
    }

    @Test("a newer schema is refused and left as it is")
    func newerSchema() async throws {
        let directory = try TemporaryDirectory()
        try await Ledger.open(at: directory.path).close()
        let path = directory.path + "/ledger.sqlite3"
        try RawDatabase(path).run("PRAGMA user_version = 3")
        let error = await expectError(.newerSchema) { try await Ledger.open(at: directory.path) }
        #expect(error?.message.contains("schema version 3") == true)
        #expect(try RawDatabase(path).rows("PRAGMA user_version") == [["3"]])
        try RawDatabase(path).run("PRAGMA user_version = -1")
        await expectError(.newerSchema) { try await Ledger.open(at: directory.path) }
    }

    @Test("a database of something else is refused and left as it is")
    func foreignDatabase() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/ledger.sqlite3"
        try RawDatabase(path).run("CREATE TABLE recipe (name TEXT)")
        let before = try bytes(of: path)
        await expectError(.notALedger) { try await Ledger.open(at: directory.path) }
        #expect(try bytes(of: path) == before)
    }

    @Test("a damaged file is a typed error that names it, at opening or at reading")
    func damaged() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 1_000)
        for number in 0..<50 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        try await ledger.close()
        let path = directory.path + "/ledger.sqlite3"
        let whole = try bytes(of: path)

        var header = whole
        header[3] ^= 0x10
        try PosixFileSystem().replaceFile(at: path, with: header.span)
        let error = await expectError(.corrupted) { try await Ledger.open(at: directory.path) }
        #expect(error?.message.contains(path) == true && error?.cause is SQLiteError)

        // Every page but the first, one after the other, made of nothing.
        for page in 1..<whole.count / 4_096 {
            var bytes = whole
            for index in page * 4_096..<(page + 1) * 4_096 { bytes[index] = 0xA5 }
            try PosixFileSystem().replaceFile(at: path, with: bytes.span)
            do {
                let ledger = try await Ledger.open(at: directory.path)
                let report = try ledger.audit()
                #expect(!report.isClean, "page \(page)")
            } catch let error as LedgerError {
                #expect(error.code == .corrupted, "page \(page): \(error)")
            }
        }
    }

    @Test("limits out of their range are refused by name")
    func invalidConfiguration() async throws {
        let directory = try TemporaryDirectory()
        let changes: [(String, (inout LedgerConfiguration) -> Void)] = [
            ("readersMax", { $0.readersMax = 0 }), ("groupOrdersMax", { $0.groupOrdersMax = 0 }),
            ("pendingWritesMax", { $0.pendingWritesMax = 0 }), ("walBytesMax", { $0.walBytesMax = 1 }),
            ("cacheBytesMax", { $0.cacheBytesMax = -1 }), ("linesMax", { $0.linesMax = 1_001 }),
            ("textBytesMax", { $0.textBytesMax = 0 }),
        ]
        for (name, change) in changes {
            var configuration = LedgerConfiguration()
            change(&configuration)
            let error = await expectError(.invalidConfiguration, name) {
                try await Ledger.open(at: directory.path, configuration: configuration)
            }
            #expect(error?.message.contains(name) == true)
        }
    }

    @Test("a directory that cannot be made is a typed error with the path")
    func impossibleDirectory() async throws {
        let error = await expectError(.ioFailed) { try await Ledger.open(at: "/proc/nowhere/ledger") }
        #expect(error?.message.contains("/proc/nowhere/ledger") == true)
    }
}
