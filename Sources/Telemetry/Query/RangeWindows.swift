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
        switch function {
        case .rate: growth(grid, ranges, perSecond: true)
        case .increase: growth(grid, ranges, perSecond: false)
        case .last: walk(grid, ranges) { window in last[window.end - 1] }
        case .count: walk(grid, ranges) { window in count(window.places) }
        case .sum: walk(grid, ranges) { window in sums[window.places].reduce(0, +) }
        case .average:
            walk(grid, ranges) { window in
                let (sum, count) = (sums[window.places].reduce(0, +), count(window.places))
                // A sum that overflowed: of parts, none of which can.
                return sum.isFinite ? sum / count : sums[window.places].reduce(0) { $0 + $1 / count }
            }
        case .minimum: walk(grid, ranges) { window in extreme(least[window.places], <) }
        case .maximum: walk(grid, ranges) { window in extreme(greatest[window.places], >) }
        }
    }

    /// The points of one stretch of time, of which there is at least one.
    private struct Window {
        let start: Int
        let end: Int
        let time: Int64
        let range: Int64

        var places: Range<Int> { start..<end }
    }

    /// What `body` makes of each stretch of time that has points.
    @inline(__always)
    private func walk(_ grid: TimeGrid, _ ranges: [Int64], _ body: (Window) -> Double) -> [Double] {
        [Double](capacity: grid.count) { result in
            let (times, ranges) = (times.span, ranges.span)
            var (start, end) = (0, 0)
            for index in 0..<grid.count {
                let (time, range) = (grid.time(index), ranges[index])
                while end < times.count, times[end] <= time { end &+= 1 }
                // Where ranges change with the tiers, a beginning may lie before the last one.
                while start > 0, times[start &- 1] > time &- range { start &-= 1 }
                while start < end, times[start] <= time &- range { start &+= 1 }
                let window = Window(start: start, end: end, time: time, range: range)
                result.append(start < end ? body(window) : .absent)
            }
        }
    }

    private func count(_ places: Range<Int>) -> Double {
        counts.map { $0[places].reduce(0, +) } ?? Double(places.count)
    }

    /// The extreme of the numbers among the values, or not-a-number when there is none.
    private func extreme(_ values: ArraySlice<Double>, _ isBetter: (Double, Double) -> Bool) -> Double {
        var best = Double.nan
        for value in values where isBetter(value, best) || best.isNaN { best = value }
        return best
    }

    /// What must be added to each value so that a counter that began anew goes on growing; `nil` where it never did.
    private func corrections() -> [Double]? {
        let (first, last) = (first.span, last.span)
        var begins = drops?.contains { $0 != 0 } ?? false
        for index in last.indices.dropFirst() where first[index] < last[index - 1] { begins = true }
        guard begins else { return nil }
        var total = 0.0
        var result: [Double] = []
        result.reserveCapacity(times.count)
        for index in last.indices {
            if index > 0, first[index] < last[index - 1] { total += last[index - 1] }
            if let drops { total += drops[index] }
            result.append(total)
        }
        return result
    }

    /// How much a counter grew in each stretch of time, as Prometheus extrapolates it: by at most half of the mean
    /// distance of its samples where the first or last one is far from the end, and not to below zero.
    private func growth(_ grid: TimeGrid, _ ranges: [Int64], perSecond: Bool) -> [Double] {
        let corrections = corrections()
        let (times, last) = (times.span, last.span)
        return walk(grid, ranges) { window in
            let (low, high) = (window.start, window.end - 1)
            guard low < high else { return .absent }
            var growth = last[high] - last[low]
            if let corrections { growth += corrections[high] - corrections[low] }
            var toStart = Double(times[low] - (window.time - window.range))
            let toEnd = Double(window.time - times[high])
            let sampled = Double(times[high] - times[low])
            let distance = sampled / Double(high - low)
            // Compared before it is divided, which is seldom needed.
            if growth > 0, last[low] >= 0, sampled * last[low] < toStart * growth {
                toStart = sampled * (last[low] / growth)
            }
            let limit = distance * 1.1
            let extended =
                sampled + (toStart < limit ? toStart : distance / 2) + (toEnd < limit ? toEnd : distance / 2)
            let result = growth * (extended / sampled)
            return perSecond ? result / (Double(window.range) / 1_000) : result
        }
    }
}
