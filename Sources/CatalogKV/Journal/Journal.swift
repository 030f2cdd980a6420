package import VitrineIO
package import VitrineSync

/// What a journal is opened with.
package struct JournalOptions: Sendable {
    package var disk: any FileSystem
    /// The store's directory: the manifest is in it, and the segments in `journal` below.
    package var directory: String
    /// What an ordinary segment is made with at the most; one that has to hold a larger record is larger.
    package var segmentByteCount: Int
    /// Where readers find the segments.
    package var segments: SegmentTable
    /// Runs what it is given once no reader is left that could still hold bytes of a segment it looked up before.
    package var retire: @Sendable (@escaping @Sendable () -> Void) -> Void
    /// The id that a store gets when it is new.
    package var freshStoreID: UInt64
    /// The number of the first operation of a store that is new.
    package var freshSequence: UInt64 = 1
    /// Under which name the list of the files is kept: another while there is not to be a store yet.
    package var manifestName = Manifest.fileName

    package init(
        disk: any FileSystem,
        directory: String,
        segmentByteCount: Int,
        segments: SegmentTable,
        retire: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
        freshStoreID: UInt64
    ) {
        self.disk = disk
        self.directory = directory
        self.segmentByteCount = segmentByteCount
        self.segments = segments
        self.retire = retire
        self.freshStoreID = freshStoreID
    }

    /// Segments below this size are made and flushed when they are needed, not before, so that a store of such has the
    /// same calls on the disk in the same order every time.
    package static let preparedByteCountMin = 1 << 20

    /// What an ordinary segment is made with when the living items take `live` bytes.
    ///
    /// The segment that is being written cannot be compacted. It gets an eighth of what lives, so that a store of a few
    /// megabytes does not take several times as much.
    package func ordinaryByteCount(live: Int) -> Int {
        let wanted = (max(0, live) / 8 + 4_095) & ~4_095
        return min(segmentByteCount, max(JournalOptions.preparedByteCountMin, wanted))
    }

    /// The file that lists the others.
    package var manifestPath: String { directory.appendingPath(manifestName) }

    /// The directory of the segments.
    package var journalDirectory: String { directory.appendingPath("journal") }

    package func path(ofSegment number: UInt32) -> String {
        journalDirectory.appendingPath(SegmentHeader.fileName(number))
    }
}

