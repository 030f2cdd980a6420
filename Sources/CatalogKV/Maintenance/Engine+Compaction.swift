internal import Logging
internal import Synchronization
internal import VitrineSync

/// What compaction remembers from one round to the next.
final class CompactionState: Sendable {
    /// A segment of which nothing counts any more.
    struct Emptied: Sendable {
        let number: UInt32
        let byteCount: Int
        /// Where the journal ended when the last of it had been moved.
        let position: UInt64
        /// Snapshots older than this may still read from it.
        let sequence: UInt64
    }

    fileprivate let emptied = Locked<[Emptied]>([])
    fileprivate let rest = Locked(Rest())
    /// Segments that cannot be read through.
    fileprivate let damaged = Locked<Set<UInt32>>([])
    /// What the sealed segments hold that were looked into.
    fileprivate let contents = Locked<[UInt32: SegmentContents]>([:])
    // Counts that are only ever shown, so no order between them matters.
    let compactedByteCount = Atomic(0)
    let movedByteCount = Atomic(0)
    /// Set while a segment is compacted, or those that were are removed; also only shown.
    let isAtWork = Atomic(false)

    init() {}

    /// How long nothing has been written.
    fileprivate struct Rest: Sendable {
        /// Where the journal ended when it was last looked at for something to compact.
        var position: UInt64 = 0
        /// How many times in a row before nothing had been written.
        var stillCount = 0
    }
}

extension Engine {
    /// How much may be written from one round to the next in what still counts as a time of rest.
    private static let restByteCountMax: UInt64 = 1 << 20

    /// After so many rounds in which nothing was written, compaction goes as far as it can.
    private static let stillCountMin = 2

    /// Compacts as `compactIfDue` does, and towards a smaller journal when nothing else goes on; when there is nothing left
    /// to do, gives back room that was set aside for writing.
    func compactInBackground() async throws -> CompactionReport? {
        let position = writer.withLock { state in journal.place(nextSequence: state.nextSequence).position }
        let load = compaction.rest.withLock { rest -> CompactionLoad in
            let growth = position - min(position, rest.position)
            rest.position = position
            rest.stillCount = growth == 0 ? rest.stillCount + 1 : 0
            if rest.stillCount >= Engine.stillCountMin { return .still }
            return growth <= Engine.restByteCountMax ? .resting : .working
        }
        let report = try await compactIfDue(isPaced: true, load, waits: false)
        if load == .still, report == nil { journal.rest() }
        // What was moved is no sign of work.
        let end = writer.withLock { state in journal.place(nextSequence: state.nextSequence).position }
        if load != .working { compaction.rest.withLock { $0.position = end } }
        return report
    }

