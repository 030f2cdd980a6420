import Telemetry
import Testing
import VitrineTestSupport

/// What a clock that is wrong for a while does to a store, with CloudWatch's tiers.
@Suite("A store under a wrong clock")
struct ClockTests {
    private let disk = SimulatedFileSystem()
    private let clock = ManualClock(sinceEpoch: moment(0))

    private func open() async throws -> SeriesStore {
        try await SeriesStore.open(at: "/metrics", on: disk, clock: clock.now)
    }

    private func set(_ second: Double) {
        clock.advance(by: moment(second) - clock.now())
    }

    /// Has the clock show a second and takes a sample then; returns whether it was taken.
    private func sample(_ store: SeriesStore, _ second: Double, upkeep: Bool = true) async throws -> Bool {
        set(second)
        let taken = try await store.add(second, to: store.series("g"), at: moment(second))
        if upkeep { try await store.settle() }
        return taken == 1
    }

    /// What a clock may be ahead by, in seconds: less than is tolerated, an hour, a day, a month, two years.
    private static let jumps: [Double] = [45, 500, 3_600, 86_400, 30 * 86_400, 2 * 365 * 86_400]

    @Test("upkeep and an opening while the clock is ahead cost nothing", arguments: jumps)
    func aheadWithoutSamples(jump: Double) async throws {
        var store = try await open()
        for second in stride(from: 0.0, through: 2_000, by: 10) { #expect(try await sample(store, second)) }
        set(2_000 + jump)
        try await store.settle()
        try await store.close()
        store = try await open()
        try await store.settle()
        try await store.close()
        set(2_001)
        store = try await open()
        for second in stride(from: 2_001.0, through: 6_000, by: 7) {
            #expect(try await sample(store, second), "at \(second)")
        }
        #expect(store.statistics.refusedSampleCount == 0)
        #expect(try store.values(of: store.series("g")).count == 201 + 572)
        try await store.close()
    }

    @Test("samples and upkeep of some seconds in which the clock is ahead cost no other sample", arguments: jumps)
    func aheadWithSamples(jump: Double) async throws {
        var store = try await open()
        for second in 0..<900 { #expect(try await sample(store, Double(second), upkeep: second % 30 == 0)) }
        for second in 900..<905 { #expect(try await sample(store, Double(second) + jump)) }
        for second in 905..<1_400 { #expect(try await sample(store, Double(second), upkeep: second % 30 == 0)) }
        try await store.close()
        store = try await open()
        for second in 1_400..<1_900 { #expect(try await sample(store, Double(second), upkeep: second % 30 == 0)) }
        let found = try store.values(of: store.series("g"))
        for second in 0..<1_900 where !(900..<905).contains(second) {
            #expect(found[Double(second)] == Double(second), "at \(second)")
        }
        #expect(store.statistics.refusedSampleCount == 0 && store.statistics.droppedPointCount == 0)
        #expect(store.statistics.tiers[1].blockCount > 0, "upkeep goes on")
        try await store.close()
    }

    @Test("a store that begins while the clock is ahead takes every sample once it is right")
    func aheadAtFirst() async throws {
        let store = try await open()
        for second in 0..<20 { #expect(try await sample(store, 1e7 + Double(second))) }
        for second in 0..<3_000 { #expect(try await sample(store, Double(second), upkeep: second % 20 == 0)) }
        #expect(store.statistics.refusedSampleCount == 0 && store.statistics.tiers[1].blockCount > 0)
        try await store.close()
    }

    @Test("one sample ahead of the clock, as far as is tolerated, keeps no other out")
    func tolerated() async throws {
        let store = try await open()
        set(0)
        #expect(try await store.add(1, to: store.series("ahead"), at: moment(500)) == 1)
        #expect(try await store.add(1, to: store.series("ahead"), at: moment(601)) == 0)
        for second in 1..<1_200 { #expect(try await sample(store, Double(second))) }
        #expect(store.statistics.refusedSampleCount == 1)
        try await store.close()
    }

    @Test("after a pause, and where samples are rare, upkeep goes on")
    func pauses() async throws {
        let store = try await open()
        for second in stride(from: 0.0, through: 2_000, by: 10) { #expect(try await sample(store, second)) }
        for second in stride(from: 100_000.0, through: 104_000, by: 10) { #expect(try await sample(store, second)) }
        #expect(try #require(store.statistics.tiers[0].oldest) > moment(90_000), "what is too old goes")
        for hour in 30..<900 { #expect(try await sample(store, Double(hour) * 3_600)) }
        let oldest = try #require(store.statistics.tiers[1].oldest)
        #expect(oldest > moment(Double(900 - 17 * 24) * 3_600))
        try await store.close()
    }

    @Test("a histogram goes on being stored after the clock was ahead")
    func histogram() async throws {
        let store = try await open()
        let registry = MetricRegistry()
        let histogram = try registry.histogram("h_seconds")
        for second in [0, 1, 2, 86_403, 86_404, 5, 6, 7] as [Double] {
            set(second)
            for _ in 0..<10 { histogram.record(1_000) }
            try await store.record(registry.snapshot(), at: moment(second))
        }
        let result = try store.evaluate(Query("increase(h_seconds[1m])"), at: moment(7))
        #expect(result.series.first?.value(at: 0) == 60)
        try await store.close()
    }

    @Test("time goes on by steps, and by a leap only when samples stay there")
    func steps() {
        func time(_ samples: [Int64]) -> Int64? {
            var steady = SteadyTime(window: .seconds(60), resolution: 1_000)
            for sample in samples { steady.note(sample * 1_000) }
            return steady.time.map { $0 / 1_000 }
        }
        let begun = Array(0...700 as ClosedRange<Int64>)
        #expect(time([]) == nil && time([5]) == nil && time(begun) == 700)
        #expect(time(begun + [750, 740, 810]) == 810)
        #expect(time(begun + [90_000]) == 700)
        #expect(time(begun + [90_000, 90_001, 701]) == 701)
        #expect(time(begun + Array(90_000...90_599)) == 700)
        #expect(time(begun + Array(90_000...90_600)) == 90_600)
        #expect(time(begun + [4_300, 7_900, 11_500]) == 7_900, "rare samples")
        #expect(time(begun + [4_300, 999_999, 7_900, 11_500]) == 7_900)
        #expect(time([999_999] + begun) == 700)
    }
}
