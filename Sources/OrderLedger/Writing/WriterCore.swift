internal import Logging
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// What the writer's thread does: groups, and the hand-over of their frames.
///
/// A group is one `BEGIN IMMEDIATE … COMMIT` with a savepoint around each write, so that one that fails takes back only
/// itself. SQLite does not flush it: a `GroupFlusher` does, beside this thread, while the new frames are read out of
/// the log and given to the sinks and the next group is written. Callers go on when both are done.
final class WriterCore: @unchecked Sendable {
    // Unchecked: everything but `published` is used by the writer's thread only, after open() has made it.

    let connection: Connection
    let configuration: LedgerConfiguration
    let follower: WALFollower
    let durability: Durability
    let flusher: GroupFlusher
    private let hook = CommitHook()
    private let metrics = LedgerMetrics()
    private var subscriptions: [WALSubscription] = []
    var statistics = LedgerStatistics()
    private let published = Locked(LedgerStatistics())
    /// Why nothing is written any more.
    private(set) var failure: LedgerError?
    /// Bytes of the log at which the next checkpoint is due.
    var checkpointDue: Int
    /// The ledger's clock when the group began, in milliseconds since 1970: one moment for all that the group writes.
    private(set) var now: Int64 = 0
    /// Holds that will run out.
    var expiries = Expiries()
    private var keySweep = KeySweep()
    /// What a write took lately, in nanoseconds; each group counts an eighth.
    private var writeTime: Int64 = 0

    init(
        connection: Connection,
        follower: WALFollower,
        flusher: GroupFlusher,
        durability: Durability,
        configuration: LedgerConfiguration
    ) {
        self.connection = connection
        self.follower = follower
        self.flusher = flusher
        self.durability = durability
        self.configuration = configuration
        checkpointDue = configuration.walBytesMax
        connection.setCommitHook(hook)
    }

    /// The figures as of the last group; from any thread.
    var latestStatistics: LedgerStatistics { published.withLock { $0 } }

    func noteOrderPlaced() {
        statistics.ordersPlaced += 1
    }

    // Groups

    /// Commits a group and has everyone in it go on once it is durable.
    ///
    /// - Parameter isAlone: whether nothing else waits to be written.
    func commit(_ group: [PendingWrite], isAlone: Bool) {
        let placedBefore = statistics.ordersPlaced
        let start = monotonicNanoseconds()
        var number: UInt64?
        do throws(LedgerError) {
            if failure == nil, let lost = flusher.failure { noteFailure(lost) }
            if let failure { throw failure }
            let written = try transact(group, announcing: &number)
            if !group.isEmpty {
                writeTime += ((monotonicNanoseconds() - start) / Int64(group.count) - writeTime) / 8
            }
            try finish(group, number, written: written, isAlone: isAlone)
        } catch {
            statistics.ordersPlaced = placedBefore
            expiries.forget()
            noteFailure(error)
            publish(group.count, written: 0)
            abandon(group, number, error)
            return
        }
        extendLogIfDue()
        checkpointIfDue()
    }

    /// Has a group flushed that is committed, and its frames handed over.
    ///
    /// - Throws: what reading its frames back said, if nobody was told of the group yet.
    private func finish(
        _ group: [PendingWrite],
        _ number: UInt64?,
        written: Int,
        isAlone: Bool
    ) throws(LedgerError) {
        if written > 0 { statistics.commits += 1 }
        subscriptions.removeAll { !$0.isActive }
        let isShipping = written > 0 && !subscriptions.isEmpty
        if written > 0, !isShipping { try handOver() }
        if !isShipping {
            statistics.writes += written
            publish(group.count, written: written)
        }
        let committed = CommittedGroup(
            number: number ?? durability.announce(),
            needsFlush: written > 0,
            isHandedOver: !isShipping,
            writes: group
        )
        flusher.submit(committed, isAlone: isAlone && !isShipping)
        guard isShipping else { return }
        // The pages go to the sinks while the flush is under way.
        do throws(LedgerError) {
            try handOver()
            statistics.writes += written
            publish(group.count, written: written)
            committed.noteHandedOver(nil)
        } catch {
            noteFailure(error)
            publish(group.count, written: 0)
            committed.noteHandedOver(error)
        }
    }

