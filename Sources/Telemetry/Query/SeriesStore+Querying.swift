internal import VitrineSync

extension SeriesStore {
    /// The most times of one query.
    static let stepsMax = 100_000

    /// Computes a query at each `step` from `start` through `end`, all since 1970-01-01 00:00 UTC.
    ///
    /// A plain call that never waits for the disk but to read; it sees every append that returned before. Points come from
    /// the coarsest tier that is still finer than the step and half of the ranges asked for, older ones from what is
    /// left; where only coarser points are left, ranges are taken as at least two of them.
    ///
    /// - Throws: `TelemetryError`: `invalidArgument` for times that make no sense, `queryIsTooLarge`, `queryFailed` for
    ///   what cannot be combined, `queryWasCancelled` when the calling task was, `storeIsDamaged`, `storeIsClosed`.
    public func evaluate(
        _ query: Query,
        from start: Duration,
        through end: Duration,
        step: Duration
    ) throws -> QueryResult {
        let grid = TimeGrid(
            start: start.wholeMilliseconds,
            step: step.wholeMilliseconds,
            end: end.wholeMilliseconds
        )
        guard grid.start >= 0, grid.step > 0, grid.end >= grid.start, grid.end < StoredTime.end else {
            throw TelemetryError(.invalidArgument, "a query goes forward in time, in steps of at least a millisecond")
        }
        guard grid.count <= Self.stepsMax else {
            throw TelemetryError(
                .queryIsTooLarge,
                "\(grid.count) steps are more than \(Self.stepsMax); ask for a longer step or less time"
            )
        }
        return try result(query, grid)
    }

    /// Computes a query at one time.
    ///
    /// - Throws: what the call for many times throws.
    public func evaluate(_ query: Query, at time: Duration) throws -> QueryResult {
        let time = time.wholeMilliseconds
        guard time >= 0, time < StoredTime.end else {
            throw TelemetryError(.invalidArgument, "a query's time lies between 1970 and the year 37648")
        }
        return try result(query, TimeGrid(start: time, step: 0, end: time))
    }

    private func result(_ query: Query, _ grid: TimeGrid) throws(TelemetryError) -> QueryResult {
        try core.checkOpen()
        let evaluator = QueryEvaluator(core: core, grid: grid)
        let series: [ResultSeries] =
            switch try evaluator.evaluate(query.node) {
            case .number(let values): [ResultSeries(labels: [], values: values)]
            case .series(let series): query.node.isTop ? series.sorted(by: ResultSeries.isAhead) : series
            }
        return QueryResult(
            start: .milliseconds(grid.start),
            step: .milliseconds(grid.step),
            count: grid.count,
            series: series
        )
    }

    /// The names of the stored metrics, in ascending order.
    public var metricNames: [String] { core.contents.withLock { $0.table.names } }
}

/// The times of a query, in milliseconds.
struct TimeGrid: Sendable {
    let start: Int64
    /// 0 for a query at one time.
    let step: Int64
    let end: Int64

    var count: Int { step == 0 ? 1 : Int((end - start) / step) + 1 }

    func time(_ index: Int) -> Int64 { start + step * Int64(index) }
}
