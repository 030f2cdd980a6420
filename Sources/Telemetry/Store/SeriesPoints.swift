internal import VitrineSync

/// Points of one series in order of time, as they were sampled.
struct RawPoints {
    var times: [Int64] = []
    var values: [Double] = []

    var count: Int { times.count }

    mutating func append(_ time: Int64, _ value: Double) {
        times.append(time)
        values.append(value)
    }

    mutating func append(_ other: RawPoints, from start: Int64, to end: Int64) {
        let range = other.times.indices(from: start, to: end)
        times.append(contentsOf: other.times[range])
        values.append(contentsOf: other.values[range])
    }

    /// Puts the points in order of time; of several at one time the one that came last stays.
    mutating func sort() {
        var isSorted = true
        for index in times.indices.dropFirst() where times[index - 1] >= times[index] {
            isSorted = false
            break
        }
        if isSorted { return }
        let order = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        var sorted = RawPoints()
        for index in order {
            if sorted.times.last == times[index] {
                sorted.values[sorted.count - 1] = values[index]
            } else {
                sorted.append(times[index], values[index])
            }
        }
        self = sorted
    }
}

/// Points of one series that each sum up the samples of a window of time, in order.
struct RolledPoints {
    /// When the window's last sample was taken.
    var times: [Int64] = []
    /// Samples in the window.
    var counts: [Double] = []
    var first: [Double] = []
    var min: [Double] = []
    var last: [Double] = []
    var max: [Double] = []
    var sum: [Double] = []
    /// What a counter lost by beginning anew within the window.
    var drops: [Double] = []

    var count: Int { times.count }

    mutating func append(_ other: RolledPoints, _ index: Int) {
        times.append(other.times[index])
        counts.append(other.counts[index])
        first.append(other.first[index])
        min.append(other.min[index])
        last.append(other.last[index])
        max.append(other.max[index])
        sum.append(other.sum[index])
        drops.append(other.drops[index])
    }

    /// Appends the points in `start ..< end`; a column that was not read is left out.
    mutating func append(_ other: RolledPoints, from start: Int64, to end: Int64) {
        let range = other.times.indices(from: start, to: end)
        times.append(contentsOf: other.times[range])
        Self.extend(&counts, other.counts, range)
        Self.extend(&first, other.first, range)
        Self.extend(&min, other.min, range)
        Self.extend(&last, other.last, range)
        Self.extend(&max, other.max, range)
        Self.extend(&sum, other.sum, range)
        Self.extend(&drops, other.drops, range)
    }

    private static func extend(_ column: inout [Double], _ other: [Double], _ range: Range<Int>) {
        if !other.isEmpty { column.append(contentsOf: other[range]) }
    }

    /// The lesser or the greater of two; a number rather than none.
    private static func extreme(_ left: Double, _ right: Double, _ isBetter: (Double, Double) -> Bool) -> Double {
        isBetter(right, left) || left.isNaN ? right : left
    }

    /// Adds a later window to the last one.
    mutating func mergeIntoLast(_ other: RolledPoints, _ index: Int) {
        let end = count - 1
        drops[end] += other.drops[index] + (other.first[index] < last[end] ? last[end] : 0)
        times[end] = other.times[index]
        counts[end] += other.counts[index]
        min[end] = Self.extreme(min[end], other.min[index], <)
        last[end] = other.last[index]
        max[end] = Self.extreme(max[end], other.max[index], >)
        sum[end] += other.sum[index]
    }

    /// Each sample as a window of its own; one that says that the series ended as a window of none.
    init(_ points: RawPoints) {
        times = points.times
        first = points.values
        counts = points.values.map { $0.isAbsent ? 0 : 1 }
        drops = [Double](repeating: 0, count: times.count)
        (min, last, max, sum) = (first, first, first, first)
    }

    /// Whether the point says that the series ended; then all columns but counts and drops say so.
    private func isEnd(_ index: Int) -> Bool { last[index].isAbsent }

    init() {}

    /// The points but for those that say that the series ended; of the columns that were read.
    func withoutEnds() -> RolledPoints {
        // Counts and drops of an end are zero and change nothing.
        guard let told = [last, first, sum].first(where: { !$0.isEmpty }), told.contains(where: \.isAbsent) else {
            return self
        }
        let kept = told.indices.filter { !told[$0].isAbsent }
        func chosen(_ column: [Double]) -> [Double] { column.isEmpty ? [] : kept.map { column[$0] } }
        var result = RolledPoints()
        result.times = kept.map { times[$0] }
        result.counts = chosen(counts)
        result.first = chosen(first)
        result.min = chosen(min)
        result.last = chosen(last)
        result.max = chosen(max)
        result.sum = chosen(sum)
        result.drops = chosen(drops)
        return result
    }

