import Glibc
import Telemetry
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("Queries")
struct QueryTests {
    private let disk = SimulatedFileSystem()
    private let clock = ManualClock(sinceEpoch: moment(0))

    private func open(_ configuration: StoreConfiguration? = nil) async throws -> SeriesStore {
        var chosen = configuration ?? StoreConfiguration()
        if configuration == nil {
            chosen.outOfOrderWindow = .seconds(100_000)
            chosen.futureTolerance = .seconds(100_000)
        }
        return try await SeriesStore.open(at: "/metrics", on: disk, configuration: chosen, clock: clock.now)
    }

    /// Random series of two metrics, with gaps and counters that begin anew.
    private func fill(_ store: SeriesStore, _ random: inout SeededGenerator) async throws -> [NaiveSeries] {
        var all: [NaiveSeries] = []
        for index in 0..<10 {
            let name = index < 6 ? "requests_total" : "level"
            let labels = [
                "code": ["200", "404", "500"][index % 3], "host": "h\(index / 3)", "zone": index % 2 == 0 ? "a" : "b",
            ]
            let id = try store.series(name, labels: labels.map { ($0.key, $0.value) })
            var samples: [(time: Int64, value: Double)] = []
            var total = Double(Int.random(in: 0...500, using: &random))
            for step in 0..<180 where Int.random(in: 0..<10, using: &random) > (index == 5 ? 7 : 0) {
                if step > 60, step < 90, index == 2 { continue }
                total += Double(Int.random(in: 0...30, using: &random))
                if Int.random(in: 0..<60, using: &random) == 0 { total = 0 }
                let time = moment(Double(step) * 15 + 0.3 + Double(Int.random(in: 0...900, using: &random)) / 1_000)
                let value = index < 6 ? total : Double.random(in: -100...100, using: &random)
                try await store.add(value, to: id, at: time)
                samples.append((time.wholeMilliseconds, value))
                if Int.random(in: 0..<150, using: &random) == 0 { try await store.flush() }
            }
            var named = labels
            named["__name__"] = name
            all.append(NaiveSeries(labels: named, samples: samples))
        }
        return all
    }

