/// What kind of metric a family holds.
enum FamilyKind: Sendable, Hashable {
    case counter
    case floatingPointCounter
    case gauge
    case histogram(HistogramUnit)
    case floatingPointHistogram

    /// Whether the family is exposed under three names with a label of its own.
    var isHistogram: Bool {
        switch self {
        case .histogram, .floatingPointHistogram: true
        case .counter, .floatingPointCounter, .gauge: false
        }
    }

    /// The kind in one lower-case word that can stand in a name.
    var word: String {
        switch self {
        case .counter: "counter"
        case .floatingPointCounter: "floating_counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        case .floatingPointHistogram: "recorder"
        }
    }

    /// The names that a family of this kind takes up in the exposition.
    func exposedNames(of name: String) -> [String] {
        isHistogram ? [name, name + "_bucket", name + "_sum", name + "_count"] : [name]
    }

    func makeMetric(rejected: Counter) -> Metric {
        switch self {
        case .counter: .counter(Counter())
        case .floatingPointCounter: .floatingPointCounter(FloatingPointCounter(rejected: rejected))
        case .gauge: .gauge(Gauge())
        case .histogram(let unit): .histogram(Histogram(unit: unit))
        case .floatingPointHistogram: .floatingPointHistogram(FloatingPointHistogram(rejected: rejected))
        }
    }
}

/// A metric of any kind.
enum Metric: Sendable {
    case counter(Counter)
    case floatingPointCounter(FloatingPointCounter)
    case gauge(Gauge)
    case histogram(Histogram)
    case floatingPointHistogram(FloatingPointHistogram)

    var value: SeriesSnapshot.Value {
        switch self {
        case .counter(let counter): .counter(counter.value)
        case .floatingPointCounter(let counter): .floatingPointCounter(counter.value)
        case .gauge(let gauge): .gauge(gauge.value)
        case .histogram(let histogram): .histogram(histogram.snapshot())
        case .floatingPointHistogram(let histogram): .histogram(histogram.snapshot())
        }
    }
}

/// All series of one name.
struct FamilyState: Sendable {
    /// The label of the series that takes in what is beyond the bound.
    static let overflowLabel = MetricLabel(name: "telemetry_overflow", value: "true")

    let kind: FamilyKind
    let help: String
    /// The name as it was given, before it was sanitised.
    let origin: String
    private(set) var series: [[MetricLabel]: Metric] = [:]
    /// Where series beyond the bound are folded; made with the first of them.
    private(set) var overflow: Metric?

    init(kind: FamilyKind, help: String, origin: String) {
        self.kind = kind
        self.help = help
        self.origin = origin
    }

    /// The metric of these labels, and whether it is the overflow series because there was no room.
    mutating func metric(labels: [MetricLabel], limit: Int, rejected: Counter) -> (metric: Metric, isFolded: Bool) {
        if let metric = series[labels] { return (metric, false) }
        if series.count < limit {
            let metric = kind.makeMetric(rejected: rejected)
            series[labels] = metric
            return (metric, false)
        }
        let metric = overflow ?? kind.makeMetric(rejected: rejected)
        overflow = metric
        return (metric, true)
    }

    /// Takes in a metric without labels that was made elsewhere.
    mutating func adopt(_ metric: Metric) {
        series[[]] = metric
    }

    mutating func remove(_ labels: [MetricLabel]) {
        series[labels] = nil
    }

    func snapshot(name: String) -> FamilySnapshot {
        var all = series.map { SeriesSnapshot(labels: $0, value: $1.value) }
        all.sort { $0.labels.lexicographicallyPrecedes($1.labels) }
        if let overflow { all.append(SeriesSnapshot(labels: [Self.overflowLabel], value: overflow.value)) }
        let kind: FamilySnapshot.Kind =
            switch kind {
            case .counter, .floatingPointCounter: .counter
            case .gauge: .gauge
            case .histogram, .floatingPointHistogram: .histogram
            }
        return FamilySnapshot(name: name, help: help, kind: kind, series: all)
    }
}
