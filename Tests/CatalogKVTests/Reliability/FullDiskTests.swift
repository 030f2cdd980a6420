import CatalogKV
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

@Suite("While the disk is full, a catalog")
struct FullDiskTests {
    @Test("goes on maintaining itself, and catches up once there is room")
    func run() async throws {
        let store = StreamHarness()
        let catalog = try await store.open(segmentByteCountMax: 4_096)
        let table = try await catalog.bytesTable("items", options: TableOptions(changeImages: .newAndOld))
        for number in 0..<200 {
            let key = Key(partition: "\(number)")
            try await table.put(
                [UInt8](repeating: 7, count: 100),
                for: key,
                lifetime: .seconds(1),
                durability: .buffered
            )
        }
        try await catalog.flush()
        store.disk.setCapacity(store.disk.usedByteCount)
        store.clock.advance(by: .seconds(2))
        // The old images of so many take more room than there is.
        #expect(await catalogErrorCode { try await catalog.sweepExpired() } == .diskFull)
        let hasEnded = Locked(false)
        let running = Task {
            defer { hasEnded.withLock { $0 = true } }
            try await catalog.run()
        }
        let before = store.disk.operationCount
        // Several rounds, each of which finds the disk full.
        while store.disk.operationCount < before + 20, !hasEnded.withLock({ $0 }) { await Task.yield() }
        store.disk.setCapacity(nil)
        while catalog.expiryItemCount > 0, !hasEnded.withLock({ $0 }) { await Task.yield() }
        #expect(catalog.expiryItemCount == 0)
        running.cancel()
        try await running.value
        try await catalog.close()
    }

    @Test(
        "that is opened stores into no room that the disk may not have",
        arguments: [true, false]
    )
    func holes(isClosed: Bool) async throws {
        let disk = SimulatedFileSystem()
        // Segments that are made ready ahead: one that is written, and a spare.
        var store = try await MaintainedStore(disk, segmentByteCountMax: 1 << 20)
        try await store.put("k0", [1], durability: .synced)
        while store.catalog.statistics.segmentCount < 2 {
            try await store.put("k1", [UInt8](repeating: 1, count: 60_000))
        }
        try await store.put("k1", [1], durability: .synced)
        if isClosed { try await store.catalog.close() } else { disk.crash() }
        let copied = disk.restarted(after: .kept)
        // A copy may have holes where zeros were, and no room for them is left.
        copied.fail(errno: 28, .fromThenOn) { $0.kind == .preallocate }
        let again = try await MaintainedStore(copied, segmentByteCountMax: 1 << 20)
        let code = await catalogErrorCode {
            try await again.table.put([2], for: Key(partition: "k0"), durability: .synced)
        }
        #expect(code == .diskFull)
        #expect(try again.table.get(Key(partition: "k0")) == [1])
        copied.clearFaults()
        try await again.table.put([3], for: Key(partition: "k0"), durability: .synced)
        try await again.catalog.close()
        let last = try await MaintainedStore(copied.restarted(after: .lost), segmentByteCountMax: 1 << 20)
        #expect(try last.table.get(Key(partition: "k0")) == [3])
        #expect(try last.table.get(Key(partition: "k1")) == store.model["k1"])
        #expect(copied.misuses == [])
    }

    @Test("refuses puts when the index has no more memory, takes deletes, reads, and opens again")
    func indexFull() async throws {
        let disk = SimulatedFileSystem()
        func open(_ byteCountMax: Int) async throws -> Catalog {
            var configuration = CatalogConfiguration(
                segmentByteCountMax: 1 << 20,
                indexPartitionCount: 16,
                residentValueByteCountMax: 1 << 20
            )
            configuration.indexByteCountMax = byteCountMax
            return try await Catalog.open(at: "/store", configuration: configuration, disk: disk, freshStoreID: 3)
        }
        let catalog = try await open(38 << 20)
        let table = try await catalog.bytesTable("items")
        func key(_ number: Int) -> Key { Key(partition: "\(number)", sort: String(repeating: "s", count: 800)) }
        var count = 0
        var refusal: CatalogError?
        while refusal == nil, count < 20_000 {
            do {
                try await table.put([UInt8](repeating: 1, count: 500), for: key(count), durability: .buffered)
                count += 1
            } catch let error as CatalogError {
                refusal = error
            }
        }
        #expect(refusal?.code == .indexFull && refusal?.message.contains("delete items") == true)
        #expect(count > 1_000)
        // What is read often looks for a place beside its key, for which there is no memory either.
        for round in 0..<100_000 { #expect(try table.get(key(round % min(count, 3_000))) != nil) }
        for number in 0..<count / 2 { try await table.delete(key(number), durability: .buffered) }
        // It goes on being swept and checkpointed.
        try await catalog.sweepExpired()
        try await catalog.close()
        let again = try await open(38 << 20)
        let found = try await again.bytesTable("items")
        #expect(try found.get(key(0)) == nil)
        try await found.put([2], for: key(0))
        #expect(try found.get(key(count - 1)) != nil)
        try await again.close()
    }
}
