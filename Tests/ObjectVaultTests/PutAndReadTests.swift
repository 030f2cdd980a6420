import Foundation
import ObjectVault
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Putting and reading")
struct PutAndReadTests {
    static let sizes = [0, 1, 63, 64, 65, 65_535, 65_536, 65_537, 131_072, 200_001]

    @Test("what was put reads back, at once and after a reopen", arguments: sizes)
    func readsBack(size: Int) async throws {
        let disk = SimulatedFileSystem(seed: 3, hasShortTransfers: true)
        var random = SeededGenerator(seed: UInt64(size) + 1)
        let bytes = random.bytes(size)
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        let id = try await vault.put(bytes)
        #expect(try vault.read(id) == bytes)
        let info = try #require(try vault.info(id))
        #expect(info.byteCount == Int64(size))
        try await vault.close()
        // What is stored is all that the pack has beside its header.
        #expect(info.storedByteCount == max(0, try disk.packBytes(in: "/vault") - 32))
        let again = try await Vault.open(at: "/vault", on: disk)
        #expect(try again.read(id) == bytes)
        #expect(try again.list() == [id])
        try await again.close()
        #expect(disk.openFileCount == 0)
        #expect(disk.heldLockCount == 0)
        #expect(disk.misuses.isEmpty)
    }

    @Test("the id is the SHA-256 digest of the bytes (FIPS 180-4, examples)")
    func idIsDigest() async throws {
        let vault = try await Vault.open(at: "/vault", on: SimulatedFileSystem())
        #expect(
            try await vault.put(Array("abc".utf8)).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(
            try await vault.put([]).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
        try await vault.close()
    }

    @Test(
        "a stream gives the same object however it is cut",
        arguments: [[1], [7, 65_536, 1], [65_535], [100_000], [65_536], [0, 3, 99_999]]
    )
    func streamsInAnyPieces(sizes: [Int]) async throws {
        let disk = SimulatedFileSystem()
        var random = SeededGenerator(seed: 5)
        let bytes = random.bytes(sizes == [1] ? 3_000 : 300_000)
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        let streamed = try await vault.put(PieceSource(bytes: bytes, sizes: sizes))
        #expect(try vault.read(streamed) == bytes)
        let stored = try vault.info(streamed)?.storedByteCount
        #expect(try await vault.remove(streamed))
        try await vault.collect(deadShareMin: 0)
        #expect(try disk.packBytes(in: "/vault") == 0)
        #expect(try await vault.put(bytes) == streamed)
        #expect(try vault.info(streamed)?.storedByteCount == stored, "cut at the same places")
        try await vault.close()
    }

    @Test("a file is stored under the digest that sha256sum prints")
    func storesFiles() async throws {
        let directory = try TemporaryDirectory()
        var random = SeededGenerator(seed: 8)
        let path = directory.path + "/source"
        let data = Data(random.bytes(400_000))
        try data.write(to: URL(fileURLWithPath: path))
        let vault = try await Vault.open(at: directory.path + "/vault", configuration: smallPieces)
        let id = try await vault.put(contentsOf: path)
        #expect(try vault.read(id) == Array(data))
        if FileManager.default.isExecutableFile(atPath: "/usr/bin/sha256sum") {
            #expect(try sha256sum(path) == id.hex)
        }
        #expect(try await code { try await vault.put(contentsOf: directory.path + "/absent") } == .ioFailed)
        #expect(try await code { try await vault.put(contentsOf: directory.path) } == .ioFailed)
        try await vault.close()
    }

    private func sha256sum(_ path: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
        process.arguments = [path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(String(decoding: data, as: UTF8.self).prefix(64))
    }

    @Test("putting what is there writes nothing")
    func duplicatePutWritesNothing() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        let bytes = [UInt8](repeating: 9, count: 70_000)
        let id = try await vault.put(Array(bytes.prefix(1_000)))
        let used = disk.usedByteCount
        let before = disk.operationCount
        #expect(try await vault.put(Array(bytes.prefix(1_000))) == id)
        // A connection that is opened to read may settle the files' names, and no more.
        let kinds = Set(disk.log[before...].map(\.kind))
        #expect(kinds.isDisjoint(with: [.write, .rename, .remove, .synchronize, .synchronizeDirectory]))
        #expect(disk.usedByteCount == used)

        let large = try await vault.put(bytes)
        let usedWithLarge = disk.usedByteCount
        #expect(try await vault.put(PieceSource(bytes: bytes, sizes: [999])) == large)
        #expect(disk.usedByteCount == usedWithLarge)
        try await vault.close()
    }

    @Test("removing says whether there was something, and what was removed is gone after a reopen")
    func removes() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        let id = try await vault.put([1, 2, 3])
        let other = try await vault.put([4])
        let stream = try vault.stream(id)
        #expect(try vault.contains(id))
        #expect(try await vault.remove(id))
        #expect(try await !vault.remove(id))
        #expect(try !vault.contains(id))
        #expect(try vault.info(id) == nil)
        #expect(try await code { try vault.read(id) } == .notFound)
        #expect(try await code { try vault.stream(id) } == .notFound)
        #expect(try await stream.collected() == [[1, 2, 3]], "an open stream keeps its bytes")
        try await vault.close()
        let again = try await Vault.open(at: "/vault", on: disk.restarted(after: .lost))
        #expect(try again.list() == [other])
        try await again.close()
    }

