import Foundation
import Telemetry
import Testing
import VitrineIO
import VitrineTestSupport

/// An interpreter with the independent readers, and Prometheus's own programs: scripts/test finds or makes all of them.
private let environment = ProcessInfo.processInfo.environment
private let python = environment["VITRINE_PYTHON"]
private let promtool = environment["VITRINE_PROMTOOL"]
private let prometheus = environment["VITRINE_PROMETHEUS"]

/// The folder of the package, which this file lies in.
private let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

@Suite("Readers that are not ours")
struct IndependentReaderTests {
    private static let comment: Comment = "no interpreter and programs are named: run scripts/test"

    /// A registry of every kind, with labels and help of any text; well named, for promtool is strict about names.
    private func registry(seed: UInt64) throws -> MetricRegistry {
        var random = SeededGenerator(seed: seed)
        let registry = MetricRegistry()
        let alphabet = Array("ab_.\\\"\n{}=,ü 🙂0#")
        func word() -> String {
            String(
                (0..<Int.random(in: 0...8, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) }
            )
        }
        for index in 0..<12 {
            let labels = (0..<Int.random(in: 0...3, using: &random)).map { ("label_\($0)", word()) }
            try registry.counter("events_\(index)_total", help: "x" + word(), labels: labels).increment(by: 7)
            try registry.floatingPointCounter("amount_\(index)_total", help: "x", labels: labels).increment(by: 0.1)
            try registry.gauge("level_\(index)", help: "x" + word(), labels: labels).set(
                [-1.5, 1e300, .infinity, -.infinity, 4, 0x1p-1074][index % 6]
            )
            let latency = try registry.histogram("latency_\(index)_seconds", help: "x", labels: labels)
            let sizes = try registry.histogram("sizes_\(index)_bytes", help: "x", unit: .count, labels: labels)
            let reals = try registry.floatingPointHistogram("spread_\(index)", help: "x", labels: labels)
            for _ in 0..<Int.random(in: 0...400, using: &random) {
                let sample = Int64.random(in: 0...(.max), using: &random) >> Int64.random(in: 0..<63, using: &random)
                latency.record(sample)
                sizes.record(sample)
                reals.record(Double.random(in: 0...100, using: &random))
            }
        }
        return registry
    }

    /// What a reader says, as JSON.
    private func read(_ arguments: [String]) throws -> Any {
        let (status, output, errors) = try run(python ?? "", [root + "/scripts/check_metrics.py"] + arguments)
        guard status == 0 else { throw ReaderError(output: errors) }
        return try JSONSerialization.jsonObject(with: output)
    }

    private struct ReaderError: Error {
        let output: String
    }

