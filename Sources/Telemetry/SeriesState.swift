internal import VitrineCTelemetry

/// One series of a family: its metric, and when it last moved.
struct SeriesState: Sendable {
    private(set) var metric: Metric
    /// When the series began to count, in nanoseconds since the epoch.
    let created: Int64
    /// Whether the registry handed the metric out itself, so that swift-metrics may not take it away.
    var isShared = false
    /// Whether the series is hidden because it was idle for too long, while somebody holds its metric.
    var isHidden = false
    /// What told that the metric was recorded into, the last time somebody looked.
    private var activity: UInt64 = 0
    /// When it was last seen to have been recorded into, by the clock that only goes forward.
    private var lastMoved: Int64

    init(_ metric: Metric, at moment: Moment) {
        self.metric = metric
        created = moment.sinceEpoch
        lastMoved = moment.uptime
    }

    /// Takes note of somebody's interest: the series is shown, and its idle time starts anew.
    mutating func touch(at moment: Moment) {
        isHidden = false
        lastMoved = max(lastMoved, moment.uptime)
    }

    /// Whether the metric was recorded into since this was last asked; takes note of it.
    mutating func moved(at moment: Moment) -> Bool {
        let isMoved: Bool
        if case .gauge(let gauge) = metric {
            isMoved = unsafe vitrine_gauge_take_touch(gauge.cell) != 0
        } else {
            let current = currentActivity
            isMoved = current != activity
            activity = current
        }
        if isMoved { lastMoved = max(lastMoved, moment.uptime) }
        return isMoved
    }

    /// How long the series has been idle, in nanoseconds.
    func idleTime(at moment: Moment) -> Int64 { moment.uptime &- lastMoved }

    private var currentActivity: UInt64 {
        switch metric {
        case .counter(let counter): counter.value
        case .floatingPointCounter(let counter): counter.value.bitPattern
        case .gauge: 0
        case .histogram(let histogram): vitrine_histogram_activity(histogram.slot)
        case .floatingPointHistogram(let histogram): vitrine_histogram_activity(histogram.slot)
        }
    }

    /// Whether anybody beside this value holds the metric, and so may still record into it.
    mutating func isHeldElsewhere() -> Bool {
        // The metric is taken out for the moment, so that the only reference of ours is the one that is counted.
        switch metric {
        case .counter(var counter):
            metric = Self.placeholder
            defer { metric = .counter(counter) }
            return !isKnownUniquelyReferenced(&counter)
        case .floatingPointCounter(var counter):
            metric = Self.placeholder
            defer { metric = .floatingPointCounter(counter) }
            return !isKnownUniquelyReferenced(&counter)
        case .gauge(var gauge):
            metric = Self.placeholder
            defer { metric = .gauge(gauge) }
            return !isKnownUniquelyReferenced(&gauge)
        case .histogram(var histogram):
            metric = Self.placeholder
            defer { metric = .histogram(histogram) }
            return !isKnownUniquelyReferenced(&histogram)
        case .floatingPointHistogram(var histogram):
            metric = Self.placeholder
            defer { metric = .floatingPointHistogram(histogram) }
            return !isKnownUniquelyReferenced(&histogram)
        }
    }

    private static let placeholder = Metric.gauge(Gauge())
}
