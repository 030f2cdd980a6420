import CatalogKV
import Foundation
import Harness
import Synchronization

/// Expiring a million sessions: what the sweep costs, by the CPU time of the whole process, and what reads cost while
/// it goes on.
final class ExpiryRows: Sendable {
    private static let readSettings = [
        "clock": "CPU of the reading thread", "sweep": "as fast as it can on the other processor, all the while",
    ]
    private static let itemCount = 100_000
    private static let readOperations = 200_000
    private let plan: Plan
    private let path: String
    private let sessionCount: Int
    private let state = Mutex<Stage?>(nil)

    /// The time of day that the catalog is told.
    private final class Clock: Sendable {
        let seconds = Atomic<Int>(1_800_000_000)
    }

    private struct Stage {
        let catalog: Catalog
        let table: Table<[UInt8]>
        let clock: Clock
    }

    init(_ plan: Plan) {
        self.plan = plan
        path = plan.directory + "/expiry"
        sessionCount = min(1_000_000, plan.itemCount)
    }

    var all: [Comparison] { [cost, reads] }

    private var cost: Comparison {
        Comparison(
            "expire \(sessionCount / 1_000)k sessions, each",
            measure: .figure(.nanoseconds),
            ours: Contender("CatalogKV", version: "this commit", settings: ["clock": "CPU of the process"]) { [self] in
                let stage = try await prepared()
                try await addExpired(sessionCount, stage)
                let start = Timing.ofThisProcess()
                try await sweep(sessionCount, stage)
                return (Timing.ofThisProcess() - start) / Double(sessionCount)
            },
            rivals: [],
            oursMax: 1_000,
            roundsMax: 1,
            isWarmedUp: false
        )
    }

    private var reads: Comparison {
        Comparison(
            "get while sessions expire",
            measure: .figure(.nanoseconds),
            ours: Contender("CatalogKV", version: "this commit", settings: Self.readSettings) { [self] in
                let stage = try await prepared()
                try await addExpired(sessionCount / 2, stage)
                return try await getsBesideSweep(stage)
            },
            rivals: [
                .init(
                    Contender("itself, idle", version: "this commit", settings: Self.readSettings) { [self] in
                        try gets(try await prepared())
                    },
                    ratioMin: 0.8
                )
            ],
            roundsMax: 5,
            isWarmedUp: false
        )
    }

    /// The catalog with its items, made by the first row that needs it.
    private func prepared() async throws -> Stage {
        if let ready = state.withLock({ $0 }) { return ready }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let clock = Clock()
        var configuration = CatalogConfiguration()
        configuration.now = { .seconds(clock.seconds.load(ordering: .relaxed)) }
        let catalog = try await Catalog.open(at: path, configuration: configuration)
        let table = try await catalog.bytesTable("items")
        let store = CatalogStore(catalog: catalog, table: table, upkeep: Task {}, path: path)
        for first in stride(from: 0, to: Self.itemCount, by: 1_000) {
            var values = Values(count: 1_000, length: plan.valueLength)
            for index in 0..<1_000 { values.fill(index, item: first + index, generation: 0) }
            try await store.load((first..<first + 1_000).map { ItemKey(item: $0) }, values.bytes)
        }
        let stage = Stage(catalog: catalog, table: table, clock: clock)
        state.withLock { $0 = stage }
        return stage
    }

    /// Creates sessions that live for an hour, and lets the hour pass.
    private func addExpired(_ count: Int, _ stage: Stage) async throws {
        let configuration = SessionConfiguration(idleLifetime: .seconds(3_500), absoluteLifetime: .seconds(3_550))
        let sessions = SessionStore(catalog: stage.catalog, configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<256 {
                group.addTask {
                    for number in stride(from: client, to: count, by: 256) {
                        _ = try await sessions.create(user: "user \(number)")
                    }
                }
            }
            try await group.waitForAll()
        }
        stage.clock.seconds.add(3_600, ordering: .relaxed)
    }

    private func sweep(_ count: Int, _ stage: Stage) async throws {
        let sweptCount = try await stage.catalog.sweepExpired()
        // A session's entry under its user expires with it.
        guard sweptCount == 2 * count else { throw WrongResult("\(sweptCount) items were swept, not \(2 * count)") }
    }

    /// Gets while a sweep goes on that has begun before them and ends after them.
    private func getsBesideSweep(_ stage: Stage) async throws -> Double {
        let sequence = stage.catalog.statistics.sequence
        let hasEnded = Flag()
        let task = Task.detached { [self] in
            try await sweep(sessionCount / 2, stage)
            hasEnded.value.store(true, ordering: .relaxed)
        }
        while stage.catalog.statistics.sequence == sequence, !hasEnded.value.load(ordering: .relaxed) {
            await Task.yield()
        }
        let nanoseconds = try gets(stage)
        guard !hasEnded.value.load(ordering: .relaxed) else {
            throw WrongResult("the sweep was done before the gets beside it were")
        }
        try await task.value
        return nanoseconds
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    private func gets(_ stage: Stage) throws -> Double {
        var random = SplitMix(seed: 5)
        let items = (0..<Self.readOperations).map { _ in random.below(Self.itemCount) }
        let keys = items.map { CatalogSession.prepare(ItemKey(item: $0), forRange: false) }
        return try Timing.cpu(threads: 1, operations: Self.readOperations) { operations, _ in
            let session = CatalogSession(stage.catalog, stage.table, .buffered)
            for index in 0..<operations {
                guard try session.sum(keys[index]) == Values.sum(items[index]) else {
                    throw WrongResult("item \(items[index]) is wrong while sessions expire")
                }
            }
        } / Double(Self.readOperations)
    }
}
