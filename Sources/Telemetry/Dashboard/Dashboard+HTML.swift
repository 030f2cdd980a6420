internal import VitrineSync

extension Dashboard {
    /// The dashboard as one HTML file: no script, no network, light or dark as the reader's system is.
    ///
    /// Every text that comes from labels, titles or legends is escaped. A panel whose query fails says so in its place.
    ///
    /// - Parameters:
    ///   - store: Whose series are asked for.
    ///   - start: The first time, since 1970-01-01 00:00 UTC.
    ///   - end: The last time.
    ///   - step: The time between values; about a 120th of the time when `nil`.
    public func html(
        of store: SeriesStore,
        from start: Duration,
        through end: Duration,
        step: Duration? = nil
    ) -> String {
        let step = step ?? Self.step(from: start, through: end)
        let (first, last) = Self.aligned(start, end, step)
        var body = ""
        for row in rows {
            body += "<section><h2>\(Markup.escaped(row.title))</h2><div class=\"row\">"
            for panel in row.panels {
                body += DashboardPage.figure(PanelData(panel, store, from: first, through: last, step: step))
            }
            body += "</div></section>"
        }
        let range =
            CalendarDate(milliseconds: start.wholeMilliseconds).long + " – "
            + CalendarDate(milliseconds: end.wholeMilliseconds).long
        return DashboardPage.page(title: title, range: range, body: body)
    }

    /// A round step that gives about 120 values.
    static func step(from start: Duration, through end: Duration) -> Duration {
        let wish = (StoredTime.clamped(end) - StoredTime.clamped(start)) / 120
        let seconds: [Int64] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 172_800,
            604_800,
        ]
        return .seconds(seconds.first { $0 * 1_000 >= wish } ?? 2_592_000)
    }

    /// Times at whole steps, so that a picture that is drawn again has the same values.
    static func aligned(_ start: Duration, _ end: Duration, _ step: Duration) -> (Duration, Duration) {
        let length = max(1, StoredTime.clamped(step))
        let first = (StoredTime.clamped(start) + length - 1) / length * length
        let last = max(first, StoredTime.clamped(end) / length * length)
        return (.milliseconds(first), .milliseconds(last))
    }
}

/// The page around the panels.
enum DashboardPage {
    static func figure(_ data: PanelData) -> String {
        let title = "<figcaption>\(Markup.escaped(data.panel.title))</figcaption>"
        if let problem = data.problem {
            return "<figure class=\"\(data.panel.style == .singleStat ? "stat" : "chart")\">\(title)"
                + "<p class=\"none\">\(Markup.escaped(problem))</p></figure>"
        }
        switch data.panel.style {
        case .lines:
            return "<figure class=\"chart\">\(title)\(LineChart.lines(data))\(legend(data))</figure>"
        case .stackedAreas:
            return "<figure class=\"chart\">\(title)\(LineChart.stackedAreas(data))\(legend(data))</figure>"
        case .heatMap:
            let map = HeatMap(data)
            return "<figure class=\"chart\">\(title)\(map.svg)\(shades(map))</figure>"
        case .singleStat: return "<figure class=\"stat\">\(title)\(stat(data))</figure>"
        }
    }

    private static func stat(_ data: PanelData) -> String {
        guard let line = data.lines.first else { return "<p class=\"none\">No data</p>" }
        let text = line.last.map { NumberText.text($0, data.panel.unit) } ?? "–"
        return "<p class=\"big\">\(Markup.escaped(text))</p>"
            + LineChart.sparkline(line, data)
    }

    private static func legend(_ data: PanelData) -> String {
        var items = data.lines.map { line in
            let value = line.newest.map { NumberText.text($0, data.panel.unit) } ?? "–"
            return "<li><i class=\"c\(line.color)\"></i><span>\(Markup.escaped(line.name))</span>"
                + "<b>\(Markup.escaped(value))</b></li>"
        }
        if data.hiddenCount > 0 { items.append("<li><span class=\"more\">and \(data.hiddenCount) smaller</span></li>") }
        return "<ul class=\"legend\">\(items.joined())</ul>"
    }

    private static func shades(_ map: HeatMap) -> String {
        let most = map.counts.joined().max() ?? 0
        let boxes = (1...HeatMap.shadeCount).map { "<i class=\"heat h\($0)\"></i>" }.joined()
        return
            "<p class=\"shades\"><span>few</span>\(boxes)<span>\(Markup.escaped(NumberText.text(most, .none))) samples</span></p>"
    }

    static func page(title: String, range: String, body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>\(Markup.escaped(title))</title>
        <style>\(DashboardStyle.css)</style></head>
        <body><header><h1>\(Markup.escaped(title))</h1><p>\(Markup.escaped(range))</p></header>
        <main>\(body)</main></body></html>

        """
    }
}
