import Foundation
import Harness
import Synchronization
import Telemetry

/// The store as a whole: a query over a day, and a hundred thousand live series.
func storeRows() -> [Comparison] {
    [queryRow(), liveAppendRow(), liveFlushRow(), liveMemoryRow()]
}

private let beginning = Duration.seconds(1_780_000_000)

/// A wall clock that the rows move.
private final class StoreClock: Sendable {
    private let seconds = Atomic<Int>(0)

    var now: @Sendable () -> Duration { { beginning + .seconds(self.seconds.load(ordering: .relaxed)) } }

    func set(_ value: Int) { seconds.store(value, ordering: .relaxed) }
}

/// One directory for all, for the suite removes one.
private let scratchRoot = Result { try Suite.scratchDirectory() }

private func scratch(_ name: String) throws -> String { try scratchRoot.get() + "/" + name }

/// A store with a day of a thousand counters, a sample a minute, made when it is first asked for. What each counts in a
/// minute is drawn at random.
private actor DayOfSeries {
    static let seriesCount = 1_000
    static let routeCount = 20
    private var store: SeriesStore?
    /// What the counters of a route have counted together, after each minute.
    private(set) var totals: [[Double]] = []

    func ready() async throws -> SeriesStore {
        if let store { return store }
        let clock = StoreClock()
        let store = try await SeriesStore.open(at: scratch("day"), clock: clock.now)
        let series = try (0..<Self.seriesCount).map { index in
            try store.series(
                "http_requests_total",
                labels: [
                    ("route", "/route/\(index % Self.routeCount)"), ("host", "host-\(index / Self.routeCount)"),
                ],
                kind: .counter
            )
        }
        var random = SplitMix(seed: 11)
        var counts = [Double](repeating: 0, count: Self.seriesCount)
        for minute in 0..<1_500 {
            clock.set(minute * 60)
            var batch = SampleBatch(at: beginning + .seconds(minute * 60))
            var ofRoutes = [Double](repeating: 0, count: Self.routeCount)
            for (index, one) in series.enumerated() {
                counts[index] += Double(random.below(1_000))
                ofRoutes[index % Self.routeCount] += counts[index]
                batch.add(counts[index], to: one)
            }
            totals.append(ofRoutes)
            try await store.appendBuffered(batch)
            while try await store.maintain() {}
        }
        self.store = store
        return store
    }
}

private func queryRow() -> Comparison {
    let day = DayOfSeries()
    return limited(
        "range query, 1,000 series, 24 h at 1 min, rate and sum by label",
        .figure(.nanoseconds),
        operations: 1,
        max: 100e6,
        ours: Contender(
            "Vitrine SeriesStore",
            version: "this commit",
            settings: ["query": "sum by (route) (rate(http_requests_total[5m]))", "time": "CPU of the thread"],
            figure: {
                let store = try await day.ready()
                let query = try Query("sum by (route) (rate(http_requests_total[5m]))")
                let start = Timing.onThisThread()
                let result = try store.evaluate(
                    query,
                    from: beginning + .seconds(3_600),
                    through: beginning + .seconds(3_600 + 86_340),
                    step: .seconds(60)
                )
                let time = Timing.onThisThread() - start
                guard result.series.count == DayOfSeries.routeCount, result.count == 1_440 else {
                    throw WrongResult("\(result.series.count) series of \(result.count) values")
                }
                let totals = await day.totals
                for series in result.series {
                    guard let route = Int(series.labels[0].value.split(separator: "/")[1]) else {
                        throw WrongResult("there is no route \(series.labels[0].value)")
                    }
                    for index in 0..<result.count {
                        // Five samples lie in five minutes whose beginning is left out: four minutes, extrapolated to five.
                        let growth = totals[index + 60][route] - totals[index + 56][route]
                        guard let value = series.value(at: index), abs(value - growth / 240) < 1e-6 else {
                            throw WrongResult("\(series.title) is \(String(describing: series.value(at: index)))")
                        }
                    }
                }
                return time
            }
        )
    )
}

