import ObjectVault
import Testing
import VitrineIO
import VitrineSQLite
import VitrineTestSupport

@Suite("Chunks that zstd compressed")
struct ZstdTests {
    @Test("a vault that has them is opened by a build that reads them, and refused by others with what to do")
    func mark() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/vault"
        let vault = try await Vault.open(at: path)
        let id = try await vault.put([1, 2, 3])
        try await vault.close()
        let vfs = FileSystemVFS(disk: PosixFileSystem())
        let database = try Database(
            path: path + "/metadata.sqlite3",
            role: .writer,
            vfs: vfs.name,
            cacheBytesMax: 1 << 20
        )
        try database.execute("INSERT INTO counter (name, value) VALUES ('zstd', 1)")
        database.close()
        #if Zstd
        let again = try await Vault.open(at: path)
        #expect(try again.read(id) == [1, 2, 3])
        try await again.close()
        #else
        let error = try await #require(throws: VaultError.self) { try await Vault.open(at: path) }
        #expect(error.code == .unsupportedFormat && error.message.contains("trait Zstd"), "\(error) \(id)")
        // The refusal keeps no lock.
        #expect(try await code { try await Vault.open(at: path) } == .unsupportedFormat)
        #endif
    }

    #if Zstd
    private static func configuration(filters: Bool) -> VaultConfiguration {
        var configuration = smallPieces
        configuration.hot.compression = Compression(level: 1, filters: filters, method: .zstd)
        configuration.cold.compression = Compression(level: 19, filters: true, method: .zstd)
        configuration.cold.directories = ["cold-0", "cold-1", "cold-2"]
        configuration.cold.redundancy = .erasure(data: 2, parity: 1)
        return configuration
    }

    @Test("objects of every size and kind come back, hot and cold, whole and by range", arguments: [false, true])
    func roundTrip(filters: Bool) async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(
            at: "/vault",
            on: disk,
            configuration: Self.configuration(filters: filters)
        )
        try await vault.createBucket("models")
        var random = SeededGenerator(seed: 32)
        let mesh = (0..<40_000).flatMap { [UInt8($0 & 255), 7, UInt8($0 >> 8), 0] }
        let objects = [[], [5], [UInt8](repeating: 9, count: 70_000), random.bytes(90_000), mesh]
        for (number, bytes) in objects.enumerated() {
            try await vault.put(bytes, as: ObjectName("models", "\(number)"))
        }
        let stored = try disk.packBytes(in: "/vault")
        #expect(stored < Int64(objects.reduce(0) { $0 + $1.count }) * 2 / 3, "\(stored)")
        for tier in [Tier.hot, .cold, .warm] {
            for (number, bytes) in objects.enumerated() {
                let name = ObjectName("models", "\(number)")
                try await vault.move(name, to: tier)
                #expect(try vault.read(name) == bytes)
                let middle = Int64(bytes.count / 3)..<Int64(bytes.count / 2)
                #expect(
                    try vault.read(name, range: middle) == Array(bytes[Int(middle.lowerBound)..<Int(middle.upperBound)])
                )
            }
        }
        #expect(try await vault.verify().isIntact)
        try await vault.close()
    }

    @Test("a record that claims another size, or has a bit flipped, is refused and writes no more than it may")
    func damage() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: Self.configuration(filters: false))
        let id = try await vault.put([UInt8](repeating: 3, count: 5_000) + Array(0...255))
        let pack = "/vault/hot/1.0.pack"
        var record = Array(try #require(disk.contents(ofFile: pack)).dropFirst(32))
        #expect(record[5] == 2, "the codec")
        for size: UInt32 in [0, 1, 5_255, 5_257, 4 << 20] {
            record.replaceUInt32(at: 8, with: size)
            record.replaceUInt32(at: 76, with: CRC32C.checksum(of: record.span.extracting(0..<76)))
            try disk.install(Array(try #require(disk.contents(ofFile: pack)).prefix(32)) + record, at: pack)
            #expect(try await code { try vault.read(id) } == .isCorrupt, "size \(size)")
        }
        record.replaceUInt32(at: 8, with: 5_256)
        record.replaceUInt32(at: 76, with: CRC32C.checksum(of: record.span.extracting(0..<76)))
        try disk.install(Array(try #require(disk.contents(ofFile: pack)).prefix(32)) + record, at: pack)
        #expect(try vault.read(id).count == 5_256)
        for offset in (32 + 84)..<(32 + record.count) {
            disk.flipBit(offset & 7, ofByte: offset, in: pack)
            #expect(try await code { try vault.read(id) } == .isCorrupt, "byte \(offset)")
            disk.flipBit(offset & 7, ofByte: offset, in: pack)
        }
        try await vault.close()
    }

    @Test("levels that zstd does not have are refused", arguments: [0, 20])
    func levels(level: Int) async throws {
        var configuration = smallPieces
        configuration.warm.compression = Compression(level: level, method: .zstd)
        #expect(
            try await code {
                try await Vault.open(at: "/vault", on: SimulatedFileSystem(), configuration: configuration)
            } == .invalidArgument
        )
    }
    #endif
}
