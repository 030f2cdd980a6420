/// A series' points, walked by stretches of time that move forward.
struct RangeWindows {
    private let times: [Int64]
    private let last: [Double]
    /// What of each point is asked for: the samples themselves, or what a window kept of its own.
    private let first: [Double]
    private let drops: [Double]?
    private let least: [Double]
    private let greatest: [Double]
    private let sums: [Double]
    private let counts: [Double]?

    init(raw: RawPoints) {
        var (times, values) = (raw.times, raw.values)
        if values.contains(where: \.isAbsent) {
            let kept = values.indices.filter { !raw.values[$0].isAbsent }
            (times, values) = (kept.map { raw.times[$0] }, kept.map { raw.values[$0] })
        }
        self.times = times
        (last, first, least, greatest, sums) = (values, values, values, values, values)
        (drops, counts) = (nil, nil)
    }

    init(rolled points: RolledPoints) {
        let rolled = points.withoutEnds()
        times = rolled.times
        last = rolled.last
        first = rolled.first
        drops = rolled.drops
        least = rolled.min
        greatest = rolled.max
        sums = rolled.sum
        counts = rolled.counts
    }

    func values(_ function: RangeFunction, _ grid: TimeGrid, _ ranges: [Int64]) -> [Double] {
        let corrections = function == .rate || function == .increase ? corrections() : []
        var start = 0
        var end = 0
        return (0..<grid.count).map { index in
            let time = grid.time(index)
            while end < times.count, times[end] <= time { end += 1 }
            // Where ranges change with the tiers, a beginning may lie before the last one.
            while start > 0, times[start - 1] > time - ranges[index] { start -= 1 }
            while start < end, times[start] <= time - ranges[index] { start += 1 }
            guard start < end else { return .absent }
            switch function {
            case .rate, .increase:
                return increase(start..<end, time, ranges[index], corrections, perSecond: function == .rate)
            case .last: return last[end - 1]
            case .count: return counts.map { $0[start..<end].reduce(0, +) } ?? Double(end - start)
            case .sum: return sums[start..<end].reduce(0, +)
            case .average:
                let count = counts.map { $0[start..<end].reduce(0, +) } ?? Double(end - start)
                return sums[start..<end].reduce(0, +) / count
            case .minimum: return extreme(least[start..<end], <)
            case .maximum: return extreme(greatest[start..<end], >)
            }
        }
    }

    /// The extreme of the numbers among the values, or not-a-number when there is none.
    private func extreme(_ values: ArraySlice<Double>, _ isBetter: (Double, Double) -> Bool) -> Double {
        var best = Double.nan
        for value in values where isBetter(value, best) || best.isNaN { best = value }
        return best
    }

    /// What must be added to each value so that a counter that began anew goes on growing.
    private func corrections() -> [Double] {
        var total = 0.0
        var result: [Double] = []
        result.reserveCapacity(times.count)
        for index in times.indices {
            if index > 0, first[index] < last[index - 1] { total += last[index - 1] }
            if let drops { total += drops[index] }
            result.append(total)
        }
        return result
    }

    /// How much a counter grew in a stretch of time, as Prometheus extrapolates it: by at most half of the mean distance
    /// of its samples where the first or last one is far from the end, and not to below zero.
    private func increase(
        _ places: Range<Int>,
        _ time: Int64,
        _ range: Int64,
        _ corrections: [Double],
        perSecond: Bool
    ) -> Double {
        guard places.count >= 2 else { return .absent }
        let (low, high) = (places.lowerBound, places.upperBound - 1)
        let growth = last[high] - last[low] + corrections[high] - corrections[low]
        var toStart = Double(times[low] - (time - range)) / 1_000
        let toEnd = Double(time - times[high]) / 1_000
        let sampled = Double(times[high] - times[low]) / 1_000
        let distance = sampled / Double(places.count - 1)
        if growth > 0, last[low] >= 0 { toStart = min(toStart, sampled * (last[low] / growth)) }
        let limit = distance * 1.1
        let extended = sampled + (toStart < limit ? toStart : distance / 2) + (toEnd < limit ? toEnd : distance / 2)
        let result = growth * (extended / sampled)
        return perSecond ? result / (Double(range) / 1_000) : result
    }
}
