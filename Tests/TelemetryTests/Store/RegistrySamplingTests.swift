import CoreMetrics
import Telemetry
import Testing
import VitrineTestSupport

@Suite("What a registry's samples add up to in the store")
struct RegistrySamplingTests {
    private let disk = SimulatedFileSystem()
    private let clock = ManualClock(sinceEpoch: moment(0))

    private func open() async throws -> SeriesStore {
        try await SeriesStore.open(at: "/metrics", on: disk, configuration: shortTiers, clock: clock.now)
    }

    private func recorded(_ store: SeriesStore, _ name: String) throws -> Double {
        let series = try store.series(name, kind: .histogram)
        return try store.histograms(of: series, from: .zero, through: .seconds(Int64.max)).reduce(0) {
            $0 + $1.increase.count
        }
    }

    @Test("a histogram that comes back into the snapshots adds what was recorded since, one made anew all of it")
    func comingBack() async throws {
        let store = try await open()
        let with = MetricRegistry()
        let histogram = try with.histogram("h_seconds")
        for _ in 0..<1_000 { histogram.record(5) }
        try await store.record(with.snapshot(), at: moment(0))
        // Idle: hidden while its owner holds it.
        try await store.record(MetricRegistry().snapshot(), at: moment(1))
        histogram.record(7)
        try await store.record(with.snapshot(), at: moment(2))
        #expect(try recorded(store, "h_seconds") == 1_001)
        let anew = MetricRegistry()
        try anew.histogram("h_seconds").record(9)
        try await store.record(anew.snapshot(), at: moment(3))
        #expect(try recorded(store, "h_seconds") == 1_002)
        try await store.close()
    }

    @Test("what the store refuses while a clock is set back comes with the next sample")
    func refused() async throws {
        let store = try await open()
        let registry = MetricRegistry()
        let histogram = try registry.histogram("h_seconds")
        let counter = try registry.counter("c_total")
        for (index, second) in [100, 101, -500, -499, 102, 103].enumerated() {
            for _ in 0...index { histogram.record(1) }
            counter.increment(by: Int64(index + 1))
            let count = try await store.record(registry.snapshot(), at: moment(Double(second)))
            #expect(count == (second < 0 ? 0 : 3))
        }
        #expect(try recorded(store, "h_seconds") == 21)
        #expect(try store.values(of: store.series("c_total"))[103] == 21)
        try await store.close()
    }

    @Test("a second that is sampled twice, as after a small step of the clock, loses nothing and counts nothing twice")
    func sampledTwice() async throws {
        let store = try await open()
        let registry = MetricRegistry()
        let histogram = try registry.histogram("h_seconds")
        for second in [10, 11, 12, 10, 11, 12, 12, 13] {
            for _ in 0..<100 { histogram.record(1) }
            try await store.record(registry.snapshot(), at: moment(Double(second)))
        }
        #expect(try recorded(store, "h_seconds") == 800)
        try await store.close()
    }

    @Test("the quantile of a rate is that of the increase: a division moves no sample into another bucket")
    func quantileOfRate() async throws {
        let store = try await open()
        var second = 0.0
        for (low, high, q) in [(9, 1, 0.9), (90, 10, 0.9), (99, 1, 0.99), (1, 1, 0.5), (95, 5, 0.95), (7, 93, 0.07)] {
            let registry = MetricRegistry()
            let histogram = try registry.histogram("h_\(low)_\(high)_seconds")
            try await store.record(registry.snapshot(), at: moment(second))
            for _ in 0..<low { histogram.record(1_000_000) }
            for _ in 0..<high { histogram.record(1_000_000_000) }
            clock.advance(by: .seconds(2))
            second += 1
            try await store.record(registry.snapshot(), at: moment(second))
            for range in ["10s", "30s", "1m", "7m", "1h"] {
                for function in ["rate", "increase"] {
                    let text = "histogram_quantile(\(q), \(function)(h_\(low)_\(high)_seconds[\(range)]))"
                    let found = try store.evaluate(Query(text), at: moment(second)).series.first?.value(at: 0)
                    #expect(abs(try #require(found) - 0.001) < 0.000_03, "\(text)")
                }
            }
            second += 1
        }
        try await store.close()
    }

    @Test("a store that is closed and opened again goes on with the registry where it was")
    func reopening() async throws {
        let registry = MetricRegistry()
        let histogram = try registry.histogram("h_seconds")
        for _ in 0..<1_000 { histogram.record(5_000_000) }
        var store = try await open()
        for second in 0..<5 { try await store.record(registry.snapshot(), at: moment(Double(second))) }
        try await store.close()
        for _ in 0..<10 { histogram.record(5_000_000) }
        store = try await open()
        for second in 5..<10 { try await store.record(registry.snapshot(), at: moment(Double(second))) }
        #expect(try recorded(store, "h_seconds") == 1_010, "nothing twice, and what came in between too")
        let anew = MetricRegistry()
        try anew.histogram("h_seconds").record(7)
        try await store.record(anew.snapshot(), at: moment(10))
        #expect(try recorded(store, "h_seconds") == 1_011, "another registry begins anew")
        try await store.close()
        let empty = try await SeriesStore.open(
            at: "/metrics",
            on: SimulatedFileSystem(),
            configuration: shortTiers,
            clock: clock.now
        )
        try await empty.record(registry.snapshot(), at: moment(11))
        #expect(try recorded(empty, "h_seconds") == 1_010, "a store that was emptied has nothing")
        try await empty.close()
    }

