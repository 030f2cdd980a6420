import Telemetry
import Testing
import VitrineTestSupport

@Suite("Dashboards of what is out of the ordinary")
struct DashboardExtremesTests {
    private let clock = ManualClock(sinceEpoch: moment(100))

    private func open() async throws -> SeriesStore {
        try await SeriesStore.open(at: "/m", on: SimulatedFileSystem(), clock: clock.now)
    }

    private func draw(_ store: SeriesStore, _ panels: [DashboardPanel]) {
        let dashboard = Dashboard("x", rows: [.row("r", panels)])
        let html = dashboard.html(of: store, from: moment(0), through: moment(100), step: .seconds(10))
        #expect(!html.contains("nan") && !html.contains("inf"), "\(html)")
        for columns in [40, 100] {
            let text = dashboard.terminalText(of: store, from: moment(0), through: moment(100), columns: columns)
            #expect(text.contains("r"))
        }
    }

    private static let great = Double.greatestFiniteMagnitude
    private static let tiny = Double.leastNonzeroMagnitude

    @Test(
        "any values can be drawn",
        arguments: [
            [great], [great, -great], [great, great, great], [tiny], [0, tiny], [-tiny, tiny], [.nan],
            [.infinity, 1], [-.infinity, .infinity], [.nan, 3, .infinity], [1, 1 + 2e-16], [-1e300, 0], [0], [-0.0],
            [1e15, 1e15 + 1], [.leastNormalMagnitude, great],
        ] as [[Double]]
    )
    func values(values: [Double]) async throws {
        let store = try await open()
        for (index, value) in values.enumerated() {
            try await store.add(value, to: store.series("g", labels: [("i", "a")]), at: moment(Double(index * 10)))
            try await store.add(value, to: store.series("g", labels: [("i", "b")]), at: moment(Double(index * 10)))
        }
        let one = Series("g", where: .equal("i", "a")).latest
        for unit in [DashboardUnit.none, .bytes, .seconds, .share] {
            draw(
                store,
                [
                    .lines("l", Series("g").latest, unit: unit), .lines("o", one, unit: unit),
                    .stackedAreas("s", Series("g").latest, unit: unit), .singleStat("n", one, unit: unit),
                ]
            )
        }
        try await store.close()
    }

    @Test("heat maps of counts that are no numbers, and with units of any length, are drawn")
    func heatMaps() async throws {
        let store = try await open()
        let registry = MetricRegistry()
        let histogram = try registry.histogram("h", unit: .count)
        for second in 0..<10 {
            histogram.record(Int64(second) * 1_000)
            try await store.record(registry.snapshot(), at: moment(Double(second * 10)))
        }
        let increase = Series("h").increase(over: .seconds(60))
        let unit = DashboardUnit.named("pieces of something with a very long name")
        draw(
            store,
            [
                .heatMap("a", increase / 0), .heatMap("b", increase * 1e308 * 1e308), .heatMap("c", increase * 0),
                .heatMap("d", increase, unit: unit), .heatMap("e", increase * -1), .lines("f", increase, unit: unit),
            ]
        )
        try await store.close()
    }

    @Test(
        "any stretch of time can be asked for",
        arguments: [
            (Duration.seconds(Int64.min), Duration.seconds(Int64.max), Duration?.none),
            (.zero, .zero, .seconds(Int64.max)), (moment(100), moment(0), .zero),
            (.seconds(-1_000_000_000_000_000), moment(0), .seconds(3_600 * 24 * 365)),
            (moment(0), .seconds(Int64.max), .milliseconds(1)),
        ]
    )
    func times(start: Duration, end: Duration, step: Duration?) async throws {
        let store = try await open()
        try await store.add(1, to: store.series("g"), at: moment(0))
        let dashboard = Dashboard(
            "x",
            rows: [.row("r", [.lines("l", Series("g").latest), .singleStat("s", Series("g").latest)])]
        )
        #expect(dashboard.html(of: store, from: start, through: end, step: step).contains("</html>"))
        #expect(!dashboard.terminalText(of: store, from: start, through: end).isEmpty)
        try await store.close()
    }
}
