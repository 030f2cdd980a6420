/// What a query computes: the tree that text is parsed into and that is evaluated.
indirect enum QueryNode: Sendable, Hashable {
    case number(Double)
    case series(SeriesChoice)
    case overTime(RangeFunction, SeriesChoice, range: Int64)
    case aggregate(Aggregation, QueryNode, Grouping, parameter: Double?)
    case binary(QueryArithmetic, QueryNode, QueryNode, SeriesMatching)
    case negative(QueryNode)
    case histogramQuantile(Double, QueryNode)
    /// Stands for a tree that has more parts than can be walked over.
    case excessive

    /// Whether it asks for the greatest series.
    var isTop: Bool {
        if case .aggregate(.topk, _, _, _) = self { true } else { false }
    }

    /// Whether it comes to a number at each time, and not to series.
    var isNumber: Bool {
        switch self {
        case .number: true
        case .binary(_, let left, let right, _): left.isNumber && right.isNumber
        case .negative(let inner): inner.isNumber
        case .series, .overTime, .aggregate, .histogramQuantile, .excessive: false
        }
    }

    /// Nodes of the tree.
    var partCount: Int {
        switch self {
        case .number, .series, .overTime, .excessive: 1
        case .aggregate(_, let inner, _, _), .negative(let inner), .histogramQuantile(_, let inner): 1 + inner.partCount
        case .binary(_, let left, let right, _): 1 + left.partCount + right.partCount
        }
    }
}

/// Series, by name and labels.
struct SeriesChoice: Sendable, Hashable {
    var name: String?
    var matchers: [LabelMatcher]
}

/// What is made of a series' points within a stretch of time.
enum RangeFunction: String, Sendable, CaseIterable {
    case rate, increase
    case average = "avg_over_time"
    case minimum = "min_over_time"
    case maximum = "max_over_time"
    case sum = "sum_over_time"
    case count = "count_over_time"
    case last = "last_over_time"

    /// What it needs to know of windows.
    var columns: RolledColumns {
        switch self {
        case .rate, .increase: [.first, .last, .drops]
        case .average: [.sum, .counts]
        case .minimum: .min
        case .maximum: .max
        case .sum: .sum
        case .count: .counts
        case .last: .last
        }
    }

    /// Whether each stretch of time is gone through point by point, and not told from its ends.
    var looksAtEachPoint: Bool {
        switch self {
        case .average, .minimum, .maximum, .sum, .count: true
        case .rate, .increase, .last: false
        }
    }
}

/// What is made of several series at one time.
enum Aggregation: String, Sendable, CaseIterable {
    case sum, avg, min, max, count, quantile, topk

    var takesParameter: Bool { self == .quantile || self == .topk }
}

/// Which series are aggregated into one.
enum Grouping: Sendable, Hashable {
    /// Those with the same values of these labels.
    case by([String])
    /// Those with the same values of all other labels.
    case without([String])

    /// The labels of a series' group, its name in front where that is asked for.
    func labels(of series: ResultSeries) -> [MetricLabel] {
        switch self {
        case .by(let names): series.named(where: names).filter { names.contains($0.name) }
        case .without(let names): series.labels.filter { !names.contains($0.name) }
        }
    }
}

/// Which labels must agree for two series to be computed with each other; more ways may come.
@nonexhaustive
public enum SeriesMatching: Sendable, Hashable {
    /// These; all others are gone from the result.
    case on([String])
    /// All but these, which are gone from the result.
    case ignoring([String])

    /// As PromQL calls it.
    var word: String {
        switch self {
        case .on: "on"
        case .ignoring: "ignoring"
        }
    }

    /// The labels that must agree, the name in front where that is asked for.
    func labels(of series: ResultSeries) -> [MetricLabel] {
        switch self {
        case .on(let names): series.named(where: names).filter { names.contains($0.name) }
        case .ignoring(let names): series.labels.filter { !names.contains($0.name) }
        }
    }
}

extension ResultSeries {
    /// The labels, with the name as a label in front where `names` has that one.
    fileprivate func named(where names: [String]) -> [MetricLabel] {
        guard let name, names.contains(SeriesTable.nameLabel) else { return labels }
        return [MetricLabel(name: SeriesTable.nameLabel, value: name)] + labels
    }
}

extension [MetricLabel] {
    /// The name that stands in front as a label, and the labels without it.
    var withoutName: (name: String?, labels: [MetricLabel]) {
        guard let first, first.name == SeriesTable.nameLabel else { return (nil, self) }
        return (first.value, Array(dropFirst()))
    }
}

/// Arithmetic between numbers, as PromQL has it; more may come.
@nonexhaustive
public enum QueryArithmetic: String, Sendable, CaseIterable {
    /// The sum.
    case add = "+"
    /// The difference.
    case subtract = "-"
    /// The product.
    case multiply = "*"
    /// The quotient, of reals: by zero it is infinite or not a number.
    case divide = "/"
    /// What a division leaves, with the sign of what is divided.
    case remainder = "%"
    /// The left to the power of the right.
    case power = "^"

    /// How tightly it binds; the power binds to the right.
    var precedence: Int {
        switch self {
        case .add, .subtract: 1
        case .multiply, .divide, .remainder: 2
        case .power: 4
        }
    }
}
