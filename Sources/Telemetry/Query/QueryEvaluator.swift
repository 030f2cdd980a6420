internal import VitrineSync

/// Computes a query: each part of it for all times at once, so that a series is read once and walked once.
struct QueryEvaluator {
    /// What a part of a query comes to.
    enum Value {
        /// A number at each time.
        case number([Double])
        case series([ResultSeries])
    }

    let core: StoreCore
    let grid: TimeGrid
    private let budget: QueryBudget

    init(core: StoreCore, grid: TimeGrid) {
        self.core = core
        self.grid = grid
        budget = QueryBudget(core.configuration)
    }

    func evaluate(_ node: QueryNode) throws(TelemetryError) -> Value {
        try QueryBudget.checkCancellation()
        switch node {
        case .number(let value):
            try budget.chargeValues(1, grid.count)
            return .number([Double](repeating: value, count: grid.count))
        case .series(let choice): return .series(try latest(choice))
        case .overTime(let function, let choice, let range):
            return .series(try distinct(try overTime(function, choice, range)))
        case .aggregate(let aggregation, let inner, let grouping, let parameter):
            guard case .series(let series) = try evaluate(inner) else {
                throw Self.failure("\(aggregation.rawValue) takes series, not a number")
            }
            return .series(try Aggregator(aggregation, parameter, grid.count).aggregate(series, grouping))
        case .binary(let arithmetic, let left, let right, let matching):
            return try distinct(
                Combiner(arithmetic, matching, grid.count).combine(try evaluate(left), try evaluate(right))
            )
        case .negative(let inner):
            return try distinct(
                Combiner(.multiply, .ignoring([]), grid.count)
                    .combine(try evaluate(inner), .number([Double](repeating: -1, count: grid.count)))
            )
        case .histogramQuantile(let q, let inner):
            guard case .series(let series) = try evaluate(inner) else {
                throw Self.failure("histogram_quantile takes series, not a number")
            }
            return .series(try distinct(QuantileEstimate(q: q, count: grid.count).estimate(series)))
        case .excessive:
            throw TelemetryError(.queryIsTooLarge, "the query is put together of too many parts; ask in several")
        }
    }

    private func distinct(_ value: Value) throws(TelemetryError) -> Value {
        guard case .series(let series) = value else { return value }
        return .series(try distinct(series))
    }

    /// One series of those that look the same once their names are gone; at one time only one of them may have a value,
    /// as in PromQL, for nobody could tell which is which.
    private func distinct(_ series: [ResultSeries]) throws(TelemetryError) -> [ResultSeries] {
        // They are in order, so what looks the same stands together.
        let repeats = zip(series, series.dropFirst()).contains { $0.name == $1.name && $0.labels == $1.labels }
        if !repeats { return series }
        var results: [ResultSeries] = []
        for one in series {
            guard let last = results.last, last.name == one.name, last.labels == one.labels else {
                results.append(one)
                continue
            }
            guard let merged = last.merged(with: one) else {
                throw Self.failure(
                    "several series are \(one.title) once their names are gone; ask for one name, or aggregate them first"
                )
            }
            results[results.count - 1] = merged
        }
        return results
    }

    static func failure(_ message: String) -> TelemetryError { TelemetryError(.queryFailed, message) }

    /// The series that a selector chooses, by number.
    private func chosen(_ choice: SeriesChoice) -> [ChosenSeries] {
        core.contents.withLock { contents in
            let table = contents.table
            let candidates = choice.name.map { table.numbers(named: $0) } ?? table.numbers
            let matchers = choice.matchers.filter { $0.label != SeriesTable.nameLabel }
            let nameMatchers = choice.matchers.filter { $0.label == SeriesTable.nameLabel }
            let labels = matchers.map { table.symbols.find($0.label) }
            // A value is held against a matcher once, however many series have it.
            var verdicts = [[UInt32: Bool]](repeating: [:], count: matchers.count)
            let emptyVerdicts = matchers.map { $0.accepts("") }
            return candidates.filter { number in
                guard nameMatchers.allSatisfy({ $0.accepts(table.name(number)) }) else { return false }
                return matchers.indices.allSatisfy { index in
                    guard let label = labels[index], let value = table.value(of: label, in: number) else {
                        return emptyVerdicts[index]
                    }
                    if let verdict = verdicts[index][value] { return verdict }
                    let verdict = matchers[index].accepts(table.symbols[value])
                    verdicts[index][value] = verdict
                    return verdict
                }
            }.map { ChosenSeries(number: $0, name: table.name($0), labels: table.labels($0)) }
        }
    }

    private struct ChosenSeries {
        let number: UInt32
        let name: String
        let labels: [MetricLabel]
    }

