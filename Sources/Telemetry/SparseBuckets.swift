internal import VitrineCTelemetry

/// The occupied buckets of one sign, in ascending order of index.
package struct SparseBuckets: Sendable, Equatable {
    /// One bucket: samples in (2^((index−1)/16), 2^(index/16)] in the unit's exposed measure.
    package struct Bucket: Sendable, Equatable {
        package let index: Int
        package var count: UInt64

        package init(index: Int, count: UInt64) {
            self.index = index
            self.count = count
        }
    }

    package private(set) var buckets: [Bucket] = []

    init() {}

    /// What the C target read, each ordinal being so far from its bucket's index.
    init(_ counts: ArraySlice<vitrine_bucket_count>, offset: Int) {
        buckets = counts.map { Bucket(index: Int($0.ordinal) + offset, count: $0.count) }
    }

    /// Buckets that are in ascending order of index, each with a count.
    package init(_ buckets: [Bucket]) {
        self.buckets = buckets
    }

    /// Samples in all buckets.
    package var total: UInt64 { buckets.reduce(0) { $0 &+ $1.count } }

    /// Samples in the buckets up to `index`.
    package func total(through index: Int) -> UInt64 {
        buckets.prefix { $0.index <= index }.reduce(0) { $0 &+ $1.count }
    }

    mutating func add(_ other: SparseBuckets) {
        var merged: [Bucket] = []
        merged.reserveCapacity(buckets.count + other.buckets.count)
        var ours = buckets[...]
        for theirs in other.buckets {
            while let first = ours.first, first.index < theirs.index { merged.append(ours.removeFirst()) }
            if let first = ours.first, first.index == theirs.index {
                ours.removeFirst()
                merged.append(Bucket(index: first.index, count: first.count &+ theirs.count))
            } else {
                merged.append(theirs)
            }
        }
        buckets = merged + ours
    }
}
