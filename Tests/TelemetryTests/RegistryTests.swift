import Telemetry
import Testing

@Suite("The registry")
struct RegistryTests {
    @Test("the same name and labels in any order give the same metric")
    func sameMetric() throws {
        let registry = MetricRegistry()
        let first = try registry.counter("requests_total", labels: [("method", "GET"), ("code", "200")])
        let second = try registry.counter("requests_total", labels: [("code", "200"), ("method", "GET")])
        #expect(first === second)
        #expect(try registry.counter("requests_total", labels: [("code", "404"), ("method", "GET")]) !== first)
        first.increment()
        first.increment(by: -5)
        #expect(
            registry.snapshot().value(of: "requests_total", labels: [("method", "GET"), ("code", "200")]) == .counter(1)
        )
    }

    @Test("a name that the data model refuses is refused", arguments: ["", "9lives", "a-b", "a b", "ä", "a\n", "a.b"])
    func badNames(name: String) {
        let registry = MetricRegistry()
        let error = #expect(throws: TelemetryError.self) { try registry.gauge(name) }
        #expect(error?.code == .invalidName)
        #expect(error?.message.contains("\"\(name)\"") == true)
        let labelError = #expect(throws: TelemetryError.self) { try registry.gauge("fine", labels: [(name, "x")]) }
        #expect(labelError?.code == .invalidName)
        #expect(registry.snapshot().families.allSatisfy { $0.name.hasPrefix("telemetry_") })
    }

    @Test("labels that are reserved, or given twice, are refused")
    func badLabels() throws {
        let registry = MetricRegistry()
        for labels in [[("__name__", "x")], [("a:b", "x")], [("telemetry_overflow", "x")], [("a", "1"), ("a", "2")]] {
            let error = #expect(throws: TelemetryError.self) { try registry.counter("fine", labels: labels) }
            #expect(error?.code == .invalidName)
        }
        #expect(throws: TelemetryError.self) { try registry.histogram("fine", labels: [("le", "1")]) }
        _ = try registry.counter("fine", labels: [("le", "1")])
    }

    @Test("a name belongs to one type and unit")
    func conflicts() throws {
        let registry = MetricRegistry()
        _ = try registry.counter("a")
        _ = try registry.histogram("b", unit: .count)
        for attempt in [
            { _ = try registry.gauge("a") }, { _ = try registry.floatingPointCounter("a") },
            { _ = try registry.histogram("b") }, { _ = try registry.floatingPointHistogram("b") },
            { _ = try registry.counter("b_sum") }, { _ = try registry.gauge("telemetry_series_folded_total") },
        ] {
            let error = #expect(throws: TelemetryError.self) { try attempt() }
            #expect(error?.code == .typeConflict)
        }
        _ = try registry.counter("c_count")
        let error = #expect(throws: TelemetryError.self) { try registry.histogram("c") }
        #expect(error?.code == .typeConflict)
        #expect(error?.message.contains("c_count") == true)
    }

    @Test("series beyond the bound are folded into one that is visible, and counted")
    func cardinality() throws {
        let registry = MetricRegistry(configuration: TelemetryConfiguration(seriesPerFamilyMax: 10))
        for user in 0..<25 { try registry.counter("logins_total", labels: [("user", "\(user)")]).increment() }
        try registry.counter("logins_total", labels: [("user", "3")]).increment()
        let snapshot = registry.snapshot()
        let family = try #require(snapshot.families.first { $0.name == "logins_total" })
        #expect(family.series.count == 11)
        #expect(family.series.last?.labels.map(\.name) == ["telemetry_overflow"])
        #expect(family.series.last?.value == .counter(15))
        #expect(snapshot.value(of: "logins_total", labels: [("user", "3")]) == .counter(2))
        let folded = snapshot.value(of: "telemetry_series_folded_total", labels: [("family", "logins_total")])
        #expect(folded == .counter(15))
    }

    @Test("families beyond the bound are refused, those that are there still found")
    func familyBound() throws {
        let registry = MetricRegistry(configuration: TelemetryConfiguration(familiesMax: 3))
        let names = ["a", "b", "c"]
        for name in names { _ = try registry.gauge(name) }
        let error = #expect(throws: TelemetryError.self) { try registry.gauge("d") }
        #expect(error?.code == .tooManyFamilies)
        #expect(error?.message.contains("familiesMax") == true)
        for name in names { _ = try registry.gauge(name, labels: [("more", "1")]) }
    }

    @Test("a gauge is set, added to and read")
    func gauges() throws {
        let gauge = try MetricRegistry().gauge("level")
        gauge.set(2.5)
        gauge.add(-4)
        #expect(gauge.value == -1.5)
    }
}
