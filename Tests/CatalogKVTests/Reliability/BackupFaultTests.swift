import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("When the disk fails or the machine stops while it is backed up or restored, a catalog")
struct BackupFaultTests {
    /// What the scenario does, in order; a put writes its number to one of a few keys.
    private enum Event: Sendable, Equatable {
        case put(Int)
        case backedUp(Int, to: String)
        case restored(Int)
    }

    private static let keyCount = 5
    private static let putCounts = [12, 7, 7]

    /// Puts, backs up, puts, backs up anew what is new, compacts, and does so once more; restores at the end.
    private static func perform(_ disk: SimulatedFileSystem, _ record: SweepRecord<Event>) async throws {
        let store = try await MaintainedStore(disk, segmentByteCountMax: 4_096)
        var written = 0
        var directory = "/backup0"
        var backedUpCount = 0
        for (round, count) in putCounts.enumerated() {
            for _ in 0..<count {
                record.attempt(.put(written))
                try await store.table.put(value(written), for: key(written), durability: .synced)
                record.acknowledge(.put(written))
                written += 1
            }
            if round == 2 { _ = try? await store.catalog.compact() }
            record.attempt(.backedUp(written, to: directory))
            do {
                try await store.catalog.backUp(to: directory)
                record.acknowledge(.backedUp(written, to: directory))
                backedUpCount = written
            } catch {
                guard let error = error as? CatalogError else { throw SweepViolation("\(error) is no CatalogError") }
                // Only of a full disk is it known what it has of the files.
                if error.code != .diskFull { (directory, backedUpCount) = ("/backup\(round + 1)", 0) }
            }
        }
        try await store.catalog.close()
        record.attempt(.restored(backedUpCount))
        try await Catalog.restore(from: directory, to: "/restored", disk: disk)
        record.acknowledge(.restored(backedUpCount))
    }

    private static func key(_ number: Int) -> Key { Key(partition: "k\(number % keyCount)") }
    private static func value(_ number: Int) -> [UInt8] { Array("\(number) ".utf8) + [UInt8](repeating: 3, count: 400) }

    /// The number of the last put that a catalog holds; every key must hold the newest up to it.
    private static func last(_ disk: SimulatedFileSystem, at path: String) async throws -> Int {
        let store = try await MaintainedStore(disk, at: path, segmentByteCountMax: 4_096)
        var newest = -1
        var found: [Int: Int] = [:]
        for index in 0..<keyCount {
            guard let bytes = try store.table.get(key(index)) else { continue }
            let number = Int(String(decoding: bytes.prefix { $0 != 32 }, as: UTF8.self)) ?? -1
            try hold(bytes == value(number), "\(path): a value of \(bytes.count) bytes that nobody wrote")
            found[index] = number
            newest = max(newest, number)
        }
        for index in 0..<keyCount where index <= newest {
            let expected = newest - (newest - index) % keyCount
            try hold(found[index] == expected, "\(path) at \(newest): key \(index) is at \(found[index] ?? -1)")
        }
        let isIntact = try await store.catalog.verify().isIntact
        try hold(isIntact, "\(path) is damaged")
        try await store.catalog.close()
        return newest + 1
    }

    private static func check(_ disk: SimulatedFileSystem, _ record: SweepRecord<Event>) async throws {
        let attempted = record.attempted
        let acknowledged = record.acknowledged
        func count(_ events: [Event], _ kind: (Event) -> Int?) -> Int { events.compactMap(kind).max() ?? 0 }
        let puts = { (event: Event) -> Int? in if case .put(let number) = event { number + 1 } else { nil } }
        let restores = { (event: Event) -> Int? in if case .restored(let count) = event { count } else { nil } }
        if try disk.info("/store/manifest") != nil {
            let written = try await last(disk, at: "/store")
            let possible = count(acknowledged, puts)...max(count(acknowledged, puts), count(attempted, puts))
            try hold(possible.contains(written), "the store is at \(written), not \(possible)")
        }
        // A backup that was begun may have left the one before, or more, and never less.
        for directory in ["/backup0", "/backup1", "/backup2"] {
            let backups = { (event: Event) -> Int? in
                if case .backedUp(let count, directory) = event { count } else { nil }
            }
            let promised = count(acknowledged, backups)
            let isThere = try disk.info(directory + "/manifest") != nil
            if promised == 0, !isThere { continue }
            try await Catalog.restore(from: directory, to: "/checked" + directory, disk: disk)
            let restored = try await last(disk, at: "/checked" + directory)
            try hold((promised...count(attempted, backups)).contains(restored), "\(directory) is at \(restored)")
        }
        // What was restored is all there or not there at all.
        let isRestored = try disk.info("/restored/manifest") != nil
        if count(acknowledged, restores) > 0 || isRestored {
            let restored = try await last(disk, at: "/restored")
            try hold(restored >= count(acknowledged, restores), "what was restored is at \(restored)")
        }
    }

    @Test("has whole backups and restores, or none, whichever operation failed and how short the transfers are")
    func faults() async throws {
        let seed = TestEnvironment.seed(41)
        let base = SimulatedFileSystem(seed: seed, hasShortTransfers: true)
        let report = try await FaultSweep.run(
            seed: seed,
            base: base,
            errnos: [5, 28],
            extents: TestEnvironment.isBrief ? [.once] : FaultExtent.allCases,
            outcomes: TestEnvironment.isSoak ? CrashOutcome.allCases : [.lost],
            scenario: Self.perform,
            check: Self.check
        )
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 500, "\(report)")
    }

    @Test("has whole backups and restores, or none, wherever the machine stopped")
    func crashes() async throws {
        let seed = TestEnvironment.seed(42)
        let report = try await RecordedCrashSweep.run(
            seed: seed,
            rounds: TestEnvironment.count(2, soak: 40, brief: 1),
            recoveryInterval: 0,
            scenario: Self.perform,
            check: Self.check
        )
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 300, "\(report)")
    }
}
