import ObjectVault
import Testing
import VaultFuzzing
import VitrineIO
import VitrineTestSupport

@Suite("Fuzzed packs and ranges")
struct FuzzTests {
    @Test(
        "whatever a pack is turned into, reads of any range give the right bytes or an error",
        arguments: [(1, Tier.hot), (2, .warm), (3, .cold)] as [(UInt64, Tier)]
    )
    func packs(seed: UInt64, tier: Tier) async throws {
        var random = SeededGenerator(seed: seed)
        let disk = SimulatedFileSystem()
        var configuration = smallPieces
        configuration.cold.directories = ["cold-0", "cold-1", "cold-2"]
        configuration.cold.redundancy = .erasure(data: 2, parity: 1)
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration)
        try await vault.createBucket("models")
        let name = ObjectName("models", "a")
        let bytes = random.bytes(60_000) + [UInt8](repeating: 7, count: 60_000) + random.bytes(30_000)
        try await vault.put(bytes, as: name)
        try await vault.move(name, to: tier)
        try await vault.close()
        let files = try disk.list("/vault").filter { $0.hasPrefix(tier.description) }.flatMap { directory in
            try disk.list("/vault/" + directory).map { "/vault/\(directory)/\($0)" }
        }
        let originals = files.map { disk.contents(ofFile: $0) ?? [] }
        for round in 0..<60 {
            for (file, original) in zip(files, originals) {
                var mutated = original
                switch Int.random(in: 0..<5, using: &random) {
                case 0: mutated = Array(mutated.prefix(Int.random(in: 0...mutated.count, using: &random)))
                case 1: mutated.removeSubrange(0..<Int.random(in: 0...min(90, mutated.count), using: &random))
                case 2:
                    for _ in 0..<Int.random(in: 1...20, using: &random) where !mutated.isEmpty {
                        mutated[Int.random(in: 0..<mutated.count, using: &random)] = UInt8.random(
                            in: .min ... .max,
                            using: &random
                        )
                    }
                case 3:
                    // Lengths and counts of the headers.
                    for _ in 0..<4 where mutated.count > 150 {
                        mutated[Int.random(in: 32..<150, using: &random)] =
                            [0, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
                    }
                default: break
                }
                try disk.install(mutated, at: file)
            }
            let opened = try await Vault.open(at: "/vault", on: disk, configuration: configuration)
            for _ in 0..<8 {
                let start = Int64.random(in: -10...Int64(bytes.count) + 10, using: &random)
                let end = start + Int64.random(in: 0...Int64(bytes.count), using: &random)
                do {
                    let found = try opened.read(name, range: start..<end)
                    #expect(found == Array(bytes[Int(start)..<Int(end)]), "seed \(seed), round \(round)")
                } catch let error as VaultError {
                    #expect([.isCorrupt, .invalidRange, .unsupportedFormat].contains(error.code), "\(error)")
                }
            }
            do {
                #expect(try opened.read(name) == bytes, "seed \(seed), round \(round)")
            } catch is VaultError {}
            try await opened.close()
        }
        for (file, original) in zip(files, originals) { try disk.install(original, at: file) }
        let last = try await Vault.open(at: "/vault", on: disk, configuration: configuration)
        #expect(try last.read(name) == bytes)
        try await last.close()
    }

    @Test("ranges at every edge of chunks and frames, and beyond the object, are right or refused")
    func ranges() async throws {
        let vault = try await Vault.open(at: "/vault", on: SimulatedFileSystem(), configuration: smallPieces)
        var random = SeededGenerator(seed: 9)
        let bytes = random.bytes(200_000)
        let id = try await vault.put(bytes)
        let edges: [Int64] = [0, 1, 65_535, 65_536, 65_537, 131_072, 199_999, 200_000]
        for start in edges {
            for end in edges where end >= start {
                #expect(try vault.read(id, range: start..<end) == Array(bytes[Int(start)..<Int(end)]))
            }
        }
        for range in [-1..<1, 0..<200_001, Int64.min..<Int64.max, Int64.max - 1..<Int64.max] as [Range<Int64>] {
            #expect(try await code { try vault.read(id, range: range) } == .invalidRange)
        }
        try await vault.close()
    }

    @Test("random bytes as changes to packs and metadata, and as ranges, end with the right bytes or a typed error")
    func mutations() {
        var random = SeededGenerator(seed: TestEnvironment.seed(UInt64.random(in: 0...UInt64.max)))
        for _ in 0..<TestEnvironment.count(100, soak: 20_000, brief: 20) {
            VaultFuzzing.pack(random.bytes(6 + 5 * Int.random(in: 0..<4, using: &random)))
            VaultFuzzing.manifest(random.bytes(Int.random(in: 2..<60, using: &random)))
            VaultFuzzing.range(random.bytes(Int.random(in: 1..<100, using: &random)))
        }
    }
}
