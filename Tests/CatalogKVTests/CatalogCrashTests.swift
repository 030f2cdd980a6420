import CatalogKV
import Testing
import VitrineTestSupport

/// Errno values that disks answer with: EIO and ENOSPC.
private let diskErrnos: [Int32] = [5, 28]

@Suite("After a crash, a catalog")
struct CatalogCrashTests {
    @Test("has every acknowledged write and no half of any other, wherever the machine stopped")
    func crashes() async throws {
        let seed = TestEnvironment.seed(11)
        let steps = CatalogCrashTests.steps(seed: seed, count: TestEnvironment.count(22, soak: 200))
        let report = try await CrashSweep.run(seed: seed, recoveryCrashes: 1) { disk, record in
            try await CatalogCrashTests.perform(steps, on: disk, record, goingOn: false)
        } check: { disk, record in
            try await CatalogCrashTests.check(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 500, "\(report)")
    }

    @Test("has every acknowledged write though any operation of the disk had failed before")
    func faults() async throws {
        let seed = TestEnvironment.seed(12)
        let steps = CatalogCrashTests.steps(seed: seed, count: TestEnvironment.count(10, soak: 60))
        let report = try await FaultSweep.run(seed: seed, errnos: diskErrnos, outcomes: [.lost, .reordered]) {
            disk,
            record in
            try await CatalogCrashTests.perform(steps, on: disk, record, goingOn: true)
        } check: { disk, record in
            try await CatalogCrashTests.check(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("has what a process wrote before it was killed, though a flush of its had failed and power fails later")
    func failedFlushThenKill() async throws {
        let disk = SimulatedFileSystem()
        let first = try await openCatalog(on: disk)
        try await first.put([1], for: Key(partition: "a"))
        disk.fail(errno: 5) { $0.kind == .synchronize }
        #expect(await code { try await first.put([2], for: Key(partition: "b")) } == .ioFailed)
        disk.crash()

        // The next process reads what the failed flush left in memory, and builds on it.
        let killed = disk.restarted(after: .kept)
        let second = try await openCatalog(on: killed)
        let found = try second.value(for: Key(partition: "b"))
        try await second.put([3], for: Key(partition: "c"))
        killed.crash()

        let third = try await openCatalog(on: killed.restarted(after: .lost))
        #expect(try third.value(for: Key(partition: "a")) == [1])
        #expect(try third.value(for: Key(partition: "b")) == found, "what a reader saw must not go")
        #expect(try third.value(for: Key(partition: "c")) == [3])
        try await third.close()
    }

    /// Changes that fill several segments, and fall on the same keys again and again.
    private static func steps(seed: UInt64, count: Int) -> [ModelStep] {
        var generator = SeededGenerator(seed: seed)
        let fillers = (0..<3).map { number -> ModelStep in
            .put(Key(partition: "a", sort: "big \(number)"), generator.bytes(1_500), .synced)
        }
        return fillers + (0..<count).map { _ in .random(using: &generator) } + fillers.reversed()
    }

    private static func perform(
        _ steps: [ModelStep],
        on disk: SimulatedFileSystem,
        _ record: SweepRecord<ModelStep>,
        goingOn: Bool
    ) async throws {
        let catalog = try await openCatalog(on: disk)
        for step in steps {
            record.attempt(step)
            do {
                try await step.perform(on: catalog)
                record.acknowledge(step)
            } catch {
                if !goingOn { throw error }
            }
        }
        try await catalog.close()
    }

    /// Holds that what is found is what some first part of the attempted changes leaves.
    ///
    /// That part has all up to the last acknowledged one that was synced, at least. It stays so when the catalog is written to and opened once more.
    private static func check(_ disk: SimulatedFileSystem, _ record: SweepRecord<ModelStep>) async throws {
        let attempted = record.attempted
        let acknowledgedCount = record.acknowledged.lastIndex { !$0.isBuffered }.map { $0 + 1 } ?? 0
        var model = ModelStore()
        for step in attempted[..<acknowledgedCount] { model.apply(step) }

        let catalog = try await openCatalog(on: disk)
        var found = try ModelStore(reading: catalog, partitions: ModelStep.partitions)
        // A check of this disk that crashed itself may have left it.
        let probe = Key(partition: "a", sort: "probe")
        try hold([nil, [42]].contains(found.items.removeValue(forKey: probe)), "a wrong probe")
        var next = acknowledgedCount
        while found != model, next < attempted.count {
            model.apply(attempted[next])
            next += 1
        }
        try hold(found == model, "found \(found), which no part of the \(attempted.count) changes leaves")
        try await catalog.put([42], for: probe)
        model.apply(.put(probe, [42], .synced))
        try await catalog.close()

        let again = try await openCatalog(on: disk)
        let foundAgain = try ModelStore(reading: again, partitions: ModelStep.partitions)
        try hold(foundAgain == model, "after another write: \(foundAgain) in place of \(model)")
        try await again.close()
    }
}
