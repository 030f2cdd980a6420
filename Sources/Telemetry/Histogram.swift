public import VitrineCTelemetry

/// How samples spread: durations, sizes, counts, as whole numbers from 0 to `Int64.max`.
///
/// Buckets are exponential, 16 to an octave, so that any quantile is known to ``HistogramSnapshot/relativeErrorMax``
/// over the whole range, from a nanosecond to 292 years; count, sum, minimum and maximum are exact. Safe from any
/// number of threads, which never meet: recording takes a few nanoseconds and no locked instruction. A thread spends
/// 600 bytes on a histogram it records into and 128 more for each octave that it hits.
public final class Histogram: Sendable {
    /// What the samples count.
    public let unit: HistogramUnit
    @usableFromInline let slot: UInt32

    init(unit: HistogramUnit) {
        self.unit = unit
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
        vitrine_histogram_record(slot, value)
    }

    /// Records a duration as nanoseconds, rounded toward zero; one beyond 292 years counts as 292 years.
    public func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (total, sumOverflow) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        record(overflow || sumOverflow ? (seconds < 0 ? 0 : .max) : total)
    }

    /// All samples of all threads; buckets, count and sum are of one moment per thread.
    public func snapshot() -> HistogramSnapshot {
        var counts = [UInt64](repeating: 0, count: Int(vitrine_integer_octaves) * 16)
        // The buffer has the length that the C function fills for this kind of slot.
        let totals = unsafe counts.withUnsafeMutableBufferPointer {
            unsafe vitrine_histogram_read(slot, 0, $0.baseAddress)
        }
        let high = Int128(Int64(bitPattern: totals.sum_high)) << 64
        return HistogramSnapshot(
            unit: unit,
            zeros: totals.zeros,
            positive: .init(dense: counts[...], firstIndex: 1 - 16),
            negative: .init(),
            ticks: high + Int128(totals.sum_low),
            reals: 0,
            range: totals.minimum <= totals.maximum ? Double(totals.minimum)...Double(totals.maximum) : nil
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

    init(rejected: Counter) {
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
        let octaves = Int(vitrine_real_octaves)
        var counts = [UInt64](repeating: 0, count: octaves * 16)
        // The buffer has the length that the C function fills for this kind of slot.
        let totals = unsafe counts.withUnsafeMutableBufferPointer {
            unsafe vitrine_histogram_read(slot, 1, $0.baseAddress)
        }
        let firstIndex = (Int(vitrine_real_exponent_min) - 1) * 16 + 1
        let half = counts.count / 2
        return HistogramSnapshot(
            unit: .real,
            zeros: totals.zeros,
            positive: .init(dense: counts[..<half], firstIndex: firstIndex),
            negative: .init(dense: counts[half...], firstIndex: firstIndex),
            ticks: 0,
            reals: totals.real_sum,
            range: totals.real_minimum <= totals.real_maximum ? totals.real_minimum...totals.real_maximum : nil
        )
    }
}
