internal import Glibc

/// A histogram's samples at one moment.
///
/// Values are in the unit's exposed measure: seconds for durations. Bucket i holds the samples in
/// (2^((i−1)/16), 2^(i/16)]: the boundaries of schema 4 of Prometheus's native histograms and of scale 4 of
/// OpenTelemetry's exponential ones, whatever was recorded. So two snapshots of one unit always merge bucket by bucket,
/// and leave for either system, without error.
public struct HistogramSnapshot: Sendable, Equatable {
    /// The bound on |estimate − exact| / |exact| of any quantile: (2^(1/16) − 1) / (2^(1/16) + 1), rounded up.
    public static let relativeErrorMax = 0.0217

    /// What the samples count.
    public let unit: HistogramUnit
    /// Samples that are zero, or too near to it for a bucket.
    package private(set) var zeros: UInt64
    package private(set) var positive: SparseBuckets
    package private(set) var negative: SparseBuckets
    /// The exact sum of the whole numbers recorded, in ticks.
    private var ticks: Int128
    /// The sum of the reals recorded, in ticks.
    private var reals: Double
    private var range: ClosedRange<Double>?
    /// Samples that can be traced, at most one for each bucket of the exposition; see ``Exemplar``.
    public private(set) var exemplars: [Exemplar]

    init(
        unit: HistogramUnit,
        zeros: UInt64,
        positive: SparseBuckets,
        negative: SparseBuckets,
        ticks: Int128,
        reals: Double,
        range: ClosedRange<Double>?,
        exemplars: [Exemplar] = []
    ) {
        self.unit = unit
        self.zeros = zeros
        self.positive = positive
        self.negative = negative
        self.ticks = ticks
        self.reals = reals
        self.range = range
        self.exemplars = exemplars
    }

    /// What was recorded between two snapshots of one series, whose buckets were subtracted.
    init(
        since earlier: HistogramSnapshot,
        of all: HistogramSnapshot,
        zeros: UInt64,
        positive: SparseBuckets,
        negative: SparseBuckets
    ) {
        self.init(
            unit: all.unit,
            zeros: zeros,
            positive: positive,
            negative: negative,
            ticks: all.ticks &- earlier.ticks,
            reals: all.reals - earlier.reals,
            range: all.range.flatMap {
                Self.range(
                    zeros: zeros,
                    positive: positive,
                    negative: negative,
                    within: $0,
                    ticksPerUnit: all.unit.ticksPerUnit
                )
            },
            exemplars: all.exemplars.filter { !earlier.exemplars.contains($0) }
        )
    }

    /// How many samples there are.
    public var count: UInt64 { zeros &+ positive.total &+ negative.total }
    /// The sum of all samples: exact for whole numbers but for the rounding to a double.
    public var sum: Double { (Double(ticks) + reals) / unit.ticksPerUnit }
    /// The least sample, exact; `nil` without samples.
    public var min: Double? { range.map { $0.lowerBound / unit.ticksPerUnit } }
    /// The greatest sample, exact; `nil` without samples.
    public var max: Double? { range.map { $0.upperBound / unit.ticksPerUnit } }
    /// The sum over the count; `nil` without samples.
    public var mean: Double? { count == 0 ? nil : sum / Double(count) }

    /// The sample that `q` of all samples do not exceed, from 0 (the least) to 1 (the greatest).
    ///
    /// It is the sample of rank ⌈q · count⌉, within ``relativeErrorMax`` of it. A `q` outside 0...1 is taken as the
    /// nearer end. Costs a walk over the occupied buckets.
    ///
    /// - Returns: `nil` without samples, or for a `q` that is not a number.
    public func quantile(_ q: Double) -> Double? {
        guard let range, !q.isNaN else { return nil }
        if q <= 0 { return min }
        if q >= 1 { return max }
        let estimate = value(rank: Self.rank(of: q, in: Double(count)))
        let (least, greatest) = (range.lowerBound / unit.ticksPerUnit, range.upperBound / unit.ticksPerUnit)
        return Swift.min(Swift.max(estimate, least), greatest)
    }

    /// Samples that do not exceed 2^`exponent`; exact.
    package func count(throughPowerOfTwo exponent: Int) -> UInt64 {
        negative.total &+ zeros &+ positive.total(through: exponent * 16)
    }

    /// The same for several powers in ascending order, in one pass.
    func cumulativeCounts(throughPowersOfTwo exponents: [Int]) -> [UInt64] {
        var total = negative.total &+ zeros
        var rest = positive.buckets[...]
        return exponents.map { exponent in
            while let bucket = rest.first, bucket.index <= exponent * 16 {
                total &+= bucket.count
                rest.removeFirst()
            }
            return total
        }
    }

    /// Adds the samples of `other`, exactly: the result is what one histogram of all of them would hold.
    ///
    /// - Throws: `TelemetryError` with the code `typeConflict` when the units differ.
    public mutating func merge(_ other: HistogramSnapshot) throws {
        guard unit == other.unit else {
            throw TelemetryError(
                .typeConflict,
                "a histogram of \(other.unit.name) cannot be added to one of \(unit.name); merge within one unit"
            )
        }
        zeros &+= other.zeros
        positive.add(other.positive)
        negative.add(other.negative)
        ticks &+= other.ticks
        reals += other.reals
        exemplars = Exemplar.newest(of: exemplars + other.exemplars, in: unit)
        if let theirs = other.range {
            range =
                range.map {
                    Swift.min($0.lowerBound, theirs.lowerBound)...Swift.max($0.upperBound, theirs.upperBound)
                } ?? theirs
        }
    }

    /// ⌈q · count⌉, at least 1.
    ///
    /// A `q` such as 0.07 is the double next to it, and the product is rounded once more: 0.07 · 100 comes to a little
    /// more than 7 and still means the seventh sample.
    static func rank(of q: Double, in count: Double) -> Double {
        let product = q * count
        return Swift.max(1, (product - product * 0x1p-51).rounded(.up))
    }

    private func value(rank: Double) -> Double {
        var remaining = rank
        for bucket in negative.buckets.reversed() {
            remaining -= Double(bucket.count)
            if remaining <= 0 { return -Self.representative(ofBucket: bucket.index) }
        }
        remaining -= Double(zeros)
        if remaining <= 0 { return 0 }
        for bucket in positive.buckets {
            remaining -= Double(bucket.count)
            if remaining <= 0 { return Self.representative(ofBucket: bucket.index) }
        }
        return max ?? 0  // Only by rounding, above 2^53 samples.
    }

    /// A value for each occupied bucket, in ascending order, and how many samples it stands for.
    var representatives: [(value: Double, count: UInt64)] {
        let below = negative.buckets.reversed().map {
            (value: -Self.representative(ofBucket: $0.index), count: $0.count)
        }
        let zero = zeros > 0 ? [(value: 0.0, count: zeros)] : []
        return below + zero
            + positive.buckets.map { (value: Self.representative(ofBucket: $0.index), count: $0.count) }
    }

    /// The value whose greatest relative error over the bucket is least: 2lu / (l + u).
    private static func representative(ofBucket index: Int) -> Double {
        upperBound(ofBucket: index) * 2 / (exp2(1.0 / 16) + 1)
    }

    /// The greatest value that a bucket of positive samples takes in.
    static func upperBound(ofBucket index: Int) -> Double { exp2(Double(index) / 16) }
}
