import CoreMetrics
import Telemetry
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

@Suite("A store of series")
struct SeriesStoreTests {
    private let disk = SimulatedFileSystem()
    private let clock = ManualClock(sinceEpoch: moment(0))

    private func open(_ configuration: StoreConfiguration = shortTiers) async throws -> SeriesStore {
        try await SeriesStore.open(at: "/metrics", on: disk, configuration: configuration, clock: clock.now)
    }

    @Test("whatever happens to be in memory, in blocks or reopened, reads are what a dictionary gives")
    func model() async throws {
        let seed = TestEnvironment.seed(71)
        var random = SeededGenerator(seed: seed)
        var configuration = shortTiers
        // Nothing grows old here: the points stay as they were sampled.
        configuration.tiers[0].retention = .seconds(100_000)
        configuration.tiers[1].retention = .seconds(200_000)
        configuration.tiers[2].retention = .seconds(300_000)
        var store = try await open(configuration)
        var model = [[Double: Double]](repeating: [:], count: 20)
        var series: [SeriesID] = []
        for index in 0..<20 { series.append(try store.series("m\(index % 3)", labels: [("i", "\(index)")])) }
        for step in 0..<TestEnvironment.count(250, soak: 5_000) {
            clock.advance(by: .milliseconds(Int64.random(in: 500...9_000, using: &random)))
            let now = (clock.now() - moment(0)) / .seconds(1)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                // Whole seconds, so that times repeat in one batch and the next, in memory and in blocks.
                let time = (now - Double(Int.random(in: 0...4, using: &random))).rounded(.down)
                var batch = SampleBatch(at: moment(time))
                // Of few series they are kept one by one, of many together.
                let chosen = (0..<Int.random(in: 1...50, using: &random)).map { _ in
                    Int.random(in: 0..<20, using: &random)
                }
                let values = chosen.map { _ in Double(Int.random(in: -50...50, using: &random)) / 4 }
                for (index, value) in zip(chosen, values) { batch.add(value, to: series[index]) }
                let taken = try await store.append(batch)
                guard taken > 0 else { continue }
                for (index, value) in zip(chosen, values) { model[index][time] = value }
            }
            switch Int.random(in: 0..<12, using: &random) {
            case 0: try await store.flush()
            case 1, 2, 3: try await store.maintain()
            case 4:
                try await store.close()
                store = try await open(configuration)
            default: break
            }
            if step % 25 == 0 {
                for index in 0..<20 {
                    #expect(try store.values(of: series[index]) == model[index], "seed \(seed), step \(step)")
                }
            }
        }
        try await store.settle()
        for index in 0..<20 { #expect(try store.values(of: series[index]) == model[index], "seed \(seed)") }
        #expect(store.statistics.tiers[0].blockCount > 0 && store.statistics.damage.isEmpty)
        try await store.close()
        #expect(disk.openFileCount == 0 && disk.heldLockCount == 0)
    }

    @Test("windows keep the least, the greatest, sum, count, first and last of their samples, tier after tier")
    func rollups() async throws {
        let store = try await open()
        let gauge = try store.series("temperature")
        var random = SeededGenerator(seed: 3)
        var samples: [(second: Int, value: Double)] = []
        for second in 0..<7_200 {
            clock.advance(by: .seconds(1))
            let value = 20 + Double.random(in: -5...5, using: &random)
            samples.append((second, value))
            try await store.add(value, to: gauge, at: moment(Double(second)))
            if second % 10 == 0 { try await store.settle() }
        }
        let tiers = store.statistics.tiers
        #expect(tiers.allSatisfy { $0.blockCount > 0 })
        let points = try store.samples(of: gauge, from: .zero, through: moment(1e9))
        var start = 0
        var sizes: Set<Double> = []
        for point in points {
            let window = samples[start..<start + Int(point.count)]
            start += Int(point.count)
            sizes.insert(point.count)
            #expect(point.value == window.last?.value && point.time == moment(Double(window.last?.second ?? 0)))
            #expect(point.min == window.map(\.value).min() && point.max == window.map(\.value).max())
            #expect(abs(point.sum - window.reduce(0) { $0 + $1.value }) < 1e-9)
        }
        #expect(start == samples.count, "no sample is lost or counted twice")
        #expect(sizes.isSuperset(of: [1, 10, 60]), "all three tiers are read")
        try await store.close()
    }

