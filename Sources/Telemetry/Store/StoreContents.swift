/// What readers of a store see: its series, what is in memory, and its blocks.
struct StoreContents {
    var table: SeriesTable
    /// Where samples go now.
    var head: Head
    /// Heads that are being written to blocks, oldest first.
    var frozen: [Head] = []
    /// The blocks of each tier, by start and then by sequence.
    var blocks: [[BlockFile]]
    /// The time of the newest sample, which may have been taken by a clock that was wrong.
    var newest = Int64.min
    /// How far time has come, which upkeep goes by.
    var steady: SteadyTime
    /// Every sample before this is in a finished block; none may come in any more.
    var sealed: Int64 = 0
    /// What was found damaged, in words.
    var damage: [String] = []
    /// Block files that cannot be read.
    var damagedFiles: [DamagedFile] = []
    var refusedCount: UInt64 = 0
    var droppedPointCount: UInt64 = 0
    var logBytes: Int64 = 0
    var catalogBytes: Int64 = 0
    var isClosed = false
    /// How often series were forgotten: who remembers numbers of series asks anew when it changed.
    var generation = 0

    /// A block file that cannot be read, and what its name says of the points in it.
    struct DamagedFile {
        let path: String
        let byteCount: Int64
        let tier: Int
        let start: Int64
        let end: Int64
    }

    /// What a block that is being written may take.
    var reservedBytes: Int64 = 0

    /// Bytes of all files, the small ones counted as four kibibytes.
    var diskBytes: Int64 {
        let blockBytes = blocks.joined().reduce(0) { $0 + Int64($1.byteCount) }
        let damagedBytes = damagedFiles.reduce(0) { $0 + $1.byteCount }
        return blockBytes + damagedBytes + fixedBytes
    }

    /// Those of them that no block gives back by going.
    var fixedBytes: Int64 { logBytes + catalogBytes + reservedBytes + 4_096 }

    /// The end of what a tier has, or had before a file was damaged.
    func end(of tier: Int) -> Int64 {
        let end = blocks[tier].map(\.header.end).max() ?? .min
        return damagedFiles.reduce(end) { $1.tier == tier ? max($0, $1.end) : $0 }
    }

    /// The first damaged file that should have been read for one of the parts.
    func damagedFile(in parts: [ReadingPart]) -> DamagedFile? {
        damagedFiles.first { file in
            parts.contains { $0.tier == file.tier && $0.start < file.end && file.start < $0.end }
        }
    }

    mutating func insert(_ block: BlockFile) {
        let tier = block.header.tier
        blocks[tier].removeAll { $0.path == block.path }
        let place = blocks[tier].firstIndex {
            ($0.header.start, $0.header.sequence) > (block.header.start, block.header.sequence)
        }
        blocks[tier].insert(block, at: place ?? blocks[tier].count)
        if !block.header.isFlush { sealed = max(sealed, block.header.end) }
    }

    /// Where to read what, for points as coarse as `tier` where there are such.
    ///
    /// The coarsest tier asked for gives what it has; what is older than its blocks comes from coarser ones, and what is
    /// newer from finer ones, down to the samples in memory.
    func plan(from start: Int64, to end: Int64, tier wanted: Int) -> [ReadingPart] {
        var parts: [ReadingPart] = []
        var high = end
        for tier in 0...wanted {
            let low = tier < wanted ? max(start, self.end(of: tier + 1)) : start
            if low < high { parts.append(ReadingPart(tier: tier, start: low, end: high)) }
            high = min(high, low)
        }
        // Older than the wanted tier's oldest block, coarser tiers take over.
        var oldest = parts.popLast()
        for tier in wanted..<blocks.count {
            guard var part = oldest else { break }
            let first = startOfData(in: tier)
            if tier + 1 < blocks.count, let coarse = self.start(of: tier + 1), coarse < first {
                let border = max(part.start, min(first, self.end(of: tier + 1)))
                oldest = part.start < border ? ReadingPart(tier: tier + 1, start: part.start, end: border) : nil
                part.start = border
            } else {
                oldest = nil
            }
            if part.start < part.end { parts.append(part) }
        }
        return parts.reversed()
    }

    /// The start of what a tier has, or had before a file was damaged.
    private func start(of tier: Int) -> Int64? {
        let damaged = damagedFiles.compactMap { $0.tier == tier ? $0.start : nil }.min()
        guard let first = blocks[tier].first?.header.start else { return damaged }
        return min(first, damaged ?? first)
    }

    private func startOfData(in tier: Int) -> Int64 {
        if tier > 0 { return start(of: tier) ?? .max }
        guard blocks.count > 1 else { return .min }
        guard let start = start(of: 0) else { return self.start(of: 1) == nil ? .min : end(of: 1) }
        guard let first = blocks[0].first?.header, first.start == start, first.isFlush else { return start }
        // A machine that stopped while blocks were put together left samples that are rolled up already: all of a
        // window's samples are read from one tier.
        return blocks[1].first { $0.header.start <= first.start && first.start < $0.header.end }?.header.start
            ?? first.start
    }
}

extension [BlockFile] {
    /// The blocks in the order in which their points came: of two points of one time the later counts.
    ///
    /// Finished blocks come first, for once there is one of a stretch of time no sample of that time is taken any more.
    var inOrderOfWriting: [BlockFile] {
        sorted { ($0.header.sequence, $0.header.start) < ($1.header.sequence, $1.header.start) }
    }
}

/// A stretch of time, and the tier to read it from.
struct ReadingPart: Equatable {
    var tier: Int
    var start: Int64
    var end: Int64
}

/// What appends have to themselves.
struct StoreWriter {
    var log: WriteAheadLog
    let catalog: CatalogFile
    /// Why nothing is written any more.
    var failure: TelemetryError?
    var isClosed = false
    var newestList: SeriesList?
}
