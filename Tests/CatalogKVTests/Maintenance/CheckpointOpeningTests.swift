import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Opening from a checkpoint")
struct CheckpointOpeningTests {
    private func open(_ disk: SimulatedFileSystem) async throws -> Catalog {
        var configuration = CatalogConfiguration(segmentByteCountMax: 1 << 16, indexPartitionCount: 16)
        // So that every closing leaves one.
        configuration.checkpointIntervalByteCount = 1
        return try await Catalog.open(at: "/store", configuration: configuration, disk: disk, freshStoreID: 5)
    }

    private func contents(_ catalog: Catalog, _ keys: [Key]) async throws -> [Key: [UInt8]] {
        let table = try await catalog.bytesTable("items")
        var found: [Key: [UInt8]] = [:]
        for key in keys { found[key] = try table.get(key) }
        return found
    }

    @Test("finds what was written before it and after it, closed or killed", arguments: [1, 2, 3] as [UInt64])
    func randomRounds(_ usual: UInt64) async throws {
        let seed = TestEnvironment.seed(usual)
        var generator = SeededGenerator(seed: seed)
        var disk = SimulatedFileSystem(seed: seed)
        var model: [Key: [UInt8]] = [:]
        let keys = (0..<120).map { Key(partition: "p\($0 % 9)", sort: "s\($0)") }
        var loadedCount = 0
        for round in 0..<TestEnvironment.count(12, soak: 400) {
            let catalog = try await open(disk)
            let opening = catalog.statistics.opening
            #expect(opening.checkpointFinding == nil)
            if opening.checkpointItemCount > 0 { loadedCount += 1 }
            #expect(try await contents(catalog, keys) == model, "seed \(seed), round \(round)")
            let table = try await catalog.bytesTable("items")
            for _ in 0..<Int.random(in: 1..<60, using: &generator) {
                guard let key = keys.randomElement(using: &generator) else { continue }
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    try await table.delete(key)
                    model[key] = nil
                } else {
                    let value = generator.bytes(Int.random(in: 0..<200, using: &generator))
                    let durability: Durability = Bool.random(using: &generator) ? .synced : .buffered
                    try await table.put(value, for: key, durability: durability)
                    model[key] = value
                }
            }
            if Bool.random(using: &generator) {
                try await catalog.close()
            } else {
                disk.crash()
                disk = disk.restarted(after: .kept, seed: generator.next())
            }
        }
        #expect(loadedCount > 2, "seed \(seed)")
    }

    @Test("reads the whole journal, and says why, when the checkpoint is damaged or gone", arguments: [true, false])
    func unusable(_ isGone: Bool) async throws {
        let disk = SimulatedFileSystem()
        let catalog = try await open(disk)
        let table = try await catalog.bytesTable("items")
        let keys = (0..<40).map { Key(partition: "p", sort: "\($0)") }
        for key in keys { try await table.put(Array(key.sort), for: key) }
        try await table.delete(keys[7])
        let expected = try await contents(catalog, keys)
        try await catalog.close()
        let name = try #require(try disk.list("/store").first { $0.hasPrefix("checkpoint-") })
        let path = "/store/" + name
        if isGone {
            try disk.remove(path)
        } else {
            var bytes = try disk.contents(of: path, byteCountMax: 1 << 20)
            bytes[bytes.count / 2] ^= 4
            try disk.replaceFile(at: path, with: bytes.span)
        }
        let again = try await open(disk)
        #expect(again.statistics.opening.checkpointFinding != nil)
        #expect(again.statistics.opening.checkpointItemCount == 0)
        #expect(again.statistics.opening.operationCount > keys.count)
        #expect(try await contents(again, keys) == expected)
        try await again.close()
        // The next one is whole again.
        let third = try await open(disk)
        #expect(third.statistics.opening.checkpointFinding == nil)
        #expect(try await contents(third, keys) == expected)
        try await third.close()
    }
}
