internal import VitrineIO
internal import VitrineSync

extension StoreCore {
    /// Blocks that are to become one, and their points in the next tier's resolution.
    struct Compaction {
        let tier: Int
        /// Whether the stretch of time is whole, so that the next tier gets its windows.
        let isWhole: Bool
        let start: Int64
        let end: Int64
        let inputs: [BlockFile]
    }

    /// Pieces that become one before their stretch of time is whole.
    private static let gatheredCount = 8

    /// One round of upkeep: writes what is due, puts one stretch of time together, and drops what is too old or too
    /// much; returns whether there is more to do.
    func maintain() throws(TelemetryError) -> Bool {
        // Where a block of them has no room, samples stay in memory until newer ones need their place.
        let hasRoom = contents.withLock { hasRoomForBlocks($0) }
        if hasRoom, maintenance.withLock({ isHeadDue(&$0) }) { try flush() }
        let (next, mustFlush) = contents.withLock { (nextCompaction($0), holdsSettled($0)) }
        if mustFlush, hasRoom {
            try flush()
            return true
        }
        let compaction = mustFlush ? nil : next
        if let compaction {
            try seal(through: compaction.end)
            // What came in meanwhile belongs to it too.
            if contents.withLock({ Self.oldestInMemory($0) < compaction.end }) {
                if hasRoom { try flush() }
                return hasRoom
            }
        }
        let dropped = try maintenance.withLock { state throws(TelemetryError) in
            if let compaction { try compact(compaction) }
            let dropped = try dropExpired()
            _ = try makeRoom(for: 0)
            state.hasDropped = state.hasDropped || dropped
            return state.hasDropped
        }
        if dropped, compaction == nil { try forgetUnusedSeries() }
        return compaction != nil
    }

    /// Before this time no sample comes any more.
    ///
    /// A step behind the samples, so that a clock that is a step ahead seals no time that is yet to come.
    private func settled(_ contents: borrowing StoreContents) -> Int64 {
        contents.steady.time.map { $0 - contents.steady.step } ?? .min
    }

    private static func oldestInMemory(_ contents: borrowing StoreContents) -> Int64 {
        contents.frozen.reduce(contents.head.timeMin) { min($0, $1.timeMin) }
    }

    /// Whether samples in memory belong to a stretch of time that is over.
    private func holdsSettled(_ contents: borrowing StoreContents) -> Bool {
        let oldest = Self.oldestInMemory(contents)
        return oldest != .max && layout[0].start(of: oldest) + layout[0].span <= settled(contents)
    }

    /// The first stretch of time, of the finest tier that has one, whose blocks wait to be put together.
    private func nextCompaction(_ contents: borrowing StoreContents) -> Compaction? {
        let settled = settled(contents)
        for (tier, place) in layout.enumerated() {
            for block in contents.blocks[tier] {
                let header = block.header
                let start = place.start(of: header.start)
                let end = start + place.span
                guard header.isFlush || header.end - header.start < place.span, end <= settled else { continue }
                let inputs = contents.blocks[tier].filter { $0.header.start < end && $0.header.end > start }
                return Compaction(tier: tier, isWhole: true, start: start, end: end, inputs: inputs)
            }
        }
        for tier in layout.indices {
            if let gathering = Self.nextGathering(contents.blocks[tier], layout, tier: tier) { return gathering }
        }
        return nil
    }

    /// Eight pieces of about one length that follow each other, which become one, so that a query does not have to open
    /// a file for every piece of a stretch of time that is not whole yet.
    private static func nextGathering(_ blocks: [BlockFile], _ layout: [TierLayout], tier: Int) -> Compaction? {
        guard tier > 0 else { return nil }
        var run: [BlockFile] = []
        var size = 0
        for block in blocks {
            let header = block.header
            let length = header.end - header.start
            var order = 0
            var rest = length / layout[tier - 1].span
            while rest >= gatheredCount {
                rest /= Int64(gatheredCount)
                order += 1
            }
            let isTogether =
                run.first.map { layout[tier].start(of: $0.header.start) == layout[tier].start(of: header.start) }
                ?? true
            if length >= layout[tier].span || !isTogether || order != size { run = [] }
            if length < layout[tier].span {
                size = order
                run.append(block)
            }
            // A piece must never look like a whole block.
            if run.count == gatheredCount, let first = run.first, header.end - first.header.start < layout[tier].span {
                return Compaction(tier: tier, isWhole: false, start: first.header.start, end: header.end, inputs: run)
            }
        }
        return nil
    }

