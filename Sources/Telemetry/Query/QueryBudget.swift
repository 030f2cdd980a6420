/// What one query may still cost: values that it makes and points that it looks at, over all of its parts.
///
/// Text from outside asks for both with a few letters, so both are charged before they are spent. A budget belongs to one
/// evaluation, on one thread.
final class QueryBudget {
    private let configuration: StoreConfiguration
    private var valuesLeft: Int
    private var pointsLeft: Int

    init(_ configuration: StoreConfiguration) {
        self.configuration = configuration
        valuesLeft = max(0, configuration.queryValuesMax)
        pointsLeft = max(0, configuration.queryPointsMax)
    }

    /// Ends the query of a task that was cancelled: called once for each series and block, which are milliseconds at most.
    static func checkCancellation() throws(TelemetryError) {
        guard !Task.isCancelled else {
            throw TelemetryError(.queryWasCancelled, "the task was cancelled, so its query ended early")
        }
    }

    /// Charges for `seriesCount` rows of `stepCount` values.
    func chargeValues(_ seriesCount: Int, _ stepCount: Int) throws(TelemetryError) {
        let (product, overflow) = seriesCount.multipliedReportingOverflow(by: stepCount)
        guard !overflow, product <= valuesLeft else {
            throw TelemetryError(
                .queryIsTooLarge,
                "\(seriesCount) series at \(stepCount) times, with the query's other parts, make more than "
                    + "\(configuration.queryValuesMax) values; ask for fewer series, less time or a longer step"
            )
        }
        valuesLeft -= product
    }

    /// Charges for points that were read.
    func chargePoints(_ count: Int) throws(TelemetryError) {
        guard count <= pointsLeft else { throw tooManyPoints }
        pointsLeft -= count
    }

    /// Charges for stretches of time of up to `range` that are gone through point by point: each point lies in as many as
    /// begin while it is not too old.
    func chargeWindows(_ points: Int, _ grid: TimeGrid, range: Int64) throws(TelemetryError) {
        let overlap = grid.step == 0 ? 1 : min(Int64(grid.count), range / grid.step + 1)
        let (product, overflow) = points.multipliedReportingOverflow(by: Int(overlap))
        guard !overflow else { throw tooManyPoints }
        try chargePoints(product)
    }

    private var tooManyPoints: TelemetryError {
        TelemetryError(
            .queryIsTooLarge,
            "the query looks at more than \(configuration.queryPointsMax) points, those of stretches of time that overlap "
                + "more than once; ask for fewer series, less time, a longer step or shorter stretches"
        )
    }
}