    private func read(
        _ series: [ChosenSeries],
        before: Int64,
        tier: Int,
        _ columns: RolledColumns
    ) throws(TelemetryError) -> [StoredPoints] {
        try budget.chargeValues(series.count, grid.count)
        let points = try core.read(
            series.map(\.number),
            from: grid.start - before,
            to: grid.end + 1,
            tier: tier,
            columns: columns
        )
        try budget.chargePoints(points.reduce(0) { $0 + $1.count })
        return points
    }

    /// Where only coarse points are left, a stretch of time is taken as long enough to hold two of them.
    private func ranges(_ range: Int64, points: Int64, tier: Int) -> [Int64] {
        guard core.layout.count > 1 else { return [Int64](repeating: range, count: grid.count) }
        let (first, last) = (
            core.resolution(at: grid.start, tier: tier), core.resolution(at: grid.end, tier: tier)
        )
        if first * points <= range, last * points <= range { return [Int64](repeating: range, count: grid.count) }
        return (0..<grid.count).map { max(range, points * core.resolution(at: grid.time($0), tier: tier)) }
    }

    private func latest(_ choice: SeriesChoice) throws(TelemetryError) -> [ResultSeries] {
        let tier = grid.step == 0 ? 0 : core.tier(for: grid.step)
        let lookbacks = ranges(core.configuration.lookback.wholeMilliseconds, points: 2, tier: tier)
        let series = chosen(choice)
        let points = try read(series, before: lookbacks.max() ?? 0, tier: tier, .last)
        return zip(series, points).compactMap { series, points in
            let result: ResultSeries
            switch points {
            case .raw(let raw):
                let values = latest(raw.times, raw.values, lookbacks)
                result = ResultSeries(name: series.name, labels: series.labels, values: values)
            case .rolled(let rolled):
                let values = latest(rolled.times, rolled.last, lookbacks)
                result = ResultSeries(name: series.name, labels: series.labels, values: values)
            case .histogram(let points):
                let places = places(points.times, lookbacks)
                let found = places.map { $0.map { points.increases[$0] } }
                result = ResultSeries(name: series.name, labels: series.labels, histograms: found)
            }
            return result.isEmpty ? nil : result
        }.sorted(by: ResultSeries.precedes)
    }

    private func latest(_ times: [Int64], _ values: [Double], _ lookbacks: [Int64]) -> [Double] {
        places(times, lookbacks).map { $0.map { values[$0] } ?? .absent }
    }

    /// The place of the last point at or before each time, unless it is too old.
    private func places(_ times: [Int64], _ lookbacks: [Int64]) -> [Int?] {
        var end = 0
        return (0..<grid.count).map { index in
            let time = grid.time(index)
            while end < times.count, times[end] <= time { end += 1 }
            return end > 0 && times[end - 1] > time - lookbacks[index] ? end - 1 : nil
        }
    }

    private func overTime(
        _ function: RangeFunction,
        _ choice: SeriesChoice,
        _ range: Int64
    ) throws(TelemetryError) -> [ResultSeries] {
        let tier = core.tier(for: grid.step == 0 ? range / 10 : min(grid.step, range / 2))
        let ranges = ranges(range, points: 2, tier: tier)
        let series = chosen(choice)
        let longest = ranges.max() ?? range
        let points = try read(series, before: longest, tier: tier, function.columns)
        if function.looksAtEachPoint {
            try budget.chargeWindows(points.reduce(0) { $0 + $1.numberCount }, grid, range: longest)
        }
        var results: [ResultSeries] = []
        for (series, points) in zip(series, points) {
            try QueryBudget.checkCancellation()
            let name = function == .last ? series.name : nil
            let result: ResultSeries
            switch points {
            case .raw(let raw):
                let values = RangeWindows(raw: raw).values(function, grid, ranges)
                result = ResultSeries(name: name, labels: series.labels, values: values)
            case .rolled(let rolled):
                let values = RangeWindows(rolled: rolled).values(function, grid, ranges)
                result = ResultSeries(name: name, labels: series.labels, values: values)
            case .histogram(let points):
                let found = try histograms(points, function, ranges)
                result = ResultSeries(name: name, labels: series.labels, histograms: found)
            }
            if !result.isEmpty { results.append(result) }
        }
        return results.sorted(by: ResultSeries.precedes)
    }

    /// What was recorded in each stretch of time: increases add up, and nothing need be extrapolated.
    private func histograms(
        _ points: HistogramPoints,
        _ function: RangeFunction,
        _ ranges: [Int64]
    ) throws(TelemetryError) -> [SeriesHistogram?] {
        guard function == .rate || function == .increase else {
            throw Self.failure("\(function.rawValue) takes numbers; of histograms there are rate and increase")
        }
        var windows = HistogramWindows(points)
        return (0..<grid.count).map { index in
            let time = grid.time(index)
            let sum = windows.sum(of: points.times.indices(from: time - ranges[index] + 1, to: time + 1))
            return function == .rate ? sum?.scaled(by: 1_000 / Double(ranges[index])) : sum
        }
    }
}
