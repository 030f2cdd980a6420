internal import VitrineSync

/// What a panel shows: its queries' results, named and in order.
struct PanelData {
    /// One series, named.
    struct Line {
        let name: String
        let values: [Double?]
        /// Its place among the colours.
        let color: Int

        /// The value at the end, if there is one then.
        var last: Double? { values.last ?? nil }
        var newest: Double? { values.last { $0 != nil } ?? nil }
        /// The greatest that is a number.
        var greatest: Double? { values.compactMap(\.self).filter(\.isFinite).max() }
    }

    /// The colours there are; what is beyond them is drawn as one rest.
    static let colorCount = 8

    let panel: DashboardPanel
    let start: Int64
    let step: Int64
    let count: Int
    private(set) var lines: [Line] = []
    /// The histograms of a heat map.
    private(set) var histograms: [SeriesHistogram?] = []
    /// Why there is nothing to be seen.
    private(set) var problem: String?
    /// Series that are not drawn, because there are too many.
    private(set) var hiddenCount = 0

    init(_ panel: DashboardPanel, _ store: SeriesStore, from start: Duration, through end: Duration, step: Duration) {
        self.panel = panel
        self.start = start.wholeMilliseconds
        self.step = max(1, StoredTime.clamped(step))
        count = Int((end.wholeMilliseconds - self.start) / self.step) + 1
        do {
            var named: [(String, ResultSeries)] = []
            for source in panel.sources {
                let result = try store.evaluate(source.query, from: start, through: end, step: step)
                named += result.series.map { (Self.name($0, source, panel), $0) }
            }
            take(named)
        } catch let error as TelemetryError {
            problem = error.message
        } catch {
            problem = "\(error)"
        }
    }

    private mutating func take(_ named: [(String, ResultSeries)]) {
        if named.isEmpty { problem = "No data in this time" }
        if panel.style == .heatMap {
            takeHistograms(named.map(\.1))
            return
        }
        // The greatest are drawn when there are too many; the rest is counted, and in a stack added up.
        let ranked = named.enumerated().sorted { left, right in
            let (a, b) = (Self.weight(left.element.1), Self.weight(right.element.1))
            return a == b ? left.offset < right.offset : a > b
        }
        let drawnCount = named.count > Self.colorCount ? Self.colorCount - 1 : named.count
        let drawn = ranked.prefix(drawnCount).sorted { $0.offset < $1.offset }
        for (color, entry) in drawn.enumerated() {
            lines.append(Line(name: entry.element.0, values: values(of: entry.element.1), color: color))
        }
        hiddenCount = named.count - drawnCount
        if hiddenCount > 0, panel.style == .stackedAreas {
            var rest = [Double?](repeating: nil, count: count)
            for entry in ranked.dropFirst(drawnCount) {
                for (index, value) in values(of: entry.element.1).enumerated() {
                    if let value, value.isFinite { rest[index] = (rest[index] ?? 0) + value }
                }
            }
            lines.append(Line(name: "\(hiddenCount) others", values: rest, color: Self.colorCount - 1))
            hiddenCount = 0
        }
    }

    private func values(of series: ResultSeries) -> [Double?] { (0..<count).map { series.value(at: $0) } }

    private static func weight(_ series: ResultSeries) -> Double {
        series.values.reduce(0) { $1.isFinite ? $0 + $1.magnitude : $0 }
    }

    private mutating func takeHistograms(_ series: [ResultSeries]) {
        histograms = [SeriesHistogram?](repeating: nil, count: count)
        for one in series {
            for index in 0..<count {
                guard let histogram = one.histogram(at: index) else { continue }
                if histograms[index] != nil {
                    histograms[index]?.add(histogram)
                } else {
                    histograms[index] = histogram
                }
            }
        }
        if problem == nil, !histograms.contains(where: { ($0?.count ?? 0) > 0 }) {
            let areNumbers = series.allSatisfy { $0.histograms == nil }
            problem = areNumbers ? "A heat map needs a query of histograms" : "No samples in this time"
        }
    }

    /// The legend with its labels filled in, or the labels' values.
    private static func name(_ series: ResultSeries, _ source: DashboardPanel.Source, _ panel: DashboardPanel) -> String
    {
        if var legend = source.legend {
            for label in series.labels {
                let parts = legend.split(separator: "{\(label.name)}", omittingEmptySubsequences: false)
                legend = parts.joined(separator: label.value)
            }
            return legend
        }
        if series.labels.isEmpty { return series.name ?? panel.title }
        return series.labels.map(\.value).joined(separator: " · ")
    }
}
