internal import Glibc

/// How samples spread over some time, as the store keeps it and as queries compute with it.
///
/// The buckets are those of ``HistogramSnapshot``: bucket i holds what lies in (2^((i−1)/16), 2^(i/16)], so that
/// any two add up exactly, minutes into hours too, and a quantile of the sum is as good as one of a part. Counts are
/// reals, because a rate is one; up to 2^53 they are exact.
public struct SeriesHistogram: Sendable, Equatable {
    /// One bucket: what lies in (2^((index−1)/16), 2^(index/16)], or below zero in the mirror image.
    public struct Bucket: Sendable, Equatable {
        /// The bucket's number.
        public var index: Int32
        /// How many samples; a real number after a division.
        public var count: Double
    }

    /// Samples that are zero, or too near to it for a bucket.
    public internal(set) var zeros: Double
    /// The occupied buckets above zero, ascending by index.
    public internal(set) var positive: [Bucket]
    /// The occupied buckets below zero, ascending by index and so descending by value.
    public internal(set) var negative: [Bucket]
    /// The sum of the samples.
    public internal(set) var sum: Double
    /// The least sample, exact or to the bucket's width; infinite without samples.
    public internal(set) var min: Double
    /// The greatest sample, exact or to the bucket's width; negatively infinite without samples.
    public internal(set) var max: Double

    /// A histogram of nothing.
    public init() {
        zeros = 0
        positive = []
        negative = []
        sum = 0
        min = .infinity
        max = -.infinity
    }

    /// How many samples there are.
    public var count: Double {
        var total = zeros
        for bucket in positive { total += bucket.count }
        for bucket in negative { total += bucket.count }
        return total
    }

    /// The sum over the count; `nil` without samples.
    public var mean: Double? {
        let count = count
        return count > 0 ? sum / count : nil
    }

    /// The sample that `q` of all samples do not exceed, from 0 (the least) to 1 (the greatest), within
    /// ``HistogramSnapshot/relativeErrorMax`` of it.
    ///
    /// - Returns: `nil` without samples, or for a `q` that is not a number.
    public func quantile(_ q: Double) -> Double? {
        let count = count
        guard count > 0, !q.isNaN else { return nil }
        if q <= 0 { return min }
        if q >= 1 { return max }
        // Where the running sum reaches q · count, which of whole counts is the sample of rank ⌈q · count⌉. What rounding
        // takes from the one or adds to the other must not carry it into the next bucket, which may lie orders of magnitude
        // further up.
        return Swift.min(Swift.max(value(rank: q * count * (1 - Self.countErrorMax)), min), max)
    }

    /// More than the relative error of any sum of a histogram's counts: a few thousand additions of rounded products.
    private static let countErrorMax = 1e-12

    private func value(rank: Double) -> Double {
        var remaining = rank
        for bucket in negative.reversed() {
            remaining -= bucket.count
            if remaining <= 0 { return -Self.representative(of: bucket.index) }
        }
        remaining -= zeros
        if remaining <= 0 { return 0 }
        for bucket in positive {
            remaining -= bucket.count
            if remaining <= 0 { return Self.representative(of: bucket.index) }
        }
        return max  // Only by rounding of fractional counts.
    }

    /// The index that comes `gap` behind another, or behind 0 at first; `nil` for what cannot be a bucket's: indices
    /// ascend, and there is no recorder of what lies beyond 2^128 or between 2^-128 and zero.
    static func index(_ gap: Int64, behind last: Int32?) -> Int32? {
        guard gap.magnitude <= 4_096, last == nil || gap > 0 else { return nil }
        let index = (last ?? 0) + Int32(gap)
        return index.magnitude <= 2_048 ? index : nil
    }

    /// The upper end of a bucket above zero.
    static func upperBound(of index: Int32) -> Double { exp2(Double(index) / 16) }

    /// The value whose greatest relative error over the bucket is least: 2lu / (l + u).
    private static func representative(of index: Int32) -> Double {
        upperBound(of: index) * 2 / (exp2(1.0 / 16) + 1)
    }

    /// Adds the samples of `other`.
    public mutating func add(_ other: SeriesHistogram) {
        zeros += other.zeros
        Self.combine(&positive, with: other.positive, +)
        Self.combine(&negative, with: other.negative, +)
        sum += other.sum
        min = Swift.min(min, other.min)
        max = Swift.max(max, other.max)
    }

    /// All counts and the sum times `factor`: for a rate, per second.
    public func scaled(by factor: Double) -> SeriesHistogram {
        var result = self
        result.zeros *= factor
        result.sum *= factor
        for index in result.positive.indices { result.positive[index].count *= factor }
        for index in result.negative.indices { result.negative[index].count *= factor }
        return result
    }

    static func combine(_ ours: inout [Bucket], with theirs: [Bucket], _ operation: (Double, Double) -> Double) {
        if theirs.isEmpty { return }
        var merged: [Bucket] = []
        merged.reserveCapacity(ours.count + theirs.count)
        var place = 0
        for bucket in theirs {
            while place < ours.count, ours[place].index < bucket.index {
                merged.append(ours[place])
                place += 1
            }
            if place < ours.count, ours[place].index == bucket.index {
                merged.append(Bucket(index: bucket.index, count: operation(ours[place].count, bucket.count)))
                place += 1
            } else {
                merged.append(Bucket(index: bucket.index, count: operation(0, bucket.count)))
            }
        }
        merged.append(contentsOf: ours[place...])
        ours = merged
    }
}

extension SeriesHistogram {
    /// All that a registry's histogram has recorded.
    init(_ snapshot: HistogramSnapshot) {
        self.init()
        zeros = Double(snapshot.zeros)
        positive = snapshot.positive.buckets.map { Bucket(index: Int32($0.index), count: Double($0.count)) }
        negative = snapshot.negative.buckets.map { Bucket(index: Int32($0.index), count: Double($0.count)) }
        sum = snapshot.sum
        min = snapshot.min ?? .infinity
        max = snapshot.max ?? -.infinity
    }

    /// What was recorded between `earlier` and this, both counted from one beginning; all of this when the counting began
    /// anew in between, as a restart makes it.
    ///
    /// The least and the greatest sample are exact where they moved, and else the ends of the buckets that grew.
    func increase(since earlier: SeriesHistogram) -> SeriesHistogram {
        var result = self
        result.zeros -= earlier.zeros
        Self.combine(&result.positive, with: earlier.positive, -)
        Self.combine(&result.negative, with: earlier.negative, -)
        let hasFallen =
            result.zeros < 0 || result.positive.contains { $0.count < 0 } || result.negative.contains { $0.count < 0 }
        if hasFallen { return self }
        result.positive.removeAll { $0.count == 0 }
        result.negative.removeAll { $0.count == 0 }
        result.sum -= earlier.sum
        guard result.count > 0 else { return SeriesHistogram() }
        result.min = min < earlier.min ? min : Swift.max(min, result.lowerEnd)
        result.max = max > earlier.max ? max : Swift.min(max, result.upperEnd)
        return result
    }

    private var lowerEnd: Double {
        if let last = negative.last { return -Self.upperBound(of: last.index) }
        if zeros > 0 { return 0 }
        return positive.first.map { Self.upperBound(of: $0.index - 1) } ?? 0
    }

    private var upperEnd: Double {
        if let last = positive.last { return Self.upperBound(of: last.index) }
        if zeros > 0 { return 0 }
        return negative.first.map { -Self.upperBound(of: $0.index - 1) } ?? 0
    }
}
