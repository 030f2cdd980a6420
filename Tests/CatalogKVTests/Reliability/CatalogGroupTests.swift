import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Tasks that share a catalog's flushes")
struct CatalogGroupTests {
    private static let key = Key(partition: "p0", sort: "1")

    @Test("share them: 64 puts that meet take two")
    func sharedFlushes() async throws {
        let disk = GatedFileSystem()
        let store = try await CatalogUnderTest.open(disk, segmentByteCountMax: 1 << 18)
        let before = store.catalog.statistics
        disk.shut()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<64 {
                group.addTask { try await store.bytes.put([UInt8(number)], for: Key(partition: "\(number)")) }
            }
            // Every put has its place in the journal before the first flush is let through.
            while store.catalog.statistics.keyCount < before.keyCount + 64 { await Task.yield() }
            disk.open()
            try await group.waitForAll()
        }
        // The first flush may have begun with any part of them; the second takes all the others.
        #expect(store.catalog.statistics.flushCount - before.flushCount <= 2)
        for number in 0..<64 { #expect(try store.bytes.get(Key(partition: "\(number)")) == [UInt8(number)]) }
        try await store.close()
    }

    @Test("do not see a write before it is as safe as its writer asked, nor one that stands behind it")
    func invisibleUntilSafe() async throws {
        let disk = GatedFileSystem()
        let store = try await CatalogUnderTest.open(disk)
        let (key, other) = (CatalogGroupTests.key, Key(partition: "p1"))
        try await store.bytes.put([1], for: key)
        let count = store.catalog.statistics.keyCount
        disk.shut()
        let synced = Task { try await store.bytes.put([2], for: Key(partition: "p2")) }
        while store.catalog.statistics.keyCount < count + 1 { await Task.yield() }
        let buffered = Task { try await store.bytes.put([3], for: other, durability: .buffered) }
        while store.catalog.statistics.keyCount < count + 2 { await Task.yield() }
        #expect(try store.bytes.get(Key(partition: "p2")) == nil)
        #expect(try store.bytes.get(other) == nil)
        #expect(try store.bytes.get(key) == [1])
        disk.open()
        _ = try await (synced.value, buffered.value)
        #expect(try store.bytes.get(Key(partition: "p2")) == [2])
        #expect(try store.bytes.get(other) == [3])
        try await store.close()
    }

    @Test("are refused by what stands before them in the journal, once that is safe")
    func conditions() async throws {
        let disk = GatedFileSystem()
        let store = try await CatalogUnderTest.open(disk)
        let key = CatalogGroupTests.key
        let count = store.catalog.statistics.keyCount
        disk.shut()
        let put = Task { try await store.bytes.put([1], for: key) }
        while store.catalog.statistics.keyCount < count + 1 { await Task.yield() }
        let refused = Task { try await store.bytes.put([2], for: key, if: .notExists, durability: .buffered) }
        disk.open()
        _ = try await put.value
        let error = await #expect(throws: CatalogError.self) { try await refused.value }
        #expect(error?.code == .conditionFailed)
        #expect(try store.bytes.get(key) == [1])
        try await store.close()
    }
}