    @Test("what was sampled ends when the store is closed, and an early restart has only the new process's series")
    func closing() async throws {
        for isQuick in [false, true] {
            let disk = SimulatedFileSystem()
            func open() async throws -> SeriesStore {
                try await SeriesStore.open(at: "/metrics", on: disk, configuration: shortTiers, clock: clock.now)
            }
            var store = try await open()
            let old = MetricRegistry()
            try old.counter("jobs_total", labels: [("k", "old")]).increment(by: 100)
            try old.gauge("queue").set(7)
            for second in 0..<20 { try await store.record(old.snapshot(), at: moment(Double(second))) }
            let byHand = try store.series("by_hand")
            try await store.add(3, to: byHand, at: moment(19))
            try await store.close()
            store = try await open()
            let new = MetricRegistry()
            try new.counter("jobs_total", labels: [("k", "new")]).increment(by: 5)
            if isQuick { try new.gauge("queue").set(8) }
            for second in 20..<30 { try await store.record(new.snapshot(), at: moment(Double(second))) }
            func value(_ text: String, _ second: Double) throws -> Double? {
                try store.evaluate(Query(text), at: moment(second)).series.first?.value(at: 0)
            }
            #expect(try value("sum(jobs_total)", 19) == 100 && value("sum(jobs_total)", 20) == 5)
            #expect(try value("queue", 19) == 7 && value("queue", 29) == (isQuick ? 8 : nil))
            #expect(try value("by_hand", 29) == 3, "who appends says himself when a series ends")
            try await store.close()
        }
    }

    @Test("increases of one series in one batch add up")
    func sameBatch() async throws {
        let store = try await open()
        let registry = MetricRegistry()
        try registry.histogram("source").record(1)
        try await store.record(registry.snapshot(), at: moment(0))
        let source = try store.series("source", kind: .histogram)
        let increase = try #require(store.histograms(of: source, from: .zero, through: moment(9)).first?.increase)
        var batch = SampleBatch(at: moment(1))
        for _ in 0..<3 { batch.add(increase, to: try store.series("sum", kind: .histogram)) }
        try await store.append(batch)
        #expect(try recorded(store, "sum") == 3)
        try await store.close()
    }

    @Test("a series that left the registry ends at once, also where older samples are rolled up")
    func ending() async throws {
        let store = try await open()
        let system = TelemetrySystem()
        let meter = system.makeMeter(label: "m", dimensions: [])
        meter.set(Int64(3))
        for second in 0..<900 {
            clock.advance(by: .seconds(1))
            if second == 845 { system.destroyMeter(meter) }
            try await store.record(system.registry.snapshot(), at: moment(Double(second)))
            if second % 10 == 9 { try await store.settle() }
        }
        #expect(store.statistics.tiers.allSatisfy { $0.blockCount > 0 })
        for (start, step) in [(840.0, 1.0), (120, 10), (120, 60)] {
            let result = try store.evaluate(
                Series("m").latest,
                from: moment(start),
                through: moment(899),
                step: .milliseconds(Int64(step * 1_000))
            )
            let series = try #require(result.series.first)
            for index in 0..<result.count {
                let second = start + step * Double(index)
                if second < 840 { #expect(series.value(at: index) == 3, "at \(second) by \(step)") }
                // The end stands where it was sampled; a coarser point may show it as late as its window ends.
                if second >= 846 { #expect(series.value(at: index) == nil, "at \(second) by \(step)") }
            }
        }
        let counts = try store.evaluate(Series("m").count(over: .seconds(900)), at: moment(899))
        #expect(counts.series.first?.value(at: 0) == 845)
        try await store.close()
    }

    @Test("windows leave what is no number out of their extremes, unless there is nothing else")
    func notNumbers() async throws {
        let store = try await open()
        let series = try store.series("g")
        for second in 0..<300 {
            clock.advance(by: .seconds(1))
            let value = second % 10 == 0 || second >= 240 ? Double.nan : Double(second)
            try await store.add(value, to: series, at: moment(Double(second)))
            if second % 10 == 9 { try await store.settle() }
        }
        // The last ones are over once time has gone on.
        for second in [400.0, 500] {
            clock.advance(by: .seconds(100))
            try await store.add(.nan, to: series, at: moment(second))
        }
        try await store.settle()
        let points = try store.samples(of: series, from: .zero, through: moment(1e6))
        for point in points where point.count == 10 {
            let last = (point.time - moment(0)) / .seconds(1)
            if last < 240 {
                #expect(point.min == last - 8 && point.max == last && point.sum.isNaN)
            } else {
                #expect(point.min.isNaN && point.max.isNaN)
            }
        }
        #expect(points.contains { $0.count == 10 })
        try await store.close()
    }
}
