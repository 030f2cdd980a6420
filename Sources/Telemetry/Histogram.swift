public import VitrineCTelemetry

/// How samples spread: durations, sizes, counts, as whole numbers from 0 to `Int64.max`.
///
/// Buckets are exponential, 16 to an octave, so that any quantile is known to ``HistogramSnapshot/relativeErrorMax``
/// over the whole range, from a nanosecond to 292 years; count, sum, minimum and maximum are exact. Safe from any
/// number of threads, which never meet: recording takes a few nanoseconds and no locked instruction. A thread spends
/// 640 bytes on a histogram it records into and 128 more for each octave that it hits.
@safe public final class Histogram: @unchecked Sendable {
    /// What the samples count.
    public let unit: HistogramUnit
    @usableFromInline let slot: UInt32
    // A table of constants.
    @usableFromInline let scale: UnsafePointer<vitrine_scale>
    let exemplars: ExemplarStore

    init(unit: HistogramUnit, clocks: MetricClocks) {
        exemplars = ExemplarStore(clocks: clocks)
        self.unit = unit
        unsafe scale = unit.scale
        slot = vitrine_histogram_make()
    }

    deinit {
        vitrine_histogram_free(slot, 0)
    }

    /// Records a sample in ticks of the unit: nanoseconds for `HistogramUnit.nanoseconds`.
    ///
    /// A negative sample, such as a clock that was set back produces, counts as zero.
    @inlinable
    public func record(_ value: Int64) {
        unsafe vitrine_histogram_record(slot, scale, value)
    }

    /// Records a duration as nanoseconds, rounded toward zero; one beyond 292 years counts as 292 years.
    public func record(_ duration: Duration) {
        record(duration.wholeNanoseconds)
    }

    /// All samples of all threads; buckets, count and sum are of one moment per thread.
    public func snapshot() -> HistogramSnapshot {
        let (totals, buckets) = readBuckets(of: slot, isReal: false)
        let high = Int128(Int64(bitPattern: totals.sum_high)) << 64
        return HistogramSnapshot(
            unit: unit,
            zeros: totals.zeros,
            positive: SparseBuckets(buckets, offset: unit.ordinalOffset),
            negative: SparseBuckets(),
            ticks: high + Int128(totals.sum_low),
            reals: 0,
            range: totals.minimum <= totals.maximum ? Double(totals.minimum)...Double(totals.maximum) : nil,
            exemplars: exemplars.all
        )
    }
}

/// How real numbers spread, negative ones too: what a swift-metrics recorder takes.
///
/// As ``Histogram``, with the same bound on the relative error for magnitudes from 2^-64 to 2^63; smaller ones share
/// the bucket of zero and larger ones the last bucket. The sum is rounded as sums of doubles are. A thread spends 2 KiB
/// on a histogram it records into and 128 bytes more for each octave that it hits.
public final class FloatingPointHistogram: Sendable {
    @usableFromInline let slot: UInt32
    @usableFromInline let rejected: Counter
    let exemplars: ExemplarStore

    init(rejected: Counter, clocks: MetricClocks) {
        exemplars = ExemplarStore(clocks: clocks)
        slot = vitrine_histogram_make()
        self.rejected = rejected
    }

    deinit {
        vitrine_histogram_free(slot, 1)
    }

    /// Records a sample.
    ///
    /// One that is infinite or not a number is left out and counted in `telemetry_samples_rejected_total`.
    @inlinable
    public func record(_ value: Double) {
        guard value.isFinite else { return rejected.increment() }
        vitrine_histogram_record_real(slot, value)
    }

    /// All samples of all threads; buckets, count and sum are of one moment per thread.
    public func snapshot() -> HistogramSnapshot {
        let (totals, buckets) = readBuckets(of: slot, isReal: true)
        let offset = HistogramUnit.real.ordinalOffset
        let half = Int(vitrine_real_octaves) / 2 * 16
        let firstNegative = buckets.firstIndex { $0.ordinal >= half } ?? buckets.endIndex
        return HistogramSnapshot(
            unit: .real,
            zeros: totals.zeros,
            positive: SparseBuckets(buckets[..<firstNegative], offset: offset),
            negative: SparseBuckets(buckets[firstNegative...], offset: offset - half),
            ticks: 0,
            reals: totals.real_sum,
            range: totals.real_minimum <= totals.real_maximum ? totals.real_minimum...totals.real_maximum : nil,
            exemplars: exemplars.all
        )
    }
}

/// The samples of a slot and its buckets that are not empty.
private func readBuckets(
    of slot: UInt32,
    isReal: Bool
) -> (totals: vitrine_totals, buckets: ArraySlice<vitrine_bucket_count>) {
    // Uninitialised room that the C function fills from the front, and says how far; most of it is never touched.
    unsafe withUnsafeTemporaryAllocation(of: vitrine_bucket_count.self, capacity: Int(vitrine_buckets_max)) { room in
        let totals = unsafe vitrine_histogram_read(slot, isReal ? 1 : 0, room.baseAddress)
        return unsafe (totals, Array(room[..<Int(totals.bucket_count)])[...])
    }
}

extension Duration {
    /// Nanoseconds rounded toward zero, the nearest that `Int64` has.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (total, sumOverflow) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || sumOverflow ? (seconds < 0 ? .min : .max) : total
    }
}
