import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Definitions of tables")
struct TableDefinitionTests {
    @Test("options are kept in the store, and others are refused until they are changed")
    func options() async throws {
        let fixture = try await TableFixture()
        let options = TableOptions(expiryAttribute: "until", changeImages: .newAndOld)
        _ = try await fixture.catalog.table("t", options: options)
        try await fixture.catalog.close()
        let catalog = try await TableFixture.open(fixture.disk, fixture.clock)
        #expect(try await catalog.table("t").options == options)
        #expect(try await catalog.table("t", options: options).options == options)
        #expect(await errorCode { _ = try await catalog.table("t", options: TableOptions()) } == .tableConflict)
        try await catalog.setOptions(TableOptions(), ofTable: "t")
        #expect(try await catalog.table("t").options == TableOptions())
        #expect(await errorCode { try await catalog.setOptions(options, ofTable: "u") } == .noSuchTable)
        #expect(try catalog.tables().map(\.number) == [16])
        try await catalog.close()
    }

    @Test("tables keep their items apart")
    func apart() async throws {
        let catalog = try await TableFixture().catalog
        let first = try await catalog.bytesTable("first")
        let second = try await catalog.bytesTable("second")
        let key = Key(partition: "p")
        try await first.put([1], for: key)
        #expect(try second.get(key) == nil)
        try await second.put([2], for: key)
        #expect(try first.get(key) == [1])
        #expect(try second.query("p").page().entries.map(\.item) == [[2]])
    }

    @Test("a dropped table takes its items with it, and its number is never given again")
    func dropping() async throws {
        let fixture = try await TableFixture()
        let catalog = fixture.catalog
        let table = try await catalog.bytesTable("t")
        for index in 0..<2_500 {
            try await table.put([1], for: Key(partition: "p\(index)"), durability: .buffered)
        }
        let other = try await catalog.bytesTable("other")
        try await other.put([2], for: Key(partition: "p1"))
        try await catalog.dropTable("t")
        #expect(try catalog.tables().map(\.name) == ["other"])
        #expect(await errorCode { try await catalog.dropTable("t") } == .noSuchTable)
        #expect(try table.get(Key(partition: "p1")) == nil)
        let again = try await catalog.bytesTable("t")
        #expect(try again.get(Key(partition: "p1")) == nil)
        #expect(try other.get(Key(partition: "p1")) == [2])
        #expect(try catalog.tables().map(\.number) == [17, 18])
    }

    @Test("names have 1 to 255 bytes")
    func names() async throws {
        let catalog = try await TableFixture().catalog
        #expect(await errorCode { _ = try await catalog.table("") } == .invalidArgument)
        #expect(await errorCode { _ = try await catalog.table(String(repeating: "é", count: 128)) } == .invalidArgument)
        _ = try await catalog.table(String(repeating: "x", count: 255))
    }

    @Test("a table that many tasks ask for at once is made once")
    func races() async throws {
        let catalog = try await TableFixture().catalog
        let numbers = try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<16 {
                group.addTask {
                    let table = try await catalog.bytesTable("t")
                    try await table.put([UInt8(index)], for: Key(partition: "p", sort: Int64(index)))
                }
            }
            try await group.waitForAll()
            return try catalog.tables().map(\.number)
        }
        #expect(numbers == [16])
        #expect(try await catalog.bytesTable("t").query("p").page().entries.count == 16)
    }

    @Test("a table value kept after its table was dropped puts nothing that nobody could find")
    func stale() async throws {
        let fixture = try await TableFixture()
        let stale = try await fixture.catalog.bytesTable("t")
        let key = Key(partition: "p")
        try await stale.put([1], for: key)
        try await fixture.catalog.dropTable("t")
        for durability in [Durability.synced, .buffered] {
            #expect(await errorCode { try await stale.put([2], for: key, durability: durability) } == .noSuchTable)
        }
        #expect(await errorCode { try await stale.put([2], for: key, if: .notExists) } == .noSuchTable)
        #expect(await errorCode { try await stale.batchWrite(puts: [(key, [2])]) } == .noSuchTable)
        #expect(
            await errorCode { _ = try await fixture.catalog.transact { stale.putting([2], for: key) } } == .noSuchTable
        )
        #expect(try stale.get(key) == nil)
        let fresh = try await fixture.catalog.bytesTable("t")
        try await fresh.put([3], for: key)
        #expect(try fresh.get(key) == [3] && stale.get(key) == nil)
    }
}
