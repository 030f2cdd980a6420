import CoreMetrics
import Synchronization
import Telemetry
import Testing

@Suite("Idle series")
struct ExpiryTests {
    private let time = ManualTime()

    private func registry(gaugesExpire: Bool = false, seriesMax: Int = 2_000) -> MetricRegistry {
        let time = time
        let configuration = TelemetryConfiguration(
            seriesPerFamilyMax: seriesMax,
            idleLifetime: .seconds(60),
            gaugesExpire: gaugesExpire
        )
        return MetricRegistry(configuration: configuration, now: { time.now })
    }

    private func expired(_ registry: MetricRegistry, _ family: String) -> SeriesSnapshot.Value? {
        registry.snapshot().value(of: "telemetry_series_expired_total", labels: [("family", family)])
    }

    @Test("a series goes after it was idle for the stated time, and not before")
    func goes() throws {
        let registry = registry()
        let kept = try registry.counter("a_total", labels: [("x", "busy")])
        try registry.counter("a_total", labels: [("x", "idle")]).increment()
        try registry.histogram("h", labels: [("x", "idle")]).record(5)
        registry.expireIdle()
        time.advance(seconds: 59)
        kept.increment()
        registry.expireIdle()
        #expect(registry.snapshot().value(of: "a_total", labels: [("x", "idle")]) == .counter(1))
        time.advance(seconds: 1)
        registry.expireIdle()
        #expect(registry.snapshot().value(of: "a_total", labels: [("x", "idle")]) == nil)
        #expect(registry.snapshot().value(of: "a_total", labels: [("x", "busy")]) == .counter(1))
        #expect(!registry.snapshot().families.contains { $0.name == "h" })
        #expect(expired(registry, "a_total") == .counter(1) && expired(registry, "h") == .counter(1))
    }

    @Test("a metric that is held comes back with its next sample, its total and its start, and loses nothing")
    func heldComesBack() throws {
        let registry = registry()
        let counter = try registry.counter("a_total", labels: [("x", "1")])
        let histogram = try registry.histogram("h", labels: [("x", "1")])
        counter.increment(by: 7)
        histogram.record(1_000)
        let created = registry.snapshot().families.first { $0.name == "a_total" }?.series.first?.created
        registry.expireIdle()
        time.advance(seconds: 60)
        registry.expireIdle()
        #expect(!registry.snapshot().families.contains { $0.name == "a_total" && !$0.series.isEmpty })
        counter.increment()
        histogram.record(3_000)
        registry.expireIdle()
        let family = try #require(registry.snapshot().families.first { $0.name == "a_total" })
        #expect(family.series.first?.value == .counter(8))
        #expect(family.series.first?.created == created)
        guard case .histogram(let snapshot)? = registry.snapshot().value(of: "h", labels: [("x", "1")]) else {
            Issue.record("the histogram did not come back")
            return
        }
        #expect(snapshot.count == 2 && snapshot.max == 3e-6)
    }

    @Test("a metric that nobody holds begins at zero with a start of its own")
    func unheldBeginsAnew() throws {
        let registry = registry()
        try registry.counter("a_total", labels: [("x", "1")]).increment(by: 7)
        let first = registry.snapshot().families.first { $0.name == "a_total" }?.series.first?.created
        registry.expireIdle()
        time.advance(seconds: 100)
        registry.expireIdle()
        try registry.counter("a_total", labels: [("x", "1")]).increment(by: 2)
        let second = try #require(registry.snapshot().families.first { $0.name == "a_total" }?.series.first)
        #expect(second.value == .counter(2))
        #expect(second.created == first.map { $0 + .seconds(100) })
    }

    @Test("series without labels stay, and gauges do unless they are to expire")
    func stays() throws {
        for gaugesExpire in [false, true] {
            let registry = registry(gaugesExpire: gaugesExpire)
            try registry.counter("plain_total").increment()
            try registry.gauge("build_info", labels: [("version", "1")]).set(1)
            registry.expireIdle()
            time.advance(seconds: 1_000)
            registry.expireIdle()
            #expect(registry.snapshot().value(of: "plain_total") == .counter(1))
            let gauge = registry.snapshot().value(of: "build_info", labels: [("version", "1")])
            #expect(gauge == (gaugesExpire ? nil : .gauge(1)))
        }
    }

    @Test("a gauge that is set to the value it has is not idle")
    func gaugeTouches() throws {
        let registry = registry(gaugesExpire: true)
        let gauge = try registry.gauge("g", labels: [("x", "1")])
        for _ in 0..<5 {
            gauge.set(4)
            registry.expireIdle()
            time.advance(seconds: 50)
        }
        #expect(registry.snapshot().value(of: "g", labels: [("x", "1")]) == .gauge(4))
    }

    @Test("what goes makes room under the bound")
    func makesRoom() throws {
        let registry = registry(seriesMax: 3)
        for user in 0..<3 { try registry.counter("a_total", labels: [("user", "\(user)")]).increment() }
        registry.expireIdle()
        time.advance(seconds: 60)
        registry.expireIdle()
        for user in 3..<6 { try registry.counter("a_total", labels: [("user", "\(user)")]).increment() }
        let family = try #require(registry.snapshot().families.first { $0.name == "a_total" })
        #expect(family.series.map { $0.labels.map(\.value) } == [["3"], ["4"], ["5"]])
    }

