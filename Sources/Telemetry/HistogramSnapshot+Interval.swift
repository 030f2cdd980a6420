extension HistogramSnapshot {
    /// What was recorded since an earlier snapshot of the same series: its count, sum and buckets are exact.
    ///
    /// The least and the greatest sample of the time between are known to their buckets, and never beyond those of all
    /// samples. An earlier snapshot that is none (of another unit, or with samples that this one lacks, because the series
    /// began anew) is taken for an empty one.
    public func since(_ earlier: HistogramSnapshot) -> HistogramSnapshot {
        guard unit == earlier.unit, zeros >= earlier.zeros,
            let positive = positive.subtracting(earlier.positive),
            let negative = negative.subtracting(earlier.negative)
        else { return self }
        return HistogramSnapshot(
            since: earlier,
            of: self,
            zeros: zeros - earlier.zeros,
            positive: positive,
            negative: negative
        )
    }

    /// The bounds of what the buckets hold, in ticks.
    static func range(
        zeros: UInt64,
        positive: SparseBuckets,
        negative: SparseBuckets,
        within range: ClosedRange<Double>,
        ticksPerUnit: Double
    ) -> ClosedRange<Double>? {
        func bound(_ index: Int) -> Double { upperBound(ofBucket: index) * ticksPerUnit }
        let candidates = [
            negative.buckets.last.map { -bound($0.index) }, negative.buckets.first.map { -bound($0.index - 1) },
            zeros > 0 ? 0 : nil,
            positive.buckets.first.map { bound($0.index - 1) }, positive.buckets.last.map { bound($0.index) },
        ].compactMap(\.self)
        guard let least = candidates.min(), let greatest = candidates.max() else { return nil }
        let low = Swift.min(Swift.max(least, range.lowerBound), range.upperBound)
        let high = Swift.max(Swift.min(greatest, range.upperBound), low)
        return low...high
    }
}

extension SparseBuckets {
    /// The counts less those of an earlier state; `nil` when it has samples that this one lacks.
    func subtracting(_ earlier: SparseBuckets) -> SparseBuckets? {
        var rest: [Bucket] = []
        var theirs = earlier.buckets[...]
        for bucket in buckets {
            guard let other = theirs.first, other.index <= bucket.index else {
                rest.append(bucket)
                continue
            }
            guard other.index == bucket.index, other.count <= bucket.count else { return nil }
            theirs.removeFirst()
            if bucket.count > other.count {
                rest.append(Bucket(index: bucket.index, count: bucket.count - other.count))
            }
        }
        return theirs.isEmpty ? SparseBuckets(rest) : nil
    }
}
