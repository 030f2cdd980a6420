extension Query {
    /// The sum of the series that agree in all labels but these.
    ///
    /// Histograms add up too.
    public func sum(without label: String, _ others: String...) -> Query { aggregated(.sum, without: [label] + others) }
    /// The mean of the series that agree in all labels but these.
    public func average(without label: String, _ others: String...) -> Query {
        aggregated(.avg, without: [label] + others)
    }
    /// The least of the series that agree in all labels but these.
    public func minimum(without label: String, _ others: String...) -> Query {
        aggregated(.min, without: [label] + others)
    }
    /// The greatest of the series that agree in all labels but these.
    public func maximum(without label: String, _ others: String...) -> Query {
        aggregated(.max, without: [label] + others)
    }
    /// How many series agree in all labels but these.
    public func count(without label: String, _ others: String...) -> Query {
        aggregated(.count, without: [label] + others)
    }

    /// The value that `q` of the series that agree in all labels but these do not exceed, interpolated between two.
    public func quantile(_ q: Double, without label: String, _ others: String...) -> Query {
        aggregated(.quantile, without: [label] + others, q)
    }

    /// At each time the `count` greatest of the series that agree in all labels but these, with all their labels.
    public func top(_ count: Int, without label: String, _ others: String...) -> Query {
        aggregated(.topk, without: [label] + others, Double(count))
    }

    private func aggregated(_ aggregation: Aggregation, without labels: [String], _ parameter: Double? = nil) -> Query {
        made(.aggregate(aggregation, node, .without(labels), parameter: parameter))
    }
}

extension Query {
    /// This query and another, series by series, where the labels that `matching` names agree.
    ///
    /// Each series has at most one partner at a time; where there are more, evaluating throws `queryFailed`. One without a
    /// partner is left out.
    public func combined(_ arithmetic: QueryArithmetic, with other: Query, matching: SeriesMatching) -> Query {
        Query(.binary(arithmetic, node, other.node, matching), partCount: partCount + other.partCount + 1)
    }

    /// The values to the power of a number.
    public func power(_ exponent: Double) -> Query { combined(.power, with: .number(exponent)) }
    /// The values to the power of others, series by series with the same labels.
    public func power(_ exponent: Query) -> Query { combined(.power, with: exponent) }

    private func combined(_ arithmetic: QueryArithmetic, with other: Query) -> Query {
        combined(arithmetic, with: other, matching: .ignoring([]))
    }

    /// The values with the other sign.
    public static prefix func - (query: Query) -> Query { query.made(.negative(query.node)) }

    /// The sum, series by series with the same labels.
    public static func + (left: Query, right: Query) -> Query { left.combined(.add, with: right) }
    /// The sum of each series and a number.
    public static func + (left: Query, right: Double) -> Query { left.combined(.add, with: .number(right)) }
    /// The sum of a number and each series.
    public static func + (left: Double, right: Query) -> Query { Query.number(left).combined(.add, with: right) }
    /// The difference, series by series with the same labels.
    public static func - (left: Query, right: Query) -> Query { left.combined(.subtract, with: right) }
    /// The difference of each series and a number.
    public static func - (left: Query, right: Double) -> Query { left.combined(.subtract, with: .number(right)) }
    /// The difference of a number and each series.
    public static func - (left: Double, right: Query) -> Query { Query.number(left).combined(.subtract, with: right) }
    /// The product, series by series with the same labels.
    public static func * (left: Query, right: Query) -> Query { left.combined(.multiply, with: right) }
    /// The product of each series and a number.
    public static func * (left: Query, right: Double) -> Query { left.combined(.multiply, with: .number(right)) }
    /// The product of a number and each series.
    public static func * (left: Double, right: Query) -> Query { Query.number(left).combined(.multiply, with: right) }
    /// The quotient, series by series with the same labels.
    public static func / (left: Query, right: Query) -> Query { left.combined(.divide, with: right) }
    /// The quotient of each series and a number.
    public static func / (left: Query, right: Double) -> Query { left.combined(.divide, with: .number(right)) }
    /// The quotient of a number and each series.
    public static func / (left: Double, right: Query) -> Query { Query.number(left).combined(.divide, with: right) }
    /// The remainder, series by series with the same labels.
    public static func % (left: Query, right: Query) -> Query { left.combined(.remainder, with: right) }
    /// The remainder of each series and a number.
    public static func % (left: Query, right: Double) -> Query { left.combined(.remainder, with: .number(right)) }
    /// The remainder of a number and each series.
    public static func % (left: Double, right: Query) -> Query { Query.number(left).combined(.remainder, with: right) }
}
