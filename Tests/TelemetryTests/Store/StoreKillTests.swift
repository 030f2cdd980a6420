import Telemetry
import Testing
import VitrineTestSupport

@Suite("After kill -9, a store of series")
struct StoreKillTests {
    @Test("has every acknowledged sample once, rolled up ones too, whatever upkeep was at")
    func killedWriter() async throws {
        let seed = TestEnvironment.seed(UInt64.random(in: 0...UInt64.max))
        var generator = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        var judge = KillJudge()
        for run in 0..<TestEnvironment.count(25, soak: 200, brief: 3) {
            judge.context = "seed \(seed), run \(run)"
            var child = try ChildProcess("TelemetryCrashWriter", arguments: [directory.path])
            #expect(child.line() == "ready", "\(judge.context)")
            for _ in 0..<Int.random(in: 1...200, using: &generator) { judge.hear(child.line()) }
            child.kill()
            // What it said before it died counts too.
            while let line = child.line() { judge.hear(line) }
            try await judge.check(directory.path)
        }
        // Some were rolled up twice.
        #expect(judge.windowCounts.contains { $0 > 10 })
    }
}

/// What a child said, and whether it is there.
private struct KillJudge {
    var context = ""
    /// Seconds of which the store has the numbers, and those of which it has the histogram, ascending.
    private var numbers: [Int] = []
    private var recorded: [Int] = []
    private var last = -1
    /// Samples of the points that were found.
    private(set) var windowCounts: Set<Int> = []

    mutating func hear(_ line: String?) {
        guard let line else { return }
        guard let second = Int(line), second > last else {
            Issue.record("\(context): the writer said: \(line)")
            return
        }
        last = second
        if numbers.last != second { numbers.append(second) }
        if recorded.last != second { recorded.append(second) }
    }

    mutating func check(_ path: String) async throws {
        let time = SampleScript.start + .seconds(last + 1)
        var configuration = StoreConfiguration()
        configuration.tiers = SampleScript.tiers.map {
            StoreTier(resolution: .seconds($0.resolution), retention: .seconds($0.retention))
        }
        configuration.outOfOrderWindow = .seconds(3)
        let store = try await SeriesStore.open(at: path, configuration: configuration) { time }
        let damage = store.statistics.damage
        #expect(damage.isEmpty, "\(context): \(damage)")
        try takeUnheard(store)
        try checkNumbers(store)
        try checkHistogram(store)
        // And once more when all that waits was put together.
        while try await store.maintain() {}
        try checkNumbers(store)
        try checkHistogram(store)
        try await store.close()
    }

    /// The child adds one second at a time: one more than it said may be there.
    private mutating func takeUnheard(_ store: SeriesStore) throws {
        let next = last + 1
        let series = try store.series("number", labels: [("series", "0")])
        if let found = try store.samples(of: series, from: .zero, through: end).last, second(found.time) == next {
            numbers.append(next)
            last = next
        }
        let histogram = try store.series("latency_seconds", kind: .histogram)
        if let found = try store.histograms(of: histogram, from: .zero, through: end).last, second(found.time) == next {
            recorded.append(next)
            last = next
        }
    }

    private mutating func checkNumbers(_ store: SeriesStore) throws {
        for index in 0..<SampleScript.seriesCount {
            let series = try store.series("number", labels: [("series", "\(index)")])
            var rest = numbers[...]
            for point in try store.samples(of: series, from: .zero, through: end) {
                let values = rest.prefix { $0 <= second(point.time) }.map { SampleScript.value($0, series: index) }
                rest = rest.dropFirst(values.count)
                windowCounts.insert(values.count)
                let isRight =
                    point.count == Double(values.count) && point.sum == values.reduce(0, +)
                    && point.min == values.min() && point.max == values.max() && point.value == values.last
                #expect(isRight, "\(context): series \(index) has \(point), not \(values)")
            }
            #expect(rest.isEmpty, "\(context): series \(index) lacks \(rest)")
        }
    }

    private mutating func checkHistogram(_ store: SeriesStore) throws {
        let series = try store.series("latency_seconds", kind: .histogram)
        var rest = recorded[...]
        for point in try store.histograms(of: series, from: .zero, through: end) {
            let seconds = rest.prefix { $0 <= second(point.time) }
            rest = rest.dropFirst(seconds.count)
            let count = seconds.reduce(0) { $0 + SampleScript.sampleCount($1) }
            let sum = seconds.reduce(0.0) {
                $0 + Double(SampleScript.sampleCount($1)) * Double(SampleScript.nanoseconds($1)) / 1e9
            }
            let found = point.increase
            let isRight = found.count == Double(count) && abs(found.sum - sum) <= 1e-9 * sum
            #expect(isRight, "\(context): at \(second(point.time)) \(found.count) samples, not \(count)")
        }
        #expect(rest.isEmpty, "\(context): the histogram lacks \(rest)")
    }

    private var end: Duration { SampleScript.start + .seconds(1 << 30) }

    private func second(_ time: Duration) -> Int { Int((time - SampleScript.start).components.seconds) }
}
