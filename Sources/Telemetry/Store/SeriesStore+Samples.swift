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
    /// - Throws: `TelemetryError` with `storeIsDamaged`, `queryIsTooLarge` or `storeIsClosed`.
    public func samples(of series: SeriesID, from start: Duration, through end: Duration) throws -> [StoredSample] {
        switch try points(of: series, from: start, through: end) {
        case .raw(let raw):
            return zip(raw.times, raw.values).filter { !$1.isAbsent }.map { time, value in
                StoredSample(time: .milliseconds(time), value: value, count: 1, min: value, max: value, sum: value)
            }
        case .rolled(let rolled):
            return rolled.times.indices.filter { rolled.counts[$0] > 0 }.map { index in
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
    /// - Throws: `TelemetryError` with `storeIsDamaged`, `queryIsTooLarge` or `storeIsClosed`.
    public func histograms(
        of series: SeriesID,
        from start: Duration,
        through end: Duration
    ) throws -> [(time: Duration, increase: SeriesHistogram)] {
        guard case .histogram(let found) = try points(of: series, from: start, through: end) else { return [] }
        return zip(found.times, found.increases).map { (.milliseconds($0), $1) }
    }

    private func points(of series: SeriesID, from start: Duration, through end: Duration) throws -> StoredPoints? {
        try core.checkOpen()
        let (first, last) = (StoredTime.clamped(start), StoredTime.clamped(end))
        guard first <= last else { return nil }
        return try core.read([series.number], from: first, to: last + 1, tier: 0).first
    }
}
