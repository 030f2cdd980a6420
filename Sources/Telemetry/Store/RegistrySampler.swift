internal import VitrineSync

/// Turns a registry's snapshots into samples of stored series.
///
/// A batch counts as stored when `commit` says so: of a histogram goes what was recorded since the last stored one, so that
/// what the store refused, because a clock was set back or the disk was full, comes with the next. Snapshots list the same
/// series in the same order again and again, so what was at a place last time is tried first.
/// A series that went gets one last sample, which says so. A series that the store cannot take, for its name is stored as
/// another kind or its labels are too long, is left out and does not keep the others from being stored.
struct RegistrySampler {
    private struct Entry {
        let name: String
        let labels: [MetricLabel]
        let kind: SeriesKind
        /// `nil` for one that the store does not take.
        let series: SeriesID?
    }

    /// All that a histogram had recorded when it was last stored, and when it had begun to count.
    struct Stored {
        let created: Duration
        let histogram: SeriesHistogram
    }

    private var entries: [Entry] = []
    /// By number of the series; what leaves the registry may come back and go on counting.
    private var histograms: [UInt32: Stored] = [:]
    /// The times of batches that were stored, as far as another of the same time may still be.
    private var times: Set<Duration> = []
    private var pending: (entries: [Entry], histograms: [UInt32: Stored], time: Duration)?
    /// The time of the batch that was stored last.
    private var last: Duration?
    /// The registries that were sampled.
    private var sources: [StoredTotals] = []
    private var generation = -1
    /// How many times are kept until those that are too old are looked for.
    private var timeCount = 1_024
    private let window: Duration
    /// Why a series of the last snapshot was left out, if one was.
    private(set) var problem: TelemetryError?
    /// How many were.
    private(set) var leftOutCount = 0
    /// Why the last sampling was lost, if it was.
    var failure: TelemetryError?

    /// A sampler of a store that takes samples as late as `window`.
    init(window: Duration) { self.window = window }

    /// Forgets what was known of series that the store no longer knows, whenever it has forgotten some.
    mutating func begin(_ generation: Int, isKnown: (UInt32) -> Bool) {
        guard generation != self.generation else { return }
        self.generation = generation
        entries = []
        problem = nil
        // Numbers are not given twice: of these nobody asks again.
        histograms = histograms.filter { isKnown($0.key) }
    }

    /// Takes note of a registry whose snapshots come from now on, and of what the store of this directory, whose newest
    /// sample is of `newest`, has of it from an earlier opening.
    mutating func begin(sampling source: StoredTotals, in directory: String, newest: Int64) {
        if sources.contains(where: { $0 === source }) { return }
        sources.append(source)
        // Where the directory was emptied meanwhile, the store has nothing.
        guard let memory = source[directory], newest >= memory.time.wholeMilliseconds else { return }
        histograms.merge(memory.histograms) { ours, _ in ours }
    }

    /// The ends of all series that are sampled, for a store that is about to be closed, which leaves word with the
    /// registries of what it has; `nil` when nothing was sampled.
    mutating func end(in directory: String) -> SampleBatch? {
        guard let last else { return nil }
        for source in sources { source[directory] = StoredTotals.Memory(histograms: histograms, time: last) }
        // The last values stand where they are; the end comes at once.
        var batch = SampleBatch(at: last + .milliseconds(1))
        for entry in entries where entry.kind != .histogram {
            if let series = entry.series { batch.add(.absent, to: series) }
        }
        entries = []
        return batch
    }

    /// The samples of `snapshot`, taken at `time`.
    mutating func batch(
        of snapshot: RegistrySnapshot,
        at time: Duration,
        series find: (String, [MetricLabel], SeriesKind) throws(TelemetryError) -> SeriesID
    ) throws(TelemetryError) -> SampleBatch {
        var batch = SampleBatch(at: time)
        batch.reserve(entries.count)
        // At a time that has a sample an increase would take the place of another one; it comes with the next.
        let takesHistograms = !times.contains(time)
        pending = nil
        var stored: [UInt32: Stored] = [:]
        var seen: [Entry] = []
        seen.reserveCapacity(entries.count)
        var hasMoved = false
        for family in snapshot.families {
            for series in family.series {
                let kind = Self.kind(series.value, in: family)
                let place = seen.count
                let entry: Entry
                if place < entries.count, entries[place].labels == series.labels, entries[place].name == family.name,
                    entries[place].kind == kind
                {
                    entry = entries[place]
                } else {
                    hasMoved = true
                    let found = try storable { () throws(TelemetryError) in
                        try find(family.name, series.labels, kind)
                    }
                    entry = Entry(name: family.name, labels: series.labels, kind: kind, series: found)
                }
                seen.append(entry)
                guard let number = entry.series else { continue }
                switch series.value {
                case .counter(let total): batch.add(Double(total), to: number)
                case .floatingPointCounter(let value), .gauge(let value): batch.add(value, to: number)
                case .histogram(let snapshot) where takesHistograms:
                    let now = Stored(created: series.created, histogram: SeriesHistogram(snapshot))
                    batch.add(increase(of: now, number), to: number)
                    stored[number.number] = now
                case .histogram: break
                }
            }
        }
        if hasMoved || seen.count < entries.count { retire(besides: seen, in: &batch) }
        pending = (seen, stored, time)
        leftOutCount = seen.count { $0.series == nil }
        if leftOutCount == 0 { problem = nil }
        return batch
    }

    /// What `find` finds; `nil` for what is wrong with the series alone.
    private mutating func storable(
        _ find: () throws(TelemetryError) -> SeriesID
    ) throws(TelemetryError) -> SeriesID? {
        do throws(TelemetryError) {
            return try find()
        } catch {
            guard [.typeConflict, .invalidName, .invalidArgument].contains(error.code) else { throw error }
            problem = error
            return nil
        }
    }

    /// Takes note that the last batch was stored.
    mutating func commit() {
        guard let pending else { return }
        entries = pending.entries
        histograms.merge(pending.histograms) { $1 }
        if times.count >= timeCount {
            // Of a clock that was ahead for a while the times stay until they are over, and are few.
            times = times.filter { $0 >= pending.time - window }
            timeCount = max(1_024, 2 * times.count)
        }
        times.insert(pending.time)
        last = pending.time
        self.pending = nil
    }

    private func increase(of now: Stored, _ series: SeriesID) -> SeriesHistogram {
        guard let before = histograms[series.number], before.created == now.created else { return now.histogram }
        return now.histogram.increase(since: before.histogram)
    }

    private func retire(besides seen: [Entry], in batch: inout SampleBatch) {
        let current = Set(seen.compactMap(\.series))
        for entry in entries {
            guard entry.kind != .histogram, let series = entry.series, !current.contains(series) else { continue }
            batch.add(.absent, to: series)
        }
    }

    private static func kind(_ value: SeriesSnapshot.Value, in family: FamilySnapshot) -> SeriesKind {
        switch value {
        case .histogram: .histogram
        case .counter, .floatingPointCounter: .counter
        case .gauge: family.kind == .counter ? .counter : .gauge
        }
    }
}
