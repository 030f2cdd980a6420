/// Makes one series of several, time by time.
struct Aggregator {
    private let aggregation: Aggregation
    private let parameter: Double
    private let count: Int

    init(_ aggregation: Aggregation, _ parameter: Double?, _ count: Int) {
        self.aggregation = aggregation
        self.parameter = parameter ?? 0
        self.count = count
    }

    func aggregate(_ series: [ResultSeries], _ grouping: Grouping) throws(TelemetryError) -> [ResultSeries] {
        var groups: [[MetricLabel]: [ResultSeries]] = [:]
        for one in series { groups[grouping.labels(of: one), default: []].append(one) }
        var results: [ResultSeries] = []
        for (labels, members) in groups {
            if aggregation == .topk {
                results += try greatest(members)
            } else {
                let (name, plain) = labels.withoutName
                let hasHistograms = members.contains { $0.histograms != nil }
                let result =
                    try hasHistograms
                    ? histograms(members, plain) : ResultSeries(labels: plain, values: numbers(members))
                results.append(name == nil ? result : result.with(name: name))
            }
        }
        return results.filter { !$0.isEmpty }.sorted(by: ResultSeries.precedes)
    }

    private func numbers(_ members: [ResultSeries]) -> [Double] {
        switch aggregation {
        case .sum: folded(members) { $0 + $1 }
        case .min: folded(members) { $1 < $0 || $0.isNaN ? $1 : $0 }
        case .max: folded(members) { $1 > $0 || $0.isNaN ? $1 : $0 }
        case .count: counts(members)
        case .avg: means(members)
        case .quantile:
            (0..<count).map { index in
                let present = members.map { $0.values[index] }.filter { !$0.isAbsent }
                return present.isEmpty ? .absent : Self.quantile(parameter, present)
            }
        case .topk: []
        }
    }

    private func means(_ members: [ResultSeries]) -> [Double] {
        var means = zip(folded(members) { $0 + $1 }, counts(members)).map { $0.isAbsent ? .absent : $0 / $1 }
        // A sum that overflowed: of parts, none of which can.
        for index in means.indices where !means[index].isFinite && !means[index].isAbsent {
            let present = members.map { $0.values[index] }.filter { !$0.isAbsent }
            means[index] = present.reduce(0) { $0 + $1 / Double(present.count) }
        }
        return means
    }

    @inline(__always)
    private func folded(_ members: [ResultSeries], _ fold: (Double, Double) -> Double) -> [Double] {
        var result = members.first?.values ?? []
        var row = result.mutableSpan
        for member in members.dropFirst() {
            let values = member.values.span
            for index in row.indices where !values[index].isAbsent {
                row[index] = row[index].isAbsent ? values[index] : fold(row[index], values[index])
            }
        }
        return result
    }

    private func counts(_ members: [ResultSeries]) -> [Double] {
        var result = [Double](repeating: 0, count: count)
        var row = result.mutableSpan
        for member in members {
            let values = member.values.span
            for index in row.indices where !values[index].isAbsent { row[index] += 1 }
        }
        return result.map { $0 == 0 ? .absent : $0 }
    }

    /// The quantile of numbers, interpolated between two, as Prometheus does.
    static func quantile(_ q: Double, _ values: [Double]) -> Double {
        if q.isNaN { return .nan }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        let sorted = values.sorted { $0 < $1 || $0.isNaN && !$1.isNaN }
        let rank = q * Double(sorted.count - 1)
        let low = Int(rank.rounded(.down))
        let high = min(sorted.count - 1, low + 1)
        let weight = rank - rank.rounded(.down)
        return sorted[low] * (1 - weight) + sorted[high] * weight
    }

    private func histograms(_ members: [ResultSeries], _ labels: [MetricLabel]) throws(TelemetryError) -> ResultSeries {
        if aggregation == .count {
            return ResultSeries(labels: labels, values: counts(members))
        }
        guard aggregation == .sum, members.allSatisfy({ $0.histograms != nil }) else {
            throw QueryEvaluator.failure("of histograms there are sum and count, and not together with numbers")
        }
        var result = [SeriesHistogram?](repeating: nil, count: count)
        for member in members {
            for index in 0..<count {
                guard let histogram = member.histogram(at: index) else { continue }
                result[index]?.add(histogram)
                if result[index] == nil { result[index] = histogram }
            }
        }
        return ResultSeries(labels: labels, histograms: result)
    }

    private func greatest(_ members: [ResultSeries]) throws(TelemetryError) -> [ResultSeries] {
        guard members.allSatisfy({ $0.histograms == nil }) else {
            throw QueryEvaluator.failure("topk takes numbers, not histograms")
        }
        let limit = parameter >= 1 ? Int(min(parameter, 1e9)) : 0
        var kept = members.map { _ in [Double](repeating: .absent, count: count) }
        for index in 0..<count {
            let present = members.indices.filter { !members[$0].values[index].isAbsent }
            let order = present.sorted { left, right in
                let (a, b) = (members[left].values[index], members[right].values[index])
                // What is no number comes last.
                return a > b || (b.isNaN && !a.isNaN)
            }
            for place in order.prefix(limit) { kept[place][index] = members[place].values[index] }
        }
        return zip(members, kept).map { ResultSeries(name: $0.name, labels: $0.labels, values: $1) }
    }
}
