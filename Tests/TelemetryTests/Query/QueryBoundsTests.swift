import Telemetry
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("What a query may cost")
struct QueryBoundsTests {
    private let clock = ManualClock(sinceEpoch: moment(0))

    private func open(_ change: (inout StoreConfiguration) -> Void = { _ in }) async throws -> SeriesStore {
        var configuration = StoreConfiguration()
        configuration.outOfOrderWindow = .seconds(100_000)
        configuration.futureTolerance = .seconds(100_000)
        change(&configuration)
        return try await SeriesStore.open(
            at: "/metrics",
            on: SimulatedFileSystem(),
            configuration: configuration,
            clock: clock.now
        )
    }

    private func code(_ store: SeriesStore, _ text: String, through end: Double) async throws -> TelemetryError.Code? {
        try await storeCode {
            try store.evaluate(Query(text), from: moment(0), through: moment(end), step: .seconds(1))
        }
    }

    @Test("series times steps are bounded, over all parts of a query together")
    func values() async throws {
        let store = try await open { $0.queryValuesMax = 1_000 }
        for index in 0..<10 {
            try await store.add(1, to: store.series("m", labels: [("i", "\(index)")]), at: moment(0))
        }
        #expect(try await code(store, "m", through: 99) == nil)
        #expect(try await code(store, "m", through: 100) == .queryIsTooLarge)
        #expect(try await code(store, "sum(m)", through: 100) == .queryIsTooLarge)
        #expect(try await code(store, "m + m", through: 49) == nil)
        #expect(try await code(store, "m + m", through: 50) == .queryIsTooLarge)
        #expect(try await code(store, "m * 2", through: 90) == .queryIsTooLarge, "a number has values too")
        #expect(try await code(store, "1", through: 999) == nil)
        #expect(try await code(store, "1", through: 1_000) == .queryIsTooLarge)
        try await store.close()
    }

    @Test("points are counted in memory and on disk, and those of stretches that overlap each time")
    func points() async throws {
        let store = try await open { $0.queryPointsMax = 10_000 }
        let series = try store.series("m")
        for second in 0..<1_000 {
            try await store.add(Double(second), to: series, at: moment(Double(second)))
            if second == 500 { try await store.flush() }
        }
        let sums = ["max_over_time", "sum_over_time", "avg_over_time", "min_over_time", "count_over_time"]
        for function in sums {
            #expect(try await code(store, "\(function)(m[5s])", through: 999) == nil)
            #expect(try await code(store, "\(function)(m[20s])", through: 999) == .queryIsTooLarge, "\(function)")
        }
        #expect(try await code(store, "rate(m[300s])", through: 999) == nil, "it looks at the ends alone")
        let many = [String](repeating: "m", count: 11).joined(separator: " + ")
        #expect(try await code(store, many, through: 999) == .queryIsTooLarge)
        try await store.close()
    }

    @Test("histograms of overlapping stretches are the sums of their points, whatever step and stretch")
    func histograms() async throws {
        let seed = TestEnvironment.seed(312)
        var random = SeededGenerator(seed: seed)
        let store = try await open()
        let registry = MetricRegistry()
        let histogram = try registry.histogram("sizes", unit: .count)
        for second in 0..<400 where Int.random(in: 0..<5, using: &random) > 0 {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                histogram.record(Int64.random(in: -50...5_000, using: &random))
            }
            try await store.record(registry.snapshot(), at: moment(Double(second)))
        }
        let series = try #require(store.evaluate(Series("sizes").latest, at: moment(399)).series.first)
        #expect(series.name == "sizes")
        for _ in 0..<TestEnvironment.count(30, soak: 1_000) {
            let range = Int.random(in: 1...300, using: &random)
            let step = Int.random(in: 1...90, using: &random)
            let start = Double(Int.random(in: -50...200, using: &random))
            let result = try store.evaluate(
                Query("increase(sizes[\(range)s])"),
                from: moment(start),
                through: moment(500),
                step: .seconds(step)
            )
            for index in 0..<result.count {
                let time = result.time(at: index)
                // One evaluation at one time has nothing to slide.
                let alone = try store.evaluate(Query("increase(sizes[\(range)s])"), at: time)
                #expect(
                    result.series.first?.histogram(at: index) == alone.series.first?.histogram(at: 0),
                    "[\(range)s] by \(step) s at \(index), seed \(seed)"
                )
            }
        }
        try await store.close()
    }

    @Test("the query of a task that was cancelled ends early, and says so")
    func cancellation() async throws {
        let store = try await open()
        try await store.add(1, to: store.series("m"), at: moment(0))
        let gate = Semaphore()
        let query = Task {
            gate.wait()
            return try await code(store, "sum(rate(m[5s]))", through: 10)
        }
        query.cancel()
        gate.signal()
        #expect(try await query.value == .queryWasCancelled)
        #expect(try await code(store, "sum(rate(m[5s]))", through: 10) == nil)
        try await store.close()
    }

    // Point by point this is 4 million additions of histograms, which is many minutes.
    @Test("stretches of histograms that overlap cost each point twice", .timeLimit(.minutes(5)))
    func sliding() async throws {
        let store = try await open()
        let registry = MetricRegistry()
        let histogram = try registry.histogram("sizes", unit: .count)
        for second in 0..<2_000 {
            histogram.record(Int64(second))
            try await store.record(registry.snapshot(), at: moment(Double(second)))
        }
        let result = try store.evaluate(
            Query("histogram_quantile(0.5, increase(sizes[2000s]))"),
            from: moment(0),
            through: moment(3_999),
            step: .seconds(1)
        )
        let median = try #require(result.series.first?.value(at: 1_999))
        #expect(abs(median - 999) <= 999 * HistogramSnapshot.relativeErrorMax)
        try await store.close()
    }
}
