import CatalogKV
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

@Suite("The room that a catalog takes")
struct SpaceTests {
    @Test("stays within 1.6 times the items in steady state, also of a store far smaller than a journal file can be")
    func smallStore() async throws {
        let directory = try TemporaryDirectory()
        let catalog = try await Catalog.open(at: directory.path, configuration: CatalogConfiguration())
        let table = try await catalog.bytesTable("items")
        let value = [UInt8](repeating: 3, count: 2_000)
        var generator = SeededGenerator(seed: TestEnvironment.seed(61))
        let keyCount = 3_000
        for number in 0..<keyCount {
            try await table.put(value, for: Key(partition: "\(number)"), durability: .buffered)
        }
        var highest = 0.0
        for step in 0..<4 * keyCount {
            let number = Int.random(in: 0..<keyCount, using: &generator)
            try await table.put(value, for: Key(partition: "\(number)"), durability: .buffered)
            if step % 100 == 99 {
                // As often as run() would come round under such a load.
                while try await catalog.maintainOnce() {}
                if step > keyCount { highest = max(highest, catalog.statistics.spaceAmplification) }
            }
        }
        #expect(highest > 1 && highest <= 1.6, "it went up to \(highest)")
        try await catalog.close()
    }

    @Test("is a megabyte or two for a store that has little in it")
    func emptyStore() async throws {
        let disk = SimulatedFileSystem()
        let catalog = try await Catalog.open(
            at: "/store",
            configuration: CatalogConfiguration(),
            disk: disk,
            freshStoreID: 1
        )
        try await catalog.bytesTable("items").put([1], for: Key(partition: "a"))
        try await catalog.close()
        #expect(disk.usedByteCount < 3 << 20)
    }

    @Test("is given back however small the budget is, when there is far too much", .timeLimit(.minutes(10)))
    func urgency() async throws {
        let disk = SimulatedFileSystem()
        // At a byte a second, the first file would take hours.
        let configuration = CatalogConfiguration(
            segmentByteCountMax: 8_192,
            indexPartitionCount: 4,
            compactionBytesPerSecond: 1
        )
        let catalog = try await Catalog.open(
            at: "/store",
            configuration: configuration,
            disk: disk,
            freshStoreID: 1
        )
        let table = try await catalog.bytesTable("items")
        for number in 0..<600 {
            let key = Key(partition: "\(number % 10)")
            try await table.put([UInt8](repeating: 1, count: 300), for: key, durability: .buffered)
        }
        let before = catalog.statistics.segmentCount
        let isEnough = Locked(false)
        let task = Task {
            try await catalog.compact(isPaced: true) { report in
                if report.removedSegmentCount >= before - 5 { isEnough.withLock { $0 = true } }
            }
        }
        while !isEnough.withLock({ $0 }) { await Task.yield() }
        task.cancel()
        _ = await task.result
        #expect(catalog.statistics.segmentCount <= 6, "of \(before)")
        try await catalog.close()
    }

    @Test("of files that nobody needs is not given back by a reader, for whom writers would have to wait")
    func retired() {
        let index = VersionedIndex(partitionCount: 4, residentByteCountMax: 100)
        let value = [UInt8](repeating: 1, count: 40)
        for number in 0..<100 {
            let location = Location(segment: 1, offset: 0, byteCount: 1)
            index.apply(
                IndexModel.key([UInt8(number)], []).span,
                ItemVersion(sequence: UInt64(number + 1), location: location)
            )
        }
        index.publish(100)
        index.reclaim()
        var isRun = false
        index.retire { isRun = true }
        for number in 0..<100 {
            let key = IndexModel.key([UInt8(number)], [])
            index.admit(key.span, sequence: UInt64(number + 1), value: value.span, isDocument: false)
        }
        #expect(!isRun)
        #expect(index.usage.residentByteCount > 0 && index.usage.residentByteCount <= 112)
        index.reclaim()
        #expect(isRun)
    }
}
