import OrderLedger
import Testing
import VitrineSQLite
import VitrineTestSupport

@Suite("SQLite layer")
struct StatementTests {
    @Test("connections for reading refuse to write, to attach, and to change how they work")
    func authorizer() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        let forbidden = [
            "PRAGMA wal_autocheckpoint = 100", "PRAGMA journal_mode = DELETE", "PRAGMA synchronous = OFF",
            "PRAGMA query_only = OFF", "PRAGMA wal_checkpoint(TRUNCATE)", "ATTACH ':memory:' AS other",
            "DELETE FROM product", "CREATE TABLE t (a)", "DROP TRIGGER orders_stay", "VACUUM",
            "SELECT load_extension('x')",
        ]
        for sql in forbidden {
            // Of a function SQLite says so in words only.
            await expectError(sql.contains("load_extension") ? .databaseFailed : .sqlRefused, sql) {
                try ledger.readers.read { connection throws(LedgerError) in try connection.execute(sql) }
            }
        }
        let found = try ledger.readers.read { connection throws(LedgerError) in
            try connection.scalar("SELECT COUNT(*) FROM account") + connection.scalar("PRAGMA quick_check")
        }
        #expect(found == "11ok")
    }

    @Test("a connection keeps a host's statements prepared, at most so many")
    func hostStatements() async throws {
        let test = try await TestLedger { $0.readersMax = 1 }
        for number in 0..<200 {
            let rows = try await test.ledger.read { try $0.rows("SELECT \(number) AS n, ?1 AS again", "x") }
            #expect(rows.first?["n"] == .integer(Int64(number)))
            // One that is asked again and again stays, and sees new values.
            let again = try await test.ledger.read { try $0.rows("SELECT ?1 AS n", .integer(Int64(number))) }
            #expect(again.first?["n"] == .integer(Int64(number)))
        }
        let kept = try test.ledger.readers.read { connection throws(LedgerError) in connection.hostStatementCount }
        #expect(kept == 64)
    }

    @Test("a failed statement's error carries SQLite's code, its words and the SQL")
    func errors() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        let error = await expectError(.databaseFailed) {
            try ledger.readers.read { connection throws(LedgerError) in
                try connection.scalar("SELECT 1 FROM nowhere")
            }
        }
        let cause = try #require(error?.cause as? SQLiteError)
        #expect(cause.extendedCode == 1)
        #expect(cause.message == "no such table: nowhere")
        #expect(cause.sql == "SELECT 1 FROM nowhere")
        await expectError(.databaseFailed) {
            try ledger.readers.read { connection throws(LedgerError) in try connection.prepare(" ") }
        }
    }

    @Test("values of every type come back as they were bound")
    func binding() async throws {
        let connection = try Connection(path: ":memory:", role: .scratch, vfs: nil, cacheBytesMax: 65_536)
        try connection.execute("CREATE TABLE t (i INTEGER, s TEXT, b BLOB, n INTEGER) STRICT")
        let insert = Query("INSERT INTO t VALUES (?1, ?2, ?3, ?4)")
        let select = Query("SELECT i, s, b, n FROM t ORDER BY rowid")
        let texts = ["", "plain", "zero\u{0}inside", "Größe 🪑", String(repeating: "x", count: 5_000)]
        let numbers: [Int64] = [.min, .max, 0, -1, 42]
        for (text, number) in zip(texts, numbers) {
            try connection.run(insert, number, text, Array(text.utf8), Int64?.none)
        }
        let rows = try connection.all(select) { row throws(LedgerError) in
            (row.int64(0), row.text(1), row.bytes(2), row.isNull(3))
        }
        #expect(rows.map(\.0) == numbers)
        #expect(rows.map(\.1) == texts)
        #expect(rows.map(\.2) == texts.map { Array($0.utf8) })
        #expect(rows.map(\.3) == Array(repeating: true, count: texts.count))
        connection.close()
        await expectError(.isClosed) { try connection.prepare("SELECT 1") }
    }
}
