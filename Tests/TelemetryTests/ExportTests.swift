import Foundation
import Telemetry
import Testing

@Suite("Leaving the process")
struct ExportTests {
    private let time = ManualTime()

    private func registry() -> MetricRegistry {
        let time = time
        return MetricRegistry(configuration: TelemetryConfiguration(), now: { time.now })
    }

    private func objects(_ lines: [UInt8]) throws -> [[String: Any]] {
        #expect(lines.isEmpty || lines.last == UInt8(ascii: "\n"))
        return try lines.split(separator: UInt8(ascii: "\n")).map {
            try #require(try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any])
        }
    }

    private func metadata(_ object: [String: Any]) throws -> (dimensions: [[String]], units: [String: String]) {
        let aws = try #require(object["_aws"] as? [String: Any])
        let directive = try #require((aws["CloudWatchMetrics"] as? [[String: Any]])?.first)
        let metrics = try #require(directive["Metrics"] as? [[String: Any]])
        var units: [String: String] = [:]
        for metric in metrics { units[metric["Name"] as? String ?? ""] = metric["Unit"] as? String }
        return (try #require(directive["Dimensions"] as? [[String]]), units)
    }

    @Test("CloudWatch is sent what counters grew by and how gauges stand, series with the same labels together")
    func cloudWatch() throws {
        let registry = registry()
        let counter = try registry.counter("orders_total", labels: [("route", "/"), ("code", "200")])
        let gauge = try registry.gauge("depth", labels: [("route", "/"), ("code", "200")])
        counter.increment(by: 5)
        gauge.set(2.5)
        var writer = CloudWatchMetrics(namespace: "Shop", dimensions: [("host", "a")])
        let first = try objects(writer.lines(of: registry.snapshot(), at: .seconds(1_700_000_000)))
        let object = try #require(first.first { $0["orders_total"] != nil })
        #expect(object["orders_total"] as? Double == 5 && object["depth"] as? Double == 2.5)
        #expect(
            object["host"] as? String == "a" && object["route"] as? String == "/" && object["code"] as? String == "200"
        )
        let (dimensions, units) = try metadata(object)
        #expect(dimensions == [["host", "code", "route"]])
        #expect(units == ["depth": "None", "orders_total": "Count"])
        #expect((object["_aws"] as? [String: Any])?["Timestamp"] as? Int == 1_700_000_000_000)
        counter.increment(by: 2)
        let second = try objects(writer.lines(of: registry.snapshot(), at: .seconds(1_700_000_060)))
        #expect(second.count == 1 && second[0]["orders_total"] as? Double == 2)
        gauge.set(.nan)
        #expect(try objects(writer.lines(of: registry.snapshot(), at: .seconds(1_700_000_120))).isEmpty)
    }

    @Test("CloudWatch is sent the distribution of what was recorded since the last time")
    func cloudWatchHistograms() throws {
        let registry = registry()
        let histogram = try registry.histogram("wait_seconds")
        for _ in 0..<1_000 { histogram.record(.seconds(100)) }
        var writer = CloudWatchMetrics(namespace: "Shop", isHighResolution: true)
        _ = writer.lines(of: registry.snapshot(), at: .zero)
        for milliseconds in 1...100 { histogram.record(.milliseconds(milliseconds)) }
        let object = try #require(try objects(writer.lines(of: registry.snapshot(), at: .zero)).first)
        let distribution = try #require(object["wait_seconds"] as? [String: Any])
        let values = try #require(distribution["Values"] as? [Double])
        let counts = try #require(distribution["Counts"] as? [Int])
        #expect(values.count == counts.count && values.count <= 100 && values == values.sorted())
        #expect(counts.reduce(0, +) == 100 && distribution["Count"] as? Int == 100)
        // Each sample stands at a value within the stated error.
        let spread = zip(values, counts).flatMap { [Double](repeating: $0, count: $1) }
        for (value, milliseconds) in zip(spread, 1...100) {
            let exact = Double(milliseconds) / 1_000
            #expect(abs(value - exact) <= HistogramSnapshot.relativeErrorMax * exact, "\(value) for \(exact)")
        }
        let sum = try #require(distribution["Sum"] as? Double)
        #expect(abs(sum - 5.05) < 1e-9)
        let least = try #require(distribution["Min"] as? Double)
        let greatest = try #require(distribution["Max"] as? Double)
        #expect(least <= 0.001 && least > 0.000_95 && greatest >= 0.1 && greatest < 0.105)
        #expect(try metadata(object).units == ["wait_seconds": "Seconds"])
    }

