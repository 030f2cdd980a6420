internal import Synchronization
internal import VitrineIO
internal import VitrineSync

/// The journal and the index of all its keys, kept in step: what tables, sessions and streams are built on.
///
/// A write is appended to the journal and enters the index under one lock, which gives it its place in the order;
/// readers see it once the index publishes its sequence number, and that waits until it and everything before it is as
/// safe as was asked. Readers take no lock at all.
final class Engine: Sendable {
    let index: VersionedIndex
    let segments: SegmentTable
    let journal: Journal
    /// Segments that compaction has taken out of the journal, on their way to the index's epochs.
    let retired: RetiredSegments
    let metrics: CatalogMetrics
    let changeSignal = ChangeSignal()
    let checkpoints = CheckpointProgressState()
    let compaction = CompactionState()
    let configuration: CatalogConfiguration
    /// Values up to this size may stand beside their keys; -1 where none do.
    let residentValueByteCountMax: Int
    let path: String
    let disk: any FileSystem
    let writer: Locked<EngineState>
    // Set once by `close`, read by every operation. Relaxed: who races a close may come before or after it.
    let isClosed = Atomic(false)
    /// Whether the log has been told that nothing can be written any more.
    let hasLoggedFailure = Atomic(false)
    /// Held until the engine is closed or gone, so that nobody else writes what it writes to.
    private let lock: Locked<(any FileLock)?>
    private let closing = AsyncPermits(count: 1)

    init(
        path: String,
        configuration: CatalogConfiguration,
        disk: any FileSystem,
        index: VersionedIndex,
        segments: SegmentTable,
        journal: Journal,
        retired: RetiredSegments,
        lock: any FileLock,
        state: consuming sending EngineState
    ) {
        self.path = path
        self.lock = Locked(lock)
        self.configuration = configuration
        residentValueByteCountMax =
            configuration.residentValueByteCountMax > 0 ? ResidentValues.valueByteCountMax : -1
        metrics = CatalogMetrics(configuration.metricsFactory)
        self.disk = disk
        self.index = index
        self.segments = segments
        self.journal = journal
        self.retired = retired
        writer = Locked(state)
    }

    /// Milliseconds since the Unix epoch.
    var now: Int64 { configuration.now().wholeMilliseconds }

    /// The millisecond from which on an item that is written now is gone.
    func expiry(after lifetime: Duration) -> Int64 {
        // Ten thousand years, so that the sum stays far from the range's end.
        let bounded = min(max(lifetime, .zero), .seconds(315_576_000_000))
        return max(0, (configuration.now() + bounded).wholeMilliseconds)
    }

    /// Ends reading and writing: flushes what is under way, leaves a checkpoint, marks the journal as closed, and lets
    /// others have the directory.
    ///
    /// Waits for maintenance to come to the end of its step, for it writes to the store's files. A second call waits for
    /// the first and does nothing.
    ///
    /// - Throws: `CatalogError` with `ioFailed`; the engine is closed all the same.
    func close() async throws {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        changeSignal.wakeAll()
        await closing.acquireRegardless()
        defer { closing.release() }
        guard let held = lock.withLock({ $0 }) else { return }
        defer {
            held.release()
            lock.withLock { $0 = nil }
        }
        // Who gets it afterwards finds the engine closed.
        await checkpoints.permit.acquireRegardless()
        defer { checkpoints.permit.release() }
        await checkpointBeforeClosing()
        let nextSequence = writer.withLock { $0.nextSequence }
        try await journal.close(nextSequence: nextSequence, time: UInt64(clamping: now))
    }

    /// Takes the permit to write to the store's files beside the journal's end, which is to be released; unless it
    /// `waits`, returns `false` when another has it.
    ///
    /// - Throws: `CatalogError` with `isClosed`: then the permit is not held; `CancellationError`.
    func acquirePermit(waits: Bool = true) async throws -> Bool {
        guard try await checkpoints.acquirePermit(waits: waits) else { return false }
        do {
            // `close` sets the mark before it asks for the permit.
            try checkOpen()
            return true
        } catch {
            checkpoints.permit.release()
            throw error
        }
    }

    /// Hands segments that compaction took out of the journal to the index, which lets go of them once no reader can be
    /// in them any more.
    func releaseRetiredSegments() {
        let actions = retired.takeAll()
        if actions.isEmpty { return }
        writer.withLock { _ in
            for action in actions { index.retire(action) }
            index.reclaim()
        }
    }

    /// - Throws: `CatalogError` with `isClosed`.
    func checkOpen() throws {
        if isClosed.load(ordering: .relaxed) { throw CatalogError.closed() }
    }
}

/// What the writer lock guards.
struct EngineState: ~Copyable {
    /// The number of the next operation.
    var nextSequence: UInt64
    /// The versions that will expire.
    var expiries: ExpirySchedule
    /// Records that readers do not see yet.
    var unpublished = PublishQueue()
    /// Tables that were dropped while the engine was open: values of `Table` may still name them.
    var droppedTables: Set<TableNumber> = []

    init(nextSequence: UInt64, expiries: consuming ExpirySchedule) {
        self.nextSequence = nextSequence
        self.expiries = expiries
    }
}
