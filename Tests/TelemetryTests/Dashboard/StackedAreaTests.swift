import Telemetry
import Testing
import VitrineTestSupport

@Suite("Stacked areas")
struct StackedAreaTests {
    /// The HTML and the terminal's text of series given as values at each ten seconds, `nil` for a gap.
    private func draw(_ series: [[Double?]]) async throws -> (html: String, text: String) {
        let clock = ManualClock(sinceEpoch: moment(0))
        var configuration = StoreConfiguration()
        configuration.lookback = .seconds(5)
        let store = try await SeriesStore.open(
            at: "/m",
            on: SimulatedFileSystem(),
            configuration: configuration,
            clock: clock.now
        )
        for place in 0..<(series.first?.count ?? 0) {
            let time = moment(Double(place) * 10)
            clock.advance(by: time - clock.now())
            for (index, values) in series.enumerated() {
                guard let value = values[place] else { continue }
                try await store.add(value, to: store.series("m", labels: [("i", "\(index)")]), at: time)
            }
        }
        let dashboard = Dashboard(
            "Stack",
            rows: [.row("Row", [.stackedAreas("Areas", Series("m").latest)])]
        )
        let end = moment(Double((series.first?.count ?? 1) - 1) * 10)
        let html = dashboard.html(of: store, from: moment(0), through: end, step: .seconds(10))
        let text = dashboard.terminalText(of: store, from: moment(0), through: end, columns: 60, usesColor: false)
        try await store.close()
        return (html, text)
    }

    /// The points of each outline of a class.
    private func outlines(_ html: String, _ name: String) -> [[(x: Double, y: Double)]] {
        html.split(separator: "<path class=\"\(name) c").dropFirst().map { part in
            let path = part.split(separator: "\"")[2]
            return path.split(whereSeparator: { "MLZ".contains($0) }).compactMap { point in
                let parts = point.split(separator: " ").compactMap { Double($0) }
                return parts.count == 2 ? (parts[0], parts[1]) : nil
            }
        }
    }

    @Test("an outage is a gap, and a single series that is missing has no height")
    func gaps() async throws {
        let full: [Double?] = [10, 10, 10, nil, nil, 10, 10, 10]
        let part: [Double?] = [5, nil, 5, nil, nil, 5, 5, 5]
        let (html, _) = try await draw([full, part])
        let areas = outlines(html, "area")
        #expect(areas.count == 4, "two series, before and after the outage")
        #expect(areas.map(\.count) == [6, 6, 6, 6])
        let lines = outlines(html, "line")
        #expect(lines.count == 4)
        // Of the second series' first stretch the middle lies on the first series.
        let (lower, upper) = (lines[0], lines[2])
        #expect(lower.count == 3 && upper.count == 3)
        #expect(upper[1].y == lower[1].y && upper[0].y < lower[0].y)
        #expect(!html.contains("Together: 0"))
    }

    @Test("what is negative lies below zero, and the sum says so")
    func negatives() async throws {
        let (html, text) = try await draw([[10, 10, 10], [-4, -4, -4], [-2, 3, -2]])
        let lines = outlines(html, "line")
        #expect(lines.count == 3)
        // Further down is greater.
        let zero = outlines(html, "area")[0].suffix(1).first?.y ?? 0
        #expect(lines[0].allSatisfy { $0.y < zero } && lines[1].allSatisfy { $0.y > zero })
        #expect(lines[2][0].y > lines[1][0].y && lines[2][1].y < lines[0][1].y)
        #expect(html.contains("Together: 4") && html.contains("Together: 9"))
        #expect(text.contains("−") || text.contains("-5"), "the axis goes below zero: \(text)")
    }
}