    /// Compacts some segments when the journal holds more than it should, and removes those that nobody needs any more.
    ///
    /// As many as one of the largest size has bytes: each round waits for a flush and for the manifest, so that with one
    /// small file a round nothing would keep up with a store of few items that are written over and over.
    ///
    /// Reading and writing go on meanwhile; the writer lock is held for one small batch at a time.
    ///
    /// - Parameters:
    ///   - isPaced: whether to move no more bytes a second than the configuration allows.
    ///   - load: what else goes on: the less, the further it goes than the configuration asks.
    ///   - waits: whether to wait for a backup, a verification or a checkpoint that is under way, rather than do nothing.
    /// - Returns: what was done, or `nil` when there was nothing to do.
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly`, `diskFull` or `ioFailed`; `CancellationError` between two
    ///   batches, and then what was moved so far stays moved.
    func compactIfDue(
        isPaced: Bool,
        _ load: CompactionLoad = .working,
        waits: Bool = true
    ) async throws -> CompactionReport? {
        try checkOpen()
        let keepsImages = try keepsOldImages()
        let plan = compactionPlan(load)
        guard plan.hasWork || keepsImages && !plan.unknown.isEmpty || !compaction.emptied.withLock({ $0.isEmpty })
        else {
            return nil
        }
        let images = keepsImages
        func attempt() async throws -> CompactionReport? {
            // A checkpoint that is being written relies on deletes that compaction could drop.
            guard try await acquirePermit(waits: waits) else { return nil }
            defer { checkpoints.permit.release() }
            let pool = try openPool(named: "compaction")
            let outcome: Result<CompactionReport?, any Error>
            compaction.isAtWork.store(true, ordering: .relaxed)
            defer { compaction.isAtWork.store(false, ordering: .relaxed) }
            do {
                let report = try await compactSome(isPaced: isPaced, load, keepsImages: images, pool)
                outcome = .success(report)
            } catch {
                outcome = .failure(error)
            }
            await pool.close()
            return try outcome.get()
        }
        if let report = try await attempt() { return report }
        guard compactionPlan(load).wantsCheckpoint else { return nil }
        guard try await takeCheckpoint(waits: waits) else { return nil }
        return try await attempt()
    }

    private func compactSome(
        isPaced: Bool,
        _ load: CompactionLoad,
        keepsImages: Bool,
        _ pool: BlockingPool
    ) async throws -> CompactionReport? {
        var report = CompactionReport()
        try await removeEmptied(pool, &report)
        if keepsImages {
            for segment in compactionPlan(load).unknown { try await look(into: segment, pool) }
        }
        var byteCount = 0
        while byteCount < configuration.segmentByteCountMax {
            var plan = compactionPlan(load)
            while plan.isDue, let segment = plan.nextToLookInto {
                try await look(into: segment, pool)
                plan = compactionPlan(load)
            }
            guard plan.isDue, let segment = plan.next else { break }
            try await compact(segment, plan.rule(for: segment), isPaced: isPaced, pool, &report)
            byteCount += segment.byteCount
        }
        if byteCount > 0 {
            try await removeEmptied(pool, &report)
        } else if report.removedSegmentCount == 0 {
            return nil
        }
        let plan = compactionPlan(load)
        report.heldSegmentCount = heldSegmentCount
        report.spaceAmplification = Double(plan.byteCount) / Double(max(1, plan.liveByteCount))
        return report
    }

    /// Files that hold nothing that counts any more, and that a snapshot or the retention of changes needs.
    var heldSegmentCount: Int {
        let list = journal.segmentList()
        let emptied = Set(compaction.emptied.withLock { $0.map(\.number) })
        guard let retained = firstRetained(list) else { return emptied.count }
        return emptied.union(
            list.lazy.filter { $0.number >= retained && $0.isSealed && $0.liveByteCount <= 0 }.map(\.number)
        ).count
    }

    /// Bytes of the living items, without the old images of those that stand in files which were looked into.
    func liveByteCount(of segments: [SegmentSummary]) -> Int {
        let contents = compaction.contents.withLock { $0 }
        return segments.reduce(0) { $0 + (contents[$1.number]?.living(of: $1.liveByteCount) ?? $1.liveByteCount) }
    }

    /// Whether there are tables whose puts carry what they replace.
    private func keepsOldImages() throws -> Bool {
        let partition = Array(TableDefinition.partition.utf8)
        var reader = try RangeReader(self, .partition(.definitions, partition, .all, isReversed: false))
        var isKept = false
        try reader.read { item in
            let definition = try TableDefinition(name: "", DocumentView(trusted: item.value))
            isKept = definition.options.changeImages.includesOld
            return !isKept
        }
        return isKept
    }

    /// Finds out what a sealed segment holds.
    private func look(into summary: SegmentSummary, _ pool: BlockingPool) async throws {
        try Task.checkCancellation()
        let storeID = journal.manifest.storeID
        let file = segments.file(summary.number)
        do {
            let found = try await pool.run {
                var contents = SegmentContents()
                guard let file else { return contents }
                var walk = SegmentWalk(
                    file,
                    end: summary.byteCount,
                    storeID: storeID,
                    baseSequence: summary.baseSequence
                )
                while !walk.isDone {
                    try walk.next { frame, _, sequence, _ in contents.add(frame, sequence: sequence) }
                }
                return contents
            }
            compaction.contents.withLock { $0[summary.number] = found }
        } catch let error as CatalogError where error.code == .isCorrupt {
            // Compacting it finds the damage too, and reports it.
            compaction.contents.withLock { $0[summary.number] = SegmentContents() }
        }
    }

    private func compactionPlan(_ load: CompactionLoad) -> CompactionPlan {
        var excluded = compaction.damaged.withLock { $0 }
        excluded.formUnion(compaction.emptied.withLock { $0.map(\.number) })
        let list = journal.segmentList()
        if let retained = firstRetained(list) {
            excluded.formUnion(list.map(\.number).filter { $0 >= retained })
        }
        return CompactionPlan(
            load: load,
            segments: list,
            spaceAmplificationMax: 1 + (configuration.spaceAmplificationMax - 1) * load.excessShare,
            segmentByteCount: load == .still
                ? min(JournalOptions.preparedByteCountMin, configuration.segmentByteCountMax)
                : journal.options.ordinaryByteCount(live: list.reduce(0) { $0 + $1.liveByteCount }),
            excluded: excluded,
            contents: compaction.contents.withLock { $0 },
            checkpointSequence: journal.manifest.checkpoint?.place.sequence
        )
    }

    /// The oldest segment that change streams keep.
    private func firstRetained(_ list: [SegmentSummary]) -> UInt32? {
        let segments = list.map { segment in
            RetainedSegment(
                number: segment.number,
                byteCount: segment.byteCount,
                lastTime: Int64(clamping: segment.lastTime)
            )
        }
        return configuration.changeRetention.firstRetained(segments, now: now)
    }

    private func compact(
        _ summary: SegmentSummary,
        _ rule: RelocationRule,
        isPaced: Bool,
        _ pool: BlockingPool,
        _ report: inout CompactionReport
    ) async throws {
        guard let file = segments.file(summary.number) else { return }
        var walk = SegmentWalk(
            file,
            end: summary.byteCount,
            storeID: journal.manifest.storeID,
            baseSequence: summary.baseSequence
        )
        var pace = CompactionPace(bytesPerSecond: configuration.compactionBytesPerSecond)
        do {
            while !walk.isDone {
                try Task.checkCancellation()
                let from = walk
                let gathered = try await pool.run { try self.gather(from, rule) }
                let passedByteCount = gathered.walk.offset - walk.offset
                compaction.compactedByteCount.wrappingAdd(passedByteCount, ordering: .relaxed)
                pace.note(passedByteCount / 8)
                walk = gathered.walk
                for batch in gathered.batches {
                    let moved = try await relocate(batch)
                    report.movedOperationCount += moved.operationCount
                    report.movedByteCount += moved.byteCount
                    compaction.movedByteCount.wrappingAdd(moved.byteCount, ordering: .relaxed)
                    metrics.noteMoved(byteCount: moved.byteCount)
                    pace.note(moved.byteCount)
                }
                if isPaced { try await keepPace(pace) }
            }
        } catch let error as CatalogError where error.code == .isCorrupt {
            // What is damaged cannot be moved, and what is whole in it can be read where it is.
            _ = compaction.damaged.withLock { $0.insert(summary.number) }
            report.findings.append(error.message)
            configuration.logger?.info("compaction found damage", metadata: ["finding": "\(error.message)"])
            return
        }
        let (position, sequence) = writer.withLock { state in
            (journal.place(nextSequence: state.nextSequence).position, state.nextSequence - 1)
        }
        compaction.emptied.withLock { emptied in
            emptied.append(
                CompactionState.Emptied(
                    number: summary.number,
                    byteCount: summary.byteCount,
                    position: position,
                    sequence: sequence
                )
            )
        }
    }

    /// Suspends until the pace allows more to be moved, or the engine is closed.
    ///
    /// The nearer the journal gets to twice the excess that the configuration allows, the faster it goes, and there it
    /// goes as fast as it can: what is written faster than the budget gives back must not fill the disk.
    private func keepPace(_ pace: CompactionPace) async throws {
        while true {
            try checkOpen()
            let plan = compactionPlan(.working)
            let wait = pace.wait(urgency: plan.urgency)
            if wait <= .milliseconds(1) { return }
            // In steps, so that closing and new writes are noticed.
            try await Task.sleep(for: min(wait, .milliseconds(50)))
        }
    }

    /// Removes the segments that are empty and that no snapshot needs.
    private func removeEmptied(_ pool: BlockingPool, _ report: inout CompactionReport) async throws {
        let emptied = compaction.emptied.withLock { $0 }
        guard let position = emptied.map(\.position).max() else { return }
        // What was moved must be on disk before the place where it stood is gone.
        try await journal.settle(position)
        publishSettled()
        // Announced, so that a snapshot which is being taken cannot end up before it.
        let oldest = writer.withLock { _ in index.announceOldest() }
        let removable = emptied.filter { $0.sequence <= oldest }
        guard !removable.isEmpty else { return }
        let numbers = removable.map(\.number)
        try await pool.run { try self.journal.discard(numbers) }
        releaseRetiredSegments()
        compaction.emptied.withLock { $0.removeAll { numbers.contains($0.number) } }
        compaction.contents.withLock { contents in for number in numbers { contents[number] = nil } }
        report.removedSegmentCount += removable.count
        report.removedByteCount += removable.reduce(0) { $0 + $1.byteCount }
    }

    private func openPool(named name: String) throws -> BlockingPool {
        do {
            return try BlockingPool(name: name, threadCount: 1)
        } catch {
            throw CatalogError(.ioFailed, "the system has no thread to give; end some or raise the limit", cause: error)
        }
    }
}

/// Spreads what compaction does over time.
struct CompactionPace {
    private let bytesPerSecond: Int
    private let start = ContinuousClock.now
    private var byteCount = 0

    init(bytesPerSecond: Int) {
        self.bytesPerSecond = bytesPerSecond
    }

    mutating func note(_ byteCount: Int) {
        self.byteCount += byteCount
    }

    /// How long it is until the budget has what was noted, with an urgency of 0; with one of 1, no time at all.
    func wait(urgency: Double) -> Duration {
        let seconds = Double(byteCount) / Double(bytesPerSecond) * (1 - min(max(urgency, 0), 1))
        return start.advanced(by: .seconds(seconds)) - .now
    }
}
