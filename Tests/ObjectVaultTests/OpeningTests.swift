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
        #expect(try await stream.collected() == [[1]])
    }

    @Test("what unfinished puts left is removed")
    func emptiesStaging() async throws {
        let disk = SimulatedFileSystem()
        try await Vault.open(at: "/vault", on: disk).close()
        try disk.install([1, 2, 3], at: "/vault/staging/7.part")
        let vault = try await Vault.open(at: "/vault", on: disk)
        #expect(try disk.list("/vault/staging").isEmpty)
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
        later[8] = 2
        later.replaceUInt32(at: 16, with: CRC32C.checksum(of: later.span.extracting(0..<16)))
        try disk.install(later, at: "/vault/format")
        #expect(try await code { try await Vault.open(at: "/vault", on: disk) } == .unsupportedFormat)
        #expect(disk.heldLockCount == 0, "a refused open holds no lock")
        #expect(disk.openFileCount == 0)
    }

    @Test("objects without a format file are not taken for an empty vault")
    func noticesMissingFormat() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        try await vault.put([1])
        try await vault.close()
        try disk.remove("/vault/format")
        #expect(try await code { try await Vault.open(at: "/vault", on: disk) } == .isCorrupt)
    }

    @Test("names in the objects' directories that are no ids are neither listed nor touched")
    func ignoresForeignNames() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        let id = try await vault.put([1])
        let directory = "/vault/objects/\(id.hex.prefix(2))"
        try disk.install([9], at: directory + "/notes.txt")
        try disk.install([9], at: directory + "/" + id.hex.uppercased())
        #expect(try vault.list() == [id])
        #expect(try await vault.verify().objectCount == 1)
        #expect(try disk.list(directory).count == 3)
        try await vault.close()
    }

    @Test("limits that cannot work are refused")
    func checksConfiguration() async throws {
        let changes: [@Sendable (inout VaultConfiguration) -> Void] = [
            { $0.objectBytesMax = -1 }, { $0.objectBytesMax = .max }, { $0.readBytesMax = -1 },
            { $0.writePieceBytes = 0 }, { $0.writePieceBytes = .max }, { $0.largePutsMax = 0 }, { $0.threadCount = 0 },
            { $0.threadCount = 100_000 },
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
