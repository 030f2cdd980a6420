internal import VitrineSync

/// One stored point of a series of numbers.
public struct StoredSample: Sendable, Equatable {
    /// When it was taken, since 1970-01-01 00:00 UTC; of a window, when its last sample was.
    public var time: Duration
    /// The value; of a window, the last one.
    public var value: Double
    /// Samples that the point stands for: 1 unless it is a window.
    public var count: Double
    /// The least of them.
    public var min: Double
    /// The greatest of them.
    public var max: Double
    /// Their sum.
    public var sum: Double
}

extension SeriesStore {
    /// The stored points of a series of numbers, as fine as they still are, in order of time.
    ///
    /// - Throws: `TelemetryError` with `storeIsDamaged` or `queryIsTooLarge`.
    public func samples(of series: SeriesID, from start: Duration, through end: Duration) throws -> [StoredSample] {
        let points = try core.read(
            [series.number],
            from: start.wholeMilliseconds,
            to: end.wholeMilliseconds + 1,
            tier: 0
        )
        switch points.first {
        case .raw(let raw):
            return zip(raw.times, raw.values).filter { !$1.isAbsent }.map { time, value in
                StoredSample(time: .milliseconds(time), value: value, count: 1, min: value, max: value, sum: value)
            }
        case .rolled(let rolled):
            return rolled.times.indices.map { index in
                StoredSample(
                    time: .milliseconds(rolled.times[index]),
                    value: rolled.last[index],
                    count: rolled.counts[index],
                    min: rolled.min[index],
                    max: rolled.max[index],
                    sum: rolled.sum[index]
                )
            }
        case .histogram, nil: return []
        }
    }

    /// What was recorded into a series of histograms, point by point, in order of time.
    ///
    /// - Throws: `TelemetryError` with `storeIsDamaged` or `queryIsTooLarge`.
    public func histograms(
        of series: SeriesID,
        from start: Duration,
        through end: Duration
    ) throws -> [(time: Duration, increase: SeriesHistogram)] {
        let points = try core.read(
            [series.number],
            from: start.wholeMilliseconds,
            to: end.wholeMilliseconds + 1,
            tier: 0
        )
        guard case .histogram(let found) = points.first else { return [] }
        return zip(found.times, found.increases).map { (.milliseconds($0), $1) }
    }
}
