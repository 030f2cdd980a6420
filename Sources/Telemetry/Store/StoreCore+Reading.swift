internal import VitrineIO
internal import VitrineSync

/// A stored series' points over some time.
enum StoredPoints {
    /// Samples as they were taken.
    case raw(RawPoints)
    /// Windows, at least in part; samples count as windows of one.
    case rolled(RolledPoints)
    case histogram(HistogramPoints)

    /// Points there are.
    var count: Int {
        switch self {
        case .raw(let points): points.count
        case .rolled(let points): points.count
        case .histogram(let points): points.count
        }
    }

    /// Points there are, unless they are histograms.
    var numberCount: Int { if case .histogram = self { 0 } else { count } }
}

extension StoreCore {
    /// The points in `start ..< end` of some series, as coarse as `tier` where there are such, in the order of `numbers`.
    ///
    /// - Throws: `TelemetryError` with `storeIsDamaged`, `queryIsTooLarge` or `queryWasCancelled`.
    func read(
        _ numbers: [UInt32],
        from start: Int64,
        to end: Int64,
        tier: Int,
        columns: RolledColumns = .all
    ) throws(TelemetryError) -> [StoredPoints] {
        let (parts, blocks, heads, damaged) = contents.withLock { contents in
            let parts = contents.plan(from: start, to: end, tier: tier)
            let blocks = parts.map { part in
                contents.blocks[part.tier].filter { $0.header.start < part.end && $0.header.end > part.start }
                    .inOrderOfWriting
            }
            return (parts, blocks, contents.frozen + [contents.head], contents.damagedFile(in: parts)?.path)
        }
        if let damaged {
            throw TelemetryError(
                .storeIsDamaged,
                "\(damaged) is damaged, and what it held was asked for; ask for other times, put a copy in its place, or "
                    + "move it away and open the store again to do without"
            )
        }
        var gathered = [GatheredPoints](repeating: GatheredPoints(), count: numbers.count)
        var count = 0
        for (part, blocks) in zip(parts, blocks) {
            for block in blocks {
                try QueryBudget.checkCancellation()
                var times = CachedTimes()
                // Series that are asked for together often follow each other in the block.
                var guess = 0
                for (slot, number) in numbers.enumerated() {
                    guard let place = block.place(of: number, guess: guess) else { continue }
                    guess = place + 1
                    let points = try block.read(at: place, times: &times, columns: columns)
                    count += times.times.count
                    gathered[slot].add(points, from: part.start, to: part.end)
                }
                if count > configuration.queryPointsMax {
                    throw TelemetryError(
                        .queryIsTooLarge,
                        "more than \(configuration.queryPointsMax) points; ask for fewer series, less time or a longer step"
                    )
                }
            }
        }
        if let part = parts.last, part.tier == 0 { read(heads, numbers, part, into: &gathered) }
        return gathered.indices.map { gathered[$0].taken() }
    }

    private func read(
        _ heads: [Head],
        _ numbers: [UInt32],
        _ part: ReadingPart,
        into gathered: inout [GatheredPoints]
    ) {
        let slots = Dictionary(uniqueKeysWithValues: zip(numbers, numbers.indices))
        var raw = [RawPoints](repeating: RawPoints(), count: numbers.count)
        var histograms = [HistogramPoints](repeating: HistogramPoints(), count: numbers.count)
        for head in heads where head.timeMin < part.end && head.timeMax >= part.start {
            head.read(numbers, slots, from: part.start, to: part.end, into: &raw)
            head.read(slots, from: part.start, to: part.end, into: &histograms)
        }
        for slot in numbers.indices {
            if raw[slot].count > 0 { gathered[slot].add(.raw(raw[slot]), from: part.start, to: part.end) }
            if histograms[slot].count > 0 {
                gathered[slot].add(.histogram(histograms[slot]), from: part.start, to: part.end)
            }
        }
    }

    /// The coarsest tier whose points are no further apart than `step`.
    func tier(for step: Int64) -> Int {
        layout.lastIndex { $0.resolution <= step } ?? 0
    }

    /// The resolution of the tier that points at `time` can come from, when `tier` was asked for.
    func resolution(at time: Int64, tier: Int) -> Int64 {
        let parts = contents.withLock { $0.plan(from: time, to: time + 1, tier: tier) }
        guard let found = parts.first?.tier, found > 0 else { return 0 }
        return layout[found].resolution
    }
}

/// What was read of one series so far: parts come in order of time, and those of one part in that of writing.
private struct GatheredPoints {
    private var raw = RawPoints()
    private var rolled: RolledPoints?
    private var histogram: HistogramPoints?

    mutating func add(_ points: BlockPoints, from start: Int64, to end: Int64) {
        switch points {
        case .raw(let points):
            if raw.count == 0, points.times.first ?? start >= start, points.times.last ?? end < end {
                raw = points
            } else {
                raw.append(points, from: start, to: end)
            }
        case .rolled(let points):
            settleRaw()
            if rolled == nil, points.times.first ?? start >= start, points.times.last ?? end < end {
                rolled = points
            } else {
                rolled = rolled ?? RolledPoints()
                rolled?.append(points, from: start, to: end)
            }
        case .histogram(let points):
            histogram = histogram ?? HistogramPoints()
            histogram?.append(points, from: start, to: end)
        }
    }

    /// Samples that were read before coarser points count as windows of one.
    private mutating func settleRaw() {
        guard raw.count > 0 else { return }
        raw.sort()
        // Taken out, so that adding to them copies none.
        var windows = rolled.take() ?? RolledPoints()
        windows.append(RolledPoints(raw), from: .min, to: .max)
        rolled = windows
        raw = RawPoints()
    }

    /// Gives away what was read.
    mutating func taken() -> StoredPoints {
        if var histogram = histogram.take() {
            histogram.sort()
            return .histogram(histogram)
        }
        if rolled != nil { settleRaw() }
        if let rolled = rolled.take() { return .rolled(rolled) }
        raw.sort()
        return .raw(raw)
    }
}