    @Test("a counter that begins anew grows through all tiers as its samples say")
    func counterResets() async throws {
        let store = try await open()
        let counter = try store.series("requests_total", kind: .counter)
        var random = SeededGenerator(seed: 4)
        var total = 0.0
        var truth = [0.0]
        for second in 0..<3_600 {
            clock.advance(by: .seconds(1))
            let growth = Double(Int.random(in: 0...9, using: &random))
            total = second % 97 == 96 ? growth : total + growth
            // What came before a restart and after the last sample nobody knows.
            truth.append((truth.last ?? 0) + growth)
            try await store.add(total, to: counter, at: moment(Double(second)))
            if second % 10 == 0 { try await store.settle() }
        }
        let found = try store.evaluate(Series("requests_total").increase(over: .seconds(3_000)), at: moment(3_599))
        let value = try #require(found.series.first?.value(at: 0))
        // The first window ends somewhere within its minute; what is not covered is extrapolated.
        let expected = truth[3_600] - truth[600]
        #expect(abs(value - expected) / expected < 0.02, "\(value), not \(expected)")
        try await store.close()
    }

    @Test("the quantiles of rolled up histograms stay within the stated error")
    func histogramRollups() async throws {
        let store = try await open()
        let registry = MetricRegistry()
        let latency = try registry.histogram("latency_seconds", unit: .nanoseconds)
        var random = SeededGenerator(seed: 8)
        var recorded: [[Int64]] = []
        for second in 0..<4_000 {
            clock.advance(by: .seconds(1))
            let samples = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                Int64(
                    1_000 * Double.random(in: 1...1_000, using: &random) * Double.random(in: 1...1_000, using: &random)
                )
            }
            for sample in samples { latency.record(sample) }
            recorded.append(samples)
            #expect(try await store.record(registry.snapshot(), at: moment(Double(second))) >= 1)
            if second % 10 == 0 { try await store.settle() }
        }
        let series = try store.series("latency_seconds", kind: .histogram)
        let points = try store.histograms(of: series, from: .zero, through: moment(1e9))
        var start = 0
        var tested = 0
        for point in points {
            let end = Int((point.time - moment(0)).wholeMilliseconds / 1_000) + 1
            let exact = recorded[start..<end].flatMap(\.self).sorted().map { Double($0) / 1e9 }
            #expect(point.increase.count == Double(exact.count))
            #expect(abs(point.increase.sum - exact.reduce(0, +)) <= 1e-6 * exact.reduce(0, +) + 1e-9)
            for q in [0.1, 0.5, 0.9, 0.99] where !exact.isEmpty {
                let wanted = exact[max(1, Int((q * Double(exact.count)).rounded(.up))) - 1]
                let found = try #require(point.increase.quantile(q))
                #expect(abs(found - wanted) / wanted <= HistogramSnapshot.relativeErrorMax, "\(q) of \(start)..<\(end)")
                if end - start == 60 { tested += 1 }
            }
            start = end
        }
        #expect(start == recorded.count && tested > 20)
        try await store.close()
    }

    @Test("samples outside of the window are refused and counted, and one of the same time replaces the earlier")
    func window() async throws {
        let store = try await open()
        let series = try store.series("m")
        clock.advance(by: .seconds(100))
        #expect(try await store.add(1, to: series, at: moment(100)) == 1)
        #expect(try await store.add(2, to: series, at: moment(95)) == 1)
        #expect(try await store.add(3, to: series, at: moment(94.9)) == 0)
        #expect(try await store.add(4, to: series, at: moment(701)) == 0)
        #expect(try await store.add(5, to: series, at: moment(95)) == 1)
        #expect(try store.values(of: series) == [100: 1, 95: 5])
        #expect(store.statistics.refusedSampleCount == 2)
        try await store.flush()
        #expect(try await store.add(6, to: series, at: moment(95)) == 1)
        #expect(try store.values(of: series) == [100: 1, 95: 6])
        try await store.close()
    }

    @Test("the newer of two samples of one time counts, wherever the older one is", arguments: [1, 20])
    func overwriting(width: Int) async throws {
        var store = try await open()
        let series = try (0..<20).map { try store.series("m", labels: [("i", "\($0)")]) }
        func put(_ value: Double, _ second: Double, _ count: Int) async throws {
            var batch = SampleBatch(at: moment(second))
            for one in series.prefix(count) { batch.add(value, to: one) }
            #expect(try await store.append(batch) == count)
        }
        clock.advance(by: .seconds(50))
        try await put(1, 50, width)
        try await store.flush()
        try await put(5, 46, width)
        try await put(2, 50, width)
        try await put(3, 48, width)
        try await put(4, 48, 21 - width)
        let expected: [Double: Double] = [46: 5, 48: 4, 50: 2]
        #expect(try store.values(of: series[0]) == expected)
        try await store.close()
        store = try await open()
        #expect(try store.values(of: series[0]) == expected, "out of the log")
        try await store.flush()
        #expect(try store.values(of: series[0]) == expected, "in two blocks")
        for second in stride(from: 60.0, through: 100, by: 8) {
            clock.advance(by: .seconds(8))
            try await put(9, second, width)
        }
        try await store.settle()
        #expect(store.statistics.tiers[1].blockCount > 0)
        let points = try store.samples(of: series[0], from: .zero, through: moment(51))
        #expect(points.map(\.value) == [5, 4, 2])
        try await store.close()
    }

    @Test("what is beyond its retention goes, tier by tier, and the catalogue forgets series without samples")
    func retention() async throws {
        let store = try await open()
        for index in 0..<200 {
            try await store.add(1, to: store.series("old", labels: [("i", "\(index)")]), at: moment(0))
        }
        let current = try store.series("current")
        for second in stride(from: 0, to: 40_000, by: 50) {
            clock.advance(by: .seconds(50))
            try await store.add(Double(second), to: current, at: moment(Double(second)))
            try await store.settle()
        }
        let statistics = store.statistics
        #expect(statistics.seriesCount == 1, "the old series are forgotten")
        let oldest = try #require(statistics.tiers[2].oldest)
        #expect(oldest > moment(40_000 - 14_400 - 4_000) && oldest < moment(40_000 - 10_000))
        let finest = try #require(statistics.tiers[0].oldest)
        #expect(finest > moment(40_000 - 400))
        let again = try store.series("old", labels: [("i", "7")])
        #expect(try await store.add(2, to: again, at: moment(39_990)) == 1, "a forgotten series comes back")
        try await store.close()
        let reopened = try await open()
        #expect(reopened.statistics.seriesCount == 2)
        #expect(try reopened.values(of: again).values.contains(2))
        try await reopened.close()
    }

    @Test("the disk budget is kept at every moment, and the newest samples stay")
    func budget() async throws {
        var configuration = shortTiers
        configuration.diskBytesMax = 200_000
        configuration.headBytesMax = 20_000
        // A disk of that size: a byte more, even for a moment of a flush, would be an error.
        disk.setCapacity(200_000)
        let store = try await open(configuration)
        let series = try (0..<40).map { try store.series("m", labels: [("i", "\($0)")]) }
        var random = SeededGenerator(seed: 9)
        var most: Int64 = 0
        for second in 0..<6_000 {
            clock.advance(by: .seconds(1))
            var batch = SampleBatch(at: moment(Double(second)))
            for one in series { batch.add(Double.random(in: 0...1, using: &random), to: one) }
            try await store.append(batch)
            if second % 10 == 0 { try await store.settle() }
            most = max(most, disk.usedByteCount)
        }
        #expect(most <= 200_000 && most > 150_000, "\(most) bytes at most")
        #expect(store.statistics.droppedPointCount > 0)
        let newest = try store.samples(of: series[3], from: moment(5_990), through: moment(6_000))
        #expect(newest.count == 10)
        try await store.close()
    }

    @Test(
        "a budget with no room for its series drops and refuses, counts that, and goes on with the newest",
        arguments: [(65_536, 100), (65_536, 500), (131_072, 2_000), (65_536, 4_000)]
    )
    func tinyBudget(budget: Int64, seriesCount: Int) async throws {
        var configuration = shortTiers
        configuration.diskBytesMax = budget
        disk.setCapacity(budget)
        let store = try await open(configuration)
        let series = (0..<seriesCount).compactMap { try? store.series("m_total", labels: [("i", "\($0)")]) }
        #expect(series.count >= min(seriesCount, 300), "names have half of the budget")
        var taken: UInt64 = 0
        for second in 0..<200 {
            clock.advance(by: .seconds(1))
            var batch = SampleBatch(at: moment(Double(second)))
            for one in series { batch.add(Double(second), to: one) }
            taken += UInt64(try await store.append(batch))
            if second % 4 == 3 { try await store.settle() }
            #expect(disk.usedByteCount <= budget, "at \(second)")
        }
        let statistics = store.statistics
        #expect(statistics.refusedSampleCount + taken == UInt64(200 * series.count))
        #expect(seriesCount == 100 || statistics.droppedPointCount > 0)
        let newest = try store.samples(of: series[3], from: moment(190), through: moment(200))
        #expect(!newest.isEmpty, "\(statistics)")
        try await store.close()
    }

    @Test("one store has a directory at a time, and a foreign directory is refused")
    func refusals() async throws {
        let store = try await open()
        #expect(try await storeCode { try await open() } == .storeIsLocked)
        try await store.close()
        #expect(try await storeCode { try await store.flush() } == .storeIsClosed)
        #expect(try await storeCode { try store.series("m") } == .storeIsClosed)
        var other = shortTiers
        other.tiers.removeLast()
        #expect(try await storeCode { try await open(other) } == .unsupportedFormat)
        other.tiers = [
            StoreTier(resolution: .seconds(3), retention: .seconds(100)),
            StoreTier(resolution: .seconds(7), retention: .seconds(900)),
        ]
        #expect(try await storeCode { try await open(other) } == .invalidArgument)
        try disk.createDirectory("/photos")
        try disk.install([1, 2, 3], at: "/photos/cat.jpg")
        let foreign = try await storeCode {
            try await SeriesStore.open(at: "/photos", on: disk, configuration: shortTiers, clock: clock.now)
        }
        #expect(foreign == .notStore)
    }

    @Test("names and kinds are checked")
    func naming() async throws {
        let store = try await open()
        #expect(try await storeCode { try store.series("9lives") } == .invalidName)
        #expect(try await storeCode { try store.series("m", labels: [("__x", "1")]) } == .invalidName)
        #expect(try await storeCode { try store.series("m", labels: [("a", "1"), ("a", "2")]) } == .invalidName)
        let histogram = try store.series("h", kind: .histogram)
        #expect(try await storeCode { try await store.add(1, to: histogram, at: moment(0)) } == .typeConflict)
        var batch = SampleBatch(at: moment(0))
        batch.add(SeriesHistogram(), to: try store.series("number"))
        #expect(try await storeCode { try await store.append(batch) } == .typeConflict)
        #expect(try await storeCode { try store.series("h", kind: .counter) } == .typeConflict)
        #expect(
            try store.series("m", labels: [("b", "1"), ("a", "2")])
                == store.series("m", labels: [("a", "2"), ("b", "1")])
        )
        try await store.close()
    }

    @Test("a series that the store cannot take is left out and named, and the others are kept")
    func unstorable() async throws {
        let store = try await open()
        let before = MetricRegistry()
        try before.histogram("x").record(5)
        // Beside what is made here a registry has a counter of its own.
        #expect(try await store.record(before.snapshot(), at: moment(0)) == 2)
        #expect(store.statistics.samplingFailure == nil)
        let after = MetricRegistry()
        try after.counter("x").increment()
        try after.counter("y_total", labels: [("text", String(repeating: "t", count: 70_000))]).increment()
        let gauge = try after.gauge("z")
        for second in 1...3 {
            gauge.set(Double(second))
            #expect(try await store.record(after.snapshot(), at: moment(Double(second))) == 2)
        }
        #expect(try store.values(of: store.series("z")) == [1: 1, 2: 2, 3: 3])
        #expect(store.statistics.leftOutSeriesCount > 0)
        let code = try #require(store.statistics.samplingFailure).code
        #expect(code == .typeConflict || code == .invalidName)
        #expect(try await store.record(MetricRegistry().snapshot(), at: moment(4)) == 2, "the gauge's end")
        #expect(store.statistics.samplingFailure == nil)
        try await store.close()
    }

    @Test("a series that left the registry ends, and one that comes back goes on")
    func sampling() async throws {
        let system = TelemetrySystem()
        let store = try await open()
        let counter = system.makeCounter(label: "jobs", dimensions: [("queue", "a")])
        for second in 0..<20 {
            clock.advance(by: .seconds(1))
            if second < 10 { counter.increment(by: 1) }
            if second == 10 { system.destroyCounter(counter) }
            try await store.record(system.registry.snapshot(), at: moment(Double(second)))
        }
        let query = try Query("jobs{queue=\"a\"}")
        #expect(try store.evaluate(query, at: moment(9)).series.first?.value(at: 0) == 10)
        #expect(try store.evaluate(query, at: moment(10)).series.isEmpty, "it has ended")
        let again = system.makeCounter(label: "jobs", dimensions: [("queue", "a")])
        again.increment(by: 3)
        clock.advance(by: .seconds(1))
        try await store.record(system.registry.snapshot(), at: moment(20))
        #expect(try store.evaluate(query, at: moment(20)).series.first?.value(at: 0) == 3)
        try await store.close()
    }

    @Test("run samples until it is cancelled, and leaves everything safe")
    func running() async throws {
        var configuration = StoreConfiguration()
        configuration.tiers = [StoreTier(resolution: .milliseconds(5), retention: .seconds(60))]
        let store = try await SeriesStore.open(
            at: "/metrics",
            on: disk,
            configuration: configuration,
            clock: { .seconds(1_780_000_000) + (ContinuousClock.now - start) }
        )
        let registry = MetricRegistry()
        try registry.gauge("level").set(4)
        let run = Task { try await store.run(sampling: registry) }
        while store.statistics.headSampleCount < 12 { await Task.yield() }
        run.cancel()
        try await run.value
        disk.crash()
        let left = disk.restarted(after: .lost)
        let reopened = try await SeriesStore.open(
            at: "/metrics",
            on: left,
            configuration: configuration,
            clock: clock.now
        )
        #expect(reopened.statistics.headSampleCount >= 12)
        try await reopened.close()
    }
}

private let start = ContinuousClock.now
