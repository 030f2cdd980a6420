/// Estimates the quantile of histograms.
struct QuantileEstimate {
    let q: Double
    let count: Int

    func estimate(_ series: [ResultSeries]) -> [ResultSeries] {
        var results: [ResultSeries] = []
        for one in series {
            guard let histograms = one.histograms else { continue }
            let values = histograms.map { histogram -> Double in
                guard let histogram else { return .absent }
                if q < 0 { return -.infinity }
                if q > 1 { return .infinity }
                return histogram.quantile(q) ?? .nan
            }
            results.append(ResultSeries(labels: one.labels, values: values))
        }
        var groups: [[MetricLabel]: [(bound: Double, series: ResultSeries)]] = [:]
        for one in series where one.histograms == nil {
            // A series without a bound is no bucket, and Prometheus leaves it out too.
            guard let text = one.labels.first(where: { $0.name == "le" })?.value, let bound = Self.bound(text) else {
                continue
            }
            groups[one.labels.filter { $0.name != "le" }, default: []].append((bound, one))
        }
        for (labels, buckets) in groups {
            let sorted = buckets.sorted { $0.bound < $1.bound }
            let values = (0..<count).map { index in
                let present = sorted.compactMap { bucket in
                    bucket.series.value(at: index).map { (bound: bucket.bound, count: $0) }
                }
                return present.isEmpty ? .absent : classic(present)
            }
            results.append(ResultSeries(labels: labels, values: values))
        }
        return results.filter { !$0.isEmpty }.sorted(by: ResultSeries.precedes)
    }

    private static func bound(_ text: String) -> Double? {
        switch text {
        case "+Inf", "Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }

    /// Prometheus's estimate from cumulative buckets in ascending order of bound: linear within the bucket.
    private func classic(_ found: [(bound: Double, count: Double)]) -> Double {
        if q.isNaN { return .nan }
        if q < 0 { return -.infinity }
        if q > 1 { return .infinity }
        var buckets: [(bound: Double, count: Double)] = []
        for bucket in found {
            if let last = buckets.last, last.bound == bucket.bound {
                buckets[buckets.count - 1].count += bucket.count
            } else {
                buckets.append(bucket)
            }
        }
        guard buckets.count >= 2, let top = buckets.last, top.bound == .infinity else { return .nan }
        // Counts were read one after the other and may fall by what came in between.
        for index in buckets.indices.dropFirst() {
            buckets[index].count = max(buckets[index].count, buckets[index - 1].count)
        }
        let total = buckets[buckets.count - 1].count
        if total == 0 { return .nan }
        var rank = q * total
        let place = buckets.dropLast().firstIndex { $0.count >= rank } ?? buckets.count - 1
        if place == buckets.count - 1 { return buckets[place - 1].bound }
        if place == 0, buckets[0].bound <= 0 { return buckets[0].bound }
        var start = 0.0
        var count = buckets[place].count
        if place > 0 {
            start = buckets[place - 1].bound
            count -= buckets[place - 1].count
            rank -= buckets[place - 1].count
        }
        return start + (buckets[place].bound - start) * (rank / count)
    }
}