    @Test("listing goes in order and in pages")
    func lists() async throws {
        let vault = try await Vault.open(at: "/vault", on: SimulatedFileSystem())
        var ids: [ObjectID] = []
        for number in UInt8.min..<60 { ids.append(try await vault.put([number])) }
        ids.sort()
        #expect(try vault.list() == ids)
        #expect(try vault.list(limit: 0).isEmpty)
        #expect(try await code { try vault.list(limit: -1) } == .invalidArgument)
        var pages: [ObjectID] = []
        while true {
            let page = try vault.list(after: pages.last, limit: 7)
            #expect(page.count <= 7)
            if page.isEmpty { break }
            pages += page
        }
        #expect(pages == ids)
        try await vault.close()
    }

    @Test("an object over its limit is refused and leaves nothing")
    func refusesTooLarge() async throws {
        let disk = SimulatedFileSystem()
        var configuration = smallPieces
        configuration.objectBytesMax = 150_000
        configuration.readBytesMax = 100_000
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration)
        let fits = [UInt8](repeating: 1, count: 150_000)
        let id = try await vault.put(PieceSource(bytes: fits, sizes: [40_000]))
        #expect(try await code { try await vault.put(fits + [1]) } == .objectTooLarge)
        let source = PieceSource(bytes: fits + [1], sizes: [40_000])
        #expect(try await code { try await vault.put(source) } == .objectTooLarge)
        #expect(try vault.list() == [id])
        #expect(try await code { try vault.read(id) } == .objectTooLarge)
        #expect(try vault.read(id, range: 50_000..<150_000) == Array(fits[50_000...]))
        #expect(try await vault.stream(id).collected().reduce([], +) == fits)
        try await vault.close()
    }

    @Test("an error of the source comes through unchanged and leaves nothing")
    func passesSourceErrors() async throws {
        struct Broken: Error {}
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        let source = AsyncThrowingStream<[UInt8], any Error> { continuation in
            for _ in 0..<4 { continuation.yield([UInt8](repeating: 3, count: 50_000)) }
            continuation.finish(throwing: Broken())
        }
        await #expect(throws: Broken.self) { try await vault.put(source) }
        #expect(try vault.list().isEmpty)
        try await vault.collect(deadShareMin: 0)
        #expect(try disk.packBytes(in: "/vault") == 0)
        try await vault.close()
        #expect(disk.openFileCount == 0)
    }
}
