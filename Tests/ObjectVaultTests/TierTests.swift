import ObjectVault
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// Bytes that compress: a mesh's, floats that change slowly.
private func mesh(_ seed: UInt64, count: Int) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    var position: UInt32 = 0x3F80_0000
    while bytes.count < count {
        position &+= UInt32.random(in: 0...255, using: &random)
        bytes.appendLittleEndian(position)
    }
    return Array(bytes.prefix(count))
}

/// A cold tier of 5 + 2, small chunks, a clock that is turned by hand.
private func configuration(_ clock: ManualTime = ManualTime()) -> VaultConfiguration {
    var configuration = smallPieces
    configuration.cold.directories = (0..<7).map { "cold-\($0)" }
    configuration.cold.redundancy = .erasure(data: 5, parity: 2)
    configuration.now = { clock.now }
    return configuration
}

/// Wall time that tests turn.
final class ManualTime: Sendable {
    private let time = Locked(Duration.seconds(1_700_000_000))

    var now: Duration { time.withLock { $0 } }

    func advance(days: Double) {
        time.withLock { $0 += .seconds(days * 86_400) }
    }
}

@Suite("Tiers")
struct TierTests {
    @Test(
        "an object reads the same from every tier, whole and by range, and goes back",
        arguments: [1, 5_000, 400_000]
    )
    func movesAndReads(size: Int) async throws {
        let disk = SimulatedFileSystem(seed: 2, hasShortTransfers: true)
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration())
        try await vault.createBucket("models")
        let bytes = mesh(1, count: size)
        let name = ObjectName("models", "a")
        try await vault.put(bytes, as: name)
        for tier in [Tier.warm, .cold, .hot, .cold, .warm, .hot] {
            let report = try await vault.move(name, to: tier)
            #expect(report.isComplete && report.contentCount == 1)
            #expect(try vault.tier(of: name) == tier)
            #expect(try vault.read(name) == bytes)
            let (start, end) = (size / 3, size - size / 4)
            #expect(try vault.read(name, range: Int64(start)..<Int64(end)) == Array(bytes[start..<end]))
            #expect(try await vault.verify().isIntact)
        }
        try await vault.collect(deadShareMin: 0)
        #expect(try disk.list("/vault/warm").isEmpty && disk.list("/vault/cold-0").isEmpty)
        try await vault.close()
        #expect(disk.misuses.isEmpty)
    }

    @Test("warm and cold take less room for what compresses, and no more for what does not")
    func compresses() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration())
        try await vault.createBucket("models")
        var random = SeededGenerator(seed: 3)
        try await vault.put(mesh(1, count: 400_000), as: ObjectName("models", "mesh"))
        try await vault.put(random.bytes(400_000), as: ObjectName("models", "noise"))
        func stored(_ key: String, in tier: Tier, _ directories: [String]) async throws -> Int64 {
            try await vault.move(ObjectName("models", key), to: tier)
            var total: Int64 = 0
            for directory in directories {
                for file in try disk.list("/vault/" + directory) {
                    total += try disk.info("/vault/\(directory)/\(file)")?.size ?? 0
                }
            }
            try await vault.move(ObjectName("models", key), to: .hot)
            return total
        }
        let cold = (0..<7).map { "cold-\($0)" }
        #expect(try await stored("mesh", in: .warm, ["warm"]) < 250_000)
        let filtered = try await stored("mesh", in: .cold, cold)
        #expect(filtered < 250_000, "\(filtered), with two parts of parity for five of data")
        #expect(try await stored("noise", in: .warm, ["warm"]) < 405_000)
        #expect(try await stored("noise", in: .cold, cold) < 405_000 * 7 / 5 + 7 * 5_000)
        try await vault.close()
    }

    @Test(
        "with any two of seven directories gone, truncated or damaged, all reads, and a scrub mends it",
        arguments: [0, 1, 2]
    )
    func survivesLostDirectories(kind: Int) async throws {
        let disk = SimulatedFileSystem()
        var random = SeededGenerator(seed: 7)
        let bytes = random.bytes(700_000)
        let name = ObjectName("models", "a")
        var vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration())
        try await vault.createBucket("models")
        try await vault.put(bytes, as: name)
        try await vault.move(name, to: .cold)
        for first in 0..<7 {
            let second = (first + 1 + first % 3) % 7
            try await vault.close()
            try damage(disk, "/vault/cold-\(first)", kind, &random)
            try damage(disk, "/vault/cold-\(second)", kind, &random)
            vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration())
            #expect(try vault.read(name) == bytes, "without \(first) and \(second)")
            #expect(try vault.read(name, range: 100_000..<164_000) == Array(bytes[100_000..<164_000]))
            let found = try await vault.verify()
            #expect(found.problems.isEmpty && found.mendableChunkCount > 0)
            let report = try await vault.scrub()
            #expect(report.mendedCount > 0 && report.lost.isEmpty)
            #expect(try await vault.verify().isIntact, "mended")
        }
        try await vault.close()
    }

    @Test("with one directory more gone, the object is named in the error and in quarantine, and others are fine")
    func losesWithName() async throws {
        let disk = SimulatedFileSystem()
        var random = SeededGenerator(seed: 8)
        let name = ObjectName("models", "lost")
        let other = ObjectName("models", "other")
        let bytes = random.bytes(300_000)
        var vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration())
        try await vault.createBucket("models")
        try await vault.put(bytes, as: name)
        try await vault.put([1, 2, 3], as: other)
        try await vault.move(name, to: .cold)
        try await vault.close()
        for index in [0, 3, 6] { try damage(disk, "/vault/cold-\(index)", 0, &random) }
        vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration())
        let error = try #require(throws: VaultError.self) { try vault.read(name) }
        #expect(error.code == .isCorrupt && error.message.contains("models/lost"))
        #expect(try vault.read(other) == [1, 2, 3])
        let report = try await vault.scrub()
        #expect(report.lost.map(\.name) == [name])
        #expect(try vault.quarantined().map(\.name) == [name])
        #expect(try await vault.verify().problems.map(\.name) == [name])
        // Collection leaves it where somebody may still bring the directory back.
        try await vault.collect(deadShareMin: 0)
        try await vault.close()
        vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration())
        #expect(try vault.quarantined().map(\.name) == [name])
        // The same bytes, put again, heal it.
        try await vault.put(bytes, as: ObjectName("models", "again"))
        #expect(try vault.read(name) == bytes)
        try await vault.scrub()
        #expect(try vault.quarantined().isEmpty)
        try await vault.close()
    }

    @Test("a damaged or missing copy is made up for by another, and mended by a scrub")
    func copies() async throws {
        let disk = SimulatedFileSystem()
        var configuration = configuration()
        configuration.hot.directories = ["hot-0", "hot-1", "hot-2"]
        configuration.hot.redundancy = .copies(2)
        var random = SeededGenerator(seed: 9)
        let bytes = random.bytes(200_000)
        var vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration)
        let id = try await vault.put(bytes)
        try await vault.close()
        let used = try (0..<3).filter { try disk.info("/vault/hot-\($0)").map { _ in true } ?? false }
        #expect(used.count == 2)
        for index in used {
            try damage(disk, "/vault/hot-\(index)", 0, &random)
            vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration)
            #expect(try vault.read(id) == bytes)
            #expect(try await vault.scrub().mendedCount > 0)
            #expect(try await vault.verify().isIntact)
            try await vault.close()
        }
    }

    @Test("policy moves by access, filters choose, budgets bound, and a chunk that is shared stays with the hottest")
    func policies() async throws {
        let clock = ManualTime()
        let vault = try await Vault.open(
            at: "/vault",
            on: SimulatedFileSystem(),
            configuration: configuration(clock)
        )
        try await vault.createBucket("models")
        var random = SeededGenerator(seed: 10)
        for key in ["read/a", "idle/b", "kept/c"] {
            try await vault.put(random.bytes(300_000), as: ObjectName("models", key))
        }
        let shared = random.bytes(300_000)
        try await vault.put(shared + [1], as: ObjectName("models", "idle/d"))
        try await vault.put(shared + [2], as: ObjectName("models", "read/e"))
        let rules = [
            TieringRule(.allHot, for: TieringFilter(bucket: "models", prefix: "kept/")),
            TieringRule(.intelligentTiering()),
        ]
        clock.advance(days: 100)
        for key in ["read/a", "read/e"] { _ = try vault.read(ObjectName("models", key)) }
        let first = try await vault.tier(by: rules, budget: MoveBudget(operationsMax: 2))
        #expect(!first.isComplete && first.chunkCount == 2)
        let second = try await vault.tier(by: rules)
        #expect(second.isComplete && second.chunkCount > 0)
        func tier(_ key: String) throws -> Tier { try vault.tier(of: ObjectName("models", key)) }
        #expect(try tier("read/a") == .hot && tier("read/e") == .hot && tier("kept/c") == .hot)
        #expect(try tier("idle/b") == .cold && tier("idle/d") == .cold)
        #expect(try vault.read(ObjectName("models", "idle/d")) == shared + [1])
        // A read brings it back.
        #expect(try await vault.tier(by: rules).contentCount == 1)
        #expect(try tier("idle/d") == .hot)
        #expect(try await vault.verify().isIntact)
        try await vault.close()
    }

    @Test("a host's store can keep a tier")
    func hostStore() async throws {
        let store = MemoryStore()
        var configuration = configuration()
        configuration.warm.store = store
        let disk = SimulatedFileSystem()
        var vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration)
        try await vault.createBucket("models")
        let name = ObjectName("models", "a")
        let bytes = mesh(4, count: 200_000)
        try await vault.put(bytes, as: name)
        try await vault.move(name, to: .warm)
        #expect(try store.list() == ["2.0.pack"])
        try store.write([1], name: "77.0.pack")
        try await vault.close()
        vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration)
        #expect(try store.list() == ["2.0.pack"], "what no metadata name is removed")
        #expect(try vault.read(name) == bytes)
        #expect(try vault.read(name, range: 5..<70_000) == Array(bytes[5..<70_000]))
        #expect(try await vault.verify().isIntact)
        try await vault.move(name, to: .hot)
        #expect(try store.list().isEmpty)
        try await vault.close()
    }

    @Test("reads during moves never fail and never see a wrong byte")
    func readsDuringMoves() async throws {
        let directory = try TemporaryDirectory()
        let vault = try await Vault.open(at: directory.path, configuration: configuration())
        try await vault.createBucket("models")
        let bytes = mesh(5, count: 500_000)
        let name = ObjectName("models", "a")
        try await vault.put(bytes, as: name)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let moves = Moves()
            for _ in 0..<4 {
                group.addTask {
                    while !moves.areDone {
                        let whole = try vault.read(name)
                        let part = try vault.read(name, range: 1_000..<200_000)
                        #expect(whole == bytes && part == Array(bytes[1_000..<200_000]))
                        await Task.yield()
                    }
                }
            }
            group.addTask {
                for round in 0..<12 {
                    try await vault.move(name, to: [.warm, .cold, .hot][round % 3])
                    try await vault.collect(deadShareMin: 0)
                }
                moves.end()
            }
            try await group.waitForAll()
        }
        #expect(try await vault.verify().isIntact)
        try await vault.close()
    }

    /// Removes, cuts or damages all packs of a directory.
    private func damage(
        _ disk: SimulatedFileSystem,
        _ directory: String,
        _ kind: Int,
        _ random: inout SeededGenerator
    ) throws {
        for file in try disk.list(directory) {
            let path = directory + "/" + file
            let contents = disk.contents(ofFile: path) ?? []
            switch kind {
            case 0: try disk.remove(path)
            case 1: try disk.install(Array(contents.prefix(contents.count / 2)), at: path)
            default:
                for _ in 0..<20 {
                    disk.flipBit(
                        Int.random(in: 0..<8, using: &random),
                        ofByte: Int.random(in: 0..<contents.count, using: &random),
                        in: path
                    )
                }
            }
        }
    }
}

/// A host's store in memory.
private final class MemoryStore: TierStore {
    private let files: Locked<[String: [UInt8]]> = Locked([:])

    func write(_ bytes: [UInt8], name: String) throws {
        files.withLock { $0[name] = bytes }
    }

    func read(_ count: Int, at offset: Int64, name: String) throws -> [UInt8] {
        Array(files.withLock { $0[name] ?? [] }.dropFirst(Int(offset)).prefix(count))
    }

    func size(name: String) throws -> Int64? {
        files.withLock { $0[name].map { Int64($0.count) } }
    }

    func remove(name: String) throws {
        files.withLock { $0[name] = nil }
    }

    func list() throws -> [String] {
        files.withLock { $0.keys.sorted() }
    }
}

/// Whether somebody still moves.
private final class Moves: Sendable {
    private let isDone = Locked(false)

    var areDone: Bool { isDone.withLock { $0 } }

    func end() {
        isDone.withLock { $0 = true }
    }
}