    /// How many of `waiting` writes to take into the next group.
    ///
    /// All of them, unless flushes take so long beside writing that it pays to write one half while the other half's
    /// flush is under way.
    func groupSize(waiting: Int) -> Int {
        let (unflushed, flushTime) = flusher.load
        let total = waiting + unflushed
        guard total > 1, flushTime > Int64(total) * writeTime / 8 else { return configuration.groupOrdersMax }
        return min(configuration.groupOrdersMax, max(1, (total + 1) / 2))
    }

    /// Resumes a group that failed, after those before it.
    private func abandon(_ group: [PendingWrite], _ number: UInt64?, _ error: LedgerError) {
        // Groups before this one are durable or not, whatever became of this one.
        do throws(LedgerError) { try flusher.drain() } catch { noteFailure(error) }
        if failure != nil { durability.fail() } else if let number { durability.settle(upTo: number) }
        for write in group { write.finish(error) }
    }

    /// Runs the group's writes and commits them; returns how many there is something to see of.
    private func transact(_ group: [PendingWrite], announcing number: inout UInt64?) throws(LedgerError) -> Int {
        now = configuration.now().wholeMilliseconds
        try connection.run(.begin)
        do throws(LedgerError) {
            var written = 0
            let hostWrites = connection.hostWrites
            if expiries.isDue(at: now), try expiries.run(self, limit: Self.expiriesMax) { written += 1 }
            for write in group {
                if try perform(write) { written += 1 }
            }
            if keySweep.note(written) { try keySweep.run(self) }
            guard written > 0 || connection.hostWrites > hostWrites else {
                try connection.run(.rollback)
                return 0
            }
            number = durability.announce()
            let calls = hook.calls
            try connection.run(.commit)
            // A host's statement may have changed the schema alone, or nothing after all.
            return written > 0 ? written : hook.calls - calls
        } catch {
            // What the transaction still holds is of no use; the first failure is the one to report.
            if connection.isInTransaction { try? connection.run(.rollback) }
            throw error
        }
    }

    /// Holds of a kind that one group gives up at most, so that no caller waits for thousands.
    private static let expiriesMax = 64

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
        guard connection.isInTransaction else {
            throw LedgerError(
                .diskFull,
                "\(connection.path): SQLite took the transaction back; make room and try again"
            )
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
            committedAt: .milliseconds(now),
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

    private func publish(_ group: Int, written: Int) {
        published.withLock { $0 = statistics }
        metrics.record(group: group, written: written, walBytes: statistics.walBytes)
    }

    /// Ends writing for good when `error` leaves open what is on the disk.
    func noteFailure(_ error: LedgerError) {
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

    /// Does one piece of maintenance, when all before it is flushed, and lets its task go on.
    func maintain(_ work: PendingWrite) {
        do throws(LedgerError) { try flusher.drain() } catch { noteFailure(error) }
        // What it throws it has kept for its task.
        do throws(LedgerError) { try work.perform(on: self) } catch { noteFailure(error) }
        published.withLock { $0 = statistics }
        work.finish(nil)
    }

    /// Gives up what has run out although nobody writes.
    func expireWhatIsDue() {
        while failure == nil, expiries.isDue(at: configuration.now().wholeMilliseconds) {
            let before = statistics.commits
            commit([], isAlone: true)
            if statistics.commits == before { return }  // Nothing was due after all, or it failed.
        }
    }

    /// Records what is to be seen of readers and of the log's file.
    func recordGauges(_ readers: ReaderPool.Figures) {
        metrics.record(readers: readers, walFileBytes: statistics.walFileBytes)
    }

    /// Adds a sink, which gets the next commit first.
    func subscribe(_ sink: any WALSink) -> WALSubscription {
        let subscription = WALSubscription(sink: sink, after: statistics.sequence)
        subscriptions.append(subscription)
        return subscription
    }

    func publishStatistics() {
        published.withLock { $0 = statistics }
    }
}

extension LedgerError.Code {
    /// Whether it leaves open what is on the disk, so that the only safe thing is to write no more.
    var endsWriting: Bool {
        [.ioFailed, .corrupted, .walCorrupted, .foreignWriter].contains(self)
    }
}
