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

    /// What the family's values mean to a reader.
    var exposed: FamilySnapshot.Kind {
        switch self {
        case .counter, .floatingPointCounter: .counter
        case .gauge: .gauge
        case .histogram, .floatingPointHistogram: .histogram
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
        // OpenMetrics keeps the last one for when a histogram was made.
        isHistogram ? ["", "_bucket", "_sum", "_count", "_created"].map { name + $0 } : [name]
    }

    func makeMetric(rejected: Counter, clocks: MetricClocks) -> Metric {
        switch self {
        case .counter: .counter(Counter())
        case .floatingPointCounter: .floatingPointCounter(FloatingPointCounter(rejected: rejected))
        case .gauge: .gauge(Gauge())
        case .histogram(let unit): .histogram(Histogram(unit: unit, clocks: clocks))
        case .floatingPointHistogram:
            .floatingPointHistogram(FloatingPointHistogram(rejected: rejected, clocks: clocks))
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
