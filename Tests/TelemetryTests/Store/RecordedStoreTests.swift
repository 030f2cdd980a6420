import Foundation
import Telemetry
import Testing
import VitrineTestSupport

/// What the recorded store holds: 400 seconds of eighteen gauges, one alone, a counter and two histograms.
private enum Recording {
    static let seconds = 0..<400
    static let gaugeCount = 18
    /// The second from which on samples are in the log alone.
    static let unflushed = 380

    static let configuration: StoreConfiguration = {
        var configuration = StoreConfiguration()
        configuration.tiers = [
            StoreTier(resolution: .seconds(1), retention: .seconds(1_200)),
            StoreTier(resolution: .seconds(10), retention: .seconds(24_000)),
        ]
        configuration.outOfOrderWindow = .seconds(5)
        configuration.headAgeMax = .seconds(45)
        return configuration
    }()

    /// Values for which each way of packing is the shortest: constants, lines, decimals, reals in one binade, any bits.
    static func gauge(_ index: Int, _ second: Int) -> Double {
        switch index % 6 {
        case 0: 7
        case 1: Double(3 * second - 500)
        case 2: Double((second * 7_919) % 1_000 + 20_000) / 100
        case 3: 1 + Double((second &* 2_654_435_761) % 1_000_003) / 3_000_009
        case 4: Double(bitPattern: UInt64(truncatingIfNeeded: second &* 0x5851_F42D_4C95_7F2D) & 0xBFFF_FFFF_FFFF_FFFF)
        default: second % 50 < 40 ? Double(second / 10) : -0.0
        }
    }

    /// A counter that begins anew at 150 and at 300.
    static func counter(_ second: Int) -> Double { Double(2 * (second % 150)) }

    static func alone(_ second: Int) -> Double? { second % 7 == 3 ? Double(second) / 8 : nil }

    static func nanoseconds(_ second: Int) -> [Int64] { (0..<second % 4).map { Int64(1_000 << ($0 * 3) + second) } }

    static func degrees(_ second: Int) -> Double { Double(second % 40) - 20 }

    /// Writes the store to an empty directory.
    static func write(to path: String) async throws {
        let clock = ManualClock(sinceEpoch: moment(0))
        let store = try await SeriesStore.open(at: path, configuration: configuration, clock: clock.now)
        let gauges = try (0..<gaugeCount).map {
            try store.series("gauge", labels: [("index", "\($0)"), ("text", "ü\n\"\($0)")])
        }
        let counter = try store.series("requests_total", kind: .counter)
        let single = try store.series("alone")
        let registry = MetricRegistry()
        let latency = try registry.histogram("latency_seconds")
        let degrees = try registry.floatingPointHistogram("degrees")
        for second in seconds {
            clock.advance(by: .seconds(1))
            var batch = SampleBatch(at: moment(Double(second)))
            for (index, series) in gauges.enumerated() { batch.add(gauge(index, second), to: series) }
            batch.add(Self.counter(second), to: counter)
            try await store.append(batch)
            if let value = alone(second) { try await store.add(value, to: single, at: moment(Double(second))) }
            for sample in nanoseconds(second) { latency.record(sample) }
            degrees.record(Self.degrees(second))
            try await store.record(registry.snapshot(), at: moment(Double(second)))
            if second < unflushed, second % 20 == 19 { try await store.settle() }
            if second == unflushed - 1 { try await store.flush() }
        }
        try await store.close()
    }
}

