internal import Logging
internal import Synchronization
internal import VitrineIO
internal import VitrineSync

/// How far the newest checkpoint reaches, and whose turn it is to take the next.
final class CheckpointProgressState: Sendable {
    /// One at a time.
    let permit = AsyncPermits(count: 1)
    /// The journal's position up to which opening need not read.
    ///
    /// Relaxed: a guide for when to take the next.
    fileprivate let position = Atomic<UInt64>(0)

    init() {}

    /// Takes the permit, which is to be released; without waiting, returns `false` when another has it.
    func acquirePermit(waits: Bool) async throws -> Bool {
        if !waits { return permit.acquireNow() }
        try await permit.acquire()
        return true
    }

    /// Notes that opening read `byteCount` bytes of a journal that ends at `position`.
    func noteOpening(at position: UInt64, replayed byteCount: Int) {
        self.position.store(position - min(position, UInt64(clamping: byteCount)), ordering: .relaxed)
    }
}

extension Engine {
    /// The least that closing leaves to be read again rather than write a checkpoint.
    private static let closingByteCountMin = 4 << 20

    /// Writes a checkpoint when opening would have to read much of the journal, as the configuration says how much;
    /// returns whether it did.
    ///
    /// Unless it `waits`, it does nothing while a backup or a compaction is under way.
    ///
    /// Reading and writing go on meanwhile.
    ///
    /// - Throws: `CatalogError` with `ioFailed` or `isReadOnly`; `CancellationError` when the task was cancelled, or the
    ///   engine closed, before it was done.
    func checkpointIfDue(waits: Bool = true) async throws -> Bool {
        guard journalGrowth >= configuration.checkpointIntervalByteCount else { return false }
        return try await takeCheckpoint(waits: waits)
    }

    /// Writes a checkpoint before the engine closes, whose caller holds the permit; without one, opening takes longer and
    /// nothing else.
    func checkpointBeforeClosing() async {
        let least = min(Engine.closingByteCountMin, configuration.checkpointIntervalByteCount)
        guard journal.failure == nil, journalGrowth >= least else { return }
        do {
            try await writeCheckpoint(isClosing: true)
        } catch {
            configuration.logger?.info("catalog closes without a checkpoint", metadata: ["reason": "\(error)"])
        }
    }

    /// Bytes of the journal behind the last checkpoint.
    private var journalGrowth: Int {
        let end = writer.withLock { state in journal.place(nextSequence: state.nextSequence).position }
        let last = checkpoints.position.load(ordering: .relaxed)
        return Int(clamping: end - min(end, last))
    }

    /// Writes a checkpoint whether one is due or not; returns `false` when it would have to wait and does not.
    func takeCheckpoint(waits: Bool) async throws -> Bool {
        guard try await acquirePermit(waits: waits) else { return false }
        defer { checkpoints.permit.release() }
        try await writeCheckpoint(isClosing: false)
        return true
    }

    /// The steps are those that `CheckpointWriter` asks for; the caller holds the permit.
    private func writeCheckpoint(isClosing: Bool) async throws {
        let (place, position) = writer.withLock { state in journal.place(nextSequence: state.nextSequence) }
        try await journal.settle(position)
        publishSettled()
        let snapshot = index.snapshot()
        defer { snapshot.release() }
        let before = journal.manifest.checkpoint
        let header = CheckpointHeader(
            storeID: journal.manifest.storeID,
            number: (before?.number ?? 0) + 1,
            place: place,
            snapshotSequence: snapshot.sequence
        )
        let keyCount = writer.withLock { _ in index.usage.keyCount }
        try await onCheckpointThread { isCancelled in
            _ = try CheckpointWriter(disk: self.disk, directory: self.path).write(
                header,
                of: self.index,
                at: snapshot,
                keyCount: keyCount
            ) { _ in
                if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
                if !isClosing && self.isClosed.load(ordering: .relaxed) { throw CancellationError() }
            }
        }
        let end = writer.withLock { state in journal.place(nextSequence: state.nextSequence).position }
        try await journal.settle(end)
        try await onCheckpointThread { _ in
            try self.journal.updateManifest { $0.checkpoint = CheckpointMark(number: header.number, place: place) }
            if let before { try? self.disk.remove(self.checkpointPath(before.number)) }
        }
        checkpoints.position.store(position, ordering: .relaxed)
    }

    private func checkpointPath(_ number: UInt64) -> String {
        path.appendingPath(CheckpointHeader.fileName(number))
    }

    /// Runs `body`, which blocks, on a thread of its own, and tells it when the task is cancelled.
    private func onCheckpointThread(_ body: @escaping @Sendable (borrowing Atomic<Bool>) throws -> Void) async throws {
        let flag = CancellationFlag()
        let pool = try BlockingPool(name: "checkpoint", threadCount: 1)
        let outcome: Result<Void, any Error>
        do {
            try await withTaskCancellationHandler {
                try await pool.run { try body(flag.isCancelled) }
            } onCancel: {
                // Relaxed: it is looked at again and again.
                flag.isCancelled.store(true, ordering: .relaxed)
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await pool.close()
        try outcome.get()
    }
}

private final class CancellationFlag: Sendable {
    let isCancelled = Atomic(false)
}

extension EngineOpener {
    /// Loads the checkpoint that the manifest names, and returns the place that the journal goes on from; `nil` when
    /// there is none, or it cannot be used, so that all of the journal has to be read.
    func loadCheckpoint(
        of manifest: Manifest,
        into replay: inout Replay,
        _ opening: inout CatalogStatistics.Opening
    ) throws -> JournalPlace? {
        guard let mark = manifest.checkpoint else { return nil }
        let progress = progress
        do {
            let loaded = try CheckpointLoader(disk: disk, directory: path).load(
                mark.number,
                storeID: manifest.storeID,
                into: replay.index
            ) { step in
                let told = OpeningProgress(phase: .checkpoint, byteCount: step.done, byteCountTotal: step.total)
                progress?(told)
            }
            guard loaded.header.place == mark.place else {
                opening.checkpointFinding = "the checkpoint and the manifest name different places in the journal"
                replay.index.abandonLoad()
                return nil
            }
            opening.checkpointItemCount = loaded.header.entryCount
            replay.take(loaded)
            return mark.place
        } catch {
            opening.checkpointFinding = "\(error)"
            return nil
        }
    }
}
