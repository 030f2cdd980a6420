import CoreMetrics
import Telemetry
import Testing

private enum Method: String, LabelValue {
    case get
    case put
}

@Suite("Typed labels")
struct LabelTests {
    private let registry = MetricRegistry(configuration: TelemetryConfiguration(seriesPerFamilyMax: 50))
    private let method = LabelKey<Method>("method")
    private let code = LabelKey<Int>("code")

    @Test("values of types name the series that the registry finds by text")
    func sameSeries() throws {
        let family = try registry.counters("requests_total", by: method, code)
        family.increment(.get, 200)
        family.increment(.get, 200, by: 4)
        family.increment(.put, 404, by: -1)
        let byText = try registry.counter("requests_total", labels: [("code", "200"), ("method", "get")])
        #expect(byText === family.series(.get, 200))
        #expect(byText.value == 5)
        byText.increment()
        #expect(family.series(.get, 200).value == 6)
        #expect(try registry.counters("requests_total", by: method, code).series(.get, 200) === byText)
    }

    @Test("one to four labels, gauges and histograms")
    func arities() throws {
        let flag = LabelKey<Bool>("flag")
        let text: LabelKey<String> = "text"
        let one = try registry.counters("one_total", by: text)
        one.increment("a")
        #expect(registry.snapshot().value(of: "one_total", labels: [("text", "a")]) == .counter(1))
        let three = try registry.gauges("three", by: flag, text, code)
        three.set(true, "b", 3, to: 2.5)
        three.add(true, "b", 3, amount: -1)
        let labels = [("code", "3"), ("flag", "true"), ("text", "b")]
        #expect(registry.snapshot().value(of: "three", labels: labels) == .gauge(1.5))
        let four = try registry.histograms("four", unit: .count, by: flag, text, code, method)
        for sample in [1, 2, 3] { four.record(Int64(sample), false, "", -7, .put) }
        #expect(four.series(false, "", -7, .put).snapshot().sum == 6)
        #expect(four.unit == .count)
    }

    @Test("a label with an empty value is as one that is not there, however the series is named")
    func emptyValues() throws {
        let text: LabelKey<String> = "text"
        let family = try registry.counters("empty_total", by: text, code)
        family.increment("", 7)
        try registry.counter("empty_total", labels: [("code", "7")]).increment(by: 2)
        try registry.counter("empty_total", labels: [("text", ""), ("code", "7")]).increment(by: 4)
        family.increment("", 7, by: 8)
        let series = try #require(registry.snapshot().families.first { $0.name == "empty_total" }).series
        #expect(series.map { $0.labels.map { [$0.name, $0.value] } } == [[["code", "7"]]])
        #expect(series.map(\.value) == [.counter(15)])
        #expect(throws: TelemetryError.self) { try registry.counter("m", labels: [("a", ""), ("a", "1")]) }
        let system = TelemetrySystem()
        system.makeCounter(label: "jobs", dimensions: [("queue", "")]).increment(by: 3)
        #expect(system.registry.snapshot().value(of: "jobs") == .counter(3))
        #expect(!system.prometheusText().contains("\"\""))
    }

    @Test("values that look alike when joined stay apart, and long ones are counted too")
    func boundaries() throws {
        let family = try registry.counters("pairs_total", by: LabelKey<String>("a"), LabelKey<String>("b"))
        let long = String(repeating: "ü", count: 300)
        let pairs = [
            ("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", ""), ("", ""), ("ÿ", "ü🙂"), (long, "x"), ("x", long),
        ]
        for length in [1, 3, 4, 7, 8, 15, 16, 17, 55] {
            let word = String(repeating: "w", count: length)
            for _ in 0..<2 { family.increment(word, word) }
            #expect(family.series(word, word).value == 2, "\(length) bytes")
        }
        for (index, pair) in pairs.enumerated() {
            for _ in 0...index { family.increment(pair.0, pair.1) }
        }
        for (index, pair) in pairs.enumerated() {
            let labels = [("a", pair.0), ("b", pair.1)]
            #expect(registry.snapshot().value(of: "pairs_total", labels: labels) == .counter(UInt64(index + 1)))
        }
    }

