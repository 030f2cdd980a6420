import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Random operations on a catalog")
struct CatalogModelTests {
    @Test("leave what they leave in a dictionary, across segments and openings", arguments: [1, 2, 3, 4] as [UInt64])
    func randomOperations(_ usual: UInt64) async throws {
        let seed = TestEnvironment.seed(usual)
        var generator = SeededGenerator(seed: seed)
        var disk = SimulatedFileSystem(seed: seed, hasShortTransfers: true)
        var catalog = try await openCatalog(on: disk)
        var model = ModelStore()
        for step in 0..<TestEnvironment.count(300, soak: 30_000) {
            let change = ModelStep.random(using: &generator)
            try await change.perform(on: catalog)
            model.apply(change)
            switch Int.random(in: 0..<40, using: &generator) {
            case 0:
                try await catalog.close()
                catalog = try await openCatalog(on: disk)
                #expect(catalog.statistics.replay.wasClosed, "seed \(seed), step \(step)")
            case 1:
                // The process is killed: everything it had written is there.
                disk.crash()
                disk = disk.restarted(after: .kept, seed: generator.next())
                catalog = try await openCatalog(on: disk)
                #expect(catalog.statistics.replay.tornByteCount == 0, "seed \(seed), step \(step)")
            case 2..<8:
                let found = try ModelStore(reading: catalog, partitions: ModelStep.partitions)
                #expect(found == model, "seed \(seed), step \(step)")
            default: break
            }
        }
        #expect(try ModelStore(reading: catalog, partitions: ModelStep.partitions) == model, "seed \(seed)")
        #expect(catalog.statistics.segmentCount > 3)
        try await catalog.close()
        #expect(disk.misuses == [])
    }

    @Test("on thousands of keys of one partition leave them in order", arguments: [5, 6] as [UInt64])
    func manyKeys(_ usual: UInt64) async throws {
        let seed = TestEnvironment.seed(usual)
        var generator = SeededGenerator(seed: seed)
        let catalog = try await openCatalog(on: SimulatedFileSystem(), segmentByteCountMax: 1 << 24)
        var model: [[UInt8]: [UInt8]] = [:]
        for _ in 0..<60 {
            // By turns runs of rising keys, random keys, and deletes of most of what there is.
            var batch = WriteBatch()
            let start = Int.random(in: 0..<1 << 24, using: &generator)
            let turn = Int.random(in: 0..<6, using: &generator)
            for number in 0..<100 {
                let chosen = turn < 2 ? start + number : Int.random(in: 0..<1 << 24, using: &generator)
                if turn == 5, let sort = model.keys.randomElement(using: &generator) {
                    batch.delete(Key(partition: "p", sort: sort))
                    model[sort] = nil
                } else if turn < 5 {
                    let sort = [UInt8](String(chosen).utf8)
                    batch.put(Array(sort.suffix(2)), for: Key(partition: "p", sort: sort))
                    model[sort] = Array(sort.suffix(2))
                }
            }
            try await catalog.write(batch, durability: .buffered)
        }
        let expected = model.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let found = try catalog.range(of: "p")
        #expect(found.map(\.key.sort) == expected.map(\.key), "seed \(seed)")
        #expect(found.map(\.value) == expected.map(\.value), "seed \(seed)")
        let backwards = try catalog.range(of: "p", reversed: true)
        #expect(backwards == found.reversed(), "seed \(seed)")
        for entry in found.prefix(500) { #expect(try catalog.value(for: entry.key) == entry.value) }
        let middle = expected[expected.count / 2].key
        let upper = try catalog.range(of: Array("p".utf8), from: middle, limit: 300)
        #expect(upper.map(\.key.sort) == expected[(expected.count / 2)...].prefix(300).map(\.key), "seed \(seed)")
        try await catalog.close()
    }
}