/// A store with a hundred thousand series whose memory for samples is filled and emptied again.
private actor LiveSeries {
    static let seriesCount = 100_000
    static let rows = 30
    private static let checked = 777
    private let clock = StoreClock()
    private var store: SeriesStore?
    private var series: [SeriesID] = []
    private var second = 0
    private var random = SplitMix(seed: 12)
    /// Stock that shoppers take by a few and that is filled up again.
    private var levels = [Int](repeating: 500, count: LiveSeries.seriesCount)
    /// What the series that a flush is checked by was given.
    private var given: [Double] = []
    private(set) var labelBytes = 0
    private let path: @Sendable () throws -> String

    init(at path: @escaping @Sendable () throws -> String) { self.path = path }

    init(_ name: String) { self.init(at: { try scratch(name) }) }

    func ready() async throws -> SeriesStore {
        if let store { return store }
        var configuration = StoreConfiguration()
        configuration.diskBytesMax = 4 << 30
        configuration.headBytesMax = 1 << 30
        let store = try await SeriesStore.open(at: path(), configuration: configuration, clock: clock.now)
        series.reserveCapacity(Self.seriesCount)
        labelBytes = 0
        for index in 0..<Self.seriesCount {
            let item = "item-\(index)"
            labelBytes += item.utf8.count
            series.append(
                try store.series("stock_level", labels: [("item", item), ("shop", "shop-\(index % 50)")])
            )
        }
        self.store = store
        return store
    }

    /// A sample of every series for each of some seconds; returns the CPU time of appending one.
    func fill(_ rows: Int = LiveSeries.rows) async throws -> Double {
        let store = try await ready()
        var spent = 0.0
        for _ in 0..<rows {
            second += 1
            clock.set(second)
            var batch = SampleBatch(at: beginning + .seconds(second))
            for (index, one) in series.enumerated() {
                levels[index] -= random.below(4)
                if levels[index] < 0 { levels[index] = 500 + random.below(500) }
                batch.add(Double(levels[index]), to: one)
            }
            given.append(Double(levels[Self.checked]))
            let start = Timing.ofThisProcess()
            guard try await store.appendBuffered(batch) == Self.seriesCount else {
                throw WrongResult("samples refused")
            }
            spent += Timing.ofThisProcess() - start
        }
        return spent / Double(rows * Self.seriesCount)
    }

    /// Writes what is in memory and checks a series; returns the time on the wall.
    func flush() async throws -> Double {
        let store = try await ready()
        let start = Timing.onTheWall()
        try await store.flush()
        let time = Timing.onTheWall() - start
        let samples = try store.samples(
            of: series[Self.checked],
            from: beginning + .seconds(second - Self.rows + 1),
            through: beginning + .seconds(second)
        )
        guard samples.map(\.value) == given.suffix(Self.rows), store.statistics.headSampleCount == 0 else {
            throw WrongResult("\(samples.count) samples came back")
        }
        return time
    }
}

private func liveAppendRow() -> Comparison {
    let live = LiveSeries("append")
    return limited(
        "100,000 live series: append to the store, CPU per sample",
        .figure(.nanoseconds),
        operations: 1,
        max: 10,
        ours: Contender(
            "Vitrine SeriesStore",
            version: "this commit",
            settings: ["durability": "buffered, with the system when it returns", "batch": "one second of all series"],
            figure: {
                let time = try await live.fill()
                _ = try await live.flush()
                return time
            }
        )
    )
}

private func liveFlushRow() -> Comparison {
    let live = LiveSeries("flush")
    return limited(
        "100,000 live series: one flush",
        .figure(.nanoseconds),
        operations: 1,
        max: 1e9,
        ours: Contender(
            "Vitrine SeriesStore",
            version: "this commit",
            settings: ["samples": "30 of each series", "durability": "flushed to the disk"],
            figure: {
                _ = try await live.fill()
                return try await live.flush()
            }
        )
    )
}

private func liveMemoryRow() -> Comparison {
    limited(
        "100,000 live series: memory per series beside its labels",
        .figure(.bytes),
        operations: 1,
        max: 400,
        isWarmedUp: false,
        ours: Contender(
            "Vitrine SeriesStore",
            version: "this commit",
            settings: ["samples in memory": "30 of each series", "process": "one of its own"],
            figure: { try MemoryChild.measure(at: scratch("memory-\(UInt64(Timing.onTheWall()))")) }
        )
    )
}

/// Bytes of memory of this process for each series of a store at `path`, beside its labels.
func memoryOfLiveSeries(at path: String) async throws -> Double {
    let before = try residentBytes()
    let live = LiveSeries(at: { path })
    _ = try await live.fill()
    let bytes = try residentBytes() - before - (await live.labelBytes)
    _ = try await live.flush()
    return Double(bytes) / Double(LiveSeries.seriesCount)
}

/// The process's memory that is its own, as the kernel counts it.
private func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") }),
        let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { throw WrongResult("the kernel does not tell the memory") }
    return kibibytes * 1_024
}
