internal import VitrineIO
internal import VitrineSync

/// What became of a write.
enum WriteOutcome: Sendable {
    /// It is as safe as was asked and visible to readers; for each delete, whether its key had a living version.
    case written(existed: [Bool])
    /// The condition of this operation did not hold, and nothing was written.
    case refused(operation: Int)
}

/// The one sequence of records that all writers of a catalog append to.
///
/// A write is appended under the lock, which gives it its place, then waits with all others for the writer's next
/// group, and enters the index only when it is as safe as was asked and everything before it is in the index too. So
/// readers see writes in journal order, and a conditional write, whose condition is checked against the newest version
/// in journal order at the moment it is appended, needs no lock while it waits.
final class Journal: Sendable {
    let index: CatalogIndex
    private let disk: any FileSystem
    private let directory: String
    private let storeID: UInt64
    private let segmentByteCountMax: Int
    private let thread: DiskThread
    private let metrics: CatalogMetrics
    private let state: Locked<JournalState>

    /// Replays the journal in `directory` and stands ready to append; blocks, so call it on `thread`.
    static func open(
        _ recovery: Recovery,
        segmentByteCountMax: Int,
        thread: DiskThread,
        metrics: CatalogMetrics
    ) throws -> (journal: Journal, replay: CatalogStatistics.Replay) {
        let outcome = try recovery.run()
        let active: ActiveSegment
        if let (segment, header, end) = outcome.active {
            active = try start(segment, header, end: end)
        } else {
            let header = SegmentHeader(
                storeID: outcome.storeID,
                number: outcome.nextNumber,
                baseSequence: outcome.nextSequence
            )
            active = try create(header, in: recovery.directory, on: recovery.disk)
            recovery.index.install(active.segment)
        }
        let state = JournalState(
            active: active,
            nextSequence: outcome.nextSequence,
            sealedByteCount: outcome.sealedByteCount,
            endsWithClose: outcome.endsWithClose
        )
        let journal = Journal(
            recovery,
            storeID: outcome.storeID,
            segmentByteCountMax: segmentByteCountMax,
            thread: thread,
            metrics: metrics,
            state: state
        )
        return (journal, outcome.replay)
    }

    private init(
        _ recovery: Recovery,
        storeID: UInt64,
        segmentByteCountMax: Int,
        thread: DiskThread,
        metrics: CatalogMetrics,
        state: JournalState
    ) {
        index = recovery.index
        disk = recovery.disk
        directory = recovery.directory
        self.storeID = storeID
        self.segmentByteCountMax = segmentByteCountMax
        self.thread = thread
        self.metrics = metrics
        self.state = Locked(state)
    }

    /// Writes the operations as one record, all or none, and suspends until they are safe and visible.
    func write(_ operations: [Operation], _ durability: WriteDurability, now: Int64) async throws -> WriteOutcome {
        let draft = Draft(operations)
        let start = ContinuousClock.now
        while true {
            let step = try state.withLock { state in
                try state.append(
                    draft,
                    durability,
                    index: index,
                    now: now,
                    segmentByteCountMax: segmentByteCountMax
                )
            }
            switch step {
            case .appended(let point, let existed):
                try await settle(point)
                metrics.noteWrite(taking: start.duration(to: .now))
                return .written(existed: existed)
            case .refused(let operation, let point):
                // What the refusal rests on must not be lost after the caller has been told.
                try await settle(point)
                return .refused(operation: operation)
            case .full(let segment):
                try await roll(from: segment)
            }
        }
    }

    /// Ends writing: flushes what is under way and marks the journal as closed.
    ///
    /// A second call does nothing.
    ///
    /// - Throws: `CatalogError` with `ioFailed`; the journal is closed all the same.
    func close() async throws {
        while true {
            let (isRolling, writer) = state.withLock { ($0.isRolling, $0.claimClose()) }
            if let writer { return try await finish(writer) }
            if !isRolling { return }
            await rollEnds()
        }
    }

    /// Bytes, files, flushes and records so far, and why nothing more is written.
    func progress() -> JournalProgress {
        state.withLock { state in
            JournalProgress(
                byteCount: state.sealedByteCount + Int(state.active.writer.end),
                segmentCount: Int(state.active.segment.number),
                flushCount: state.sealedFlushCount + state.active.writer.flushCount,
                writtenRecordCount: state.writtenRecordCount,
                failure: state.failure
            )
        }
    }

