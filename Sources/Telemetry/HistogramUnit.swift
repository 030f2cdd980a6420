/// What a histogram's samples count, and how they leave the process.
public struct HistogramUnit: Sendable, Hashable {
    /// The unit's name, as it stands in errors.
    public let name: String
    /// Samples' ticks in one unit of the exposition: 10^9 where nanoseconds leave as seconds.
    public let ticksPerUnit: Double
    /// The powers of two, in ticks, that the classic Prometheus histogram has a bucket for.
    ///
    /// They are boundaries of our own buckets, so what is exposed at each is exact. The list is fixed, because a
    /// bucket that comes and goes confuses `rate`.
    let exposedExponents: [Int]

    /// Durations in nanoseconds; they leave as seconds, with a bucket per octave from 1.024 µs to 34 s.
    public static let nanoseconds = HistogramUnit(
        name: "nanoseconds",
        ticksPerUnit: 1e9,
        exposedExponents: Array(10...35)
    )
    /// Whole numbers of anything: bytes, items; with a bucket per two octaves from 1 to 2^40.
    public static let count = HistogramUnit(
        name: "count",
        ticksPerUnit: 1,
        exposedExponents: Array(stride(from: 0, through: 40, by: 2))
    )
    /// Real numbers of anything; with a bucket per two octaves from 2^-20 to 2^30.
    static let real = HistogramUnit(
        name: "real",
        ticksPerUnit: 1,
        exposedExponents: Array(stride(from: -20, through: 30, by: 2))
    )
}
