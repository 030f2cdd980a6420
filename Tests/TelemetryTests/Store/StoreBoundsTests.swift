import Telemetry
import Testing
import VitrineTestSupport

@Suite("A store that is asked for the extreme")
struct StoreBoundsTests {
    private let clock = ManualClock(sinceEpoch: moment(0))

    private func open(_ configuration: StoreConfiguration = StoreConfiguration()) async throws -> SeriesStore {
        try await SeriesStore.open(
            at: "/metrics",
            on: SimulatedFileSystem(),
            configuration: configuration,
            clock: clock.now
        )
    }

    @Test("all times can be asked for, and times that go backwards give nothing")
    func allTimes() async throws {
        let store = try await open()
        let series = try store.series("m")
        try await store.add(1, to: series, at: moment(0))
        let all = Duration.seconds(Int64.max)
        #expect(try store.samples(of: series, from: .zero, through: all).count == 1)
        #expect(try store.samples(of: series, from: .zero - all, through: all).count == 1)
        #expect(try store.samples(of: series, from: all, through: .zero).isEmpty)
        #expect(try store.histograms(of: series, from: .zero, through: all).isEmpty)
        for range in [Duration.seconds(Int64.max), .zero, .seconds(-5)] {
            _ = try store.evaluate(Series("m").increase(over: range), at: moment(0))
        }
        try await store.close()
    }

    @Test("bounds that are as great as can be switch their checks off")
    func greatBounds() async throws {
        var configuration = StoreConfiguration()
        configuration.futureTolerance = .seconds(Int64.max)
        configuration.outOfOrderWindow = .seconds(Int64.max)
        configuration.headAgeMax = .seconds(Int64.max)
        configuration.lookback = .seconds(Int64.max)
        let store = try await open(configuration)
        let series = try store.series("m")
        for time in [moment(1e7), moment(-1e7), moment(0)] {
            #expect(try await store.add(1, to: series, at: time) == 1)
        }
        try await store.settle()
        #expect(try store.evaluate(Series("m").latest, at: moment(5)).series.count == 1)
        try await store.close()
    }

    @Test("tiers without a common multiple of any use are refused")
    func tiers() async throws {
        var configuration = StoreConfiguration()
        configuration.tiers = [
            StoreTier(resolution: .milliseconds(1), retention: .seconds(1_000)),
            StoreTier(resolution: .milliseconds(2), retention: .seconds(1 << 38)),
            StoreTier(resolution: .milliseconds(280_000_000_000_006), retention: .milliseconds((1 << 50) - 1)),
        ]
        #expect(try await storeCode { try await open(configuration) } == .invalidArgument)
    }

    @Test("a closed store answers nothing any more")
    func closed() async throws {
        let store = try await open()
        let series = try store.series("m")
        try await store.close()
        #expect(try await storeCode { try store.evaluate(Series("m").latest, at: moment(0)) } == .storeIsClosed)
        let code = try await storeCode { try store.samples(of: series, from: .zero, through: moment(0)) }
        #expect(code == .storeIsClosed)
    }
}
