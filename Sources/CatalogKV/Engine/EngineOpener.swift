internal import VitrineIO
internal import VitrineSync

/// Brings an engine up from what a directory holds: the checkpoint, then the journal behind it.
struct EngineOpener {
    let path: String
    let configuration: CatalogConfiguration
    let disk: any FileSystem
    /// The id that a new store gets.
    let freshStoreID: UInt64
    let progress: (@Sendable (OpeningProgress) -> Void)?

    /// Reads everything; blocks.
    func open() throws -> (engine: Engine, opening: CatalogStatistics.Opening) {
        let index = VersionedIndex(partitionCount: configuration.indexPartitionCount)
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
            replay: { frame, location, sequence, _ in replay.take(frame, location, sequence) }
        )
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
            state: EngineState(nextSequence: recovery.nextSequence, expiries: replay.finish())
        )
        let end = engine.writer.withLock { state in journal.place(nextSequence: state.nextSequence).position }
        engine.checkpoints.noteOpening(at: end, replayed: recovery.replayedByteCount)
        return (engine, opening)
    }
}

/// Takes what the journal holds into the index, in journal order.
struct Replay: ~Copyable {
    let index: VersionedIndex
    private let segments: SegmentTable
    private var expiries: ExpirySchedule
    private var countSincePublish = 0
    /// What the checkpoint may hold already.
    private var loadedSequence: UInt64 = 0

    init(index: VersionedIndex, segments: SegmentTable, expiries: consuming ExpirySchedule) {
        self.index = index
        self.segments = segments
        self.expiries = expiries
    }

    /// Takes over what a checkpoint has brought into the index.
    mutating func take(_ loaded: CheckpointLoader.Loaded) {
        loadedSequence = loaded.header.snapshotSequence
        index.publish(loaded.header.snapshotSequence)
        for (segment, byteCount) in loaded.liveByteCounts.enumerated() where byteCount > 0 {
            segments.adjustLive(UInt32(segment), by: byteCount)
        }
        if loaded.header.expiringCount == 0 { return }
        let upper = [UInt8](repeating: 0xFF, count: 8)
        for partition in 0..<index.partitionCount {
            index.scan(
                partition,
                from: Span(),
                to: upper.span,
                at: loaded.header.snapshotSequence,
                reversed: false
            ) { key, version in
                if version.expiry != ItemVersion.never { expiries.note(key, version, replacing: nil) }
                return true
            }
        }
    }

    mutating func take(_ frame: borrowing OperationFrame, _ location: Location, _ sequence: UInt64) {
        let key = frame.key
        if frame.sequence != nil, let newest = index.newest(key), newest.sequence >= sequence {
            // Compaction moved it; what has come after it meanwhile stands in the index already.
            if newest.sequence == sequence, index.relocate(key, sequence: sequence, to: location), !newest.isDeleted {
                segments.adjustLive(newest.location.segment, by: -Int(newest.location.byteCount))
                segments.adjustLive(location.segment, by: Int(location.byteCount))
            }
            return
        }
        // The checkpoint shows a moment somewhat after its place in the journal.
        if sequence <= loadedSequence, let newest = index.newest(key), newest.sequence >= sequence { return }
        let version = ItemVersion(
            sequence: sequence,
            expiry: frame.expiry,
            location: location,
            isDeleted: frame.kind != .put
        )
        let replaced = index.apply(key, version)
        if let replaced, !replaced.isDeleted {
            segments.adjustLive(replaced.location.segment, by: -Int(replaced.location.byteCount))
        }
        if !version.isDeleted { segments.adjustLive(location.segment, by: Int(location.byteCount)) }
        expiries.note(key, version, replacing: replaced)
        countSincePublish += 1
        // Replaced versions are given back as we go.
        if countSincePublish == 4_096 {
            countSincePublish = 0
            index.publish(max(index.visible, sequence))
        }
    }

    consuming func finish() -> ExpirySchedule { expiries }
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
