import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Compaction")
struct CompactionTests {
    @Test("gives back the space of what was replaced, and keeps everything that counts, also for the next opening")
    func reclaims() async throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(11))
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for round in 0..<6 {
            try await store.churn(400, keyCount: 60, using: &generator)
            let before = store.catalog.statistics
            let report = try await store.catalog.compact()
            let after = store.catalog.statistics
            #expect(report.removedSegmentCount > 0 && report.findings.isEmpty && report.heldSegmentCount == 0)
            #expect(after.journalByteCount < before.journalByteCount)
            #expect(after.movedByteCount - before.movedByteCount == report.movedByteCount)
            #expect(after.compactedByteCount - before.compactedByteCount > report.movedByteCount)
            #expect(Double(after.journalByteCount) < 1.6 * Double(after.liveByteCount) + 2 * 8_192, "round \(round)")
            try store.check(keyCount: 60)
        }
        try await store.catalog.close()
        let again = try await MaintainedStore(disk.restarted(after: .kept))
        try again.check(store.model, keyCount: 60)
        #expect(disk.misuses.isEmpty)
    }

    @Test("a deleted item stays deleted, whichever files go first")
    func deletes() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        // Alive and dead side by side in the first files, so that these are not the first to go.
        for index in 0..<80 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        for index in 0..<20 { try await store.delete("k\(index * 4)") }
        for _ in 0..<4 {
            for _ in 0..<60 { try await store.put("filler", [UInt8](repeating: 2, count: 300)) }
            try await store.catalog.compact()
            let again = try await MaintainedStore(disk.restarted(after: .kept))
            try again.check(store.model, keyCount: 80)
        }
    }

    @Test("a snapshot reads what it saw while files that it needs wait for it")
    func snapshots() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for index in 0..<40 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        var snapshot = try Optional(store.catalog.snapshot())
        for index in 0..<40 { try await store.put("k\(index)", [UInt8](repeating: 2, count: 300)) }
        for _ in 0..<40 { try await store.put("filler", [UInt8](repeating: 2, count: 300)) }
        let report = try await store.catalog.compact()
        #expect(report.heldSegmentCount > 0)
        for index in 0..<40 {
            #expect(try store.table.get(Key(partition: "k\(index)"), at: snapshot) == [UInt8](repeating: 1, count: 300))
        }
        snapshot = nil
        #expect(try await store.catalog.compact().removedSegmentCount > 0)
        try store.check(keyCount: 40)
    }

    @Test("a damaged file is named and left alone, and the rest is compacted")
    func damaged() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for index in 0..<100 { try await store.put("k\(index % 10)", [UInt8](repeating: UInt8(index), count: 300)) }
        disk.flipBit(0, ofByte: 600, in: "/store/journal/00000002.log")
        let report = try await store.catalog.compact()
        #expect(report.findings.count == 1 && report.findings.first?.contains("00000002.log") == true)
        #expect(report.removedSegmentCount > 0)
        try store.check(keyCount: 10)
    }

    @Test("deletes do not count as living, and go once nothing older is left, so that an emptied store gets small")
    func deletesGo() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        // One file that stays alive, and stands before what the deletes are about.
        for index in 0..<25 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        for index in 25..<600 { try await store.put("k\(index)", [1]) }
        for index in 25..<600 { try await store.delete("k\(index)") }
        try await store.catalog.compact()
        let before = store.catalog.statistics
        #expect(Double(before.journalByteCount) < 1.6 * Double(before.liveByteCount) + 8_192)
        // There is nothing left to do, and nothing is done again and again.
        #expect(try await store.catalog.compact().movedOperationCount == 0)
        try store.check(keyCount: 600)
        let again = try await MaintainedStore(disk.restarted(after: .kept))
        #expect(again.catalog.statistics.liveByteCount == before.liveByteCount)
        try again.check(store.model, keyCount: 600)
    }

    @Test("deletes behind a checkpoint go too, once a newer one is written")
    func deletesBehindCheckpoint() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk, checkpointIntervalByteCount: 1)
        for index in 0..<600 { try await store.put("k\(index)", [1]) }
        #expect(try await store.catalog.checkpointIfDue())
        for index in 5..<600 { try await store.delete("k\(index)") }
        try await store.catalog.compact()
        let statistics = store.catalog.statistics
        #expect(Double(statistics.journalByteCount) < 1.6 * Double(statistics.liveByteCount) + 8_192)
        try await MaintainedStore(disk.restarted(after: .kept)).check(store.model, keyCount: 600)
    }

    @Test("old images that puts carry are given back, as much after the next opening")
    func images() async throws {
        let disk = SimulatedFileSystem()
        let store = try await MaintainedStore(disk)
        let options = TableOptions(changeImages: .newAndOld)
        let table = try await store.catalog.bytesTable("images", options: options)
        for round in 0..<2 {
            for index in 0..<60 {
                let value = [UInt8](repeating: UInt8(round), count: 300)
                try await table.put(value, for: Key(partition: "i\(index)"), durability: .buffered)
            }
        }
        let again = try await MaintainedStore(disk.restarted(after: .kept))
        for catalog in [store.catalog, again.catalog] {
            try await catalog.compact()
            let statistics = catalog.statistics
            // Values, keys and frames, and what was not sealed yet.
            #expect(statistics.liveByteCount < 60 * 350 + 8_192)
            #expect(Double(statistics.journalByteCount) < 1.6 * Double(60 * 350) + 2 * 8_192)
        }
    }

    @Test("empty files that only the retention of changes keeps are counted as held")
    func retained() async throws {
        let disk = SimulatedFileSystem()
        let store = try await MaintainedStore(disk, changeRetention: ChangeRetention())
        for _ in 0..<200 {
            try await store.table.put(
                [UInt8](repeating: 2, count: 300),
                for: Key(partition: "k"),
                durability: .buffered
            )
        }
        let report = try await store.catalog.compact()
        #expect(report.removedSegmentCount == 0 && report.heldSegmentCount >= 5)
    }

    @Test("readers and writers go on while it runs")
    func concurrently() async throws {
        let directory = try TemporaryDirectory()
        let catalog = try await Catalog.open(
            at: directory.path,
            configuration: CatalogConfiguration(segmentByteCountMax: 1 << 16),
            disk: PosixFileSystem(),
            freshStoreID: 9
        )
        let table = try await catalog.bytesTable("items")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for round in 0..<300 {
                        let key = Key(partition: "t\(task)", sort: "\(round % 20)")
                        let value = [UInt8](repeating: UInt8(round % 250), count: 500)
                        try await table.put(value, for: key, durability: .buffered)
                        #expect(try table.get(key) == value)
                    }
                }
            }
            group.addTask { for _ in 0..<20 { try await catalog.compact() } }
            try await group.waitForAll()
        }
        try await catalog.compact()
        for task in 0..<4 {
            for sort in 0..<20 {
                let value = try table.get(Key(partition: "t\(task)", sort: "\(sort)"))
                #expect(value == [UInt8](repeating: UInt8((280 + sort) % 250), count: 500))
            }
        }
        #expect(try await catalog.verify().isIntact)
        try await catalog.close()
    }

    @Test("a crash at any of its operations loses nothing and brings nothing back")
    func crashes() async throws {
        let base = SimulatedFileSystem()
        var generator = SeededGenerator(seed: TestEnvironment.seed(12))
        var store = try await MaintainedStore(base)
        try await store.churn(150, keyCount: 12, using: &generator)
        try await store.put("k0", [1], durability: .synced)
        try await store.catalog.close()
        let expected = store.model
        let report = try await CrashSweep.run(
            seed: TestEnvironment.seed(13),
            base: base,
            rounds: TestEnvironment.count(1, soak: 20)
        ) { (disk, _: SweepRecord<Int>) in
            let store = try await MaintainedStore(disk)
            try await store.catalog.compact()
            try await store.catalog.close()
        } check: { disk, _ in
            let store = try await MaintainedStore(disk)
            try store.check(expected, keyCount: 12)
            try hold(try await store.catalog.verify().isIntact, "the store is damaged")
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("a compaction ends although somebody goes on writing items over")
    func busy() async throws {
        let directory = try TemporaryDirectory()
        let configuration = CatalogConfiguration(segmentByteCountMax: 65_536)
        let catalog = try await Catalog.open(at: directory.path, configuration: configuration)
        let table = try await catalog.bytesTable("t")
        let writer = Task {
            var count = 0
            while !Task.isCancelled {
                try await table.put(
                    [UInt8](repeating: 1, count: 200),
                    for: Key(partition: "\(count % 500)"),
                    durability: .buffered
                )
                count += 1
            }
        }
        for _ in 0..<3 {
            // Something to compact.
            let start = catalog.statistics.sequence
            while catalog.statistics.sequence < start + 3_000 { await Task.yield() }
            let report = try await catalog.compact()
            #expect(report.removedSegmentCount > 0 && report.findings.isEmpty)
        }
        writer.cancel()
        try await writer.value
        try await catalog.close()
    }

    @Test("a round takes as many small files as one of the largest size has bytes, with one flush for all")
    func smallFiles() async throws {
        let disk = SimulatedFileSystem()
        var configuration = CatalogConfiguration()
        configuration.now = ManualClock().now
        let catalog = try await Catalog.open(at: "/store", configuration: configuration, disk: disk, freshStoreID: 5)
        let table = try await catalog.bytesTable("t")
        let value = [UInt8](repeating: 1, count: 10_000)
        for count in 0..<2_000 {
            try await table.put(value, for: Key(partition: "\(count % 20)"), durability: .buffered)
        }
        // Files of a megabyte, since no more than a fifth of one lives.
        #expect(catalog.statistics.segmentCount > 15)
        var roundCount = 0
        while try await catalog.maintainOnce() { roundCount += 1 }
        #expect(roundCount <= 2)
        #expect(catalog.statistics.journalByteCount < 3 << 20)
        try await catalog.close()
    }

    @Test(
        "a space amplification that means nothing is refused, and the highest allowed compacts nothing",
        arguments: [Double.infinity, .nan, 1e300, 1.0, -1]
    )
    func amplification(_ wrong: Double) async throws {
        func open(_ amplification: Double) async throws -> Catalog {
            try await Catalog.open(
                at: "/store",
                configuration: CatalogConfiguration(spaceAmplificationMax: amplification),
                disk: SimulatedFileSystem(),
                freshStoreID: 1
            )
        }
        let error = await #expect(throws: CatalogError.self) { _ = try await open(wrong) }
        #expect(error?.code == .invalidArgument)
        let catalog = try await open(CatalogConfiguration.spaceAmplificationMost)
        #expect(try await catalog.compact().removedSegmentCount == 0)
        try await catalog.close()
    }
}
