import Foundation
import ObjectVault
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// The bytes that belong to a key of `VaultCrashWriter`.
private func contents(_ task: Int, _ number: Int) -> [UInt8] {
    let count = 1 + (number &* 7_919 &+ task &* 104_729) % 90_000
    var state = UInt64(number % 5)
    return (0..<count).map { index in
        if index == count / 2 { state = UInt64(task &* 1_000_003 &+ number) }
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

private var configuration: VaultConfiguration {
    var configuration = VaultConfiguration()
    configuration.packBytesMax = 1 << 20
    configuration.chunkThreshold = 16_384
    configuration.chunkSizes = ChunkSizes(average: 8_192)
    configuration.cold.directories = (0..<4).map { "cold-\($0)" }
    configuration.cold.redundancy = .erasure(data: 3, parity: 1)
    return configuration
}

@Suite("Killed and crowded")
struct KillTests {
    @Test("after kill -9 amid puts, deletes, moves, collections and scrubs all that was acknowledged is there, whole")
    func killedWriter() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        var acknowledged: Set<String> = []
        var deleted: Set<String> = []
        for run in 0..<6 {
            var child = try ChildProcess("VaultCrashWriter", arguments: [directory.path, String(run)])
            #expect(child.line() == "ready", "seed \(seed), run \(run)")
            func note(_ line: String) {
                if line.hasPrefix("-") { deleted.insert(String(line.dropFirst())) } else { acknowledged.insert(line) }
            }
            for _ in 0..<Int.random(in: 1...100, using: &random) {
                if let line = child.line() { note(line) }
            }
            child.kill()
            // What it said before it died counts too.
            while let line = child.line() { note(line) }
        }
        let vault = try await Vault.open(at: directory.path, configuration: configuration)
        for key in acknowledged.subtracting(deleted).sorted() {
            let parts = key.split(separator: "-").compactMap { Int($0) }
            #expect(try vault.read(ObjectName("shop", key)) == contents(parts[1], parts[2]), "seed \(seed): \(key)")
        }
        #expect(acknowledged.count >= 6, "seed \(seed)")
        var report = try await vault.verify()
        #expect(report.isIntact, "seed \(seed): \(report)")
        try await vault.collect(deadShareMin: 0)
        report = try await vault.verify()
        #expect(report.isIntact, "seed \(seed): \(report)")
        for object in try vault.list("shop", countMax: 10_000).objects { try await vault.delete(object.name) }
        try await vault.collect(deadShareMin: 0)
        #expect(try PosixFileSystem().packBytes(in: directory.path) == 0, "seed \(seed)")
        try await vault.close()
    }

    @Test("64 tasks that put, get, delete, move and collect at once see no error and no wrong byte")
    func crowd() async throws {
        // A minute of it with VITRINE_SOAK set, some seconds otherwise.
        let isSoak = ProcessInfo.processInfo.environment["VITRINE_SOAK"] != nil
        let end = ContinuousClock.now + .seconds(isSoak ? 60 : 4)
        let directory = try TemporaryDirectory()
        let vault = try await Vault.open(at: directory.path, configuration: configuration)
        try await vault.createBucket("shop", options: BucketOptions(isVersioned: true))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(task))
                    var mine: [Int: Int] = [:]
                    while ContinuousClock.now < end {
                        let key = Int.random(in: 0..<4, using: &random)
                        let name = ObjectName("shop", "\(task)/\(key)")
                        switch Int.random(in: 0..<20, using: &random) {
                        case 0..<8:
                            let number = Int.random(in: 0..<50, using: &random)
                            try await vault.put(contents(task % 7, number), as: name)
                            mine[key] = number
                        case 8..<15:
                            let found = try vault.stat(name) == nil ? nil : try vault.read(name)
                            #expect(found == mine[key].map { contents(task % 7, $0) }, "\(name)")
                        case 15..<17:
                            #expect(try await vault.delete(name) == (mine.removeValue(forKey: key) != nil))
                        case 17:
                            guard mine[key] != nil else { break }
                            try await vault.move(name, to: Tier.allCases.randomElement(using: &random) ?? .hot)
                        case 18:
                            guard let number = mine[key] else { break }
                            let bytes = contents(task % 7, number)
                            let range = 0..<Int64(bytes.count / 2 + 1)
                            #expect(try vault.read(name, range: range) == Array(bytes[..<(bytes.count / 2 + 1)]))
                        default:
                            if task % 16 == 0 { try await vault.collect(deadShareMin: 0.2) }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await vault.verify().isIntact)
        try await vault.close()
    }

    @Test("a clock that jumps, forwards or back, harms nothing but dates")
    func clockJumps() async throws {
        let clock = ManualTime()
        var configuration = configuration
        configuration.now = { clock.now }
        let vault = try await Vault.open(at: "/vault", on: SimulatedFileSystem(), configuration: configuration)
        try await vault.createBucket("shop", options: BucketOptions(isVersioned: true))
        let name = ObjectName("shop", "a")
        for (round, days) in [0.0, 40_000, -60_000, 10, -1].enumerated() {
            clock.advance(days: days)
            try await vault.put(contents(1, round), as: name)
            #expect(try vault.read(name) == contents(1, round))
            try await vault.tier(by: [TieringRule(.intelligentTiering())])
            try await vault.scrub()
            try await vault.collect(deadShareMin: 0)
            #expect(try vault.read(name) == contents(1, round))
        }
        let numbers = try vault.listVersions("shop").objects.map(\.number)
        #expect(numbers == numbers.sorted(by: >) && numbers.count == 5, "versions are in the order of their puts")
        #expect(try await vault.verify().isIntact)
        try await vault.close()
    }
}