    @Test("a distribution of more values than CloudWatch takes leaves in parts that add up")
    func cloudWatchParts() throws {
        let registry = registry()
        let histogram = try registry.floatingPointHistogram("spread")
        var sum = 0.0
        for exponent in -150...150 {
            let value = exp2(Double(exponent) / 8) * (exponent % 3 == 0 ? -1 : 1)
            for _ in 0..<3 { histogram.record(value) }
            sum += 3 * value
        }
        for index in 0..<60 {
            let other = try registry.histogram("h\(index)", unit: .count)
            for value in 1...60 { other.record(Int64(value)) }
        }
        var writer = CloudWatchMetrics(namespace: "Shop")
        let bytes = writer.lines(of: registry.snapshot(), at: .zero)
        #expect(bytes.split(separator: 10).allSatisfy { $0.count < 200_000 })
        let all = try objects(bytes)
        let parts = all.compactMap { $0["spread"] as? [String: Any] }
        #expect(parts.count == 4)
        let values = parts.compactMap { $0["Values"] as? [Double] }
        #expect(values.allSatisfy { $0.count <= 100 } && values.joined().count == 301)
        #expect(parts.compactMap { $0["Count"] as? Int }.reduce(0, +) == 903)
        #expect(abs(parts.compactMap { $0["Sum"] as? Double }.reduce(0, +) - sum) <= 1e-9 * abs(sum))
        for part in parts {
            let values = try #require(part["Values"] as? [Double])
            let (least, greatest) = (part["Min"] as? Double ?? .nan, part["Max"] as? Double ?? .nan)
            #expect(least <= values[0] && greatest >= values[values.count - 1])
        }
        #expect((0..<60).allSatisfy { index in all.contains { $0["h\(index)"] != nil } })
    }

