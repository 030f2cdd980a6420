internal import VitrineSync

/// A question about stored series: which ones, and what to make of them.
///
/// ```swift
/// let errors = Series("http_requests_total", where: .equal("code", "500")).rate(over: .seconds(300))
/// let share = errors.sum(by: "route") / Series("http_requests_total").rate(over: .seconds(300)).sum(by: "route")
/// let same = try Query("sum by (route) (rate(http_requests_total{code=\"500\"}[5m])) / …")
/// ```
///
/// What a query says in text is a part of PromQL, and means what it means in Prometheus 3: a stretch of time, and the time
/// for which the last value of a series stands, leave out a sample exactly at their beginning, which Prometheus 2 takes in.
///
/// A query may have a thousand parts, which are selectors, numbers and what is made of them; one that is put together of
/// more can no longer be evaluated, which then throws `queryIsTooLarge`.
public struct Query: Sendable, Hashable, CustomStringConvertible {
    /// Whoever walks over the tree goes as deep as a chain of operators is long.
    private static let partCountMax = 1_000

    let node: QueryNode
    /// Nodes of the tree, one that stands in it twice counted twice; no more than one above the most.
    let partCount: Int

    init(_ node: QueryNode) { self.init(node, partCount: node.partCount) }

    init(_ node: QueryNode, partCount: Int) {
        let isExcessive = partCount > Self.partCountMax
        self.node = isExcessive ? .excessive : node
        self.partCount = isExcessive ? Self.partCountMax + 1 : partCount
    }

    /// Reads a query in PromQL.
    ///
    /// Understood are selectors with `=`, `!=`, `=~` and `!~`; `rate`, `increase` and `avg_`, `min_`, `max_`, `sum_`,
    /// `count_` and `last_over_time` over a range; `sum`, `avg`, `min`, `max`, `count`, `quantile` and `topk`, with `by` or
    /// `without`; `histogram_quantile`; numbers; and `+ - * / % ^` with `on` or `ignoring`.
    ///
    /// - Throws: ``QuerySyntaxError`` with the place of what is not understood.
    public init(_ text: String) throws(QuerySyntaxError) {
        var parser = try QueryParser(text)
        self.init(try parser.query())
    }

    /// A number that is the same at every time.
    public static func number(_ value: Double) -> Query { Query(.number(value)) }

    /// The query in PromQL.
    public var description: String { QueryWriter.text(of: node) }
}

/// Series of a store, by name and labels: the beginning of every query.
public struct Series: Sendable, Hashable {
    private let choice: SeriesChoice

    /// The series of this name, or of any, whose labels all pass.
    public init(_ name: String? = nil, where matchers: LabelMatcher...) {
        choice = SeriesChoice(name: name, matchers: matchers)
    }

    /// The last value before each time, as long as it is not older than ``StoreConfiguration/lookback``.
    public var latest: Query { Query(.series(choice)) }

    /// How much a counter grew per second over the time before.
    ///
    /// As in PromQL, beginnings anew are seen through, and what was counted between the samples is extrapolated to the
    /// whole time. Of histograms come the samples recorded, per second.
    public func rate(over time: Duration) -> Query { over(.rate, time) }
    /// How much a counter grew over the time before; of histograms, what was recorded.
    public func increase(over time: Duration) -> Query { over(.increase, time) }
    /// The mean of the samples over the time before.
    public func average(over time: Duration) -> Query { over(.average, time) }
    /// The least sample over the time before.
    public func minimum(over time: Duration) -> Query { over(.minimum, time) }
    /// The greatest sample over the time before.
    public func maximum(over time: Duration) -> Query { over(.maximum, time) }
    /// The sum of the samples over the time before.
    public func sum(over time: Duration) -> Query { over(.sum, time) }
    /// How many samples there were over the time before.
    public func count(over time: Duration) -> Query { over(.count, time) }
    /// The last sample over the time before.
    public func last(over time: Duration) -> Query { over(.last, time) }

    private func over(_ function: RangeFunction, _ time: Duration) -> Query {
        Query(.overTime(function, choice, range: min(max(1, time.wholeMilliseconds), StoredTime.end - 1)))
    }
}

extension Query {
    /// The sum of the series that agree in these labels; of all, without any.
    ///
    /// Histograms add up too.
    public func sum(by labels: String...) -> Query { aggregated(.sum, labels) }
    /// The mean of the series that agree in these labels.
    public func average(by labels: String...) -> Query { aggregated(.avg, labels) }
    /// The least of the series that agree in these labels.
    public func minimum(by labels: String...) -> Query { aggregated(.min, labels) }
    /// The greatest of the series that agree in these labels.
    public func maximum(by labels: String...) -> Query { aggregated(.max, labels) }
    /// How many series agree in these labels.
    public func count(by labels: String...) -> Query { aggregated(.count, labels) }

    /// The value that `q` of the series that agree in these labels do not exceed, interpolated between two.
    public func quantile(_ q: Double, by labels: String...) -> Query {
        made(.aggregate(.quantile, node, .by(labels), parameter: q))
    }

    /// At each time the `count` greatest of the series that agree in these labels, with all their labels.
    public func top(_ count: Int, by labels: String...) -> Query {
        made(.aggregate(.topk, node, .by(labels), parameter: Double(count)))
    }

    /// The quantile of histograms: of stored ones within their error, or of counters with the label `le` as Prometheus
    /// estimates it.
    public func histogramQuantile(_ q: Double) -> Query { made(.histogramQuantile(q, node)) }

    private func aggregated(_ aggregation: Aggregation, _ labels: [String]) -> Query {
        made(.aggregate(aggregation, node, .by(labels), parameter: nil))
    }

    /// A query whose tree has this one's in it.
    func made(_ node: QueryNode) -> Query { Query(node, partCount: partCount + 1) }
}
