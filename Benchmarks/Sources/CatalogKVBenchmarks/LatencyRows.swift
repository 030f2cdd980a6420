import CatalogKV
import Foundation
import Harness
import Synchronization

/// How long the slowest gets and puts take while the journal is compacted, against the same store left alone.
///
/// A catalog of its own is filled, and three of five items are overwritten, so that there is more to compact than is let
/// be. Then one client gets and puts in turn; in the one half of a round nothing else happens, in the other the catalog's
/// upkeep compacts, which is checked all the while. Every operation's time on the wall counts.
final class LatencyRows: Sendable {
    private struct Figures {
        /// The 99th percentile of gets; the others but `worst` are the 99.9th.
        var usualGet = 0.0
        var get = 0.0
        var put = 0.0
        var worst = 0.0
    }
    private static let settings = [
        "configuration": "no values beside keys, maintenanceInterval of 10 ms, else as by default",
        "store": "filled, three of five items overwritten, flushed",
        "clock": "each operation's time on the wall", "client": "one thread, a get and a put in turn",
    ]
    private let plan: Plan
    private let path: String
    private let taken = Mutex<(idle: [Figures], busy: [Figures])>(([], []))
    private static let operations = 1_000_000
    /// After so many operations it is seen whether compaction works: about every millisecond.
    private static let sampledOperations = 500

    init(_ plan: Plan) {
        self.plan = plan
        path = plan.directory + "/latency"
    }

    var all: [Comparison] {
        [
            row("p99 of gets while compaction runs", { $0.usualGet }, timesIdleMax: 1.2, isFirst: true),
            row("p99.9 of gets while compaction runs", { $0.get }, timesIdleMax: 1.5, isFirst: false),
            row("p99.9 of puts while compaction runs", { $0.put }, timesIdleMax: 1.5, isFirst: false),
            Comparison(
                "worst get or put while compaction runs",
                measure: .figure(.nanoseconds),
                ours: Contender("CatalogKV", version: "this commit", settings: Self.settings) { [self] in
                    taken.withLock { $0.busy.map(\.worst).max() ?? .nan }
                },
                rivals: [],
                oursMax: 50e6,
                roundsMax: 1,
                isWarmedUp: false
            ),
        ]
    }

    private func row(
        _ name: String,
        _ part: @escaping @Sendable (Figures) -> Double,
        timesIdleMax: Double,
        isFirst: Bool
    ) -> Comparison {
        let next = Mutex((idle: 0, busy: 0))
        func contender(_ name: String, isBusy: Bool) -> Contender {
            Contender(name, version: "this commit", settings: Self.settings) { [self] in
                if isFirst {
                    let figures = try await measure(isBusy: isBusy)
                    taken.withLock { isBusy ? $0.busy.append(figures) : $0.idle.append(figures) }
                }
                let index = next.withLock { next in
                    defer { if isBusy { next.busy += 1 } else { next.idle += 1 } }
                    return isBusy ? next.busy : next.idle
                }
                return try taken.withLock { taken in
                    let all = isBusy ? taken.busy : taken.idle
                    guard index < all.count else {
                        throw WrongResult("the first of these rows must run before the others")
                    }
                    return part(all[index])
                }
            }
        }
        return Comparison(
            name,
            measure: .figure(.nanoseconds),
            ours: contender("CatalogKV", isBusy: true),
            rivals: [.init(contender("itself, idle", isBusy: false), ratioMin: 1 / timesIdleMax)],
            isWarmedUp: false
        )
    }

    private func measure(isBusy: Bool) async throws -> Figures {
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        // Upkeep looks again soon when there is nothing to compact for a moment, so that the window has no hole of a second.
        // Values are read from the files that are compacted, and not from memory beside their keys.
        let configuration = CatalogConfiguration(
            residentValueByteCountMax: 0,
            maintenanceInterval: .milliseconds(10)
        )
        let catalog = try await Catalog.open(at: path, configuration: configuration)
        let table = try await catalog.bytesTable("items")
        let store = CatalogStore(catalog: catalog, table: table, upkeep: Task {}, path: path)
        let count = min(plan.itemCount, 500_000)
        // More is dead from the start than compaction lets be, and the client's own puts see to it that this stays so.
        for generation in 0..<2 {
            for first in stride(from: 0, to: count, by: 1_000) {
                let items = (first..<min(first + 1_000, count)).filter { generation == 0 || $0 % 5 < 3 }
                var values = Values(count: items.count, length: plan.valueLength)
                for (index, item) in items.enumerated() { values.fill(index, item: item, generation: 0) }
                try await store.load(items.map { ItemKey(item: $0) }, values.bytes)
            }
        }
        // A put that is flushed, and with it all that was loaded: either half begins with a disk that has nothing to do.
        var value = Values(length: plan.valueLength)
        value.fill(item: 0, generation: 0)
        let key = CatalogSession.prepare(ItemKey(item: 0), forRange: false)
        try await CatalogSession(catalog, table, .synced).put(key, value.bytes)
        let upkeep = isBusy ? Task.detached { try await catalog.run() } : nil
        for _ in 0..<10_000 where isBusy && catalog.statistics.compactedByteCount == 0 {
            try await Task.sleep(for: .milliseconds(1))
        }
        let (figures, activity) = try Self.run(CatalogSession(catalog, table, .buffered), catalog, count, plan)
        upkeep?.cancel()
        try await upkeep?.value
        try await catalog.close()
        try activity.check(isBusy: isBusy)
        return figures
    }

    private static func run(
        _ session: CatalogSession,
        _ catalog: Catalog,
        _ count: Int,
        _ plan: Plan
    ) throws -> (Figures, CompactionActivity) {
        let result = Mutex((Figures(), CompactionActivity()))
        nonisolated(unsafe) let session = session
        try Timing.onThreads(1) { _ in
            var random = SplitMix(seed: 3)
            let items = (0..<operations).map { _ in random.below(count) }
            let keys = items.map { CatalogSession.prepare(ItemKey(item: $0), forRange: false) }
            var value = Values(length: plan.valueLength)
            var times = [[Double]](repeating: [], count: 2)
            for kind in times.indices { times[kind].reserveCapacity(operations / 2) }
            var activity = CompactionActivity()
            for index in items.indices {
                // Between two operations, so that looking is in nobody's time.
                if index % sampledOperations == 0 { activity.sample(catalog) }
                value.fill(item: items[index], generation: UInt64(index))
                let start = Timing.onTheWall()
                if index % 2 == 0 {
                    guard try session.sum(keys[index]) == Values.sum(items[index]) else {
                        throw WrongResult("item \(items[index]) is wrong during compaction")
                    }
                } else {
                    try await session.put(keys[index], value.bytes)
                }
                times[index % 2].append(Timing.onTheWall() - start)
            }
            activity.sample(catalog)
            for kind in times.indices { times[kind].sort() }
            let figures = Figures(
                usualGet: times[0][times[0].count * 99 / 100],
                get: times[0][times[0].count * 999 / 1_000],
                put: times[1][times[1].count * 999 / 1_000],
                worst: max(times[0].last ?? 0, times[1].last ?? 0)
            )
            result.withLock { [activity] in $0 = (figures, activity) }
        }
        return result.withLock { $0 }
    }
}