    @Test("what CloudWatch does not take is left out or replaced, and a hundred metrics make an object")
    func cloudWatchLimits() throws {
        let registry = registry()
        for index in 0..<120 {
            try registry.gauge("g\(index)", labels: [("a", "ü\n"), ("empty", ""), ("b", " ")]).set(1)
        }
        var writer = CloudWatchMetrics(namespace: "Shop")
        let all = try objects(writer.lines(of: registry.snapshot(), at: .zero))
        #expect(all.map { $0.count } == [102, 22])
        #expect(all[0]["a"] as? String == "??" && all[0]["empty"] == nil && all[0]["b"] == nil)
        #expect(try metadata(all[1]).dimensions == [["a"]])
        let many = (0..<40).map { ("label_\($0)", String(repeating: "x", count: 2_000)) }
        try registry.counter("wide_total", labels: many).increment()
        let wide = try #require(
            try objects(writer.lines(of: registry.snapshot(), at: .zero)).first { $0["wide_total"] != nil }
        )
        #expect(try metadata(wide).dimensions.first?.count == 30)
        #expect((wide["label_0"] as? String)?.count == 1_024)
    }

    @Test("values that CloudWatch has no numbers for are left out, or the nearest that it has")
    func cloudWatchExtremes() throws {
        let registry = registry()
        let real = try registry.floatingPointCounter("real_total")
        for _ in 0..<2 { real.increment(by: .greatestFiniteMagnitude) }
        try registry.gauge("g").set(1e300)
        try registry.gauge("kept").set(-0x1p359)
        let histogram = try registry.floatingPointHistogram("h")
        for _ in 0..<4 { histogram.record(.greatestFiniteMagnitude) }
        var writer = CloudWatchMetrics(namespace: "Shop")
        let first = try objects(writer.lines(of: registry.snapshot(), at: .zero))
        #expect(first.allSatisfy { $0["real_total"] == nil && $0["g"] == nil })
        let kept = try #require(first.compactMap { $0["kept"] as? Double }.first)
        // What reads JSON here is off by a few bits in numbers of this size.
        #expect(abs(kept / -0x1p359 - 1) < 1e-12)
        real.increment(by: 1)
        histogram.record(1)
        let second = try objects(writer.lines(of: registry.snapshot(), at: .zero))
        #expect(second.allSatisfy { $0["real_total"] == nil })
        for (object, count) in [(first, 4.0), (second, 1.0)] {
            let distribution = try #require(object.compactMap { $0["h"] as? [String: Any] }.first)
            for name in ["Min", "Max", "Sum"] {
                let value = try #require(distribution[name] as? Double)
                #expect(value.magnitude <= 0x1p360 * (1 + 1e-12), "\(name) is \(value)")
            }
            #expect(distribution["Count"] as? Double == count)
        }
    }

    @Test("no two members of an object have one name, whatever metrics and labels are called")
    func cloudWatchNames() throws {
        let registry = registry()
        let labels = [("host", "a"), ("_aws", "b"), ("wait", "c")]
        try registry.gauge("host", labels: labels).set(3)
        try registry.histogram("wait", unit: .count, labels: labels).record(7)
        var writer = CloudWatchMetrics(namespace: "Shop", dimensions: [("host", "process"), ("zone", "z")])
        let bytes = writer.lines(of: registry.snapshot(), at: .zero)
        let object = try #require(try objects(bytes).first { $0["host"] as? Double == 3 })
        #expect(object["host_"] as? String == "a" && object["_aws_"] as? String == "b")
        #expect(object["zone"] as? String == "z")
        #expect((object["wait"] as? [String: Any])?["Max"] as? Double == 7 && object["wait_"] as? String == "c")
        let (dimensions, units) = try metadata(object)
        #expect(Set(dimensions[0]) == ["host_", "_aws_", "zone", "wait_"] && units["wait"] == "None")
    }

    @Test("a series that was hidden and comes back is sent what it grew by")
    func cloudWatchComingBack() throws {
        let registry = registry()
        let counter = try registry.counter("orders_total")
        counter.increment(by: 1_000)
        var writer = CloudWatchMetrics(namespace: "Shop")
        _ = writer.lines(of: registry.snapshot(), at: .zero)
        #expect(writer.lines(of: MetricRegistry().snapshot(), at: .zero).isEmpty)
        counter.increment()
        let object = try #require(try objects(writer.lines(of: registry.snapshot(), at: .zero)).first)
        #expect(object["orders_total"] as? Double == 1)
    }

    @Test("a series that began anew is sent whole")
    func cloudWatchRestart() throws {
        var writer = CloudWatchMetrics(namespace: "Shop")
        let first = registry()
        try first.counter("a_total").increment(by: 5)
        _ = writer.lines(of: first.snapshot(), at: .zero)
        time.advance(seconds: 10)
        let second = registry()
        try second.counter("a_total").increment(by: 7)
        let object = try #require(try objects(writer.lines(of: second.snapshot(), at: .zero)).first)
        #expect(object["a_total"] as? Double == 7)
    }

    @Test("text of any kind survives JSON")
    func jsonEscapes() throws {
        let registry = registry()
        let nasty = "\u{0}\u{1}\u{8}\u{1F}\"\\/\n\r\t\u{7F}ü🙂\u{2028}"
        try registry.gauge("g", help: nasty, labels: [("x", nasty)]).set(-.infinity)
        let bytes = OTLPJSON.bytes(of: registry.snapshot(), at: time.now, resource: [("service.name", nasty)])
        let parsed = try JSONSerialization.jsonObject(with: Data(bytes))
        var words: [String] = []
        func collect(_ value: Any) {
            if let text = value as? String { words.append(text) }
            if let list = value as? [Any] { for entry in list { collect(entry) } }
            if let object = value as? [String: Any] { for entry in object.values { collect(entry) } }
        }
        collect(parsed)
        #expect(words.count { $0 == nasty } == 3)
        #expect(words.contains("-Infinity"))
    }

    @Test("what was recorded since a snapshot has the exact count, sum and buckets, and quantiles within the error")
    func since() throws {
        let histogram = try registry().histogram("sizes", unit: .count)
        for value in [1, 50, 900] as [Int64] { histogram.record(value) }
        let before = histogram.snapshot()
        #expect(before.since(before).count == 0 && before.since(before).quantile(0.5) == nil)
        for value in [0, 60, 61, 62, 1_000_000] as [Int64] { histogram.record(value) }
        let interval = histogram.snapshot().since(before)
        #expect(interval.count == 5 && interval.sum == 1_000_183)
        #expect(interval.min == 0)
        let median = try #require(interval.quantile(0.5))
        #expect(abs(median - 61) <= HistogramSnapshot.relativeErrorMax * 61)
        var again = before
        try again.merge(interval)
        #expect(again.count == 8 && again.positive == histogram.snapshot().positive)
        let other = try registry().histogram("other", unit: .count)
        other.record(3)
        #expect(other.snapshot().since(before).count == 1)
    }
}
