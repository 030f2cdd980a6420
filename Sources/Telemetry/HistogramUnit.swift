internal import VitrineCTelemetry

/// What a histogram's samples count, and how they leave the process.
public struct HistogramUnit: Sendable, Hashable {
    /// The unit's name, as it stands in errors.
    public let name: String
    /// Samples' ticks in one unit of the exposition: 10^9 where nanoseconds leave as seconds.
    public let ticksPerUnit: Double
    /// The name that OpenMetrics and OpenTelemetry give the exposed unit, or nothing where there is none.
    let exposedName: String
    /// The powers of two, in the exposed unit, that the classic Prometheus histogram has a bucket for.
    ///
    /// They are boundaries of our own buckets, so what is exposed at each is exact. The list is fixed, because a
    /// bucket that comes and goes confuses `rate`.
    let exposedExponents: [Int]
    /// Added to a bucket's ordinal in the C target it gives the bucket's index: the first of all boundaries.
    let ordinalOffset: Int

    /// Durations in nanoseconds; they leave as seconds, with a bucket per octave from 0.95 µs to 32 s.
    public static let nanoseconds = HistogramUnit(
        name: "nanoseconds",
        ticksPerUnit: 1e9,
        exposedName: "seconds",
        exposedExponents: Array(-20...5),
        ordinalOffset: (-30 - 1) * 16 + 1
    )
    /// Whole numbers of anything: bytes, items; with a bucket per two octaves from 1 to 2^40.
    public static let count = HistogramUnit(
        name: "count",
        ticksPerUnit: 1,
        exposedName: "",
        exposedExponents: Array(stride(from: 0, through: 40, by: 2)),
        ordinalOffset: (0 - 1) * 16 + 1
    )
    /// Real numbers of anything; with a bucket per two octaves from 2^-20 to 2^30.
    static let real = HistogramUnit(
        name: "real",
        ticksPerUnit: 1,
        exposedName: "",
        exposedExponents: Array(stride(from: -20, through: 30, by: 2)),
        ordinalOffset: (-64 - 1) * 16 + 1
    )
}

extension HistogramUnit {
    /// Where the boundaries between buckets of whole numbers lie.
    var scale: UnsafePointer<vitrine_scale> {
        unsafe vitrine_scale_of(self == .nanoseconds ? 1 : 0)
    }
}