    private func run(_ program: String, _ arguments: [String], input: [UInt8] = []) throws -> (Int32, Data, String) {
        let process = Process()
        let (output, errors, feed) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = feed
        try process.run()
        if !input.isEmpty { try feed.fileHandleForWriting.write(contentsOf: Data(input)) }
        try feed.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, data, String(decoding: text, as: UTF8.self))
    }

    private func number(_ value: Any?) -> Double? { value as? Double ?? (value as? String).flatMap(Double.init) }

    @Test(
        "prometheus_client reads both text formats, with every value, label and help as it was",
        .enabled(if: python != nil, comment),
        arguments: [1, 2, 3] as [UInt64],
        ["text", "openmetrics"]
    )
    func prometheusClient(seed: UInt64, format: String) throws {
        let snapshot = try registry(seed: seed).snapshot()
        let directory = try TemporaryDirectory()
        let path = directory.path + "/metrics"
        let text = format == "text" ? PrometheusText.text(of: snapshot) : OpenMetricsText.text(of: snapshot)
        try PosixFileSystem().replaceFile(at: path, with: Array(text.utf8).span)
        let samples = try #require(try read([format, path]) as? [[String: Any]])
        var found: [String: Double] = [:]
        for sample in samples {
            let labels = try #require(sample["labels"] as? [String: String])
            found["\(sample["name"] ?? "") \(labels.sorted { $0.key < $1.key })"] = number(sample["value"])
        }
        for family in snapshot.families {
            for series in family.series {
                let labels = Dictionary(uniqueKeysWithValues: series.labels.map { ($0.name, $0.value) })
                func value(_ suffix: String, _ more: [String: String] = [:]) -> Double? {
                    found["\(family.name + suffix) \(labels.merging(more) { $1 }.sorted { $0.key < $1.key })"]
                }
                switch series.value {
                case .counter(let total): #expect(value("") == Double(total), "\(family.name), seed \(seed)")
                case .floatingPointCounter(let total): #expect(value("") == total, "\(family.name), seed \(seed)")
                case .gauge(let level): #expect(value("") == level, "\(family.name), seed \(seed)")
                case .histogram(let histogram):
                    #expect(value("_count") == Double(histogram.count) && value("_sum") == histogram.sum)
                    #expect(value("_bucket", ["le": "+Inf"]) == Double(histogram.count), "\(family.name)")
                }
            }
            let isOpen = format == "openmetrics" && family.kind == .counter
            let name = isOpen ? String(family.name.dropLast("_total".count)) : family.name
            let help = samples.first { ($0["name"] as? String)?.hasPrefix(name) == true }?["help"] as? String
            if !family.series.isEmpty { #expect(help?.isEmpty == false, "\(family.name)") }
        }
    }

    @Test(
        "prometheus_client reads OpenMetrics of families whose names and samples are awkward",
        .enabled(if: python != nil, comment)
    )
    func awkwardFamilies() throws {
        let registry = MetricRegistry()
        // Names that would clash without _total, that end as another family's samples do, or that have no _total.
        let counters = ["foo_count_total", "foo_created_total", "bar_total", "plain", "_total", "x_info", "x_total"]
        for name in counters { try registry.counter(name).increment(by: 2) }
        try registry.histogram("foo", unit: .count).record(3)
        try registry.gauge("bar_created").set(7)
        try registry.floatingPointHistogram("degrees").record(-3)
        try registry.histogram("wait_seconds").record(-5)
        let directory = try TemporaryDirectory()
        let path = directory.path + "/metrics"
        let text = OpenMetricsText.text(of: registry.snapshot())
        try PosixFileSystem().replaceFile(at: path, with: Array(text.utf8).span)
        let samples = try #require(try read(["openmetrics", path]) as? [[String: Any]], "\(text)")
        func values(_ name: String) -> [Double?] {
            samples.filter { $0["name"] as? String == name }.map { number($0["value"]) }
        }
        for name in counters { #expect(values(name) == [2], "\(name) in \(text)") }
        #expect(values("foo_count") == [1] && values("foo_sum") == [3] && values("bar_created") == [7])
        #expect(values("wait_seconds_bucket").contains(1))
        #expect(values("degrees_sum").isEmpty, "a sum that may fall is none to OpenMetrics")
    }

    @Test("prometheus_client reads an exemplar with its trace and its time", .enabled(if: python != nil, comment))
    func exemplars() throws {
        let registry = MetricRegistry()
        let histogram = try registry.histogram("wait_seconds")
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        histogram.record(.milliseconds(3), in: TraceTests.context(traceparent: header))
        let kept = try #require(histogram.snapshot().exemplars.first)
        let directory = try TemporaryDirectory()
        let path = directory.path + "/metrics"
        try PosixFileSystem().replaceFile(
            at: path,
            with: Array(OpenMetricsText.text(of: registry.snapshot()).utf8).span
        )
        let samples = try #require(try read(["openmetrics", path]) as? [[String: Any]])
        let found = samples.compactMap { $0["exemplar"] as? [String: Any] }
        #expect(found.count == 1)
        let exemplar = try #require(found.first)
        #expect(
            exemplar["labels"] as? [String: String]
                == ["trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7"]
        )
        #expect(number(exemplar["value"]) == 0.003)
        let time = try #require(number(exemplar["time"]))
        #expect(abs(time - kept.time / .seconds(1)) < 0.002)
    }

    @Test("promtool finds nothing to say of the text format", .enabled(if: promtool != nil, comment))
    func promtoolCheck() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let text = PrometheusText.text(of: try registry(seed: seed).snapshot())
            let (status, output, errors) = try run(promtool ?? "", ["check", "metrics"], input: Array(text.utf8))
            #expect(status == 0, "seed \(seed): \(errors)\(String(decoding: output, as: UTF8.self))")
        }
        let (status, _, _) = try run(promtool ?? "", ["check", "metrics"], input: Array("a{ 1\n".utf8))
        #expect(status != 0)
    }

    @Test(
        "OpenTelemetry's own messages take the JSON, with every bucket where it was",
        .enabled(if: python != nil, comment)
    )
    func openTelemetry() throws {
        let snapshot = try registry(seed: 5).snapshot()
        let directory = try TemporaryDirectory()
        let path = directory.path + "/metrics.json"
        let bytes = OTLPJSON.bytes(of: snapshot, at: .seconds(1_800_000_000), resource: [("service.name", "shop")])
        try PosixFileSystem().replaceFile(at: path, with: bytes.span)
        let points = try #require(try read(["otlp", path]) as? [[String: Any]])
        #expect(points.count == snapshot.families.reduce(0) { $0 + $1.series.count })
        for family in snapshot.families {
            for series in family.series {
                let labels = Dictionary(uniqueKeysWithValues: series.labels.map { ($0.name, $0.value) })
                let point = try #require(
                    points.first { $0["name"] as? String == family.name && $0["labels"] as? [String: String] == labels }
                )
                #expect(point["resource"] as? [String: String] == ["service.name": "shop"])
                #expect(point["time"] as? String == "1800000000000000000")
                switch series.value {
                case .counter(let total):
                    #expect(number(point["value"]) == Double(total) && point["kind"] as? String == "sum")
                case .floatingPointCounter(let total): #expect(number(point["value"]) == total)
                case .gauge(let level): #expect(number(point["value"]) == level && point["kind"] as? String == "gauge")
                case .histogram(let histogram): check(point, histogram)
                }
            }
        }
    }

    private func check(_ point: [String: Any], _ histogram: HistogramSnapshot) {
        #expect(point["kind"] as? String == "exponential_histogram" && point["scale"] as? Int == 4)
        #expect(number(point["count"]) == Double(histogram.count) && number(point["sum"]) == histogram.sum)
        #expect(number(point["zeros"]) == Double(histogram.zeros) && point["temporality"] as? Int == 2)
        if let least = histogram.min { #expect(number(point["minimum"]) == least) }
        var buckets: [String: Double] = [:]
        for bucket in histogram.positive.buckets { buckets["1:\(bucket.index - 1)"] = Double(bucket.count) }
        for bucket in histogram.negative.buckets { buckets["-1:\(bucket.index - 1)"] = Double(bucket.count) }
        #expect((point["buckets"] as? [String: Double]) == buckets)
    }

    @Test("Python's reader of comma-separated values finds every series", .enabled(if: python != nil, comment))
    func commaSeparated() throws {
        let snapshot = try registry(seed: 6).snapshot()
        let directory = try TemporaryDirectory()
        let path = directory.path + "/metrics.csv"
        try PosixFileSystem().replaceFile(at: path, with: Array(CSVText.text(of: snapshot, at: .seconds(5)).utf8).span)
        let rows = try #require(try read(["csv", path]) as? [[String: String]])
        let all = snapshot.families.flatMap { family in family.series.map { (family, $0) } }
        #expect(rows.count == all.count)
        for (row, (family, series)) in zip(rows, all) {
            #expect(row["name"] == family.name && row["time"] == "5.0")
            #expect(row["labels"]?.split(separator: ";").count == series.labels.count)
            switch series.value {
            case .counter(let total): #expect(row["value"] == String(total))
            case .floatingPointCounter(let value), .gauge(let value):
                #expect(row["value"].flatMap(Double.init) == value)
            case .histogram(let histogram):
                #expect(row["count"] == String(histogram.count) && row["sum"].flatMap(Double.init) == histogram.sum)
                #expect(row["p99"].flatMap(Double.init) == histogram.quantile(0.99))
            }
        }
    }

    @Test(
        "a Prometheus server takes native histograms, and its quantiles are within the stated error of the samples'",
        .enabled(if: python != nil && prometheus != nil, comment),
        .timeLimit(.minutes(3))
    )
    func prometheusServer() throws {
        var random = SeededGenerator(seed: 7)
        let registry = MetricRegistry()
        let latency = try registry.histogram("latency_seconds", help: "x", labels: [("route", "a\"\\\nü")])
        _ = try registry.histogram("never_seconds", help: "x")
        let reals = try registry.floatingPointHistogram("spread", help: "x")
        try registry.counter("events_total", help: "x").increment(by: 42)
        let samples = (0..<5_000).map { _ in
            Int64(exp2(Double.random(in: 10...33, using: &random)))
        }.sorted()
        for sample in samples {
            latency.record(sample)
            reals.record(-Double(sample) / 1e9)
        }
        let directory = try TemporaryDirectory()
        let path = directory.path + "/metrics.pb"
        let bytes = PrometheusProtobuf.bytes(of: registry.snapshot())
        try PosixFileSystem().replaceFile(at: path, with: bytes.span)
        let quantiles = ["0.1", "0.5", "0.9", "0.99"]
        let queries =
            quantiles.map { "histogram_quantile(\($0), latency_seconds)" } + [
                "histogram_count(latency_seconds)", "histogram_sum(latency_seconds)", "events_total",
                "histogram_count(never_seconds)", "histogram_quantile(0.5, spread)",
            ]
        let answer = try #require(
            try read(["scrape", path, PrometheusProtobuf.contentType, prometheus ?? ""] + queries) as? [String: Any]
        )
        #expect(ExpositionFormat.negotiated(accept: answer["accept"] as? String) == .prometheusProtobuf)
        let answers = try #require(answer["answers"] as? [String: [[String: Any]]])
        func value(_ query: String) -> Double? {
            (answers[query]?.first?["value"] as? [Any]).flatMap { number($0.last) }
        }
        #expect(value("histogram_count(latency_seconds)") == 5_000 && value("events_total") == 42)
        #expect(value("histogram_count(never_seconds)") == 0)
        #expect(value("histogram_sum(latency_seconds)") == latency.snapshot().sum)
        let labels = answers["histogram_count(latency_seconds)"]?.first?["metric"] as? [String: String]
        #expect(labels?["route"] == "a\"\\\nü")
        for quantile in quantiles {
            let rank = Int(((Double(quantile) ?? 0) * 5_000).rounded(.up)) - 1
            let exact = Double(samples[rank]) / 1e9
            let told = try #require(value("histogram_quantile(\(quantile), latency_seconds)"))
            // Prometheus answers from within the bucket, which is 2^(1/16) wide.
            #expect(abs(told - exact) <= 0.0443 * exact, "\(quantile): \(told) for \(exact)")
        }
        let median = try #require(value("histogram_quantile(0.5, spread)"))
        #expect(abs(median + Double(samples[2_500]) / 1e9) <= 0.0443 * Double(samples[2_500]) / 1e9)
    }
}