/// The one sequence of records that all writers of a catalog append to.
///
/// A record is copied into the mapping of the segment at hand, which costs no system call: from then on it survives
/// the end of the process, and readers can be led to it. That it survives the machine's is what `settle` waits for.
/// When a segment is full, writing moves on to one that the keeper thread made ready before.
package final class Journal: Sendable {
    package let options: JournalOptions
    package let segments: SegmentTable
    package let state: Locked<JournalState>
    package let flusher: GroupFlusher
    package let manifestState: Locked<Manifest>
    private let keeper: Locked<WorkerThread?> = Locked(nil)

    /// Takes over what recovery found; blocks.
    package init(_ options: JournalOptions, _ manifest: Manifest, _ state: JournalState) throws {
        self.options = options
        segments = options.segments
        manifestState = Locked(manifest)
        let flushed = state.active.position
        let startsWithSpare = state.preparesAhead
        self.state = Locked(state)
        // The flusher is part of the journal and is asked for work only while the journal lives.
        let link = JournalLink()
        flusher = try onDisk("starting the journal") { () throws(IOError) in
            try GroupFlusher(position: flushed) {
                link.journal?.takeFlushWork()
            } onFailure: { error in
                link.journal?.fail(error)
            }
        }
        do throws(WorkerThreadError) {
            let worker = try WorkerThread(name: "catalog-keeper") { link.journal?.keep() }
            keeper.withLock { $0 = worker }
        } catch {
            throw CatalogError(.ioFailed, "the system has no thread for the journal (errno \(error.errno))")
        }
        link.attach(self)
        if startsWithSpare { wantSpare() }
    }

    deinit {
        stopThreads()
    }

    /// Puts the record at the end of the journal; `nil` when there is no room, which `makeRoom` makes.
    ///
    /// The caller holds the engine's writer lock. The bytes are in the segment's mapping when it returns.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly` or `ioFailed`.
    package func append(
        _ draft: inout Draft,
        kind: RecordHeader.Kind = .batch,
        firstSequence: UInt64,
        time: UInt64
    ) throws -> Placement? {
        let flushed = flusher.position
        let count = draft.byteCount
        let (placement, wish) = try state.withLock { state throws(CatalogError) -> (Placement?, KeeperWish) in
            try state.checkWritable()
            do throws(IOError) {
                var wish = KeeperWish.none
                if !state.active.hasRoom(for: count) {
                    let needed = JournalState.segmentByteCount(for: count)
                    guard let spare = state.spare, spare.capacity >= needed else { return (nil, .none) }
                    try state.roll(to: spare, firstSequence: firstSequence, time: time, flushed: flushed)
                    if state.preparesAhead {
                        wish = .spare
                        state.wantedByteCount = max(0, state.wantedByteCount ?? 0)
                    }
                }
                let placement = try state.store(
                    &draft,
                    kind,
                    firstSequence: firstSequence,
                    time: time,
                    flushed: flushed
                )
                if state.preparesAhead, state.active.wantsPrefault, wish == .none { wish = .pages }
                return (placement, wish)
            } catch {
                let failure = CatalogError.wrapping(error, while: "appending to the journal")
                state.failure = failure
                // Who waits for a flush waits for nothing now.
                flusher.fail(failure)
                throw failure
            }
        }
        if wish != .none { grant(wish) }
        return placement
    }

    /// Suspends until everything before `position` is on disk; many who wait share one flush.
    ///
    /// - Throws: `CatalogError` with `ioFailed`: then nothing more is ever written.
    package func settle(_ position: UInt64) async throws {
        try await flusher.settle(position)
    }

    /// Everything before this position is on disk.
    package var flushedPosition: UInt64 { flusher.position }
    /// Flushes of files so far.
    package var flushCount: Int { flusher.flushCount }
    /// Why nothing more is written, if so.
    package var failure: CatalogError? { state.withLock { $0.failure } }

    /// The place of the next record, and its position; the caller holds the engine's writer lock.
    package func place(nextSequence: UInt64) -> (place: JournalPlace, position: UInt64) {
        state.withLock { state in
            let active = state.active
            let place = JournalPlace(
                segment: active.segment.number,
                offset: UInt32(active.end),
                sequence: nextSequence
            )
            return (place, active.position)
        }
    }

    /// Flushes what there is, marks the journal as closed and ends its threads; a second call does nothing.
    ///
    /// It flushes twice, so that the mark can say that all before it was on disk.
    ///
    /// - Throws: `CatalogError` with `ioFailed`; the journal is closed all the same.
    package func close(nextSequence: UInt64, time: UInt64) async throws {
        let position = state.withLock { state -> UInt64? in
            if state.isClosed { return nil }
            return state.active.position
        }
        guard let position else { return }
        defer {
            // Under the manifest's lock: who replaces it has done so, and who comes later is refused.
            manifestState.withLock { _ in state.withLock { $0.isClosed = true } }
            stopThreads()
            endWait(CatalogError.closed())
        }
        if let failure { throw failure }
        if state.withLock({ $0.endsWithClose }) { return }
        try await settle(position)
        let flushed = flusher.position
        let end = try state.withLock { state throws(CatalogError) -> UInt64? in
            // Opening needs no mark: without room for one it is as after a crash.
            guard state.active.hasRoom(for: 0) else { return nil }
            var mark = Draft()
            do throws(IOError) {
                let kind = RecordHeader.Kind.close
                return try state.store(&mark, kind, firstSequence: nextSequence, time: time, flushed: flushed).end
            } catch {
                throw CatalogError.wrapping(error, while: "closing the journal")
            }
        }
        if let end { try await settle(end) }
    }

    /// Ends all writing, for good.
    package func fail(_ error: CatalogError) {
        state.withLock { state in
            if state.failure == nil { state.failure = error }
        }
    }

    private func takeFlushWork() -> GroupFlusher.Work? {
        state.withLock { state in
            if state.failure != nil { return nil }
            defer { state.unflushed = [] }
            var files = state.unflushed.map(\.file)
            files.append(state.active.segment.file)
            return GroupFlusher.Work(position: state.active.position, files: files)
        }
    }

    private func grant(_ wish: KeeperWish) {
        // What is sealed reaches the disk although nobody waits, so that a crash leaves little to be written anew.
        if wish == .spare { flusher.flushSoon() }
        signalKeeper()
    }

    package func signalKeeper() {
        keeper.withLock { $0 }?.signal()
    }

    private func stopThreads() {
        flusher.stop()
        keeper.withLock { $0.take() }?.stop()
    }
}

/// What an append leaves for the keeper to do.
private enum KeeperWish {
    case none, pages, spare
}

/// Leads the journal's threads to it without keeping it alive.
private final class JournalLink: Sendable {
    private let target = Locked(WeakJournal())
    package var journal: Journal? { target.withLock { $0.journal } }

    package func attach(_ journal: Journal) {
        target.withLock { $0.journal = journal }
    }
}

private struct WeakJournal: Sendable {
    weak var journal: Journal?
}
