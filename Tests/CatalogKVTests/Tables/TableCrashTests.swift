import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Tables after a crash")
struct TableCrashTests {
    private static func open(_ disk: SimulatedFileSystem) async throws -> Catalog {
        try await TableFixture.open(disk, ManualClock(), segmentByteCountMax: 4_096)
    }

    private static func transfer(_ catalog: Catalog, _ index: Int) async throws -> TransactionResult {
        let table = try await catalog.table("accounts")
        return try await catalog.transact(token: "transfer-\(index)") {
            table.updating(Key(partition: "from")) { attribute("balance").subtract(index) }
            table.updating(Key(partition: "to")) { attribute("balance").add(index) }
        }
    }

    @Test("a transaction that is tried again after a crash has happened exactly once")
    func tokens() async throws {
        let report = try await CrashSweep.run(seed: TestEnvironment.seed(31)) { disk, record in
            let catalog = try await TableCrashTests.open(disk)
            for index in 1...4 {
                record.attempt(index)
                _ = try await TableCrashTests.transfer(catalog, index)
                record.acknowledge(index)
            }
            try await catalog.close()
        } check: { disk, record in
            let catalog = try await TableCrashTests.open(disk)
            for index in record.attempted {
                let wasRepeated = try await TableCrashTests.transfer(catalog, index).wasRepeated
                try hold(wasRepeated || !record.acknowledged.contains(index), "transfer \(index) was lost")
            }
            let sum = Int64(record.attempted.reduce(0, +))
            let table = try await catalog.table("accounts")
            let balances = try table.batchGet([Key(partition: "from"), Key(partition: "to")]).map { $0?["balance"] }
            let expected: [Attribute?] = record.attempted.isEmpty ? [nil, nil] : [.int(-sum), .int(sum)]
            try hold(balances == expected, "\(balances) in place of \(expected)")
            try await catalog.close()
        }
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 50)
    }

    @Test("a table that was being dropped is there whole, or its items are gone when it is made again")
    func dropping() async throws {
        let base = SimulatedFileSystem()
        let keys = (0..<30).map { Key(partition: "p\($0)") }
        let filled = try await TableCrashTests.open(base)
        try await filled.bytesTable("t").batchWrite(puts: keys.map { ($0, [1]) })
        try await filled.close()
        let report = try await CrashSweep.run(seed: TestEnvironment.seed(32), base: base) { disk, record in
            let catalog = try await TableCrashTests.open(disk)
            try await catalog.dropTable("t")
            record.acknowledge(true)
            try await catalog.close()
        } check: { disk, record in
            let catalog = try await TableCrashTests.open(disk)
            let isListed = try catalog.tables().map(\.name) == ["t"]
            try hold(!isListed || record.acknowledged.isEmpty, "a dropped table is back")
            let count = try await catalog.bytesTable("t").batchGet(keys).compactMap(\.self).count
            try hold(count == (isListed ? 30 : 0), "\(count) items")
            try await catalog.close()
        }
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 10)
    }
}
