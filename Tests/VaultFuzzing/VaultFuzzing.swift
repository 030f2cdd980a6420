import ObjectVault
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// What a fuzzer calls with its bytes, and tests with random ones: the files of a vault, its metadata, and ranges.
public enum VaultFuzzing {
    /// Ends the process, so that the fuzzer keeps its input.
    static func hold(_ condition: Bool, _ what: @autoclosure () -> String) {
        precondition(condition, what())
    }

    /// Waits for asynchronous work, as a fuzzer's plain call must.
    static func wait(_ body: @escaping @Sendable () async -> Void) {
        let done = Semaphore()
        Task {
            await body()
            done.signal()
        }
        done.wait()
    }

    /// Whether the call returned; a failure must be one of the vault's own.
    @discardableResult
    static func refusal(_ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return true
        } catch is VaultError {
            return false
        } catch {
            hold(false, "another error: \(error)")
            return false
        }
    }
}

/// A vault with something in each tier, encrypted and not, made once.
struct SmallVault: Sendable {
    static let shared = Task { try? await SmallVault() }

    let disk: SimulatedFileSystem
    let packs: [String]
    let objects: [(name: ObjectName, bytes: [UInt8])]

    private init() async throws {
        let disk = SimulatedFileSystem()
        var random = SeededGenerator(seed: 77)
        let vault = try await Self.open(disk)
        try await vault.createBucket("plain")
        try await vault.createBucket("sealed", options: BucketOptions(encryption: .bucket))
        var objects: [(ObjectName, [UInt8])] = []
        for (number, tier) in [Tier.hot, .warm, .cold, .hot].enumerated() {
            let name = ObjectName(number == 3 ? "sealed" : "plain", "\(number)")
            let bytes = random.bytes(500) + [UInt8](repeating: UInt8(number), count: 900) + random.bytes(700)
            try await vault.put(bytes, as: name, options: PutOptions(metadata: ["a": "b"], tags: ["c": "d"]))
            if tier != .hot { try await vault.move(name, to: tier) }
            objects.append((name, bytes))
        }
        try await vault.close()
        var packs: [String] = []
        for directory in try disk.list("/vault") where try disk.info("/vault/" + directory)?.isDirectory == true {
            packs += try disk.list("/vault/" + directory).map { "/vault/\(directory)/\($0)" }
        }
        self.disk = disk
        self.packs = packs.sorted()
        self.objects = objects
    }

    static func open(_ disk: SimulatedFileSystem) async throws -> Vault {
        var configuration = VaultConfiguration()
        configuration.chunkThreshold = 400
        configuration.chunkSizes = ChunkSizes(average: 256)
        configuration.cold.directories = ["cold-0", "cold-1", "cold-2"]
        configuration.cold.redundancy = .erasure(data: 2, parity: 1)
        configuration.threadCount = 1
        configuration.readersMax = 1
        configuration.now = ManualClock(sinceEpoch: .seconds(1_800_000_000)).now
        configuration.keys = FuzzKeys()
        return try await Vault.open(at: "/vault", on: disk, configuration: configuration)
    }

    /// What a change has got past.
    enum Forgery: Comparable {
        /// Nothing: whatever is read is what was put.
        case none
        /// Checksums, by which ranges are read; not the digests, by which whole objects are.
        case checksums
        /// The metadata, which say of what chunks an object is made.
        case metadata
    }

    /// Reads, lists, verifies and mends what there is.
    func examine(_ damaged: SimulatedFileSystem, _ forgery: Forgery) async {
        await VaultFuzzing.refusal {
            let vault = try await Self.open(damaged)
            await VaultFuzzing.refusal { _ = try vault.list("plain") }
            for (name, bytes) in objects {
                await VaultFuzzing.refusal {
                    let found = try vault.read(name)
                    VaultFuzzing.hold(forgery == .metadata || found == bytes, "\(name) has other bytes")
                }
                await VaultFuzzing.refusal {
                    let part = try vault.read(name, range: 300..<1_500)
                    VaultFuzzing.hold(
                        forgery > .none || part == Array(bytes[300..<1_500]),
                        "\(name) has other bytes in a range"
                    )
                }
                await VaultFuzzing.refusal { _ = try vault.stat(name) }
            }
            await VaultFuzzing.refusal { try await vault.scrub() }
            await VaultFuzzing.refusal { _ = try await vault.verify() }
            await VaultFuzzing.refusal { try await vault.collect(deadShareMin: 0) }
            try await vault.close()
        }
    }
}

/// Keys for tests: what is wrapped is the data key with each byte turned round.
private struct FuzzKeys: KeyProvider {
    let currentKeyID = "fuzz"

    func wrap(_ dataKey: [UInt8]) throws -> [UInt8] { dataKey.map { ~$0 } }
    func unwrap(_ wrapped: [UInt8], keyID: String) throws -> [UInt8] { wrapped.map { ~$0 } }
}
