import CoreMetrics
import Telemetry
import Testing
import VitrineTestSupport

@Suite("Prometheus text")
struct PrometheusTextTests {
    @Test("a small registry is written to the byte")
    func exactBytes() throws {
        let registry = MetricRegistry()
        try registry.counter("b_total", help: "Back\\slash\nline \"quoted\".", labels: [("p", "a\\b\"c\nd")]).increment(
            by: 3
        )
        try registry.gauge("a").set(-0.5)
        let text = PrometheusText.text(of: registry.snapshot())
        #expect(
            text == #"""
                # TYPE a gauge
                a -0.5
                # HELP b_total Back\\slash\nline "quoted".
                # TYPE b_total counter
                b_total{p="a\\b\"c\nd"} 3
                # HELP telemetry_samples_rejected_total Samples left out because they were infinite or not a number.
                # TYPE telemetry_samples_rejected_total counter
                telemetry_samples_rejected_total 0

                """#
        )
    }

    @Test("a histogram of durations is written as cumulative buckets of seconds")
    func histogramBuckets() throws {
        let registry = MetricRegistry()
        let histogram = try registry.histogram("latency_seconds", labels: [("route", "/")])
        for nanoseconds in [0, 1_024, 1_025, 2_048, 1_000_000_000, Int64.max] { histogram.record(nanoseconds) }
        let parsed = try Exposition(PrometheusText.text(of: registry.snapshot()))
        let family = try #require(parsed.families["latency_seconds"])
        let buckets = family.samples.filter { $0.name == "latency_seconds_bucket" }
        #expect(buckets.count == 27)
        #expect(buckets.prefix(2).map { $0.labels["le"] } == ["9.5367431640625e-07", "1.9073486328125e-06"])
        #expect(buckets.prefix(3).map(\.value) == [1, 3, 4])
        #expect(buckets.first { $0.labels["le"] == "1.0" }?.value == 5)
        #expect(buckets.last?.labels == ["route": "/", "le": "+Inf"] && buckets.last?.value == 6)
        #expect(family.samples.first { $0.name == "latency_seconds_count" }?.value == 6)
    }

    @Test("whatever is registered and recorded parses back to the same values", arguments: 1...5 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let system = TelemetrySystem()
        let alphabet = Array("ab_.\\\"\n{}=,ü 🙂0")
        func word(_ random: inout SeededGenerator) -> String {
            String(
                (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) }
            )
        }
        for _ in 0..<200 {
            let dimensions = (0..<Int.random(in: 0...3, using: &random)).map { _ in (word(&random), word(&random)) }
            let label = word(&random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: CoreMetrics.Counter(label: label, dimensions: dimensions, factory: system).increment(by: 5)
            case 1:
                Meter(label: label, dimensions: dimensions, factory: system).set(
                    [-.infinity, .nan, 1e-300, 17][Int.random(in: 0..<4, using: &random)]
                )
            case 2:
                CoreMetrics.Timer(label: label, dimensions: dimensions, factory: system).recordNanoseconds(
                    Int64.random(in: 0...(.max), using: &random)
                )
            case 3:
                Recorder(label: label, dimensions: dimensions, factory: system).record(
                    Double.random(in: -9...9, using: &random)
                )
            default: FloatingPointCounter(label: label, dimensions: dimensions, factory: system).increment(by: 0.1)
            }
        }
        let text = system.prometheusText()
        let snapshot = system.registry.snapshot()
        let parsed = try Exposition(text)
        let written = snapshot.families.filter { !$0.series.isEmpty }
        #expect(parsed.order == written.map(\.name), "seed \(seed)")
        for family in written {
            try compare(family, with: #require(parsed.families[family.name], "seed \(seed)"), seed: seed)
        }
        #expect(text == system.prometheusText(), "seed \(seed)")
    }

    private func compare(_ family: FamilySnapshot, with parsed: Exposition.Family, seed: UInt64) throws {
        #expect(parsed.help == (family.help.isEmpty ? nil : family.help), "seed \(seed)")
        for series in family.series {
            let labels = Dictionary(uniqueKeysWithValues: series.labels.map { ($0.name, $0.value) })
            func sample(_ suffix: String) -> Double? {
                parsed.samples.first { $0.name == family.name + suffix && $0.labels == labels }?.value
            }
            switch series.value {
            case .counter(let total): #expect(sample("") == Double(total), "seed \(seed)")
            case .floatingPointCounter(let total): #expect(sample("") == total, "seed \(seed)")
            case .gauge(let value):
                let read = try #require(sample(""), "seed \(seed)")
                #expect(read == value || (read.isNaN && value.isNaN), "seed \(seed)")
            case .histogram(let histogram):
                #expect(sample("_sum") == histogram.sum && sample("_count") == Double(histogram.count), "seed \(seed)")
            }
        }
    }
}
