internal import Logging
internal import VitrineIO
internal import VitrineSync

/// What the writer's thread does: groups, the hand-over of their frames, checkpoints.
///
/// A group is one `BEGIN IMMEDIATE … COMMIT`, which SQLite flushes (`synchronous = FULL`), with a savepoint around each
/// write, so that one that fails takes back only itself. After the commit the new frames are read out of the log and
/// given to the sinks, and only then do callers go on. The log is copied into the database file between groups, when
/// all of its frames have been handed over: SQLite may then overwrite it.
final class WriterCore: @unchecked Sendable {
    // Unchecked: everything but `published` is used by the writer's thread only, after open() has made it.

    let connection: Connection
    let configuration: LedgerConfiguration
    private let hook = CommitHook()
    private let follower: WALFollower
    private let metrics = LedgerMetrics()
    private var subscriptions: [WALSubscription] = []
    private var statistics = LedgerStatistics()
    private let published = Locked(LedgerStatistics())
    /// Why nothing is written any more.
    private(set) var failure: LedgerError?
    /// Bytes of the log at which the next checkpoint is due.
    private var checkpointDue: Int

    init(connection: Connection, follower: WALFollower, configuration: LedgerConfiguration) {
        self.connection = connection
        self.follower = follower
        self.configuration = configuration
        checkpointDue = configuration.walBytesMax
        connection.setCommitHook(hook)
    }

    /// The figures as of the last group; from any thread.
    var latestStatistics: LedgerStatistics { published.withLock { $0 } }

    /// The time of the ledger's clock, as the database keeps it.
    var nowMilliseconds: Int64 { configuration.now().wholeMilliseconds }

    func noteOrderPlaced() {
        statistics.ordersPlaced += 1
    }

    // Groups

    /// Commits a group and lets everyone in it go on.
    func commit(_ group: [PendingWrite]) {
        let placedBefore = statistics.ordersPlaced
        var written = 0
        var outcome: LedgerError?
        do throws(LedgerError) {
            if let failure { throw failure }
            written = try transact(group)
            if written > 0 { try handOver() }
            statistics.writes += written
        } catch {
            statistics.ordersPlaced = placedBefore
            outcome = error
            noteFailure(error)
        }
        published.withLock { $0 = statistics }
        metrics.record(group: group.count, written: written, walBytes: statistics.walBytes)
        for write in group { write.finish(outcome) }
        if outcome == nil { checkpointIfDue() }
    }

    /// Runs the group's writes and commits them; returns how many there is something to see of.
    private func transact(_ group: [PendingWrite]) throws(LedgerError) -> Int {
        try connection.run(.begin)
        do throws(LedgerError) {
            var written = 0
            for write in group {
                if try perform(write) { written += 1 }
            }
            try connection.run(written > 0 ? .commit : .rollback)
            if written > 0 { statistics.commits += 1 }
            return written
        } catch {
            // What the transaction still holds is of no use; the first failure is the one to report.
            if connection.isInTransaction { try? connection.run(.rollback) }
            throw error
        }
    }

    /// Runs one write in its savepoint; returns whether it changed anything.
    ///
    /// - Throws: a failure that ended the whole transaction.
    private func perform(_ write: PendingWrite) throws(LedgerError) -> Bool {
        try connection.run(.savepoint)
        let before = connection.totalChanges
        let placedBefore = statistics.ordersPlaced
        do throws(LedgerError) {
            try write.perform(on: self)
        } catch {
            // SQLite answers a full or failing disk by rolling back everything, and so do we.
            guard connection.isInTransaction, !error.code.endsWriting else { throw error }
            statistics.ordersPlaced = placedBefore
            try connection.run(.rollbackOne)
            try connection.run(.release)
            return false
        }
        try connection.run(.release)
        return connection.totalChanges != before
    }

    /// Reads back what was committed and gives it to the sinks.
    private func handOver() throws(LedgerError) {
        statistics.hookCalls = hook.calls
        guard hook.calls == statistics.commits else {
            throw LedgerError(
                .foreignWriter,
                "\(statistics.commits) commits, but SQLite told of \(hook.calls): its hook was replaced"
            )
        }
        subscriptions.removeAll { !$0.isActive }
        let before = follower.bytesUsed
        let commit = try follower.advance(to: hook.frames, wantsFrames: !subscriptions.isEmpty)
        statistics.sequence += 1
        statistics.frames += follower.framesOfLastCommit
        statistics.walBytes = follower.bytesUsed
        if statistics.walBytes < before { checkpointDue = configuration.walBytesMax }
        guard let commit else { return }
        let segment = WALSegment(
            sequence: statistics.sequence,
            salts: commit.salts,
            firstFrame: commit.firstFrame,
            pageSize: commit.pageSize,
            databasePages: commit.databasePages,
            committedAt: .milliseconds(nowMilliseconds),
            frames: commit.frames
        )
        for subscription in subscriptions {
            subscription.deliver(segment)
            if let failure = subscription.failure {
                configuration.logger?.info(
                    "a sink of the ledger failed and gets no more",
                    metadata: ["error": "\(failure)"]
                )
            }
        }
    }

