/// Sums of a series' histograms over stretches of time that move forward.
///
/// A queue of two stacks: the elder half keeps the sums of its points to its end, the younger one the sum of what came
/// since, so that a point is added twice however many stretches it lies in, and nothing is ever subtracted (Tangwongsan,
/// Hirzel, Schneider, Wu, "General incremental sliding-window aggregation", VLDB 2015).
struct HistogramWindows {
    private let points: HistogramPoints
    /// Sums of the points from each place to `middle`, the last one that of the whole elder half.
    private var elder: [SeriesHistogram] = []
    /// The sum of the points from `middle` on.
    private var younger: SeriesHistogram?
    private var start = 0
    private var middle = 0
    private var end = 0

    init(_ points: HistogramPoints) { self.points = points }

    /// The sum of the points in `places`, `nil` of none; costs least where both ends only move forward.
    mutating func sum(of places: Range<Int>) -> SeriesHistogram? {
        guard !places.isEmpty else { return nil }
        if places.lowerBound < start || places.upperBound < end || places.lowerBound >= end {
            elder = []
            younger = nil
            (start, middle, end) = (places.lowerBound, places.lowerBound, places.lowerBound)
        }
        while end < places.upperBound {
            Self.add(points.increases[end], to: &younger)
            end += 1
        }
        if places.lowerBound >= middle { turn(to: places.lowerBound) }
        while start < places.lowerBound {
            elder.removeLast()
            start += 1
        }
        var sum = elder.last
        if let younger { Self.add(younger, to: &sum) }
        return sum
    }

    /// Makes the points from `place` on the elder half.
    private mutating func turn(to place: Int) {
        elder = []
        var sum: SeriesHistogram?
        for index in (place..<end).reversed() {
            Self.add(points.increases[index], to: &sum)
            if let sum { elder.append(sum) }
        }
        younger = nil
        (start, middle) = (place, end)
    }

    private static func add(_ histogram: SeriesHistogram, to sum: inout SeriesHistogram?) {
        if sum == nil { sum = histogram } else { sum?.add(histogram) }
    }
}