    @Test("a look-up brings a hidden series back at once, in every exposition")
    func lookUpShows() throws {
        let registry = registry()
        let counter = try registry.counter("a_total", labels: [("x", "1")])
        counter.increment(by: 3)
        registry.expireIdle()
        time.advance(seconds: 60)
        registry.expireIdle()
        #expect(!PrometheusText.text(of: registry.snapshot()).contains("a_total{"))
        #expect(try registry.counter("a_total", labels: [("x", "1")]) === counter)
        #expect(PrometheusText.text(of: registry.snapshot()).contains("a_total{x=\"1\"} 3\n"))
    }

    @Test("what swift-metrics made and nobody holds is given back; what is held comes back")
    func facade() {
        let time = time
        let configuration = TelemetryConfiguration(idleLifetime: .seconds(60))
        let system = TelemetrySystem(configuration: configuration, now: { time.now })
        func value(_ code: String) -> SeriesSnapshot.Value? {
            system.registry.snapshot().value(of: "requests", labels: [("code", code)])
        }
        let held = CoreMetrics.Counter(label: "requests", dimensions: [("code", "200")], factory: system)
        held.increment(by: 5)
        CoreMetrics.Counter(label: "requests", dimensions: [("code", "404")], factory: system).increment(by: 6)
        system.expireIdle()
        time.advance(seconds: 60)
        system.expireIdle()
        #expect(value("200") == nil && value("404") == nil)
        held.increment()
        CoreMetrics.Counter(label: "requests", dimensions: [("code", "404")], factory: system).increment()
        system.expireIdle()
        #expect(value("200") == .counter(6))
        #expect(value("404") == .counter(1))
        held.destroy()
        #expect(value("200") == nil)
    }

    @Test("what is looked up between being hidden and being given back stays, and counts for itself alone")
    func lookedUpMeanwhile() throws {
        let registry = registry()
        let family = try registry.counters("a_total", by: LabelKey<String>("x"))
        var held: Telemetry.Counter? = family.series("1")
        held?.increment()
        registry.expireIdle()
        time.advance(seconds: 60)
        let hidden = registry.hideIdle()
        #expect(hidden.count == 1)
        _ = family.series("1")
        held = nil
        registry.retire(hidden)
        let other = try registry.counter("b_total")
        family.increment("1", by: 1_000)
        #expect(other.value == 0)
        #expect(registry.snapshot().value(of: "a_total", labels: [("x", "1")]) == .counter(1_001))
    }

    @Test("a clock that is set ahead or back makes nothing older, and idle time goes on as before")
    func wrongClock() throws {
        let (wall, uptime) = (ManualTime(), ManualTime(seconds: 5))
        let registry = MetricRegistry(
            configuration: TelemetryConfiguration(idleLifetime: .seconds(60)),
            clocks: MetricClocks(sinceEpoch: { wall.now }, uptime: { uptime.now })
        )
        let family = try registry.counters("a_total", by: LabelKey<String>("x"))
        let value = { registry.snapshot().value(of: "a_total", labels: [("x", "1")]) }
        family.increment("1", by: 10)
        registry.expireIdle()
        wall.advance(seconds: 172_800)
        uptime.advance(seconds: 59)
        registry.expireIdle()
        #expect(value() == .counter(10))
        family.increment("1", by: 1)
        registry.expireIdle()
        #expect(value() == .counter(11))
        wall.advance(seconds: -345_600)
        uptime.advance(seconds: 60)
        registry.expireIdle()
        #expect(value() == nil)
    }

    @Test("expiry beside eight threads that look up, record and let go loses nothing and counts nothing twice")
    func concurrency() throws {
        let time = time
        let configuration = TelemetryConfiguration(idleLifetime: .nanoseconds(1))
        let registry = MetricRegistry(configuration: configuration, now: { time.now })
        let family = try registry.counters("a_total", by: LabelKey<Int>("thread"), LabelKey<String>("x"))
        let held = (0..<4).map { family.series($0, "held") }
        let running = Atomic(8)
        let rounds = TestRounds.count
        onThreads(9) { thread in
            if thread == 8 {
                while running.load(ordering: .acquiring) > 0 {
                    time.advance(seconds: 1)
                    registry.expireIdle()
                }
            } else {
                for step in 0..<rounds {
                    family.increment(thread % 4, "held")
                    if step % 64 == 0 { family.increment(thread, "gone") }
                }
                running.subtract(1, ordering: .releasing)
            }
        }
        for counter in held { #expect(counter.value == UInt64(rounds * 2)) }
        registry.expireIdle()
        let shown = registry.snapshot().families.first { $0.name == "a_total" }?.series ?? []
        for series in shown where series.labels.last?.value == "held" {
            #expect(series.value == .counter(UInt64(rounds * 2)))
        }
    }
}

private enum TestRounds {
    static let count = 50_000
}
