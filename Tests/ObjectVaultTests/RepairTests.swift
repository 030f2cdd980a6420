import ObjectVault
import Testing
import VitrineIO
import VitrineSQLite
import VitrineTestSupport

@Suite("Repair")
struct RepairTests {
    private static var configuration: VaultConfiguration {
        var configuration = smallPieces
        configuration.cold.directories = (0..<5).map { "cold-\($0)" }
        configuration.cold.redundancy = .erasure(data: 3, parity: 2)
        return configuration
    }

    @Test("repair mends packs from parity, names what is beyond it, and leaves the rest whole")
    func packs() async throws {
        let disk = SimulatedFileSystem()
        var random = SeededGenerator(seed: 31)
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: Self.configuration)
        try await vault.createBucket("models")
        let (cold, hot) = (ObjectName("models", "cold"), ObjectName("models", "hot"))
        let bytes = random.bytes(150_000)
        try await vault.put(bytes, as: cold)
        try await vault.move(cold, to: .cold)
        try await vault.put(random.bytes(50_000), as: hot)
        try await vault.close()
        for directory in ["cold-1", "cold-4", "hot"] {
            for file in try disk.list("/vault/" + directory) { try disk.remove("/vault/\(directory)/\(file)") }
        }

        let again = try await Vault.open(at: "/vault", on: disk, configuration: Self.configuration)
        let report = try await again.repair()
        #expect(report.mendedCount > 0 && report.indexFaults.isEmpty)
        #expect(report.lost.map(\.name) == [hot] && !report.isIntact)
        #expect(try again.read(cold) == bytes)
        try await again.delete(hot)
        try await again.collect(deadShareMin: 0)
        #expect(try await again.verify().isIntact)
        #expect(try await again.repair().mendedCount == 0)
        try await again.close()
    }

    @Test("indexes that do not match their tables are made anew")
    func indexes() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/vault"
        let vault = try await Vault.open(at: path, configuration: smallPieces)
        let ids = [try await vault.put([1, 2, 3]), try await vault.put([UInt8](repeating: 4, count: 500_000))]
        try await vault.close()
        let vfs = FileSystemVFS(disk: PosixFileSystem())
        let database = try Database(
            path: path + "/metadata.sqlite3",
            role: .writer,
            vfs: vfs.name,
            cacheBytesMax: 1 << 20
        )
        let rootText = try database.scalar("SELECT rootpage FROM sqlite_schema WHERE name = 'chunk_pack'")
        let sizeText = try database.scalar("PRAGMA page_size")
        let (root, pageSize) = (try #require(Int64(rootText)), try #require(Int64(sizeText)))
        database.close()
        // The page's last byte is of the first entry: where a chunk is in its pack, which the table knows better.
        let file = try PosixFileSystem().open(path + "/metadata.sqlite3", .readWrite)
        let last = try file.readBytes(1, at: root * pageSize - 1)
        try file.writeAll([last[0] ^ 0x40].span, at: root * pageSize - 1)
        try file.close()

        let again = try await Vault.open(at: path, configuration: smallPieces)
        let report = try await again.repair()
        #expect(!report.indexFaults.isEmpty && report.isIntact)
        #expect(try await again.repair().indexFaults.isEmpty)
        #expect(try again.read(ids[1]).count == 500_000)
        try await again.close()
    }
}
