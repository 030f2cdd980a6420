import Telemetry
import Testing
import VitrineSync
import VitrineTestSupport

/// Queries of a store whose older samples are rolled up, held against the naive evaluator on all samples.
@Suite("Queries across tiers")
struct QueryTierTests {
    private let clock = ManualClock(sinceEpoch: moment(0))

    /// What an hour and a half holds: a sample a second of each series, and what was recorded into a histogram.
    private struct History {
        var naive = NaiveEvaluator(series: [], lookback: 30_000)
        var recorded: [[Int64]] = []
        static let seconds = 5_400
    }

    private func fill(_ store: SeriesStore, _ random: inout SeededGenerator) async throws -> History {
        var history = History()
        var names: [(id: SeriesID, labels: [String: String])] = []
        for index in 0..<6 {
            let name = index < 3 ? "requests_total" : "level"
            let labels = ["host": "h\(index)", "zone": index % 2 == 0 ? "a" : "b"]
            let kind: SeriesKind = index < 3 ? .counter : .gauge
            let id = try store.series(name, labels: labels.map { ($0.key, $0.value) }, kind: kind)
            names.append((id, labels.merging(["__name__": name]) { $1 }))
            history.naive.series.append(NaiveSeries(labels: names[index].labels, samples: []))
        }
        let registry = MetricRegistry()
        let latency = try registry.histogram("latency_seconds")
        var totals = [Double](repeating: 5_000, count: 3)
        for second in 0..<History.seconds {
            clock.advance(by: .seconds(1))
            let time = moment(Double(second))
            var batch = SampleBatch(at: time)
            for index in 0..<6 {
                if index < 3 {
                    totals[index] += Double(Int.random(in: 0...9, using: &random))
                    if Int.random(in: 0..<700, using: &random) == 0 { totals[index] = 3 }
                }
                // Eighths, so that sums of any order are exact.
                let value = index < 3 ? totals[index] : Double(Int.random(in: -800...800, using: &random)) / 8
                batch.add(value, to: names[index].id)
                history.naive.series[index].samples.append((time.wholeMilliseconds, value))
            }
            try await store.append(batch)
            let samples = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                Int64.random(in: 1_000...1_000_000_000, using: &random)
            }
            for sample in samples { latency.record(sample) }
            history.recorded.append(samples)
            try await store.record(registry.snapshot(), at: time)
            if second % 20 == 19 { try await store.settle() }
        }
        return history
    }

    @Test("extremes, sums, counts and last values of whole minutes are those of the samples, from whatever tier")
    func wholeMinutes() async throws {
        let seed = TestEnvironment.seed(311)
        var random = SeededGenerator(seed: seed)
        let store = try await SeriesStore.open(
            at: "/metrics",
            on: SimulatedFileSystem(),
            configuration: shortTiers,
            clock: clock.now
        )
        let history = try await fill(store, &random)
        #expect(store.statistics.tiers.allSatisfy { $0.blockCount > 0 })
        for round in 0..<TestEnvironment.count(200, soak: 5_000) {
            // Just before a minute ends: a range then takes in whole windows of each tier.
            let minutes = Int64.random(in: 2...12, using: &random)
            let last = Int.random(in: Int(minutes)...History.seconds / 60, using: &random)
            let first = Int.random(in: Int(minutes)...last, using: &random)
            let start = moment(Double(first * 60)) - .milliseconds(1)
            let functions = [
                "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "last_over_time",
            ]
            let function = functions[Int.random(in: 0..<functions.count, using: &random)]
            let selector = Bool.random(using: &random) ? "requests_total" : "level"
            let text = "sum by (zone) (\(function)(\(selector)[\(minutes)m]))"
            let step = Duration.seconds(60 * Int.random(in: 1...4, using: &random))
            let end = moment(Double(last * 60)) - .milliseconds(1)
            let result = try store.evaluate(Query(text), from: start, through: end, step: step)
            for index in 0..<result.count {
                let time = result.time(at: index).wholeMilliseconds
                let chosen = history.naive.choose(selector) { _ in true }
                let each = history.naive.over(function, chosen, minutes * 60_000, at: time)
                for (labels, wanted) in history.naive.aggregate("sum", each, by: ["zone"]) {
                    let found = result.series.first { $0.labels.first?.value == labels["zone"] }?.value(at: index)
                    #expect(
                        abs((found ?? .nan) - wanted) <= 1e-9 * max(1, abs(wanted)),
                        "\(text) at \(index), round \(round), seed \(seed): \(found.debugDescription) not \(wanted)"
                    )
                }
            }
        }
        try checkGrowth(store, history, &random)
        try checkHistograms(store, history, &random)
        try await store.close()
    }

    /// A counter's growth sees through every beginning anew, and is off by what two windows can hold at most.
    private func checkGrowth(_ store: SeriesStore, _ history: History, _ random: inout SeededGenerator) throws {
        for _ in 0..<100 {
            let minutes = Int.random(in: 5...20, using: &random)
            let end = Int.random(in: minutes...History.seconds / 60, using: &random) * 60
            let query = Series("requests_total").increase(over: .seconds(60 * minutes))
            let result = try store.evaluate(query, at: moment(Double(end)) - .milliseconds(1))
            #expect(result.series.count == 3)
            for (series, naive) in zip(result.series, history.naive.series) {
                let samples = naive.samples[max(0, end - 60 * minutes - 1)..<end].map(\.value)
                let truth = zip(samples, samples.dropFirst()).reduce(0) { $0 + ($1.1 < $1.0 ? $1.1 : $1.1 - $1.0) }
                let found = try #require(series.value(at: 0))
                #expect(abs(found - truth) <= 2 * 60 * 9, "\(series.title): \(found), not \(truth), in \(minutes) min")
            }
        }
    }

    /// A histogram's counts are exact, and its quantiles within what is stated of the sample of their rank.
    private func checkHistograms(_ store: SeriesStore, _ history: History, _ random: inout SeededGenerator) throws {
        for _ in 0..<100 {
            let minutes = Int.random(in: 2...20, using: &random)
            let end = Int.random(in: minutes...History.seconds / 60, using: &random) * 60
            let exact = history.recorded[(end - 60 * minutes)..<end].flatMap(\.self).sorted()
            let q = Double.random(in: 0.01...0.99, using: &random)
            let increase = Series("latency_seconds").increase(over: .seconds(60 * minutes))
            let time = moment(Double(end)) - .milliseconds(1)
            let histogram = try store.evaluate(increase, at: time).series.first?.histogram(at: 0)
            #expect(histogram?.count == Double(exact.count))
            let wanted = Double(exact[Int((q * Double(exact.count)).rounded(.up)) - 1]) / 1e9
            let found = try store.evaluate(increase.histogramQuantile(q), at: time).series.first?.value(at: 0)
            #expect(abs((found ?? .nan) - wanted) <= wanted * HistogramSnapshot.relativeErrorMax)
        }
    }
}
