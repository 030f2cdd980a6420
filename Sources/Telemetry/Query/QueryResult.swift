/// What a query computed: for each series a value, or none, at each of several times.
public struct QueryResult: Sendable, Equatable {
    /// The first time, since 1970-01-01 00:00 UTC.
    public let start: Duration
    /// The time between two values.
    public let step: Duration
    /// How many times there are.
    public let count: Int
    /// The series, in ascending order of name and labels; those of ``Query/top(_:by:)`` by their last value, the greatest first.
    public let series: [ResultSeries]

    /// The time of the values at `index`.
    public func time(at index: Int) -> Duration { start + step * index }
}

/// One series of a result.
public struct ResultSeries: Sendable, Equatable {
    /// The metric's name, where the values still are the metric's.
    public let name: String?
    /// The labels, in ascending order of name.
    public let labels: [MetricLabel]
    /// The values; where there is none, not-a-number of a pattern that ``value(at:)`` knows.
    let values: [Double]
    /// The histograms, where the series is one of histograms.
    let histograms: [SeriesHistogram?]?

    init(name: String? = nil, labels: [MetricLabel], values: [Double]) {
        self.name = name
        self.labels = labels
        self.values = values
        histograms = nil
    }

    init(name: String? = nil, labels: [MetricLabel], histograms: [SeriesHistogram?]) {
        self.name = name
        self.labels = labels
        self.histograms = histograms
        values = histograms.map { $0?.count ?? .absent }
    }

    /// The value at `index`, or `nil` where there is none; of histograms the count.
    public func value(at index: Int) -> Double? {
        values[index].isAbsent ? nil : values[index]
    }

    /// The histogram at `index`, or `nil` where there is none, or the series is one of numbers.
    public func histogram(at index: Int) -> SeriesHistogram? {
        histograms?[index]
    }

    /// Whether there is any value.
    var isEmpty: Bool { values.allSatisfy(\.isAbsent) }

    /// The labels as PromQL writes them.
    public var title: String {
        let inner = labels.map { $0.name + "=" + QueryWriter.quoted($0.value) }.joined(separator: ", ")
        return inner.isEmpty ? name ?? "{}" : (name ?? "") + "{\(inner)}"
    }

    func with(name: String?, labels: [MetricLabel]? = nil) -> ResultSeries {
        if let histograms { return ResultSeries(name: name, labels: labels ?? self.labels, histograms: histograms) }
        return ResultSeries(name: name, labels: labels ?? self.labels, values: values)
    }

    /// This series with the other's values where it has none; `nil` where both have one, or one has histograms and the
    /// other numbers.
    func merged(with other: ResultSeries) -> ResultSeries? {
        guard zip(values, other.values).allSatisfy({ $0.isAbsent || $1.isAbsent }) else { return nil }
        switch (histograms, other.histograms) {
        case (let ours?, let theirs?):
            return ResultSeries(name: name, labels: labels, histograms: zip(ours, theirs).map { $0 ?? $1 })
        case (nil, nil):
            let merged = zip(values, other.values).map { $0.isAbsent ? $1 : $0 }
            return ResultSeries(name: name, labels: labels, values: merged)
        default: return nil
        }
    }

    /// Whether the last value is greater; what has none, or what is no number, comes behind.
    static func isAhead(_ left: ResultSeries, _ right: ResultSeries) -> Bool {
        let (a, b) = (left.values.last ?? .absent, right.values.last ?? .absent)
        if a > b || (!a.isNaN && b.isNaN) { return true }
        if b > a || (!b.isNaN && a.isNaN) { return false }
        if a.isAbsent != b.isAbsent { return b.isAbsent }
        return precedes(left, right)
    }

    static func precedes(_ left: ResultSeries, _ right: ResultSeries) -> Bool {
        if left.name != right.name { return left.name ?? "" < right.name ?? "" }
        return left.labels.lexicographicallyPrecedes(right.labels)
    }
}