    /// Waits until the record of `point` is safe and in the index, with all before it.
    private func settle(_ point: CommitPoint) async throws {
        var next: CommitPoint? = point
        while let waiting = next {
            do throws(IOError) {
                try await waiting.writer.commit(through: waiting.end, waiting.durability)
            } catch {
                throw fail(CatalogError.wrapping(error, while: "writing to the journal"))
            }
            let (blocker, flushCount) = state.withLock { state in
                (state.applySettled(through: point.lastSequence, to: index), state.takeNewFlushes())
            }
            if flushCount > 0 { metrics.noteFlushes(flushCount) }
            next = blocker
        }
    }

    /// Ends all writing, for good, and returns the reason to throw.
    private func fail(_ error: any Error) -> CatalogError {
        let error = error as? CatalogError ?? CatalogError(.ioFailed, "the journal failed", cause: error)
        state.withLock { state in
            if state.failure == nil { state.failure = error }
        }
        return error
    }

    /// Flushes twice, so that the close can say that all before it was on disk.
    private func finish(_ writer: AppendWriter) async throws {
        do {
            try await writer.commit(through: writer.end, .synced)
            try state.withLock { try $0.appendMark(.close) }
            try await writer.close()
        } catch let error as IOError {
            throw fail(CatalogError.wrapping(error, while: "closing the journal"))
        }
    }
}

/// What a journal has done.
struct JournalProgress: Sendable {
    var byteCount: Int
    var segmentCount: Int
    var flushCount: Int
    var writtenRecordCount: Int
    var failure: CatalogError?
}

extension JournalState {
    /// Refuses writes from now on, and returns the writer when there is still something to write to it.
    fileprivate mutating func claimClose() -> AppendWriter? {
        guard !isRolling, !isClosed else { return nil }
        isClosed = true
        return failure == nil && !endsWithClose ? active.writer : nil
    }
}

// MARK: - Segments

extension Journal {
    /// Seals the segment and starts the next, unless somebody else does or has.
    private func roll(from number: UInt32) async throws {
        let claim = try state.withLock { state -> ActiveSegment? in
            try state.checkWritable()
            guard state.active.segment.number == number, !state.isRolling else { return nil }
            state.isRolling = true
            return state.active
        }
        guard let old = claim else { return await rollEnds() }
        do {
            let next = try await replace(old)
            finishRoll(installing: next)
        } catch {
            let error = fail(error)
            finishRoll(installing: nil)
            throw error
        }
    }

    private func replace(_ old: ActiveSegment) async throws -> ActiveSegment {
        let baseSequence = try state.withLock { state in
            try state.appendMark(.seal)
            return state.nextSequence
        }
        do throws(IOError) {
            try await old.writer.close()
        } catch {
            throw CatalogError.wrapping(error, while: "sealing a segment")
        }
        let header = SegmentHeader(storeID: storeID, number: old.segment.number + 1, baseSequence: baseSequence)
        return try await thread.run { [self] in
            // Reading values with system calls is slower and nothing else, should the mapping be refused.
            if let mapped = try? old.segment.mapped(byteCount: Int(old.writer.end)) { index.install(mapped) }
            return try Journal.create(header, in: directory, on: disk)
        }
    }

    private func finishRoll(installing next: ActiveSegment?) {
        if let next { index.install(next.segment) }
        let waiters = state.withLock { state in
            if let next {
                state.sealedByteCount += Int(state.active.writer.end)
                state.sealedFlushCount += state.active.writer.flushCount
                state.active = next
            }
            state.isRolling = false
            defer { state.rollWaiters = [] }
            return state.rollWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Suspends until no segment is being replaced.
    private func rollEnds() async {
        await withCheckedContinuation { continuation in
            let isRolling = state.withLock { state in
                if state.isRolling { state.rollWaiters.append(continuation) }
                return state.isRolling
            }
            if !isRolling { continuation.resume() }
        }
    }

    private static func create(
        _ header: SegmentHeader,
        in directory: String,
        on disk: any FileSystem
    ) throws -> ActiveSegment {
        let path = directory.appendingPath(SegmentHeader.fileName(header.number))
        let file = try onDisk("starting a journal segment") { () throws(IOError) in
            try disk.replaceFile(at: path, with: header.encoded().span)
            return try disk.open(path, .readWrite)
        }
        return try start(Segment(number: header.number, file: file), header, end: SegmentHeader.byteCount)
    }

    private static func start(_ segment: Segment, _ header: SegmentHeader, end: Int) throws -> ActiveSegment {
        let writer = try onDisk("starting the journal's writer") { () throws(IOError) in
            try AppendWriter(file: segment.file, end: Int64(end), threadName: "catalog-journal")
        }
        return ActiveSegment(segment: segment, header: header, writer: writer)
    }
}
