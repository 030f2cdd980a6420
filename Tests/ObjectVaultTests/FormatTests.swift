import Crypto
import ObjectVault
import Testing
import VitrineIO
import VitrineTestSupport

/// The bytes on disk, held against Docs/formats/objectvault.md by hand.
@Suite("File formats")
struct FormatTests {
    @Test("a pack is a shard header and records, byte for byte as the format's page says")
    func pack() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        let content = Array("abc".utf8)
        try await vault.put(content)
        try await vault.close()
        let found = try #require(disk.contents(ofFile: "/vault/hot/1.0.pack"))

        var header = Array("VPCK".utf8) + [1, 1, 0, 0]
        header.appendLittleEndian(UInt64(1))
        header += [UInt8](repeating: 0, count: 12)
        header.appendLittleEndian(CRC32C.checksum(of: header.span))
        #expect(Array(found.prefix(32)) == header)

        let digest = Array(SHA256.hash(data: content))
        var record = Array("VCHK".utf8) + [1, 0, 0, 0]
        record.appendLittleEndian(UInt32(3))
        record.appendLittleEndian(UInt32(3))
        record += digest
        record += [UInt8](repeating: 0, count: 8 + 16 + 4)
        record.appendLittleEndian(CRC32C.checksum(of: record.span))
        #expect(record.count == 80)
        var checked = [UInt8](repeating: 0, count: 8)
        checked += digest.prefix(8).reversed()
        checked += content
        record.appendLittleEndian(CRC32C.checksum(of: checked.span))
        record += content
        #expect(Array(found.dropFirst(32)) == record)
    }

    @Test("an erasure-coded shard is its header, and cells behind their checksums")
    func codedShard() async throws {
        let disk = SimulatedFileSystem()
        var configuration = VaultConfiguration()
        configuration.cold.directories = ["cold-0", "cold-1", "cold-2"]
        configuration.cold.redundancy = .erasure(data: 2, parity: 1)
        configuration.cold.compression = .none
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration)
        try await vault.createBucket("models")
        let name = ObjectName("models", "a")
        var random = SeededGenerator(seed: 1)
        try await vault.put(random.bytes(1_000), as: name)
        let hot = try #require(disk.contents(ofFile: "/vault/hot/1.0.pack"))
        try await vault.move(name, to: .cold)
        try await vault.close()

        // The record of 80 + 4 + 1,000 bytes in two cells, each a multiple of 64 bytes.
        let record = Array(hot.dropFirst(32))
        #expect(record.count == 1_084)
        let stream = record + [UInt8](repeating: 0, count: 2 * 576 - record.count)
        var shards: [UInt8: [UInt8]] = [:]
        for directory in 0..<3 {
            for file in try disk.list("/vault/cold-\(directory)") {
                let bytes = try #require(disk.contents(ofFile: "/vault/cold-\(directory)/\(file)"))
                #expect(Array(bytes[4..<7]) == [1, 2, 1])
                shards[bytes[7]] = bytes
            }
        }
        for shard in UInt8(0)..<2 {
            let bytes = try #require(shards[shard])
            #expect(bytes.count == 32 + 4 + 576)
            let cell = Array(stream[Int(shard) * 576..<Int(shard + 1) * 576])
            var checked: [UInt8] = []
            for number in [2, 0, UInt64(shard)] as [UInt64] { checked.appendLittleEndian(number) }
            checked += cell
            var expected: [UInt8] = []
            expected.appendLittleEndian(CRC32C.checksum(of: checked.span))
            #expect(Array(bytes.dropFirst(32)) == expected + cell)
        }
        #expect(shards.count == 3)
    }

    @Test("verify tells how far it is, pack by pack")
    func progress() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        var random = SeededGenerator(seed: 2)
        for _ in 0..<3 { try await vault.put(random.bytes(900_000)) }
        let seen = ProgressLog()
        let report = try await vault.verify { seen.add($0) }
        #expect(report.isIntact && report.objectCount == 3 && report.byteCount == 2_700_000)
        let steps = seen.all
        #expect(steps.map(\.packsDone) == Array(1...steps.count) && steps.count > 1)
        #expect(steps.allSatisfy { $0.packsTotal == steps.count })
        #expect(steps.last?.bytesDone ?? 0 > 2_700_000)
        try await vault.close()
    }
}
