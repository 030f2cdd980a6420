import Foundation
import ObjectVault
import Testing
import VitrineIO
import VitrineTestSupport

private let keyA = "alpha=" + String(repeating: "0a", count: 32)
private let keyB = "beta=" + String(repeating: "1b", count: 32)

@Suite("Encryption at rest")
final class EncryptionTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// A provider that reads its keys from a file.
    private func provider(_ lines: String...) throws -> StoredKeyProvider {
        let path = directory.path + "/keys"
        try PosixFileSystem().replaceFile(at: path, with: Array(lines.joined(separator: "\n").utf8).span)
        return try StoredKeyProvider(contentsOf: path)
    }

    private func configuration(_ provider: (any KeyProvider)?) -> VaultConfiguration {
        var configuration = smallPieces
        configuration.keys = provider
        return configuration
    }

    @Test("nothing of an object stands in a pack, in any tier, and it reads back")
    func hidesBytes() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration(try provider(keyA)))
        try await vault.createBucket("secret")
        let line = Array("the price of the blue chair before it is announced. ".utf8)
        let bytes = Array(repeatElement(line, count: 4_000).joined())
        let name = ObjectName("secret", "a")
        try await vault.put(bytes, as: name)
        for tier in Tier.allCases {
            try await vault.move(name, to: tier)
            #expect(try vault.read(name) == bytes)
            #expect(try vault.read(name, range: 70_000..<80_000) == Array(bytes[70_000..<80_000]))
            for directory in try disk.list("/vault") where directory.hasPrefix(tier.description) {
                for file in try disk.list("/vault/\(directory)") {
                    let stored = disk.contents(ofFile: "/vault/\(directory)/\(file)") ?? []
                    #expect(!String(decoding: stored, as: UTF8.self).contains("blue chair"))
                }
            }
        }
        #expect(try await vault.verify().isIntact)
        try await vault.close()
    }

    @Test("equal bytes are stored once within a key, and apart between keys")
    func scopes() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration(try provider(keyA)))
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(50_000)
        for (bucket, options) in [
            ("one", BucketOptions()), ("two", BucketOptions()), ("own", BucketOptions(encryption: .bucket)),
            ("open", BucketOptions(encryption: .none)),
        ] { try await vault.createBucket(bucket, options: options) }
        var sizes: [Int64] = []
        for bucket in ["one", "two", "own", "open"] {
            try await vault.put(bytes, as: ObjectName(bucket, "a"))
            sizes.append(try disk.packBytes(in: "/vault"))
        }
        #expect(sizes[1] == sizes[0] && sizes[2] > sizes[1] + 50_000 && sizes[3] > sizes[2] + 50_000)
        #expect(try vault.buckets().map(\.isEncrypted) == [true, false, true, true])
        // A copy between keys is encrypted anew.
        try await vault.copy(ObjectName("one", "a"), to: ObjectName("own", "b"))
        #expect(try vault.read(ObjectName("own", "b")) == bytes)
        try await vault.close()
    }

    @Test("rotation wraps the keys anew, leaves the packs alone, and the old key can go")
    func rotates() async throws {
        let disk = SimulatedFileSystem()
        let name = ObjectName("own", "a")
        var random = SeededGenerator(seed: 2)
        let bytes = random.bytes(150_000)
        var vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration(try provider(keyA)))
        try await vault.createBucket("own", options: BucketOptions(encryption: .bucket))
        try await vault.put(bytes, as: name)
        try await vault.close()
        let packs = disk.contents(ofFile: "/vault/hot/1.0.pack")

        vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration(try provider(keyB, keyA)))
        #expect(try await vault.rotateKeys() == 2)
        #expect(try await vault.rotateKeys() == 0)
        try await vault.close()
        vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration(try provider(keyB)))
        #expect(try vault.read(name) == bytes)
        #expect(disk.contents(ofFile: "/vault/hot/1.0.pack") == packs)
        try await vault.close()
        let old = configuration(try provider(keyA))
        #expect(try await code { try await Vault.open(at: "/vault", on: disk, configuration: old) } == .keyUnavailable)
        #expect(disk.heldLockCount == 0)
    }

    @Test("without the provider what is encrypted cannot be read, and is neither taken for damage nor lost")
    func withoutProvider() async throws {
        let disk = SimulatedFileSystem()
        let name = ObjectName("secret", "a")
        let provider = try provider(keyA)
        var vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration(provider))
        try await vault.createBucket("secret")
        try await vault.put([1, 2, 3], as: name)
        try await vault.close()
        vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration(nil))
        #expect(try await code { try vault.read(name) } == .keyUnavailable)
        #expect(try await code { try await vault.put([4], as: name) } == .keyUnavailable)
        try await vault.createBucket("open")
        try await vault.put([5], as: ObjectName("open", "a"))
        try await vault.collect(deadShareMin: 0)
        try await vault.close()
        vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration(provider))
        #expect(try vault.read(name) == [1, 2, 3])
        try await vault.close()
    }

    @Test("a flipped bit anywhere in an encrypted pack never gives other bytes")
    func authenticates() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration(try provider(keyA)))
        let bytes = Array("a small secret".utf8)
        let id = try await vault.put(bytes)
        let size = try #require(disk.contents(ofFile: "/vault/hot/1.0.pack")?.count)
        // The frame's checksum, which a whole read does not need: the tag and the digest say more.
        let checksum = 32 + 80..<32 + 84
        for offset in 32..<size where !checksum.contains(offset) {
            disk.flipBit(offset % 8, ofByte: offset, in: "/vault/hot/1.0.pack")
            #expect(throws: VaultError.self, "byte \(offset)") { try vault.read(id) }
            disk.flipBit(offset % 8, ofByte: offset, in: "/vault/hot/1.0.pack")
        }
        #expect(try vault.read(id) == bytes)
        try await vault.close()
    }

    @Test("a host's provider that fails is named, and what it throws is the cause")
    func hostProvider() async throws {
        struct Offline: Error {}
        struct Broken: KeyProvider {
            var currentKeyID: String { "kms-7" }
            func wrap(_ dataKey: [UInt8]) throws -> [UInt8] { throw Offline() }
            func unwrap(_ wrapped: [UInt8], keyID: String) throws -> [UInt8] { throw Offline() }
        }
        let disk = SimulatedFileSystem()
        let error = try await #require(throws: VaultError.self) {
            try await Vault.open(at: "/vault", on: disk, configuration: configuration(Broken()))
        }
        #expect(error.code == .keyUnavailable && error.cause is Offline && error.message.contains("kms-7"))
    }

    @Test("keys that are no keys are refused, without showing them")
    func refusesBadKeys() throws {
        for text in ["", "alpha", "alpha=00", keyA + "\n" + keyA, "=" + String(repeating: "0a", count: 32)] {
            let error = try #require(throws: VaultError.self) { try provider(text) }
            #expect(error.code == .invalidArgument, "\(text)")
            #expect(!error.message.contains("0a0a"))
        }
        #expect(throws: VaultError.self) { try StoredKeyProvider(environment: "VITRINE_NO_SUCH_VARIABLE") }
        #expect(throws: VaultError.self) { try StoredKeyProvider(contentsOf: "/nowhere/keys") }
    }
}
