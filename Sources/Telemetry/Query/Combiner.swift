internal import Glibc

/// Computes series with series of the same labels, or with a number.
struct Combiner {
    private let arithmetic: QueryArithmetic
    private let matching: SeriesMatching
    private let count: Int

    init(_ arithmetic: QueryArithmetic, _ matching: SeriesMatching, _ count: Int) {
        self.arithmetic = arithmetic
        self.matching = matching
        self.count = count
    }

    func combine(_ left: QueryEvaluator.Value, _ right: QueryEvaluator.Value) throws(TelemetryError)
        -> QueryEvaluator.Value
    {
        switch (left, right) {
        case (.number(let left), .number(let right)): .number(zip(left, right).map(apply))
        case (.series(let series), .number(let number)):
            .series(try series.map { one throws(TelemetryError) in try scaled(one, number, numberIsRight: true) })
        case (.number(let number), .series(let series)):
            .series(try series.map { one throws(TelemetryError) in try scaled(one, number, numberIsRight: false) })
        case (.series(let left), .series(let right)): .series(try matched(left, right))
        }
    }

    private func apply(_ left: Double, _ right: Double) -> Double {
        switch arithmetic {
        case .add: left + right
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        case .remainder: fmod(left, right)
        case .power: pow(left, right)
        }
    }

    private func scaled(
        _ series: ResultSeries,
        _ number: [Double],
        numberIsRight: Bool
    ) throws(TelemetryError) -> ResultSeries {
        if let histograms = series.histograms {
            let factors: [Double]
            switch arithmetic {
            case .multiply: factors = number
            case .divide where numberIsRight: factors = number.map { 1 / $0 }
            default: throw QueryEvaluator.failure("a histogram can only be multiplied with or divided by a number")
            }
            let scaled = zip(histograms, factors).map { histogram, factor in histogram?.scaled(by: factor) }
            return ResultSeries(labels: series.labels, histograms: scaled)
        }
        let values = zip(series.values, number).map { value, number in
            if value.isAbsent { return value }
            return numberIsRight ? apply(value, number) : apply(number, value)
        }
        return ResultSeries(labels: series.labels, values: values)
    }

    private func matched(_ left: [ResultSeries], _ right: [ResultSeries]) throws(TelemetryError) -> [ResultSeries] {
        guard (left + right).allSatisfy({ $0.histograms == nil }) else {
            throw QueryEvaluator.failure("histograms cannot be computed with each other; take a quantile or sum them")
        }
        let partners = Dictionary(grouping: right) { matching.labels(of: $0) }
        let groups = Dictionary(grouping: left) { matching.labels(of: $0) }
        try refuseRepeats(partners, beside: left)
        var results: [ResultSeries] = []
        for (labels, members) in groups {
            guard let others = partners[labels] else { continue }
            var values = [Double](repeating: .absent, count: count)
            for index in 0..<count {
                let ours = members.filter { !$0.values[index].isAbsent }
                let theirs = others.filter { !$0.values[index].isAbsent }
                guard let one = ours.first, let other = theirs.first else { continue }
                if ours.count > 1 { throw Self.repeats(ours) }
                values[index] = apply(one.values[index], other.values[index])
            }
            results.append(ResultSeries(labels: labels.withoutName.labels, values: values))
        }
        return results.filter { !$0.isEmpty }.sorted(by: ResultSeries.precedes)
    }

    /// Refuses series on the right that agree in what is matched, whether they have a partner or not, as in PromQL.
    private func refuseRepeats(_ partners: [[MetricLabel]: [ResultSeries]], beside left: [ResultSeries])
        throws(TelemetryError)
    {
        for others in partners.values where others.count > 1 {
            for index in 0..<count {
                let present = others.filter { !$0.values[index].isAbsent }
                // With nothing on the left nothing is matched.
                guard present.count > 1, left.contains(where: { !$0.values[index].isAbsent }) else { continue }
                throw Self.repeats(present)
            }
        }
    }

    private static func repeats(_ series: [ResultSeries]) -> TelemetryError {
        QueryEvaluator.failure(
            "\(series[0].title) and \(series[1].title) agree in the labels that are matched; aggregate them first"
        )
    }
}
