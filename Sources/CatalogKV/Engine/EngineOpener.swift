internal import VitrineIO
internal import VitrineSync

/// Brings an engine up from what a directory holds: the checkpoint, then the journal behind it.
struct EngineOpener {
    let path: String
    let configuration: CatalogConfiguration
    let disk: any FileSystem
    /// The id that a new store gets.
    let freshStoreID: UInt64
    /// Keeps others from the directory; the engine takes it over.
    let lock: any FileLock
    let progress: (@Sendable (OpeningProgress) -> Void)?

    /// Reads everything; blocks.
    func open() throws -> (engine: Engine, opening: CatalogStatistics.Opening) {
        let index = VersionedIndex(
            partitionCount: configuration.indexPartitionCount,
            byteCountMax: configuration.indexByteCountMax,
            residentByteCountMax: configuration.residentValueByteCountMax
        )
        let segments = SegmentTable()
        let retired = RetiredSegments()
        var replay = Replay(
            index: index,
            segments: segments,
            expiries: ExpirySchedule(now: configuration.now().wholeMilliseconds)
        )
        var opening = CatalogStatistics.Opening()
        let options = JournalOptions(
            disk: disk,
            directory: path,
            segmentByteCount: configuration.segmentByteCountMax,
            segments: segments,
            retire: { retired.add($0) },
            freshStoreID: freshStoreID
        )
        let (journal, recovery) = try Journal.open(
            options,
            start: { manifest in try loadCheckpoint(of: manifest, into: &replay, &opening) },
            progress: { step in
                progress?(
                    OpeningProgress(
                        phase: .journal,
                        byteCount: step.replayedByteCount,
                        byteCountTotal: step.totalByteCount
                    )
                )
            },
            replay: { frame, location, sequence, _ in try replay.take(frame, location, sequence) }
        )
        let expiries = replay.finish()
        guard index.visible < recovery.nextSequence else {
            let last = journal.state.withLock { $0.active.segment.number }
            throw CatalogError.corrupt(
                path.appendingPath("journal/" + SegmentHeader.fileName(last)),
                at: 0,
                "the journal ends before operation \(recovery.nextSequence), and operation \(index.visible) was on disk"
            )
        }
        index.publish(recovery.nextSequence - 1)
        index.reclaim()
        opening.recordCount = recovery.recordCount
        opening.operationCount = recovery.operationCount
        opening.tornByteCount = recovery.tornByteCount
        opening.wasClosed = recovery.endsWithClose
        let engine = Engine(
            path: path,
            configuration: configuration,
            disk: disk,
            index: index,
            segments: segments,
            journal: journal,
            retired: retired,
            lock: lock,
            state: EngineState(nextSequence: recovery.nextSequence, expiries: expiries)
        )
        let end = engine.writer.withLock { state in journal.place(nextSequence: state.nextSequence).position }
        engine.checkpoints.noteOpening(at: end, replayed: recovery.replayedByteCount)
        return (engine, opening)
    }
}

/// What compaction has taken out of the journal and readers may still be in.
final class RetiredSegments: Sendable {
    private let actions = Locked<[@Sendable () -> Void]>([])

    func add(_ action: @escaping @Sendable () -> Void) {
        actions.withLock { $0.append(action) }
    }

    func takeAll() -> [@Sendable () -> Void] {
        actions.withLock { actions in
            defer { actions = [] }
            return actions
        }
    }
}
