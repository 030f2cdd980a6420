import ObjectVault
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Damage")
struct CorruptionTests {
    @Test("a flipped bit anywhere in a pack is noticed by whole reads, and by ranges that touch its frame")
    func everyByte() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        let bytes = Array("every byte of a small object".utf8)
        let id = try await vault.put(bytes)
        let pack = "/vault/hot/1.0.pack"
        let size = try #require(disk.contents(ofFile: pack)?.count)
        for offset in 32..<size {
            for bit in 0..<8 {
                disk.flipBit(bit, ofByte: offset, in: pack)
                #expect(try await code { try vault.read(id) } == expected(offset, bytes), "byte \(offset)")
                if offset >= 32 + 80 {
                    #expect(try await code { try vault.read(id, range: 3..<4) } == .isCorrupt, "byte \(offset)")
                }
                disk.flipBit(bit, ofByte: offset, in: pack)
            }
        }
        #expect(try vault.read(id) == bytes)
        try await vault.close()
    }

    /// What a damaged byte of the only record leads to: its frame's checksum is not needed where the digest is held.
    private func expected(_ offset: Int, _ bytes: [UInt8]) -> VaultError.Code? {
        (112..<116).contains(offset) ? nil : .isCorrupt
    }

    @Test("every length that a pack can be cut to is an error that names file and offset, or the object")
    func everyLength() async throws {
        let disk = SimulatedFileSystem()
        var vault = try await Vault.open(at: "/vault", on: disk)
        let bytes = Array("cut off".utf8)
        let id = try await vault.put(bytes)
        try await vault.close()
        let pack = "/vault/hot/1.0.pack"
        let whole = try #require(disk.contents(ofFile: pack))
        for length in stride(from: 0, to: whole.count, by: 3) {
            try disk.install(Array(whole[..<length]), at: pack)
            vault = try await Vault.open(at: "/vault", on: disk)
            let error = try #require(throws: VaultError.self) { try vault.read(id) }
            #expect(error.code == .isCorrupt && error.message.contains(pack), "\(error)")
            #expect(try await !vault.verify().isIntact)
            try await vault.close()
        }
        try disk.remove(pack)
        vault = try await Vault.open(at: "/vault", on: disk)
        #expect(try await code { try vault.read(id) } == .isCorrupt)
        try await vault.close()
        try disk.install(whole, at: pack)
        vault = try await Vault.open(at: "/vault", on: disk)
        #expect(try vault.read(id) == bytes)
        try await vault.close()
    }

    @Test("a range is not disturbed by damage in other frames, and verify names every object of a damaged chunk")
    func localDamage() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        try await vault.createBucket("models")
        var random = SeededGenerator(seed: 3)
        let bytes = random.bytes(200_000)
        for key in ["a", "b"] { try await vault.put(bytes, as: ObjectName("models", key)) }
        try await vault.put([1], as: ObjectName("models", "well"))
        disk.flipBit(0, ofByte: 32 + 80 + 150_000, in: "/vault/hot/1.0.pack")
        let name = ObjectName("models", "a")
        #expect(try vault.read(name, range: 0..<131_072) == Array(bytes[..<131_072]))
        #expect(try await code { try vault.read(name, range: 131_072..<131_073) } == .isCorrupt)
        #expect(try await code { try vault.read(name) } == .isCorrupt)
        let report = try await vault.verify()
        #expect(Set(report.problems.map(\.name.key)) == ["a", "b"])
        #expect(report.objectCount == 3 && report.byteCount == 1)
        try await vault.close()
    }

    @Test("the same bytes, put again, heal an object that was found damaged")
    func healsByPut() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        var random = SeededGenerator(seed: 4)
        let bytes = random.bytes(100_000)
        let id = try await vault.put(bytes)
        disk.flipBit(3, ofByte: 5_000, in: "/vault/hot/1.0.pack")
        #expect(try await code { try vault.read(id) } == .isCorrupt)
        #expect(try await vault.put(bytes) == id)
        #expect(try vault.read(id) == bytes)
        try await vault.collect(deadShareMin: 0)
        #expect(try await vault.verify().isIntact)
        try await vault.close()
    }

    @Test("damaged metadata are an error, never a trap or a wrong byte", arguments: [1, 2, 3, 4] as [UInt64])
    func damagedMetadata(seed: UInt64) async throws {
        let original = SimulatedFileSystem()
        let first = try await Vault.open(at: "/vault", on: original, configuration: smallPieces)
        try await first.createBucket("models")
        var random = SeededGenerator(seed: seed)
        let bytes = random.bytes(150_000)
        let name = ObjectName("models", "a")
        try await first.put(bytes, as: name)
        try await first.close()
        let path = "/vault/metadata.sqlite3"
        let size = try #require(original.contents(ofFile: path)?.count)
        for _ in 0..<60 {
            let disk = original.restarted(after: .kept)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                disk.flipBit(
                    Int.random(in: 0..<8, using: &random),
                    ofByte: Int.random(in: 0..<size, using: &random),
                    in: path
                )
            }
            do {
                let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
                do {
                    let found = try vault.read(name)
                    #expect(found == bytes, "seed \(seed)")
                    _ = try await vault.verify()
                } catch is VaultError {}
                try await vault.close()
            } catch is VaultError {}
        }
    }
}
