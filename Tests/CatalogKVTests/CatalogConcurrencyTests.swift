import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Tasks that share a catalog")
struct CatalogConcurrencyTests {
    @Test("share flushes: 64 puts that meet take two")
    func sharedFlushes() async throws {
        let disk = GatedFileSystem()
        let catalog = try await openCatalog(on: disk, segmentByteCountMax: 1 << 20)
        let before = catalog.statistics.flushCount
        disk.shut()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<64 {
                group.addTask { try await catalog.put([UInt8(number)], for: Key(partition: "\(number)")) }
            }
            while catalog.statistics.writtenRecordCount < 64 { await Task.yield() }
            disk.open()
            try await group.waitForAll()
        }
        // The first flush may have begun with any part of them; the second takes all the others.
        #expect(catalog.statistics.flushCount - before <= 2)
        #expect(try (0..<64).allSatisfy { try catalog.value(for: Key(partition: "\($0)")) == [UInt8($0)] })
        try await catalog.close()
    }

    @Test("do not see a write before it is as safe as its writer asked")
    func invisibleUntilSafe() async throws {
        let disk = GatedFileSystem()
        let catalog = try await openCatalog(on: disk)
        let key = Key(partition: "p", sort: "1")
        try await catalog.put([1], for: key)
        disk.shut()
        let task = Task { try await catalog.put([2], for: key) }
        while catalog.statistics.writtenRecordCount < 2 { await Task.yield() }
        #expect(try catalog.value(for: key) == [1])
        #expect(try catalog.range(of: "p").map(\.value) == [[1]])
        disk.open()
        try await task.value
        #expect(try catalog.value(for: key) == [2])
        try await catalog.close()
    }

    @Test("get deletes answered by what stands before them in the journal, safe or not")
    func deletesBehindPuts() async throws {
        let disk = GatedFileSystem()
        let catalog = try await openCatalog(on: disk)
        let key = Key(partition: "p")
        disk.shut()
        let put = Task { try await catalog.put([1], for: key) }
        while catalog.statistics.writtenRecordCount < 1 { await Task.yield() }
        let delete = Task { try await catalog.delete(key, durability: .buffered) }
        while catalog.statistics.writtenRecordCount < 2 { await Task.yield() }
        let second = Task { try await catalog.delete(key, durability: .buffered) }
        disk.open()
        try await put.value
        #expect(try await delete.value, "the put came first")
        #expect(try await !second.value)
        #expect(try catalog.value(for: key) == nil)
        try await catalog.close()
    }

    @Test("read what they wrote, never an older version than they saw, and leave what a reopening finds")
    func readYourWrites() async throws {
        let directory = try TemporaryDirectory()
        let configuration = CatalogConfiguration(segmentByteCountMax: 16_384)
        let catalog = try await Catalog.open(at: directory.path, configuration: configuration)
        let shared = Key(partition: "shared", sort: "x")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let own = Key(partition: "own", sort: "\(number)")
                    var seen: UInt64 = 0
                    for turn in 0..<25 {
                        let durability: Durability = turn % 2 == 0 ? .synced : .buffered
                        let value = [UInt8(number), UInt8(turn)] + [UInt8](repeating: 0, count: 64)
                        try await catalog.put(value, for: own, durability: durability)
                        #expect(try catalog.value(for: own) == value)
                        try await catalog.put(value, for: shared, durability: durability)
                        let version = try #require(try catalog.entry(for: shared)).version
                        #expect(version > seen)
                        seen = version
                        if turn % 5 == 4 {
                            #expect(try await catalog.delete(own))
                            #expect(try catalog.value(for: own) == nil)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(catalog.statistics.segmentCount > 2)
        let last = try catalog.entry(for: shared)
        try await catalog.close()
        let again = try await Catalog.open(at: directory.path, configuration: configuration)
        #expect(try again.entry(for: shared) == last)
        #expect(try again.range(of: "own") == [])
        try await again.close()
    }

    @Test("see a batch in one partition whole or not at all")
    func wholeBatches() async throws {
        let catalog = try await openCatalog(on: SimulatedFileSystem(), segmentByteCountMax: 1 << 20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for turn in 0..<100 {
                    var batch = WriteBatch()
                    for sort in 0..<5 { batch.put([UInt8(turn)], for: Key(partition: "p", sort: "\(sort)")) }
                    batch.put([UInt8(turn)], for: Key(partition: "other \(turn)"))
                    try await catalog.write(batch, durability: .buffered)
                }
            }
            group.addTask {
                for _ in 0..<100 {
                    let values = Set(try catalog.range(of: "p").map(\.value))
                    #expect(values.count <= 1, "\(values)")
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        try await catalog.close()
    }
}
