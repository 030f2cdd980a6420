/// Turns a registry's snapshots into samples of stored series.
///
/// Snapshots list the same series in the same order again and again, so what was at a place last time is tried first.
/// A series that went gets one last sample, which says so; of a histogram goes what was recorded since the snapshot
/// before.
struct RegistrySampler {
    private struct Entry {
        let name: String
        let labels: [MetricLabel]
        let kind: SeriesKind
        let series: SeriesID
    }

    private var entries: [Entry] = []
    private var histograms: [UInt32: SeriesHistogram] = [:]
    private var generation = -1

    /// The samples of `snapshot`, taken at `time`.
    mutating func batch(
        of snapshot: RegistrySnapshot,
        at time: Duration,
        generation: Int,
        series find: (String, [MetricLabel], SeriesKind) throws(TelemetryError) -> SeriesID
    ) throws(TelemetryError) -> SampleBatch {
        if generation != self.generation {
            entries = []
            self.generation = generation
        }
        var batch = SampleBatch(at: time)
        batch.reserve(entries.count)
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
                    let found = try find(family.name, series.labels, kind)
                    entry = Entry(name: family.name, labels: series.labels, kind: kind, series: found)
                }
                seen.append(entry)
                add(series.value, to: entry.series, in: &batch)
            }
        }
        if hasMoved || seen.count < entries.count { retire(besides: seen, in: &batch) }
        entries = seen
        return batch
    }

    private mutating func add(_ value: SeriesSnapshot.Value, to series: SeriesID, in batch: inout SampleBatch) {
        switch value {
        case .counter(let total): batch.add(Double(total), to: series)
        case .floatingPointCounter(let total): batch.add(total, to: series)
        case .gauge(let value): batch.add(value, to: series)
        case .histogram(let snapshot):
            let now = SeriesHistogram(snapshot)
            let before = histograms[series.number] ?? SeriesHistogram(ticksPerUnit: now.ticksPerUnit)
            batch.add(now.increase(since: before), to: series)
            histograms[series.number] = now
        }
    }

    private mutating func retire(besides seen: [Entry], in batch: inout SampleBatch) {
        let current = Set(seen.map(\.series))
        for entry in entries where !current.contains(entry.series) {
            if entry.kind.isHistogram {
                histograms[entry.series.number] = nil
            } else {
                batch.add(.absent, to: entry.series)
            }
        }
    }

    private static func kind(_ value: SeriesSnapshot.Value, in family: FamilySnapshot) -> SeriesKind {
        switch value {
        case .histogram: .histogram(ticksPerUnit: 1)
        case .counter, .floatingPointCounter: .counter
        case .gauge: family.kind == .counter ? .counter : .gauge
        }
    }
}