    private func compact(_ compaction: Compaction) throws(TelemetryError) {
        let bytes = try dropInputs(beyondBudget: compaction)
        // The log may have grown in between: the next round drops more of the inputs.
        guard try reserve(bytes, sparing: compaction.inputs) else { return }
        defer { contents.withLock { $0.reservedBytes = 0 } }
        // A disk that is full may have cost one of the inputs.
        let inputs = contents.withLock { contents in
            compaction.inputs.filter { input in contents.blocks[compaction.tier].contains { $0 === input } }
        }
        if inputs.isEmpty { return }
        var damage: [String] = []
        var made: [BlockFile] = []
        // The coarser block first: should the machine stop in between, the inputs are still there to make it again.
        if compaction.isWhole, compaction.tier + 1 < layout.count {
            made.append(try merge(inputs, compaction, into: compaction.tier + 1, damage: &damage))
            damage.removeAll()
        }
        made.append(try merge(inputs, compaction, into: compaction.tier, damage: &damage))
        contents.withLock { contents in
            for block in made {
                contents.insert(block)
                contents.damagedFiles.removeAll { $0.path == block.path }
            }
            let paths = Set(made.map(\.path))
            contents.blocks[compaction.tier].removeAll { block in
                inputs.contains { $0 === block } && !paths.contains(block.path)
            }
            contents.damage += damage
        }
        let kept = Set(made.map(\.path))
        try storing("removing blocks") { () throws(IOError) in
            for input in inputs where !kept.contains(input.path) { try disk.remove(input.path) }
        }
    }

    /// Drops the oldest inputs of which two more copies could never fit the budget; returns what the others may take.
    private func dropInputs(beyondBudget compaction: Compaction) throws(TelemetryError) -> Int64 {
        var kept = compaction.inputs[...]
        func bytes() -> Int64 { 2 * kept.reduce(0) { $0 + Int64($1.byteCount) } + 1_024 }
        let fixed = contents.withLock { $0.fixedBytes }
        let limit = min(configuration.diskBytesMax / 2, configuration.diskBytesMax - fixed)
        while bytes() > limit, let oldest = kept.popFirst() {
            contents.withLock { contents in
                contents.blocks[compaction.tier].removeAll { $0 === oldest }
                contents.droppedPointCount += oldest.pointCount
            }
            try storing("removing \(oldest.path)") { () throws(IOError) in try disk.remove(oldest.path) }
        }
        return bytes()
    }

    /// Refuses samples before `end` from now on.
    private func seal(through end: Int64) throws(TelemetryError) {
        try writing("sealing") { _ throws(IOError) in
            contents.withLock { $0.sealed = max($0.sealed, end) }
        }
    }

    /// Writes the points of all inputs, series by series, as they are or rolled up, those without a name too: the name may
    /// come back with a copy of the catalogue.
    private func merge(
        _ inputs: [BlockFile],
        _ compaction: Compaction,
        into tier: Int,
        damage: inout [String]
    ) throws(TelemetryError) -> BlockFile {
        let header = BlockHeader(tier: tier, sequence: 0, start: compaction.start, end: compaction.end)
        let resolution = layout[tier].resolution
        let isRolling = tier > compaction.tier
        var found: [String] = []
        let block = try writeBlock(header) { writer throws(IOError) in
            var cursors = inputs.inOrderOfWriting.map { BlockCursor($0) }
            while let number = cursors.compactMap(\.number).min() {
                var merged = MergedPoints()
                for index in cursors.indices where cursors[index].number == number {
                    do throws(TelemetryError) {
                        merged.add(try cursors[index].take(), from: header.start, to: header.end)
                    } catch {
                        found.append(error.message)
                    }
                }
                try merged.write(number, isRolling ? resolution : nil, to: &writer)
            }
        }
        damage += found
        return block
    }
}

/// Goes through a block's series in order.
private struct BlockCursor {
    private let block: BlockFile
    private var place = 0
    private var times = CachedTimes()

    init(_ block: BlockFile) { self.block = block }

    var number: UInt32? { place < block.seriesCount ? block.id(at: place) : nil }

    /// The points of the series at hand; the next one is at hand afterwards, also when these are damaged.
    mutating func take() throws(TelemetryError) -> BlockPoints {
        defer { place += 1 }
        return try block.read(at: place, times: &times)
    }
}

/// A series' points out of several blocks.
private struct MergedPoints {
    private var raw = RawPoints()
    private var rolled = RolledPoints()
    private var histogram = HistogramPoints()

    mutating func add(_ points: BlockPoints, from start: Int64, to end: Int64) {
        switch points {
        case .raw(let points): raw.append(points, from: start, to: end)
        case .rolled(let points): rolled.append(points, from: start, to: end)
        case .histogram(let points): histogram.append(points, from: start, to: end)
        }
    }

    mutating func write(_ number: UInt32, _ resolution: Int64?, to writer: inout BlockWriter) throws(IOError) {
        raw.sort()
        histogram.sort()
        if let resolution {
            let points = raw.count > 0 ? RolledPoints(raw) : rolled
            try writer.append(points.rolled(to: resolution), id: number)
            try writer.append(histogram.rolled(to: resolution), id: number)
        } else {
            try writer.append(raw, id: number)
            try writer.append(rolled, id: number)
            try writer.append(histogram, id: number)
        }
    }
}
