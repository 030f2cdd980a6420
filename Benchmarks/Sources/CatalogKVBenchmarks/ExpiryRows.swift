import CatalogKV
import Foundation
import Harness
import Synchronization

/// Expiring a million sessions: what the sweep costs, by the CPU time of the whole process, and what reads cost while
/// it goes on.
final class ExpiryRows: Sendable {
    private static let readSettings = ["clock": "CPU of the reading thread"]
    private let plan: Plan
    private let path: String
    private let sessionCount: Int
    private let state = Mutex<(catalog: Catalog, table: Table<[UInt8]>, clock: Clock)?>(nil)

    /// The time of day that the catalog is told.
    private final class Clock: Sendable {
        let seconds = Atomic<Int>(1_800_000_000)
    }

    init(_ plan: Plan) {
        self.plan = plan
        path = plan.directory + "/expiry"
        sessionCount = min(1_000_000, plan.itemCount)
    }

    var all: [Comparison] {
        [
            Comparison(
                "expire \(sessionCount / 1_000)k sessions, each",
                measure: .figure(.nanoseconds),
                ours: Contender("CatalogKV", version: "this commit", settings: ["clock": "CPU of the process"]) {
                    [self] in
                    let (catalog, clock) = try await prepared()
                    clock.seconds.add(3_600, ordering: .relaxed)
                    let start = Timing.ofThisProcess()
                    let count = try await sweepAll(catalog)
                    return (Timing.ofThisProcess() - start) / Double(count)
                },
                rivals: [],
                oursMax: 1_000,
                roundsMax: 1,
                isWarmedUp: false
            ),
            Comparison(
                "get while sessions expire",
                measure: .figure(.nanoseconds),
                ours: Contender("CatalogKV", version: "this commit", settings: Self.readSettings) { [self] in
                    let (catalog, clock) = try await prepared()
                    clock.seconds.add(3_600, ordering: .relaxed)
                    let sweep = Task.detached { [self] in try await sweepAll(catalog) }
                    let nanoseconds = try gets()
                    _ = try await sweep.value
                    return nanoseconds
                },
                rivals: [
                    .init(
                        Contender("itself, idle", version: "this commit", settings: Self.readSettings) { [self] in
                            _ = try await prepared()
                            return try gets()
                        },
                        ratioMin: 0.8
                    )
                ],
                roundsMax: 1,
                isWarmedUp: false
            ),
        ]
    }

    /// Half of the sessions live an hour and half two, so that either row has its own to expire.
    private func prepared() async throws -> (Catalog, Clock) {
        if let ready = state.withLock({ $0 }) { return (ready.catalog, ready.clock) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let clock = Clock()
        var configuration = CatalogConfiguration()
        configuration.now = { .seconds(clock.seconds.load(ordering: .relaxed)) }
        let catalog = try await Catalog.open(at: path, configuration: configuration)
        let table = try await catalog.bytesTable("items")
        let store = CatalogStore(catalog: catalog, table: table, upkeep: Task {}, path: path)
        for first in stride(from: 0, to: 100_000, by: 1_000) {
            var values = Values(count: 1_000, length: plan.valueLength)
            for index in 0..<1_000 { values.fill(index, item: first + index, generation: 0) }
            try await store.load((first..<first + 1_000).map { ItemKey(item: $0) }, values.bytes)
        }
        for (lifetime, share) in [(3_500, sessionCount / 2), (7_000, sessionCount / 2)] {
            let sessions = SessionStore(
                catalog: catalog,
                configuration: SessionConfiguration(
                    idleLifetime: .seconds(lifetime),
                    absoluteLifetime: .seconds(lifetime * 10)
                )
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<256 {
                    group.addTask {
                        for number in stride(from: client, to: share, by: 256) {
                            _ = try await sessions.create(user: "user \(number)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        state.withLock { $0 = (catalog, table, clock) }
        return (catalog, clock)
    }

    private func sweepAll(_ catalog: Catalog) async throws -> Int {
        let count = try await catalog.sweepExpired()
        guard count >= sessionCount / 2 else { throw WrongResult("\(count) items were swept") }
        return sessionCount / 2
    }

    private func gets() throws -> Double {
        guard let (catalog, table, _) = state.withLock({ $0 }) else { throw WrongResult("there is no catalog") }
        return try Timing.cpu(threads: 1, operations: 200_000) { operations, _ in
            let session = CatalogSession(catalog, table, .buffered)
            var random = SplitMix(seed: 5)
            for _ in 0..<operations {
                let item = random.below(100_000)
                guard try session.sum(CatalogSession.prepare(ItemKey(item: item))) == Values.sum(item) else {
                    throw WrongResult("item \(item) is wrong while sessions expire")
                }
            }
        } / 200_000
    }
}