    @Test("random queries give what a naive evaluator computes sample by sample")
    func property() async throws {
        let seed = TestEnvironment.seed(301)
        var random = SeededGenerator(seed: seed)
        let store = try await open()
        let naive = NaiveEvaluator(series: try await fill(store, &random), lookback: 300_000)
        for round in 0..<TestEnvironment.count(150, soak: 10_000) {
            let start = moment(Double(Int.random(in: -100...2_000, using: &random)))
            let step = Duration.seconds(Int.random(in: 7...200, using: &random))
            let count = Int.random(in: 1...20, using: &random)
            let (text, compute) = Self.query(naive, &random)
            let result = try store.evaluate(Query(text), from: start, through: start + step * (count - 1), step: step)
            #expect(result.count == count)
            for index in 0..<count {
                var found: NaiveEvaluator.Vector = [:]
                for series in result.series {
                    guard let value = series.value(at: index) else { continue }
                    var labels = Dictionary(uniqueKeysWithValues: series.labels.map { ($0.name, $0.value) })
                    labels["__name__"] = series.name
                    #expect(found[labels] == nil, "twice")
                    found[labels] = value
                }
                let wanted = compute(result.time(at: index).wholeMilliseconds)
                #expect(
                    Self.agree(found, wanted),
                    "\(text), round \(round), step \(index), seed \(seed): \(found) not \(wanted)"
                )
            }
        }
        try await store.close()
    }

    private static func agree(_ found: NaiveEvaluator.Vector, _ wanted: NaiveEvaluator.Vector) -> Bool {
        guard found.count == wanted.count else { return false }
        return wanted.allSatisfy { labels, value in
            guard let other = found[labels] else { return false }
            return other == value || (other.isNaN && value.isNaN) || abs(other - value) <= 1e-9 * max(abs(value), 1)
        }
    }

    /// A random query, and how the naive evaluator computes it at a time.
    private static func query(
        _ naive: NaiveEvaluator,
        _ random: inout SeededGenerator
    ) -> (String, (Int64) -> NaiveEvaluator.Vector) {
        let selectors: [(String, [NaiveSeries])] = [
            ("requests_total", naive.choose("requests_total") { _ in true }),
            ("level{zone=\"a\"}", naive.choose("level") { $0["zone"] == "a" }),
            ("requests_total{code=~\"4..|5\\\\d+\"}", naive.choose("requests_total") { $0["code"] != "200" }),
            ("{__name__=\"level\", code!=\"500\"}", naive.choose("level") { $0["code"] != "500" }),
            ("requests_total{host!~\"h[02]\", missing=\"\"}", naive.choose("requests_total") { $0["host"] == "h1" }),
        ]
        let (selector, chosen) = selectors[Int.random(in: 0..<selectors.count, using: &random)]
        let range = Int64.random(in: 20...600, using: &random)
        let functions = [
            "rate", "increase", "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time",
            "last_over_time",
        ]
        let function = functions[Int.random(in: 0..<functions.count, using: &random)]
        let isRange = Bool.random(using: &random)
        let inner = isRange ? "\(function)(\(selector)[\(range)s])" : selector
        let base = { (time: Int64) in
            isRange ? naive.over(function, chosen, range * 1_000, at: time) : naive.latest(chosen, at: time)
        }
        let operation = ["sum", "avg", "min", "max", "count"][Int.random(in: 0..<5, using: &random)]
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return (inner, base)
        case 7: return top(naive, range, isSum: isRange)
        case 8, 9: return combination(naive, inner, base, isDifference: isRange)
        case 1: return ("\(operation)(\(inner))", { naive.aggregate(operation, base($0), by: []) })
        case 2:
            return (
                "\(operation) by (code, zone) (\(inner))",
                { naive.aggregate(operation, base($0), by: ["code", "zone"]) }
            )
        case 3:
            return (
                "\(operation)(\(inner)) without (host)",
                { naive.aggregate(operation, base($0), by: nil, without: ["host"]) }
            )
        case 4: return ("quantile by (zone) (0.3, \(inner))", { naive.quantile(0.3, base($0), by: ["zone"]) })
        case 5:
            return (
                "\(inner) / (\(inner) + 1)",
                { time in
                    naive.combine(base(time), naive.combine(base(time), base(time)) { value, _ in value + 1 }) {
                        $0 / $1
                    }
                }
            )
        default:
            return (
                "2 * sum by (code) (\(inner)) - count by (code) (\(inner)) ^ 2",
                { time in
                    naive.combine(
                        naive.aggregate("sum", base(time), by: ["code"]),
                        naive.aggregate("count", base(time), by: ["code"])
                    ) { 2 * $0 - $1 * $1 }
                }
            )
        }
    }

    /// The greatest levels, which are never equal, for of equals topk may take either.
    private static func top(
        _ naive: NaiveEvaluator,
        _ range: Int64,
        isSum: Bool
    ) -> (String, (Int64) -> NaiveEvaluator.Vector) {
        let levels = naive.choose("level") { _ in true }
        let vector = { (time: Int64) in
            isSum ? naive.over("sum_over_time", levels, range * 1_000, at: time) : naive.latest(levels, at: time)
        }
        return (
            "topk by (zone) (2, \(isSum ? "sum_over_time(level[\(range)s])" : "level"))",
            { naive.top(2, vector($0), by: ["zone"]) }
        )
    }

    /// Series matched by one label, or the remainder of negative ones.
    private static func combination(
        _ naive: NaiveEvaluator,
        _ inner: String,
        _ base: @escaping (Int64) -> NaiveEvaluator.Vector,
        isDifference: Bool
    ) -> (String, (Int64) -> NaiveEvaluator.Vector) {
        guard isDifference else {
            return ("-\(inner) % 7", { time in naive.combine(base(time), base(time)) { value, _ in fmod(-value, 7) } })
        }
        let levels = naive.choose("level") { $0["zone"] == "a" }
        return (
            "sum by (code) (\(inner)) - on (code) sum by (code, zone) (level{zone=\"a\"})",
            { time in
                naive.combine(
                    naive.aggregate("sum", base(time), by: ["code"]),
                    naive.aggregate("sum", naive.latest(levels, at: time), by: ["code", "zone"]),
                    on: ["code"],
                    -
                )
            }
        )
    }

    @Test("queries as Swift values are the same as their text, and come back from it")
    func values() throws {
        let errors = try Series("http_requests_total", where: .matching("code", "5.."), .notEqual("host", "a\"b\n"))
            .rate(over: .seconds(5_400))
        let pairs: [(Query, String)] = try [
            (errors, #"rate(http_requests_total{code=~"5..", host!="a\"b\n"}[1h30m])"#),
            (errors.sum(by: "route", "code"), "sum by (route, code) (\(errors))"),
            ((errors + 1) * 2 - errors / errors, "(\(errors) + 1) * 2 - \(errors) / \(errors)"),
            (Series("x").latest.top(3, by: "zone"), "topk by (zone) (3, x)"),
            (Series("x").latest.quantile(0.25), "quantile(0.25, x)"),
            (-Series("x").latest, "-x"),
            (1 - Series("x").latest % 2, "1 - x % 2"),
            (2 / Series("x").latest.power(0.5), "2 / x ^ 0.5"),
            (3 * Series("x").latest.power(Series("y").latest), "3 * x ^ y"),
            (7 % (1 + Series("x").latest), "7 % (1 + x)"),
            (Series("x").latest % Series("y").latest, "x % y"),
            (Series("x").latest.sum(without: "a", "b"), "sum without (a, b) (x)"),
            (Series("x").latest.average(without: "a"), "avg without (a) (x)"),
            (Series("x").latest.minimum(without: "a"), "min without (a) (x)"),
            (Series("x").latest.maximum(without: "a"), "max without (a) (x)"),
            (Series("x").latest.count(without: "a"), "count without (a) (x)"),
            (Series("x").latest.quantile(0.5, without: "a"), "quantile without (a) (0.5, x)"),
            (Series("x").latest.top(2, without: "a"), "topk without (a) (2, x)"),
            (
                Series("x").latest.combined(.divide, with: Series("y").latest, matching: .on(["a", "b"])),
                "x / on (a, b) y"
            ),
            (
                Series("x").latest.combined(.power, with: Series("y").latest, matching: .ignoring(["a"])),
                "x ^ ignoring (a) y"
            ),
            (
                Series("x").increase(over: .milliseconds(1_500)).histogramQuantile(0.99),
                "histogram_quantile(0.99, increase(x[1s500ms]))"
            ),
            (
                Series(nil, where: .notMatching("__name__", "go_.*|")).average(over: .seconds(60)),
                #"avg_over_time({__name__!~"go_.*|"}[1m])"#
            ),
            (Query("-(x ^ 2) ^ -y"), "-(x ^ 2) ^ -y"),
            (Query("(-x) ^ 2 * -(-3 + y) - (-4) ^ -z"), "(-x) ^ 2 * -(-3 + y) - (-4) ^ -z"),
            (Query(String(repeating: "-", count: 90) + "x"), String(repeating: "-", count: 90) + "x"),
        ]
        for (query, text) in pairs {
            #expect(query.description == text)
            #expect(try Query(query.description) == query)
        }
        #expect(try Query("1 + 2 * 3 ^ 2 ^ 0.5") == Query("1 + (2 * (3 ^ (2 ^ 0.5)))"))
        #expect(try Query(".5") == Query.number(0.5))
        let numbers = try ["0x1F", "017", "089", "0", "0.5", "007.5", "0e1"].map { try Query($0) }
        #expect(numbers == [31, 15, 89, 0, 0.5, 7.5, 0].map { Query.number($0) }, "as Go reads whole numbers")
        #expect(try Query("1 - 2 - 3") == Query("(1 - 2) - 3"))
        #expect(try Query("x * .5") == Query("x * 0.5"))
        #expect(try Query("SUM(x) BY (l) / Ignoring (m) y") == Query("sum by (l) (x) / ignoring (m) y"))
        #expect(try Query("quantile(NaN, x)").description == "quantile(NaN, x)")
        #expect(try Query("# a comment\n sum ( x ) by ( a , b , ) ") == Query("sum by (a, b) (x)"))
    }

    @Test(
        "what is not understood is an error with its place",
        arguments: [
            ("", 0), ("rate(x)", 6), ("rate(x[5])", 7), ("x[5m]", 1), ("x > 1", 2), ("a and b", 2), ("x offset 5m", 2),
            ("x @ 3", 2), ("abs(x)", 0), ("sum(x", 5), ("{}", 0), ("{a=~\".*\"}", 0), ("x{a=\"b}", 4),
            ("x{a=~\"[b\"}", 8),
            ("x{a=\"\\q\"}", 5), ("a / on(x) group_left b", 10), ("1 +", 3), ("x{a~\"b\"}", 3), ("topk(x)", 5),
            ("x{a=~\"\\\\bfoo\"}", 8), ("x{a=~'\\u00e9\\n[b'}", 16), ("x{a=~\"é(\"}", 9), ("x{a=~`\\b`}", 7),
            ("x y", 2),
            ("5m", 0), ("1e", 0), ("\"text\"", 0), ("x{a=\"b\",,}", 8), ("rate(x[5m5h])", 7), ("x ; y", 2),
            ("sum(1)", 4), ("topk(2, 1 + 2)", 8), ("histogram_quantile(0.9, -1)", 24), ("1 + on(a) 2", 4),
            ("m + on(a) 2", 4), ("2 * ignoring(a) m", 4), ("m{a=\"b\",__name__=\"m\"}", 8), ("1e400", 0), ("0x", 0),
            ("0xg", 0),
            ("by (x)", 0), ("rate(x[5m:1m])", 9), ("x{a=~\"a**\"}", 8), ("x{l=\"1\"", 7), ("count(x) by (l", 14),
        ]
    )
    func errors(text: String, offset: Int) {
        do {
            let query = try Query(text)
            Issue.record("\(text) is read as \(query)")
        } catch {
            #expect(error.offset == offset, "\(text): \(error)")
            #expect(!error.message.isEmpty)
        }
    }

    @Test("random texts and nesting give an error or a query, never a trap")
    func foreignTexts() {
        var random = SeededGenerator(seed: 12)
        let pieces = [
            "sum", "(", ")", "rate", "x", "{", "}", "a", "=", "\"b\"", "=~", "[", "5m", "]", "+", "-", "^", "1.5", ",",
            "by", "\"(\"", "é", "`",
        ]
        for _ in 0..<TestEnvironment.count(5_000, soak: 500_000) {
            let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            if let query = try? Query(text) { #expect((try? Query(query.description)) == query, "\(text) → \(query)") }
        }
        #expect(throws: QuerySyntaxError.self) { try Query(String(repeating: "(", count: 100_000)) }
        #expect(throws: QuerySyntaxError.self) { try Query(String(repeating: "-", count: 100_000) + "x") }
        #expect(throws: QuerySyntaxError.self) { try Query("1" + String(repeating: " + 1", count: 100_000)) }
        #expect(throws: Never.self) { try Query("1" + String(repeating: " + 1", count: 250)) }
    }

    @Test("a mean of numbers whose sum is beyond all numbers is a number, over series and over time")
    func greatMeans() async throws {
        let store = try await open()
        let (a, b) = (try store.series("m", labels: [("i", "a")]), try store.series("m", labels: [("i", "b")]))
        try await store.add(1.7e308, to: a, at: moment(1))
        try await store.add(1.6e308, to: b, at: moment(1))
        try await store.add(1.5e308, to: b, at: moment(2))
        let mean = try store.evaluate(Query("avg(m)"), at: moment(1)).series.first?.value(at: 0)
        #expect(mean.map { abs($0 / 1.65e308 - 1) < 1e-12 } == true, "\(String(describing: mean))")
        let over = try store.evaluate(Query("avg_over_time(m{i=\"b\"}[1m])"), at: moment(2)).series.first?.value(at: 0)
        #expect(over.map { abs($0 / 1.55e308 - 1) < 1e-12 } == true, "\(String(describing: over))")
        try await store.close()
    }

    @Test(
        "series on the right that agree in what is matched are refused even without a partner, but not beside nothing"
    )
    func repeatsOnTheRight() async throws {
        let store = try await open()
        for (name, host) in [("left", "a"), ("right", "b"), ("right", "b")].enumerated().map({ ($1.0, ("\($0)", $1.1)) }
        ) {
            try await store.add(1, to: store.series(name, labels: [("i", host.0), ("h", host.1)]), at: moment(1))
        }
        #expect(
            try await storeCode { try store.evaluate(Query("left + on (h) right"), at: moment(1)) } == .queryFailed
        )
        #expect(try store.evaluate(Query("none + on (h) right"), at: moment(1)).series.isEmpty)
        #expect(try store.evaluate(Query("right + on (h) left"), at: moment(1)).series.isEmpty)
        try await store.close()
    }

    @Test("topk keeps at each time the greatest of each group, and ties take as many as asked")
    func top() async throws {
        let store = try await open()
        for index in 0..<6 {
            let series = try store.series("m", labels: [("i", "\(index)"), ("g", index < 3 ? "a" : "b")])
            try await store.add(Double([5, 3, 4, 1, 9, 9][index]), to: series, at: moment(1))
        }
        let result = try store.evaluate(Query("topk by (g) (2, m)"), at: moment(2))
        #expect(result.series.map { $0.labels.last?.value }.sorted { ($0 ?? "") < ($1 ?? "") } == ["0", "2", "4", "5"])
        #expect(result.series.allSatisfy { $0.name == "m" })
        #expect(try store.evaluate(Query("topk(0, m)"), at: moment(2)).series.isEmpty)
        let ranked = try store.evaluate(Query("topk(5, m)"), at: moment(2)).series
        #expect(ranked.map { $0.value(at: 0) } == [9, 9, 5, 4, 3], "the greatest first")
        #expect(ranked.map { $0.labels.last?.value } == ["4", "5", "0", "2", "1"])
        try await store.close()
    }

    @Test("series can be grouped and matched by their name")
    func byName() async throws {
        let store = try await open()
        for (name, label, value) in [("x", "1", 1.0), ("x", "2", 2), ("y", "1", 4)] {
            try await store.add(value, to: store.series(name, labels: [("l", label)]), at: moment(1))
        }
        func values(_ text: String) throws -> [String: Double] {
            let result = try store.evaluate(Query(text), at: moment(2))
            return Dictionary(uniqueKeysWithValues: result.series.map { ($0.title, $0.value(at: 0) ?? .nan) })
        }
        #expect(try values("count by (__name__) ({__name__=~\".+\"})") == ["x": 2, "y": 1])
        #expect(
            try values("sum by (__name__, l) ({__name__=~\".+\"})")
                == ["x{l=\"1\"}": 1, "x{l=\"2\"}": 2, "y{l=\"1\"}": 4]
        )
        #expect(try values("sum by (l) ({__name__=~\".+\"})") == ["{l=\"1\"}": 5, "{l=\"2\"}": 2])
        #expect(try values("x * on (__name__, l) x") == ["{l=\"1\"}": 1, "{l=\"2\"}": 4])
        #expect(try values("x * on (__name__, l) y") == [:])
        try await store.add(9, to: store.series("z", labels: [("l", "a\"\n")]), at: moment(1))
        #expect(try values("z") == ["z{l=\"a\\\"\\n\"}": 9])
        try await store.close()
    }

    @Test("the quantile of classic buckets is Prometheus's estimate")
    func classicQuantile() async throws {
        let store = try await open()
        for (bound, count) in [("0.1", 10.0), ("0.5", 30), ("1", 60), ("+Inf", 100)] {
            try await store.add(
                count,
                to: store.series("h_bucket", labels: [("le", bound), ("job", "a")]),
                at: moment(1)
            )
        }
        func quantile(_ q: Double) throws -> Double? {
            try store.evaluate(Series("h_bucket").latest.histogramQuantile(q), at: moment(2)).series.first?.value(at: 0)
        }
        // rank 20 of 100 lies half way through the bucket from 0.1 to 0.5, which holds 20.
        #expect(try abs((quantile(0.2) ?? 0) - 0.3) < 1e-12)
        #expect(try quantile(0.05) == 0.05)
        #expect(try quantile(0.9) == 1)
        #expect(try quantile(2) == .infinity)
        try await store.close()
    }

    @Test("stored histograms add up over labels and time, and their quantiles keep the stated error")
    func histograms() async throws {
        let store = try await open()
        let registry = MetricRegistry()
        var random = SeededGenerator(seed: 14)
        var recorded: [[Int64]] = []
        for second in 0..<60 {
            clock.advance(by: .seconds(1))
            recorded.append([])
            for route in ["a", "b"] {
                let latency = try registry.histogram("latency_seconds", labels: [("route", route)])
                for _ in 0..<20 {
                    let sample = Int64.random(in: 1_000...1_000_000_000, using: &random)
                    latency.record(sample)
                    recorded[second].append(sample)
                }
            }
            try await store.record(registry.snapshot(), at: moment(Double(second)))
        }
        let query = try Query("histogram_quantile(0.9, sum(rate(latency_seconds[30s])))")
        let result = try store.evaluate(query, from: moment(40), through: moment(59), step: .seconds(1))
        for index in 0..<result.count {
            let exact = recorded[(11 + index)...(40 + index)].flatMap(\.self).sorted()
            let wanted = Double(exact[exact.count * 9 / 10 - 1]) / 1e9
            let found = try #require(result.series.first?.value(at: index))
            #expect(abs(found - wanted) / wanted <= HistogramSnapshot.relativeErrorMax, "step \(index)")
        }
        #expect(
            try await storeCode { try store.evaluate(Query("latency_seconds / latency_seconds"), at: moment(50)) }
                == .queryFailed
        )
        #expect(
            try await storeCode { try store.evaluate(Query("avg(latency_seconds)"), at: moment(50)) } == .queryFailed
        )
        try await store.close()
    }

    @Test("what looks the same once its name is gone is one series, unless both have a value at a time")
    func sameLabels() async throws {
        let store = try await open()
        for (name, start) in [("a_total", 0), ("b_total", 0), ("c_total", 300)] {
            let series = try store.series(name, labels: [("k", "1")])
            for second in start..<start + 200 {
                try await store.add(Double(second), to: series, at: moment(Double(second)))
            }
        }
        let texts = [
            "rate({__name__=~\"a_total|b_total\"}[1m])", "-{__name__=~\"a_total|b_total\"}",
            "{__name__=~\"a_total|b_total\"} + 1", "2 * {__name__=~\"a_total|b_total\"}",
        ]
        for text in texts {
            let error = #expect(throws: TelemetryError.self) { try store.evaluate(Query(text), at: moment(100)) }
            #expect(error?.code == .queryFailed && error?.message.contains("{k=\"1\"}") == true, "\(text)")
        }
        let names = try store.evaluate(Query("{__name__=~\"a_total|b_total\"}"), at: moment(100))
        #expect(names.series.map(\.name) == ["a_total", "b_total"])
        let followed = try store.evaluate(
            Query("increase({__name__=~\"a_total|c_total\"}[10s])"),
            from: moment(100),
            through: moment(400),
            step: .seconds(300)
        )
        #expect(followed.series.count == 1)
        #expect(followed.series.first.map { one in (0..<2).map { one.value(at: $0) } } == [10, 10])
        try await store.close()
    }

    @Test("an empty label is as none in the store too")
    func emptyLabels() async throws {
        let store = try await open()
        let without = try store.series("m")
        #expect(try store.series("m", labels: [("a", "")]) == without)
        try await store.add(1, to: without, at: moment(0))
        try await store.add(2, to: store.series("m", labels: [("a", "x"), ("b", "")]), at: moment(0))
        let sums = try store.evaluate(Query("sum by (a) (m)"), at: moment(1))
        #expect(sums.series.map(\.title) == ["{}", "{a=\"x\"}"])
        let difference = try store.evaluate(Query("m - on(a) m"), at: moment(1))
        #expect(difference.series.map { $0.value(at: 0) } == [0, 0])
        #expect(try await storeCode { try store.series("m", labels: [("__a", "")]) } == .invalidName)
        try await store.close()
    }

    @Test("two series that cannot be told apart are an error that names both")
    func ambiguous() async throws {
        let store = try await open()
        for host in ["a", "b"] {
            try await store.add(1, to: store.series("m", labels: [("host", host)]), at: moment(0))
        }
        let error = #expect(throws: TelemetryError.self) { try store.evaluate(Query("m / on () m"), at: moment(1)) }
        #expect(error?.code == .queryFailed && error?.message.contains("m{host=\"a\"}") == true)
        #expect(
            try await storeCode {
                try store.evaluate(Query("m"), from: moment(9), through: moment(1), step: .seconds(1))
            } == .invalidArgument
        )
        #expect(
            try await storeCode { try store.evaluate(Query("m"), from: .zero, through: moment(1), step: .seconds(1)) }
                == .queryIsTooLarge
        )
        try await store.close()
    }
}
