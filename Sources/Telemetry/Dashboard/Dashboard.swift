/// Panels about a store's series, in rows: what to ask, and how to draw it.
///
/// ```swift
/// let dashboard = Dashboard("Shop", rows: [
///     .row("Traffic", [
///         .lines("Requests", Series("http_requests_total").rate(over: .seconds(60)).sum(by: "route"), unit: .perSecond),
///     ])
/// ])
/// let html = dashboard.html(of: store, from: now - .seconds(3_600), through: now)
/// ```
public struct Dashboard: Sendable {
    /// What it is about.
    public var title: String
    /// The rows, from above.
    public var rows: [DashboardRow]

    /// Makes a dashboard.
    public init(_ title: String, rows: [DashboardRow]) {
        self.title = title
        self.rows = rows
    }
}

/// Panels side by side, as far as the screen is wide.
public struct DashboardRow: Sendable {
    /// What they have in common.
    public var title: String
    /// The panels, from the left.
    public var panels: [DashboardPanel]

    /// Makes a row.
    public static func row(_ title: String, _ panels: [DashboardPanel]) -> DashboardRow {
        DashboardRow(title: title, panels: panels)
    }
}

/// One picture: queries and how their values are drawn.
public struct DashboardPanel: Sendable {
    /// How values are drawn; more ways may come.
    @nonexhaustive
    public enum Style: Sendable, Hashable {
        /// A line for each series.
        case lines
        /// Areas on top of each other, whose whole is the sum: what is negative lies below zero, and where no series has a
        /// value is a gap.
        case stackedAreas
        /// A histogram over time: the darker, the more samples.
        case heatMap
        /// The value at the end in large, with its course below; a dash when there is none any more.
        case singleStat
    }

    /// A query and what its series are called.
    public struct Source: Sendable {
        /// What is asked.
        public var query: Query
        /// The series' name in the legend, with `{label}` where a label's value goes; the series' labels when `nil`.
        public var legend: String?

        /// Makes a source.
        public init(_ query: Query, legend: String? = nil) {
            self.query = query
            self.legend = legend
        }
    }

    /// What it shows.
    public var title: String
    /// How.
    public var style: Style
    /// The queries.
    public var sources: [Source]
    /// What the values count.
    public var unit: DashboardUnit

    /// Makes a panel.
    public init(_ title: String, _ style: Style, sources: [Source], unit: DashboardUnit = .none) {
        self.title = title
        self.style = style
        self.sources = sources
        self.unit = unit
    }

    /// A line for each series of a query.
    public static func lines(
        _ title: String,
        _ query: Query,
        legend: String? = nil,
        unit: DashboardUnit = .none
    ) -> DashboardPanel {
        DashboardPanel(title, .lines, sources: [Source(query, legend: legend)], unit: unit)
    }

    /// Areas on top of each other.
    public static func stackedAreas(
        _ title: String,
        _ query: Query,
        legend: String? = nil,
        unit: DashboardUnit = .none
    ) -> DashboardPanel {
        DashboardPanel(title, .stackedAreas, sources: [Source(query, legend: legend)], unit: unit)
    }

    /// A histogram over time: a query of histograms, such as an increase.
    public static func heatMap(_ title: String, _ query: Query, unit: DashboardUnit = .seconds) -> DashboardPanel {
        DashboardPanel(title, .heatMap, sources: [Source(query)], unit: unit)
    }

    /// The value of a query's first series at the end, in large; a dash when there is none any more.
    public static func singleStat(_ title: String, _ query: Query, unit: DashboardUnit = .none) -> DashboardPanel {
        DashboardPanel(title, .singleStat, sources: [Source(query)], unit: unit)
    }
}

/// What a panel's values count, and so how they are written.
public struct DashboardUnit: Sendable, Hashable {
    /// What stands behind the number.
    let suffix: String
    /// How the number is scaled.
    let scale: Scale

    enum Scale: Sendable, Hashable {
        /// By thousands: k, M, G.
        case decimal
        /// By 1,024: Ki, Mi, Gi.
        case binary
        /// From nanoseconds to days.
        case time
        /// A hundredth is one per cent.
        case percent
    }

    /// Numbers as they are.
    public static let none = DashboardUnit(suffix: "", scale: .decimal)
    /// So many a second.
    public static let perSecond = DashboardUnit(suffix: "/s", scale: .decimal)
    /// Bytes.
    public static let bytes = DashboardUnit(suffix: "B", scale: .binary)
    /// Bytes a second.
    public static let bytesPerSecond = DashboardUnit(suffix: "B/s", scale: .binary)
    /// Seconds.
    public static let seconds = DashboardUnit(suffix: "", scale: .time)
    /// Parts of one, shown per cent.
    public static let share = DashboardUnit(suffix: "", scale: .percent)

    /// Numbers of something, with its name or sign behind them.
    public static func named(_ suffix: String) -> DashboardUnit {
        DashboardUnit(suffix: TerminalText.safe(suffix), scale: .decimal)
    }
}
