import CoreMetrics
import Telemetry
import Testing

@Suite("The swift-metrics backend")
struct SwiftMetricsTests {
    private let system = TelemetrySystem()

    private func value(_ name: String, _ labels: [(String, String)] = []) -> SeriesSnapshot.Value? {
        system.registry.snapshot().value(of: name, labels: labels)
    }

    private func histogram(_ name: String) -> HistogramSnapshot? {
        if case .histogram(let snapshot) = value(name) { snapshot } else { nil }
    }

    @Test("counters count whole numbers and can start again")
    func counters() {
        let counter = CoreMetrics.Counter(label: "http.requests", dimensions: [("code", "200")], factory: system)
        counter.increment()
        counter.increment(by: 41)
        #expect(value("http_requests", [("code", "200")]) == .counter(42))
        counter.reset()
        #expect(value("http_requests", [("code", "200")]) == .counter(0))
        counter.increment(by: 3)
        #expect(value("http_requests", [("code", "200")]) == .counter(3))
    }

    @Test("floating-point counters keep fractions and refuse what is no amount")
    func floatingPointCounters() {
        let counter = FloatingPointCounter(label: "paid", factory: system)
        for amount in [0.25, 0.5, -3, .nan, .infinity] { counter.increment(by: amount) }
        #expect(value("paid") == .floatingPointCounter(0.75))
        counter.reset()
        #expect(value("paid") == .floatingPointCounter(0))
        #expect(value("telemetry_samples_rejected_total") == .counter(2))
    }

    @Test("meters and recorders that do not aggregate are gauges")
    func gauges() {
        let meter = Meter(label: "depth", factory: system)
        meter.set(10)
        meter.increment(by: 2.5)
        meter.decrement(by: 0.5)
        #expect(value("depth") == .gauge(12))
        let gauge = CoreMetrics.Gauge(label: "heat", factory: system)
        gauge.record(3)
        gauge.record(-1.5)
        #expect(value("heat") == .gauge(-1.5))
    }

    @Test("recorders that aggregate are histograms of reals")
    func recorders() throws {
        let recorder = Recorder(label: "ratio", factory: system)
        recorder.record(-2)
        recorder.record(0.5)
        let snapshot = try #require(histogram("ratio"))
        #expect(snapshot.count == 2 && snapshot.sum == -1.5 && snapshot.min == -2 && snapshot.max == 0.5)
    }

    @Test("timers are histograms of seconds")
    func timers() throws {
        let timer = CoreMetrics.Timer(label: "request", factory: system)
        timer.recordMilliseconds(250)
        timer.recordNanoseconds(1)
        let snapshot = try #require(histogram("request"))
        #expect(snapshot.max == 0.25 && snapshot.min == 1e-9 && snapshot.sum == 0.250000001)
    }

    @Test("the same label and dimensions in any order are one series, which goes with the last maker")
    func sharedSeries() {
        let first = CoreMetrics.Counter(label: "n", dimensions: [("a", "1"), ("b", "2")], factory: system)
        let second = CoreMetrics.Counter(label: "n", dimensions: [("b", "2"), ("a", "1")], factory: system)
        first.increment()
        second.increment()
        #expect(value("n", [("a", "1"), ("b", "2")]) == .counter(2))
        first.destroy()
        second.increment()
        #expect(value("n", [("a", "1"), ("b", "2")]) == .counter(3))
        second.destroy()
        second.destroy()
        #expect(value("n", [("a", "1"), ("b", "2")]) == nil)
        let third = CoreMetrics.Counter(label: "n", dimensions: [("a", "1"), ("b", "2")], factory: system)
        first.destroy()
        third.increment()
        #expect(value("n", [("a", "1"), ("b", "2")]) == .counter(1))
    }

    @Test("a series made through the registry is shared, and not taken away by the facade")
    func sharedWithTheRegistry() throws {
        let direct = try system.registry.counter("orders")
        direct.increment()
        let facade = CoreMetrics.Counter(label: "orders", factory: system)
        facade.increment()
        #expect(direct.value == 2)
        facade.reset()
        facade.destroy()
        #expect(value("orders") == .counter(2))
    }

    @Test("a series that the registry handed out too is not taken away, whoever made it first")
    func sharedWithTheFacade() throws {
        let facade = CoreMetrics.Counter(label: "orders", dimensions: [("a", "b")], factory: system)
        facade.increment(by: 5)
        let direct = try system.registry.counter("orders", labels: [("a", "b")])
        facade.destroy()
        direct.increment(by: 100)
        #expect(value("orders", [("a", "b")]) == .counter(105))
        #expect(try system.registry.counter("orders", labels: [("a", "b")]) === direct)
    }

    @Test("labels that look alike once sanitised stay apart")
    func sanitisedCollisions() {
        for label in ["a.b", "a_b", "a-b"] {
            CoreMetrics.Counter(label: label, factory: system).increment(by: Int64(label.utf8.dropFirst().first ?? 0))
        }
        CoreMetrics.Timer(label: "a.b", factory: system).recordNanoseconds(5)
        let families = system.registry.snapshot().families.filter { $0.name.hasPrefix("a_b") }
        #expect(
            families.map(\.help).sorted() == ["Counter a-b.", "Counter a.b.", "Counter a_b.", "Timer a.b, in seconds."]
        )
        #expect(value("a_b") == .counter(UInt64(UInt8(ascii: "."))))
        #expect(value("a_b_counter") == .counter(UInt64(UInt8(ascii: "_"))))
        #expect(value("a_b_histogram") != nil)
    }

    @Test("dimension names are made to fit and stay apart; of one given twice the last counts")
    func dimensions() throws {
        let dimensions = [
            ("a.b", "1"), ("a_b", "2"), ("le", "3"), ("__x", "4"), ("", "5"), ("twice", "6"), ("twice", "7"),
        ]
        CoreMetrics.Timer(label: "t", dimensions: dimensions, factory: system).recordNanoseconds(1)
        let family = try #require(system.registry.snapshot().families.first { $0.name == "t" })
        let labels = try #require(family.series.first?.labels)
        #expect(labels.map(\.value).sorted() == ["1", "2", "3", "4", "5", "7"])
        #expect(Set(labels.map(\.name)).isSuperset(of: ["_", "a_b", "exported___x", "exported_le", "twice"]))
        #expect(Set(labels.map(\.name)).count == 6)
    }

    @Test("what the bounds leave no room for is recorded in overflow series")
    func bounds() {
        let system = TelemetrySystem(configuration: TelemetryConfiguration(seriesPerFamilyMax: 2, familiesMax: 2))
        for index in 0..<5 {
            let counter = CoreMetrics.Counter(label: "n", dimensions: [("i", "\(index)")], factory: system)
            counter.increment()
            if index > 1 {
                counter.reset()
                counter.destroy()
            }
        }
        CoreMetrics.Timer(label: "t", factory: system).recordNanoseconds(1)
        CoreMetrics.Counter(label: "beyond", factory: system).increment(by: 7)
        CoreMetrics.Counter(label: "far.beyond", factory: system).increment(by: 8)
        let snapshot = system.registry.snapshot()
        #expect(snapshot.value(of: "n", labels: [("telemetry_overflow", "true")]) == .counter(3))
        #expect(snapshot.value(of: "telemetry_overflow_counter") == .counter(15))
        let folded = snapshot.value(
            of: "telemetry_series_folded_total",
            labels: [("family", "telemetry_overflow_counter")]
        )
        #expect(folded == .counter(2))
    }
}