@Suite("A store that an earlier version wrote")
struct RecordedStoreTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/format-1")

    /// Set `VITRINE_RECORD` to a path to have the store written there, and read the note in `Fixtures` before it is
    /// committed.
    @Test(
        "can be recorded",
        .enabled(if: ProcessInfo.processInfo.environment["VITRINE_RECORD"] != nil, "only on request")
    )
    func record() async throws {
        let path = try #require(ProcessInfo.processInfo.environment["VITRINE_RECORD"])
        try await Recording.write(to: path)
        try FileManager.default.removeItem(atPath: path + "/lock")
    }

    @Test("is read to the last bit, and can be added to")
    func reading() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store"
        try FileManager.default.copyItem(atPath: Self.folder.path, toPath: path)
        for (folder, suffixes) in [("blocks", [".flush", ".block"]), ("log", [".log"])] {
            let names = try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)
            for suffix in suffixes { #expect(names.contains { $0.hasSuffix(suffix) }, "\(names)") }
        }
        let clock = ManualClock(sinceEpoch: moment(400))
        var store = try await SeriesStore.open(at: path, configuration: Recording.configuration, clock: clock.now)
        try check(store)
        try await store.add(1, to: try store.series("alone"), at: moment(399))
        // And again when this version has put together what that one wrote.
        clock.advance(by: .seconds(300))
        let later = try store.series("later")
        for second in [690.0, 698] { try await store.add(2, to: later, at: moment(second)) }
        try await store.flush()
        try await store.settle()
        try check(store)
        try await store.close()
        store = try await SeriesStore.open(at: path, configuration: Recording.configuration, clock: clock.now)
        try check(store)
        try await store.close()
    }

    private func check(_ store: SeriesStore) throws {
        #expect(store.statistics.damage == [])
        #expect(store.statistics.tiers.allSatisfy { $0.blockCount > 0 })
        let names = [
            "alone", "degrees", "gauge", "latency_seconds", "requests_total", "telemetry_samples_rejected_total",
        ]
        #expect(store.metricNames.filter { $0 != "later" } == names)
        for index in 0..<Recording.gaugeCount {
            let labels = [("index", "\(index)"), ("text", "ü\n\"\(index)")]
            let found = try store.samples(of: store.series("gauge", labels: labels), from: .zero, through: moment(1e9))
            #expect(found.map(\.time) == Recording.seconds.map { moment(Double($0)) })
            let bits = Recording.seconds.map { Recording.gauge(index, $0).bitPattern }
            #expect(found.map(\.value.bitPattern) == bits, "gauge \(index)")
        }
        for second in Recording.seconds {
            guard let value = Recording.alone(second) else { continue }
            #expect(try store.values(of: store.series("alone"))[Double(second)] == value)
        }
        try checkHistograms(store)
        try checkWindows(store)
    }

    private func checkHistograms(_ store: SeriesStore) throws {
        let latency = try store.series("latency_seconds", kind: .histogram)
        let found = try store.histograms(of: latency, from: .zero, through: moment(1e9))
        #expect(found.map(\.increase.count) == Recording.seconds.map { Double(Recording.nanoseconds($0).count) })
        let degrees = try store.series("degrees", kind: .histogram)
        for (second, point) in try zip(
            Recording.seconds,
            store.histograms(of: degrees, from: .zero, through: moment(1e9))
        ) {
            let value = Recording.degrees(second)
            #expect(point.increase.count == 1 && abs(point.increase.sum - value) < 1e-9)
            let error = abs((point.increase.quantile(0.5) ?? .nan) - value)
            #expect(error <= abs(value) * HistogramSnapshot.relativeErrorMax)
        }
    }

    /// What is read from the coarser tier where there is one.
    private func checkWindows(_ store: SeriesStore) throws {
        let range = Duration.seconds(100)
        let times = (moment(199), moment(299))
        func values(_ query: Query) throws -> [Double?] {
            let result = try store.evaluate(query, from: times.0, through: times.1, step: range)
            return (0..<result.count).map { result.series.first?.value(at: $0) }
        }
        let ramp = Series("gauge", where: .equal("index", "1"))
        let expected = [100..<200, 200..<300].map { $0.map { Recording.gauge(1, $0) } }
        #expect(try values(ramp.sum(over: range)) == expected.map { $0.reduce(0, +) })
        #expect(try values(ramp.minimum(over: range)) == expected.map { $0.min() })
        #expect(try values(ramp.maximum(over: range)) == expected.map { $0.max() })
        #expect(try values(ramp.count(over: range)) == [100, 100])
        // The counter grew by 2 a second, and begins anew within the first of the two.
        for growth in try values(Series("requests_total").increase(over: range)) {
            #expect(abs((growth ?? .nan) - 200) <= 20, "one window is not known")
        }
        let latency = try store.evaluate(Series("latency_seconds").increase(over: range), at: moment(199))
        let count = (100..<200).reduce(0) { $0 + Recording.nanoseconds($1).count }
        #expect(latency.series.first?.histogram(at: 0)?.count == Double(count))
    }
}
