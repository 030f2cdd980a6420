internal import Logging
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
    /// Where the journal ended when it was last looked at for something to compact.
    fileprivate let lastPosition = Locked<UInt64>(0)
    /// Segments that cannot be read through.
    fileprivate let damaged = Locked<Set<UInt32>>([])

    init() {}
}

extension Engine {
    /// How much may be written from one round to the next in what still counts as a time of rest.
    private static let restByteCountMax: UInt64 = 1 << 20

    /// Compacts one segment as `compactIfDue` does, and towards a smaller journal when nothing else goes on.
    ///
    /// A full disk is no failure: compaction may be what frees it, and is tried again in the next round.
    func compactInBackground() async throws -> CompactionReport? {
        let position = writer.withLock { state in journal.place(nextSequence: state.nextSequence).position }
        let last = compaction.lastPosition.withLock { last in
            defer { last = position }
            return last
        }
        let isResting = position - min(position, last) <= Engine.restByteCountMax
        do {
            let report = try await compactIfDue(isPaced: true, isResting: isResting)
            // What was moved is no sign of work.
            let end = writer.withLock { state in journal.place(nextSequence: state.nextSequence).position }
            if isResting { compaction.lastPosition.withLock { $0 = end } }
            return report
        } catch let error as CatalogError where error.code == .diskFull {
            return nil
        }
    }

    /// Compacts one segment when the journal holds more than it should, and removes those that nobody needs any more.
    ///
    /// Reading and writing go on meanwhile; the writer lock is held for one small batch at a time.
    ///
    /// - Parameters:
    ///   - isPaced: whether to move no more bytes a second than the configuration allows.
    ///   - isResting: whether to go further than the configuration asks, for nothing else goes on.
    /// - Returns: what was done, or `nil` when there was nothing to do.
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly`, `diskFull` or `ioFailed`; `CancellationError` between two
    ///   batches, and then what was moved so far stays moved.
    func compactIfDue(isPaced: Bool, isResting: Bool = false) async throws -> CompactionReport? {
        try checkOpen()
        guard compactionPlan(isResting: isResting).isDue || !compaction.emptied.withLock({ $0.isEmpty }) else {
            return nil
        }
        // A checkpoint that is being written relies on deletes that compaction could drop.
        try await checkpoints.permit.acquire()
        defer { checkpoints.permit.release() }
        var report = CompactionReport()
        let pool = try openPool(named: "compaction")
        do {
            try await removeEmptied(pool, &report)
            let plan = compactionPlan(isResting: isResting)
            if let segment = plan.isDue ? plan.next : nil {
                try await compact(segment, isPaced: isPaced, pool, &report)
                try await removeEmptied(pool, &report)
            } else if report.removedSegmentCount == 0 {
                await pool.close()
                return nil
            }
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
        let plan = compactionPlan(isResting: isResting)
        report.spaceAmplification = Double(plan.byteCount) / Double(max(1, plan.liveByteCount))
        return report
    }

    private func compactionPlan(isResting: Bool) -> CompactionPlan {
        let amplification = configuration.spaceAmplificationMax
        var excluded = compaction.damaged.withLock { $0 }
        excluded.formUnion(compaction.emptied.withLock { $0.map(\.number) })
        let list = journal.segmentList()
        if let retained = firstRetained(list) {
            excluded.formUnion(list.map(\.number).filter { $0 >= retained })
        }
        return CompactionPlan(
            segments: list,
            spaceAmplificationMax: isResting ? 1 + (amplification - 1) / 3 : amplification,
            segmentByteCount: configuration.segmentByteCountMax,
            excluded: excluded
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
        isPaced: Bool,
        _ pool: BlockingPool,
        _ report: inout CompactionReport
    ) async throws {
        guard let file = segments.file(summary.number) else { return }
        let manifest = journal.manifest
        var walk = SegmentWalk(
            file,
            end: summary.byteCount,
            storeID: manifest.storeID,
            baseSequence: summary.baseSequence
        )
        let rule = RelocationRule(
            isOldest: manifest.segments.first == summary.number,
            checkpointSequence: manifest.checkpoint?.place.sequence
        )
        var pace = CompactionPace(bytesPerSecond: configuration.compactionBytesPerSecond)
        do {
            while !walk.isDone {
                try Task.checkCancellation()
                let from = walk
                let gathered = try await pool.run { try self.gather(from, rule) }
                pace.note((gathered.walk.offset - walk.offset) / 8)
                walk = gathered.walk
                for batch in gathered.batches {
                    let moved = try await relocate(batch)
                    report.movedOperationCount += moved.operationCount
                    report.movedByteCount += moved.byteCount
                    pace.note(moved.byteCount)
                }
                if isPaced { try await pace.wait() }
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
        report.heldSegmentCount = emptied.count - removable.count
        guard !removable.isEmpty else { return }
        let numbers = removable.map(\.number)
        try await pool.run { try self.journal.discard(numbers) }
        releaseRetiredSegments()
        compaction.emptied.withLock { $0.removeAll { numbers.contains($0.number) } }
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

/// Which deletes have to be moved.
struct RelocationRule: Sendable {
    /// Whether no older segment is left that could hold what they delete.
    let isOldest: Bool
    /// What the checkpoint in force has from before here.
    let checkpointSequence: UInt64?

    /// Whether a delete that is the newest of its key can go.
    ///
    /// What it deletes must be in no segment and in no checkpoint that the delete itself is not in.
    func canDrop(_ sequence: UInt64) -> Bool {
        isOldest && sequence < checkpointSequence ?? .max
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

    /// Suspends until what was noted is no more than the time since the start allows.
    func wait() async throws {
        let due = start.advanced(by: .seconds(Double(byteCount) / Double(bytesPerSecond)))
        if due - .now > .milliseconds(1) { try await Task.sleep(until: due, clock: .continuous) }
    }
}
