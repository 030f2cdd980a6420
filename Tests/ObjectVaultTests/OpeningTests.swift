import Foundation
import ObjectVault
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Opening and closing")
struct OpeningTests {
    @Test("a second open is refused and names the process that has the vault")
    func namesHolder() async throws {
        let directory = try TemporaryDirectory()
        let vault = try await Vault.open(at: directory.path)
        let error = try await #require(throws: VaultError.self) { try await Vault.open(at: directory.path) }
        #expect(error.code == .isLocked)
        #expect(error.message.contains("process \(ProcessInfo.processInfo.processIdentifier)"))
        try await vault.close()
        try await Vault.open(at: directory.path).close()
    }

    @Test("after close everything is refused, and a second close does nothing")
    func refusesAfterClose() async throws {
        let vault = try await Vault.open(at: "/vault", on: SimulatedFileSystem())
        let id = try await vault.put([1])
        let stream = try vault.stream(id)
        try await vault.close()
        try await vault.close()
        #expect(try await code { try await vault.put([2]) } == .isClosed)
        #expect(try await code { try await vault.put(contentsOf: "/vault/format") } == .isClosed)
        #expect(try await code { try await vault.remove(id) } == .isClosed)
        #expect(try await code { try vault.read(id) } == .isClosed)
        #expect(try await code { try vault.stream(id) } == .isClosed)
        #expect(try await code { try vault.info(id) } == .isClosed)
        #expect(try await code { try vault.contains(id) } == .isClosed)
        #expect(try await code { try vault.list() } == .isClosed)
        #expect(try await code { try await vault.verify() } == .isClosed)
        // What another process may be collecting now is not read any more.
        #expect(try await code { try await stream.collected() } == .isClosed)
    }

    @Test("packs that the metadata do not have are removed, other files left alone")
    func removesUnknownPacks() async throws {
        let disk = SimulatedFileSystem()
        let first = try await Vault.open(at: "/vault", on: disk)
        let id = try await first.put([1])
        try await first.close()
        try disk.install([1, 2, 3], at: "/vault/hot/700.0.pack")
        try disk.install([9], at: "/vault/hot/notes.txt")
        try disk.install([9], at: "/vault/hot/01.0.pack")
        let vault = try await Vault.open(at: "/vault", on: disk)
        #expect(try disk.list("/vault/hot") == ["01.0.pack", "1.0.pack", "notes.txt"])
        #expect(try vault.read(id) == [1])
        try await vault.close()
    }

    @Test("a directory that holds something else is refused and left as it is")
    func refusesForeignDirectory() async throws {
        let disk = SimulatedFileSystem()
        try disk.createDirectory("/photos")
        try disk.install([1], at: "/photos/cat.jpg")
        #expect(try await code { try await Vault.open(at: "/photos", on: disk) } == .notVault)
        #expect(try disk.list("/photos") == ["cat.jpg"])
        #expect(try await code { try await Vault.open(at: "/photos/cat.jpg", on: disk) } == .ioFailed)
    }

    @Test("a vault of a later format is refused as such, a damaged format file as damage")
    func checksFormat() async throws {
        let disk = SimulatedFileSystem()
        try await Vault.open(at: "/vault", on: disk).close()
        let format = try #require(disk.contents(ofFile: "/vault/format"))
        #expect(format.count == 20)
        for offset in format.indices {
            for bit in 0..<8 {
                disk.flipBit(bit, ofByte: offset, in: "/vault/format")
                let found = try await code { try await Vault.open(at: "/vault", on: disk) }
                #expect(found == .isCorrupt, "bit \(bit) of byte \(offset)")
                disk.flipBit(bit, ofByte: offset, in: "/vault/format")
            }
        }
        for length in format.indices {
            try disk.install(Array(format[..<length]), at: "/vault/format")
            #expect(try await code { try await Vault.open(at: "/vault", on: disk) } == .isCorrupt, "length \(length)")
        }
        var later = format
        later[8] = 3
        later.replaceUInt32(at: 16, with: CRC32C.checksum(of: later.span.extracting(0..<16)))
        try disk.install(later, at: "/vault/format")
        #expect(try await code { try await Vault.open(at: "/vault", on: disk) } == .unsupportedFormat)
        #expect(disk.heldLockCount == 0, "a refused open holds no lock")
        #expect(disk.openFileCount == 0)
    }

    @Test("a vault whose format file is gone is refused, and nothing is written")
    func noticesMissingFormat() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        try await vault.put([1])
        try await vault.close()
        try disk.remove("/vault/format")
        #expect(try await code { try await Vault.open(at: "/vault", on: disk) } == .notVault)
        #expect(try disk.list("/vault/hot") == ["1.0.pack"])
        #expect(try !disk.list("/vault").contains("format"))
    }

    @Test("a vault whose metadata are gone is refused, and its packs left alone")
    func noticesMissingMetadata() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        try await vault.put([1])
        try await vault.close()
        try disk.remove("/vault/metadata.sqlite3")
        #expect(try await code { try await Vault.open(at: "/vault", on: disk) } == .isCorrupt)
        #expect(try disk.list("/vault/hot") == ["1.0.pack"])
        #expect(disk.heldLockCount == 0)
    }

    @Test("limits that cannot work are refused")
    func checksConfiguration() async throws {
        let changes: [@Sendable (inout VaultConfiguration) -> Void] = [
            { $0.objectBytesMax = -1 }, { $0.objectBytesMax = .max }, { $0.readBytesMax = -1 },
            { $0.chunkThreshold = -1 }, { $0.chunkThreshold = .max }, { $0.largePutsMax = 0 }, { $0.threadCount = 0 },
            { $0.threadCount = 100_000 }, { $0.chunkSizes = ChunkSizes(average: 60_000) },
            { $0.chunkSizes = ChunkSizes(average: 65_536, min: 0) }, { $0.packBytesMax = 0 }, { $0.readersMax = 0 },
            { $0.cacheBytesMax = 0 }, { $0.accessHalfLife = .zero },
            { $0.hot.redundancy = .erasure(data: 4, parity: 2) },
            { $0.hot.directories = [] }, { $0.warm.directories = ["../elsewhere"] }, { $0.warm.directories = [".."] },
            { $0.cold.redundancy = .erasure(data: 8, parity: 4) }, { $0.cold.directories = ["a", "a", "b"] },
            { $0.warm.compression = Compression(level: 10) }, { $0.hot.redundancy = .copies(9) },
        ]
        for (index, change) in changes.enumerated() {
            var configuration = VaultConfiguration()
            change(&configuration)
            let disk = SimulatedFileSystem()
            let found = try await code { try await Vault.open(at: "/vault", on: disk, configuration: configuration) }
            #expect(found == .invalidArgument, "change \(index)")
            #expect(disk.operationCount == 0)
        }
    }
}