    @Test("of two values of every length, up to what a table takes and beyond, each pair is a series of its own")
    func lengths() throws {
        let registry = MetricRegistry(configuration: TelemetryConfiguration(seriesPerFamilyMax: 10_000))
        let family = try registry.counters("lengths_total", by: LabelKey<String>("a"), LabelKey<String>("b"))
        let text = String(repeating: "abcdefghijklmnopqrstuvwxyz", count: 6)
        let pairs = (0...40).flatMap { first in (0...40).map { (first, $0) } } + (70...125).map { ($0, 125 - $0 / 2) }
        func values(_ pair: (Int, Int)) -> (String, String) {
            (String(text.prefix(pair.0)), String(text.dropFirst(3).prefix(pair.1)))
        }
        // The first time each is made, the second time it is found.
        for _ in 0..<2 {
            for (index, pair) in pairs.enumerated() {
                let (a, b) = values(pair)
                family.increment(a, b, by: Int64(index + 1))
            }
        }
        for (index, pair) in pairs.enumerated() {
            let (a, b) = values(pair)
            #expect(family.series(a, b).value == 2 * UInt64(index + 1), "\(pair)")
        }
    }

    @Test("two ways of writing a character are two series, and each goes by itself")
    func canonicalEquivalence() throws {
        let time = ManualTime()
        let registry = MetricRegistry(
            configuration: TelemetryConfiguration(idleLifetime: .seconds(10)),
            now: { time.now }
        )
        let family = try registry.counters("words_total", by: LabelKey<String>("word"))
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        family.increment(composed, by: 2)
        family.increment(decomposed, by: 3)
        #expect(registry.snapshot().families.first { $0.name == "words_total" }?.series.count == 2)
        for _ in 0..<4 {
            time.advance(seconds: 6)
            family.increment(decomposed)
            registry.expireIdle()
        }
        let series = registry.snapshot().families.first { $0.name == "words_total" }?.series ?? []
        #expect(series.map { Array($0.labels[0].value.utf8) } == [Array(decomposed.utf8)])
        #expect(series.first?.value == .counter(7))
        family.increment(composed)
        #expect(family.series(composed).value == 1 && family.series(decomposed).value == 7)
    }

    @Test("beyond the bound values are folded, and counted as often as they were")
    func folding() throws {
        let family = try registry.counters("users_total", by: LabelKey<Int>("user"))
        for user in 0..<80 { for _ in 0..<3 { family.increment(user) } }
        let snapshot = registry.snapshot()
        #expect(snapshot.value(of: "users_total", labels: [("user", "49")]) == .counter(3))
        #expect(snapshot.value(of: "users_total", labels: [("user", "50")]) == nil)
        #expect(snapshot.value(of: "users_total", labels: [("telemetry_overflow", "true")]) == .counter(90))
    }

    @Test("a name belongs to one kind and one list of labels")
    func conflicts() throws {
        _ = try registry.counters("taken_total", by: method, code)
        for attempt in [
            { _ = try registry.counters("taken_total", by: code, method) },
            { _ = try registry.counters("taken_total", by: method) },
            { _ = try registry.gauges("taken_total", by: method, code) },
        ] {
            let error = #expect(throws: TelemetryError.self) { try attempt() }
            #expect(error?.code == .typeConflict)
        }
        let error = #expect(throws: TelemetryError.self) {
            try registry.counters("twice_total", by: LabelKey<Int>("a"), LabelKey<Int>("a"))
        }
        #expect(error?.code == .invalidName)
        #expect(throws: TelemetryError.self) { try registry.histograms("h", by: LabelKey<String>("le")) }
    }

    @Test("eight threads that make the same series at once count everything once")
    func concurrency() throws {
        let family = try registry.counters("made_total", by: LabelKey<Int>("i"), LabelKey<Int>("j"))
        let latency = try registry.histograms("made_seconds", by: LabelKey<Int>("i"))
        onThreads(8) { _ in
            for step in 0..<20_000 {
                family.increment(step % 7, step % 6)
                latency.record(Int64(step), step % 5)
            }
        }
        var total: UInt64 = 0
        for i in 0..<7 { for j in 0..<6 { total += family.series(i, j).value } }
        #expect(total == 160_000)
        #expect((0..<5).reduce(0) { $0 + latency.series($1).snapshot().count } == 160_000)
    }
}