    /// The same points in windows of `resolution` milliseconds; an end stays where nothing follows it in its window.
    func rolled(to resolution: Int64) -> RolledPoints {
        var result = RolledPoints()
        var window = Int64.min
        var end: Int?
        for index in times.indices {
            if isEnd(index) {
                end = index
                continue
            }
            if times[index] / resolution == window {
                result.mergeIntoLast(self, index)
            } else {
                if let end, times[end] / resolution < times[index] / resolution { result.append(self, end) }
                window = times[index] / resolution
                result.append(self, index)
            }
            end = nil
        }
        if let end { result.append(self, end) }
        return result
    }
}

/// Which columns of windows are asked for.
struct RolledColumns: OptionSet, Sendable {
    let rawValue: UInt8

    static let counts = RolledColumns(rawValue: 1)
    static let first = RolledColumns(rawValue: 2)
    /// Comes with `first`, which it may be the same as.
    static let min = RolledColumns(rawValue: 4 | 2)
    static let last = RolledColumns(rawValue: 8)
    /// Comes with `last`, which it may be the same as.
    static let max = RolledColumns(rawValue: 16 | 8)
    static let sum = RolledColumns(rawValue: 32)
    static let drops = RolledColumns(rawValue: 64)
    static let all = RolledColumns(rawValue: 127)
}

/// What was recorded into a histogram between points in time, each since the one before.
struct HistogramPoints {
    var times: [Int64] = []
    var increases: [SeriesHistogram] = []

    var count: Int { times.count }

    mutating func append(_ time: Int64, _ increase: SeriesHistogram) {
        times.append(time)
        increases.append(increase)
    }

    mutating func append(_ other: HistogramPoints, from start: Int64, to end: Int64) {
        let range = other.times.indices(from: start, to: end)
        times.append(contentsOf: other.times[range])
        increases.append(contentsOf: other.increases[range])
    }

    /// Puts the points in order; of several at one time the one that came last stays.
    mutating func sort() {
        let isSorted = zip(times, times.dropFirst()).allSatisfy { $0 < $1 }
        if isSorted { return }
        var sorted = HistogramPoints()
        for index in times.indices.sorted(by: { (times[$0], $0) < (times[$1], $1) }) {
            if sorted.times.last == times[index] {
                sorted.increases[sorted.count - 1] = increases[index]
            } else {
                sorted.append(times[index], increases[index])
            }
        }
        self = sorted
    }

    /// The same points in windows of `resolution` milliseconds, exactly: increases add up.
    func rolled(to resolution: Int64) -> HistogramPoints {
        var result = HistogramPoints()
        var window = Int64.min
        for index in times.indices {
            if times[index] / resolution == window {
                result.times[result.count - 1] = times[index]
                result.increases[result.count - 1].add(increases[index])
            } else {
                window = times[index] / resolution
                result.append(times[index], increases[index])
            }
        }
        return result
    }
}

/// The times that a sample may have: few enough for sums of a few of them.
enum StoredTime {
    /// 2^50 milliseconds: the year 37648.
    static let end: Int64 = 1 << 50

    static func isValid(_ time: Int64) -> Bool { time >= 0 && time < end }

    /// Whole milliseconds, less than ``end`` and not negative.
    static func clamped(_ time: Duration) -> Int64 { min(max(0, time.wholeMilliseconds), end - 1) }
}

extension Double {
    /// The sample that says that its series has ended: the pattern that Prometheus gives this meaning.
    static let absent = Double(bitPattern: 0x7FF0_0000_0000_0002)

    /// Whether this is the mark of an ended series, and no value.
    var isAbsent: Bool { bitPattern == Self.absent.bitPattern }
}

extension [Int64] {
    /// The places of the ascending numbers in `start ..< end`.
    func indices(from start: Int64, to end: Int64) -> Range<Int> {
        let low = partitioningIndex { $0 >= start }
        return low..<Swift.max(low, partitioningIndex { $0 >= end })
    }

    /// The first place at which `isBehind` holds, which once it holds holds to the end.
    func partitioningIndex(_ isBehind: (Int64) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
