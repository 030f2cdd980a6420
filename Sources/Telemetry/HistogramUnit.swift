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
    /// What a sample is multiplied with to get its bucket, as the C target takes it.
    let scale: UInt64
    /// The power of two, in the exposed unit, that one bucketed unit is: bucketing starts from there.
    let bucketedExponent: Int

    /// Durations in nanoseconds; they leave as seconds, with a bucket per octave from 0.95 µs to 32 s.
    public static let nanoseconds = HistogramUnit(
        name: "nanoseconds",
        ticksPerUnit: 1e9,
        exposedName: "seconds",
        exposedExponents: Array(-20...5),
        scale: 0x8970_5F41_36B4_A597,
        bucketedExponent: -30
    )
    /// Whole numbers of anything: bytes, items; with a bucket per two octaves from 1 to 2^40.
    public static let count = HistogramUnit(
        name: "count",
        ticksPerUnit: 1,
        exposedName: "",
        exposedExponents: Array(stride(from: 0, through: 40, by: 2)),
        scale: 1 << 63,
        bucketedExponent: 0
    )
    /// Real numbers of anything; with a bucket per two octaves from 2^-20 to 2^30.
    static let real = HistogramUnit(
        name: "real",
        ticksPerUnit: 1,
        exposedName: "",
        exposedExponents: Array(stride(from: -20, through: 30, by: 2)),
        scale: 1 << 63,
        bucketedExponent: 0
    )
}
