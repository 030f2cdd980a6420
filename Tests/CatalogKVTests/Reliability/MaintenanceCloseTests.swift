import CatalogKV
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

@Suite("A catalog that is closed under its maintenance")
struct MaintenanceCloseTests {
    /// What goes on while the catalog is closed.
    enum Work: CaseIterable, Sendable {
        case compact, pacedCompact, run, backUp, verify, stream

        func perform(_ catalog: Catalog, _ round: Int) async throws {
            switch self {
            case .compact, .pacedCompact:
                while true {
                    try await catalog.compact(isPaced: self == .pacedCompact)
                    await Task.yield()
                }
            case .run: try await catalog.run()
            case .backUp: for number in 0... { try await catalog.backUp(to: "/backup\(round)-\(number % 2)") }
            case .verify: while true { _ = try await catalog.verify() }
            case .stream: for try await _ in try catalog.changes(after: 0) {}
            }
        }
    }

    @Test(
        "is whole for whoever opens it next, though that one writes while the work still winds up",
        arguments: Work.allCases
    )
    func closes(_ work: Work) async throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(71))
        for round in 0..<TestEnvironment.count(30, soak: 1_000, brief: 5) {
            let disk = SimulatedFileSystem()
            var store = try await MaintainedStore(disk, changeRetention: work == .stream ? ChangeRetention() : .none)
            try await store.churn(120, keyCount: 12, using: &generator)
            let catalog = store.catalog
            let task = Task { try await work.perform(catalog, round) }
            for _ in 0..<Int.random(in: 0..<40, using: &generator) { await Task.yield() }
            try await catalog.close()

            var next = try await store.reopened(disk)
            // Whatever the first still did to the manifest now would take these away.
            for number in 0..<40 { try await next.put("k\(number % 12)", generator.bytes(400), durability: .synced) }
            let code = await catalogErrorCode { try await task.value }
            #expect(code == .isClosed || work == .stream && code == nil, "\(work), round \(round)")
            try await next.catalog.close()

            let last = try await next.reopened(disk)
            try last.check(next.model, keyCount: 12)
            #expect(try await last.catalog.verify().isIntact, "\(work), round \(round)")
            try await last.catalog.close()
            #expect(disk.misuses == [])
        }
    }

    @Test("refuses compaction that had waited for its turn when the close came")
    func queued() async throws {
        var generator = SeededGenerator(seed: 5)
        let disk = GatedFileSystem()
        var store = try await MaintainedStore(disk)
        try await store.churn(120, keyCount: 12, using: &generator)
        try await store.put("k0", [1], durability: .synced)
        try await store.put("k0", [2], durability: .buffered)
        let catalog = store.catalog
        // It has the permit and waits for its flush.
        disk.shut()
        let verifying = Task { try await catalog.verify() }
        for _ in 0..<1_000 { await Task.yield() }
        let compacting = Task { try await catalog.compact() }
        for _ in 0..<1_000 { await Task.yield() }
        let closing = Task { try await catalog.close() }
        for _ in 0..<1_000 { await Task.yield() }
        let manifest = disk.disk.contents(ofFile: "/store/manifest")
        disk.open()
        #expect(await catalogErrorCode { _ = try await compacting.value } == .isClosed)
        _ = try? await verifying.value
        try await closing.value
        #expect(disk.disk.contents(ofFile: "/store/manifest") == manifest, "it was compacted all the same")
        try await store.reopened(disk).check(store.model, keyCount: 12)
    }

    @Test("is let go of only when a first close has ended, though a second one was called meanwhile")
    func twice() async throws {
        let disk = GatedFileSystem()
        var store = try await MaintainedStore(disk)
        try await store.put("k0", [1])
        let catalog = store.catalog
        disk.shut()
        let first = Task { try await catalog.close() }
        for _ in 0..<1_000 { await Task.yield() }
        let second = Task { try await catalog.close() }
        for _ in 0..<1_000 { await Task.yield() }
        #expect(disk.disk.heldLockCount == 1)
        disk.open()
        try await first.value
        try await second.value
        #expect(disk.disk.heldLockCount == 0)
    }

    @Test("and whose task was cancelled is closed like any other")
    func cancelled() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        try await store.put("k0", [1])
        let catalog = store.catalog
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await catalog.close()
        }
        task.cancel()
        try await task.value
        #expect(disk.heldLockCount == 0)
        #expect(try await store.reopened(disk).catalog.statistics.opening.wasClosed)
    }

    @Test("keeps its directory while one of its tables is held, even when nobody holds the catalog")
    func heldByTable() async throws {
        let disk = SimulatedFileSystem()
        func openTable() async throws -> Table<[UInt8]> { try await MaintainedStore(disk).table }
        var table = try await Optional(openTable())
        let code = await catalogErrorCode { _ = try await MaintainedStore(disk) }
        #expect(code == .isLocked)
        try await table?.put([1], for: Key(partition: "k0"))
        table = nil
        let again = try await MaintainedStore(disk)
        #expect(try again.table.get(Key(partition: "k0")) == [1])
        try await again.catalog.close()
    }
}
