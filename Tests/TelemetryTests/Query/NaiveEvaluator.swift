import Glibc

/// A series of the naive evaluator: labels and all samples, in order.
struct NaiveSeries {
    var labels: [String: String]
    var samples: [(time: Int64, value: Double)]
}

/// What the documentation of PromQL says, computed step by step and sample by sample without any cleverness.
struct NaiveEvaluator {
    var series: [NaiveSeries]
    let lookback: Int64

    typealias Vector = [[String: String]: Double]

    func choose(_ name: String, _ matches: ([String: String]) -> Bool) -> [NaiveSeries] {
        series.filter { $0.labels["__name__"] == name && matches($0.labels) }
    }

    func latest(_ chosen: [NaiveSeries], at time: Int64) -> Vector {
        var result: Vector = [:]
        for one in chosen {
            if let sample = one.samples.last(where: { $0.time <= time && $0.time > time - lookback }) {
                result[one.labels] = sample.value
            }
        }
        return result
    }

    func over(_ function: String, _ chosen: [NaiveSeries], _ range: Int64, at time: Int64) -> Vector {
        var result: Vector = [:]
        for one in chosen {
            let samples = one.samples.filter { $0.time <= time && $0.time > time - range }
            guard !samples.isEmpty else { continue }
            let values = samples.map(\.value)
            let value: Double? =
                switch function {
                case "rate": growth(samples, range, time).map { $0 / (Double(range) / 1_000) }
                case "increase": growth(samples, range, time)
                case "avg_over_time": values.reduce(0, +) / Double(values.count)
                case "min_over_time": values.min()
                case "max_over_time": values.max()
                case "sum_over_time": values.reduce(0, +)
                case "count_over_time": Double(values.count)
                default: values.last
                }
            var labels = one.labels
            if function != "last_over_time" { labels["__name__"] = nil }
            result[labels] = value
        }
        return result
    }

    private func growth(_ samples: [(time: Int64, value: Double)], _ range: Int64, _ time: Int64) -> Double? {
        guard samples.count >= 2, let first = samples.first, let last = samples.last else { return nil }
        var growth = 0.0
        for (before, after) in zip(samples, samples.dropFirst()) {
            growth += after.value < before.value ? after.value : after.value - before.value
        }
        let sampled = Double(last.time - first.time) / 1_000
        let mean = sampled / Double(samples.count - 1)
        var head = Double(first.time - (time - range)) / 1_000
        let tail = Double(time - last.time) / 1_000
        if growth > 0, first.value >= 0 { head = min(head, sampled * first.value / growth) }
        let covered = sampled + (head < mean * 1.1 ? head : mean / 2) + (tail < mean * 1.1 ? tail : mean / 2)
        return growth * covered / sampled
    }

    func aggregate(_ operation: String, _ vector: Vector, by names: Set<String>?, without others: Set<String> = [])
        -> Vector
    {
        var groups: [[String: String]: [Double]] = [:]
        for (labels, value) in vector {
            let kept = labels.filter { label, _ in
                names.map { $0.contains(label) } ?? (!others.contains(label) && label != "__name__")
            }
            groups[kept, default: []].append(value)
        }
        return groups.mapValues { values in
            switch operation {
            case "sum": values.reduce(0, +)
            case "avg": values.reduce(0, +) / Double(values.count)
            case "min": values.min() ?? .nan
            case "max": values.max() ?? .nan
            default: Double(values.count)
            }
        }
    }

    func quantile(_ q: Double, _ vector: Vector, by names: Set<String>) -> Vector {
        var groups: [[String: String]: [Double]] = [:]
        for (labels, value) in vector { groups[labels.filter { names.contains($0.key) }, default: []].append(value) }
        return groups.mapValues { values in
            let sorted = values.sorted()
            let rank = q * Double(sorted.count - 1)
            let low = sorted[Int(floor(rank))]
            let high = sorted[Int(ceil(rank))]
            return low + (high - low) * (rank - floor(rank))
        }
    }

    func top(_ count: Int, _ vector: Vector, by names: Set<String>) -> Vector {
        var groups: [[String: String]: Vector] = [:]
        for (labels, value) in vector { groups[labels.filter { names.contains($0.key) }, default: [:]][labels] = value }
        var result: Vector = [:]
        for group in groups.values {
            for (labels, value) in group.sorted(by: { $0.value > $1.value }).prefix(count) { result[labels] = value }
        }
        return result
    }

    func combine(
        _ left: Vector,
        _ right: Vector,
        on names: Set<String>? = nil,
        _ operation: (Double, Double) -> Double
    ) -> Vector {
        var result: Vector = [:]
        for (labels, value) in left {
            let key = key(labels, names)
            for (others, other) in right {
                let otherKey = self.key(others, names)
                if key == otherKey { result[key] = operation(value, other) }
            }
        }
        return result
    }

    private func key(_ labels: [String: String], _ names: Set<String>?) -> [String: String] {
        labels.filter { label, _ in names.map { $0.contains(label) } ?? (label != "__name__") }
    }
}
