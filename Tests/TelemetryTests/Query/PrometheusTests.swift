import Foundation
import Telemetry
import Testing
import VitrineSync
import VitrineTestSupport

/// Whether Debian's package is there; scripts/test and scripts/check-queries install it.
private let isPrometheusInstalled = ["/usr/bin/prometheus", "/usr/bin/promtool", "/usr/bin/python3"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
}

@Suite("Queries beside Debian's Prometheus", .enabled(if: isPrometheusInstalled))
struct PrometheusTests {
    /// Times lie off every grid that is asked for, for the release that Debian has counts a sample at the very beginning
    /// of a range in, and we, as later ones, do not.
    private static func time(_ step: Int, _ random: inout SeededGenerator) -> Duration {
        moment(Double(step) * 15) + .milliseconds(Int64.random(in: 101...899, using: &random))
    }

    @Test("both give the same values for the same samples")
    func sameAnswers() async throws {
        let seed = TestEnvironment.seed(401)
        var random = SeededGenerator(seed: seed)
        let clock = ManualClock(sinceEpoch: moment(100_000))
        var configuration = StoreConfiguration()
        configuration.outOfOrderWindow = .seconds(1_000_000)
        let store = try await SeriesStore.open(
            at: "/m",
            on: SimulatedFileSystem(),
            configuration: configuration,
            clock: clock.now
        )
        let folder = try TemporaryDirectory()
        let samples = folder.path + "/samples.om"
        try await Self.fill(store, &random).write(toFile: samples, atomically: true, encoding: .utf8)
        let lines = try (0..<TestEnvironment.count(120, soak: 3_000)).map { _ in try Self.line(store, &random) }
        let queries = folder.path + "/queries.tsv"
        try (lines.joined(separator: "\n") + "\n").write(toFile: queries, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [SharedAssets.packageDirectory + "/scripts/check_queries.py", samples, queries]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "seed \(seed): \(text)")
        #expect(text.contains("\(lines.count) queries"), "\(text)")
        try await store.close()
    }

    /// Fills the store, and returns the same samples as OpenMetrics.
    private static func fill(_ store: SeriesStore, _ random: inout SeededGenerator) async throws -> String {
        var text = ""
        for (name, isCounter) in [("requests", true), ("level", false), ("wait_bucket", true)] {
            text += "# TYPE \(name) \(name == "level" ? "gauge" : "unknown")\n"
            for index in 0..<6 {
                var labels = [("code", ["200", "404", "500"][index % 3]), ("host", "h\(index / 3)")]
                if name == "wait_bucket" {
                    labels = [("host", "h\(index / 3)"), ("le", ["0.1", "1.0", "+Inf"][index % 3])]
                }
                let series = try store.series(name, labels: labels, kind: isCounter ? .counter : .gauge)
                let inner = labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
                var total = 0.0
                for step in 0..<240 where !(index == 4 && (80..<130).contains(step)) {
                    total +=
                        Double(Int.random(in: 0...9, using: &random))
                        * (name == "wait_bucket" ? Double(index % 3 + 1) : 1)
                    if Int.random(in: 0..<80, using: &random) == 0, name == "requests" { total = 2 }
                    // No two gauges are ever equal, for of equals topk may take either.
                    let level = (Double.random(in: -50...50, using: &random) * 8).rounded() / 8 + Double(index) / 64
                    let value = isCounter ? total : level
                    let time = Self.time(step, &random)
                    try await store.add(value, to: series, at: time)
                    let milliseconds = time.wholeMilliseconds
                    text +=
                        "\(name){\(inner)} \(value) \(milliseconds / 1_000).\(String(milliseconds % 1_000 + 1_000).dropFirst())\n"
                }
            }
        }
        return text + "# EOF\n"
    }

    /// A random query with our answer, as scripts/check_queries.py reads it.
    private static func line(_ store: SeriesStore, _ random: inout SeededGenerator) throws -> String {
        func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }
        let selector = pick([
            "requests", "level", "requests{code=\"200\"}", "requests{code=~\"[45]0.\"}", "level{host!~\"h0|x\"}",
            "requests{code!=\"404\"}",
        ])
        let range = pick(["1m", "2m30s", "5m", "37s"])
        let function = pick([
            "rate", "increase", "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time",
            "last_over_time",
        ])
        let inner = Bool.random(using: &random) ? selector : "\(function)(\(selector)[\(range)])"
        let operation = pick(["sum", "avg", "min", "max", "count"])
        let text =
            switch Int.random(in: 0..<9, using: &random) {
            case 0: inner
            case 1: "\(operation)(\(inner))"
            case 2: "\(operation) by (code) (\(inner))"
            case 3: "\(operation) without (host) (\(inner))"
            case 4: "quantile by (host) (\(pick(["0", "0.25", "0.9", "1", "1.5", "-1"])), \(inner))"
            case 5:
                "\(inner) \(pick(["+", "-", "*", "/", "%", "^"])) \(pick(["2", "0", "-1.5", "(1 / 3)", "2 ^ 3 ^ 0.5"]))"
            case 6: "sum by (code) (\(inner)) / on (code) count by (code) (\(inner))"
            case 7:
                "histogram_quantile(\(pick(["0.1", "0.5", "0.99"])), \(pick(["", "sum by (le) "]))(rate(wait_bucket[\(range)])))"
            // Of equals topk may take either, and counts and totals are often equal.
            default: "topk(2, -\(pick(["level", "sum_over_time(level[\(range)])", "level{code!=\"404\"}"])) * 2 + 1)"
            }
        let start = Int.random(in: -2...40, using: &random) * 60
        let step = [15, 30, 60, 105].randomElement(using: &random) ?? 60
        let count = Int.random(in: 1...25, using: &random)
        let begin = moment(Double(start))
        let result = try store.evaluate(
            Query(text),
            from: begin,
            through: begin + .seconds(step * (count - 1)),
            step: .seconds(step)
        )
        var answer: [[String: Any]] = []
        for series in result.series {
            var metric = Dictionary(uniqueKeysWithValues: series.labels.map { ($0.name, $0.value) })
            metric["__name__"] = series.name
            let values = (0..<result.count).compactMap { index -> [Any]? in
                guard let value = series.value(at: index) else { return nil }
                let text = value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
                return [Double(result.time(at: index).wholeMilliseconds) / 1_000, text]
            }
            answer.append(["metric": metric, "values": values])
        }
        let json = String(decoding: try JSONSerialization.data(withJSONObject: answer), as: UTF8.self)
        let seconds = begin.wholeMilliseconds / 1_000
        return "\(text)\t\(seconds)\t\(seconds + Int64(step * (count - 1)))\t\(step)\t\(json)"
    }
}