    /// Ends writing for good when `error` leaves open what is on the disk.
    private func noteFailure(_ error: LedgerError) {
        guard failure == nil, error.code.endsWriting else { return }
        failure = LedgerError(
            .isReadOnly,
            """
            \(connection.path): an earlier write failed, nothing more is written; open the ledger anew and repeat \
            what failed with the same idempotency keys
            """,
            cause: error
        )
        configuration.logger?.info("the ledger is read-only from now on", metadata: ["error": "\(error)"])
    }

    // Between groups

    /// Does one piece of maintenance and lets its task go on.
    func maintain(_ work: PendingWrite) {
        // What it throws it has kept for its task.
        do throws(LedgerError) { try work.perform(on: self) } catch { noteFailure(error) }
        published.withLock { $0 = statistics }
        work.finish(nil)
    }

    /// Adds a sink, which gets the next commit first.
    func subscribe(_ sink: any WALSink) -> WALSubscription {
        let subscription = WALSubscription(sink: sink, after: statistics.sequence)
        subscriptions.append(subscription)
        return subscription
    }

    /// Copies the log into the database file as far as `mode` says.
    func checkpoint(
        _ mode: Connection.CheckpointMode,
        patience: Duration = .seconds(2)
    ) throws(LedgerError) -> Connection.CheckpointResult {
        let result = try connection.checkpoint(mode, patience: patience)
        statistics.checkpoints += 1
        if result.isComplete { follower.allowStartingOver() }
        return result
    }

    /// Writes a copy of the database to a new file, flushed; returns the number of the last segment it contains.
    func snapshot(to path: String, on fileSystem: any FileSystem) throws(LedgerError) -> UInt64 {
        if let failure { throw failure }
        guard try checkpoint(.restart).isComplete else {
            throw LedgerError(.isBusy, "\(connection.path): a long read keeps the log from being copied; try again")
        }
        do {
            let target = try fileSystem.open(path, .createNew)
            defer { try? target.close() }  // It was flushed, or the copy failed anyway.
            let size = try connection.mainFileSize()
            for offset in stride(from: 0, to: size, by: 1 << 20) {
                let bytes = try connection.readMainFile(Int(min(1 << 20, size - offset)), at: offset)
                try target.writeAll(bytes.span, at: offset)
            }
            try target.synchronize()
            try fileSystem.synchronizeDirectory(path.parentDirectory)
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError(
                .snapshotFailed,
                "\(path) could not be written; remove it and take another snapshot",
                cause: error
            )
        }
        return statistics.sequence
    }

    /// Ends the work on the files, with the database file complete and the log empty if they can be.
    ///
    /// An empty log does no harm to whoever puts another database file in the place of this one; a full one would.
    func close() throws(LedgerError) {
        defer {
            follower.close()
            connection.close()
        }
        if failure == nil { _ = try checkpoint(.truncate) }
    }

    private func checkpointIfDue() {
        guard statistics.walBytes >= checkpointDue else { return }
        // Readers that keep coming can keep a passive checkpoint from ever letting the log start over. Those who wait
        // for the writer meanwhile must not pay much for one read that lasts.
        let mode: Connection.CheckpointMode = statistics.walBytes >= 2 * configuration.walBytesMax ? .restart : .passive
        do throws(LedgerError) {
            _ = try checkpoint(mode, patience: .milliseconds(20))
            // Should the log not start over after it, the next try is due when as much again was written.
            checkpointDue = statistics.walBytes + configuration.walBytesMax
        } catch {
            noteFailure(error)
        }
        published.withLock { $0 = statistics }
    }
}

extension LedgerError.Code {
    /// Whether it leaves open what is on the disk, so that the only safe thing is to write no more.
    var endsWriting: Bool {
        [.ioFailed, .corrupted, .walCorrupted, .foreignWriter].contains(self)
    }
}
