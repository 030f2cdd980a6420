internal import Logging
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// What the writer's thread does: groups, and what comes between them.
///
/// A group is one `BEGIN IMMEDIATE … COMMIT` in which a write that fails takes back only itself: each has a savepoint of
/// its own, or the group is run without them first, and anew with them should a write fail that has changed something.
/// SQLite does not flush it: a `GroupFlusher` does, beside this thread, while a `Shipper` reads the new frames
/// out of the log for the sinks and the next group is written. Callers go on when all of that is done.
final class WriterCore: @unchecked Sendable {
    // Unchecked: everything but `published` is used by the writer's thread only, after open() has made it.

    let connection: Connection
    let configuration: LedgerConfiguration
    let follower: WALFollower
    let durability: Durability
    let flusher: GroupFlusher
    private let hook = CommitHook()
    private var metrics = LedgerMetrics()
    let replication: Replication
    private var history: History
    var statistics = LedgerStatistics()
    private let published = Locked(LedgerStatistics())
    /// Why nothing is written any more.
    private(set) var failure: LedgerError?
    /// Bytes of the log at which the next checkpoint is due.
    var checkpointDue: Int
    /// The ledger's clock when the group began, in milliseconds since 1970: one moment for all that the group writes.
    private(set) var now: Int64 = 0
    /// What need not be asked of the database again.
    var cache = ShopCache()
    /// Why a part of the open transaction could not even be taken back, whatever a host made of the error.
    private var brokenPart: LedgerError?
    /// Groups to come whose writes have a savepoint each from the start: not long ago one failed alone.
    private var guardedGroups = 0
    /// Holds that will run out.
    var expiries = Expiries()
    private var keySweep = KeySweep()

    init(
        connection: Connection,
        follower: WALFollower,
        flusher: GroupFlusher,
        durability: Durability,
        history: History,
        replication: Replication,
        configuration: LedgerConfiguration
    ) {
        self.connection = connection
        self.follower = follower
        self.flusher = flusher
        self.durability = durability
        self.history = history
        self.replication = replication
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

    /// What a group of so many takes in besides, if asked for only what may run again; nothing when it is to be
    /// committed.
    typealias Arrivals = (_ count: Int, _ isRepeatable: Bool) -> [PendingWrite]

    /// Commits a group and has everyone in it go on once it is durable.
    ///
    /// - Parameters:
    ///   - isAlone: whether nothing else waits to be written.
    ///   - isRecording: whether to commit the record of the ledger's history even when nothing else is written.
    ///   - more: asked when all so far is written.
    func commit(
        _ group: [PendingWrite],
        isAlone: Bool,
        isRecording: Bool = false,
        more: Arrivals = { _, _ in [] }
    ) {
        var group = group
        replication.hub.waitForRoom()
        let placedBefore = statistics.ordersPlaced
        var number: UInt64?
        do throws(LedgerError) {
            if failure == nil, let lost = flusher.failure ?? replication.failure { noteFailure(lost) }
            if let failure { throw failure }
            let record = try transact(&group, more, isRecording: isRecording, announcing: &number)
            try finish(group, number, record, isAlone: isAlone)
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

    /// Has a group flushed that is committed, and its pages shipped.
    ///
    /// - Parameter record: what the history says after it; `nil` when it wrote nothing.
    /// - Throws: what the log said, if nobody was told of the group yet.
    private func finish(
        _ group: [PendingWrite],
        _ number: UInt64?,
        _ record: HistoryRecord?,
        isAlone: Bool
    ) throws(LedgerError) {
        let writesBefore = statistics.writes
        let frames = try record.map { record throws(LedgerError) in try note(record) }
        publish(group.count, written: statistics.writes - writesBefore)
        let shipper = frames == nil ? nil : replication.shipper
        let mustWait = shipper != nil && replication.hub.isAcknowledging
        let committed = CommittedGroup(
            number: number ?? durability.announce(),
            needsFlush: frames != nil,
            steps: 1 + (shipper == nil ? 0 : 1) + (mustWait ? 1 : 0),
            writes: group,
            fence: replication.fence
        )
        if let frames, let shipper {
            if mustWait { replication.hub.tell(frames.after.position.transaction, for: committed) }
            shipper.submit(frames, for: committed)
        }
        flusher.submit(committed, isAlone: isAlone)
    }

    /// Resumes a group that failed, after those before it.
    private func abandon(_ group: [PendingWrite], _ number: UInt64?, _ error: LedgerError) {
        // Groups before this one are durable or not, whatever became of this one.
        do throws(LedgerError) { try flusher.drain() } catch { noteFailure(error) }
        if failure != nil { durability.fail() } else if let number { durability.settle(upTo: number) }
        for write in group { write.finish(error) }
    }

    /// Runs the group's writes and commits them; returns the history's new record, `nil` when nothing was written.
    private func transact(
        _ group: inout [PendingWrite],
        _ more: Arrivals,
        isRecording: Bool,
        announcing number: inout UInt64?
    ) throws(LedgerError) -> HistoryRecord? {
        now = configuration.now().wholeMilliseconds
        brokenPart = nil
        try connection.run(.begin)
        do throws(LedgerError) {
            let hostWrites = connection.hostWrites
            let written = try performAll(&group, more)
            if keySweep.note(written) { try keySweep.run(self) }
            guard written > 0 || connection.hostWrites > hostWrites || isRecording else {
                try connection.run(.rollback)
                return nil
            }
            let record = history.next(written, at: now)
            if history.mustRecord { try record.write(to: connection) }
            number = durability.announce()
            let calls = hook.calls
            try connection.run(.commit)
            // A host's statement may have changed the schema alone, or nothing after all.
            return hook.calls > calls || written > 0 ? record : nil
        } catch {
            // What the transaction still holds is of no use; the first failure is the one to report.
            if connection.isInTransaction { try? connection.run(.rollback) }
            cache = ShopCache()
            throw error
        }
    }

    /// Does all that a group writes; returns how many of it changed anything.
    ///
    /// - Throws: a failure that ended the whole transaction.
    private func performAll(_ group: inout [PendingWrite], _ more: Arrivals) throws(LedgerError) -> Int {
        if guardedGroups > 0 {
            guardedGroups -= 1
        } else if group.allSatisfy(\.isRepeatable) {
            let placedBefore = statistics.ordersPlaced
            if let written = try performBare(&group, more) { return written }
            guardedGroups = Self.guardedGroupsMax
            statistics.ordersPlaced = placedBefore
            expiries.forget()
            cache = ShopCache()
            try connection.run(.rollback)
            try connection.run(.begin)
        }
        var written = try expire()
        var left = group
        while !left.isEmpty {
            for write in left where try perform(write) { written += 1 }
            left = more(group.count, false)
            group += left
        }
        return written
    }

    /// Groups that have savepoints after one that would have needed them.
    private static let guardedGroupsMax = 32

    /// The same without savepoints, which cost a fourth of an order; `nil` when a write has failed and left something
    /// behind, so that the transaction is of no use.
    private func performBare(_ group: inout [PendingWrite], _ more: Arrivals) throws(LedgerError) -> Int? {
        var written = try expire()
        var left = group
        while !left.isEmpty {
            for write in left {
                let before = connection.totalChanges
                do throws(LedgerError) {
                    try write.perform(on: self)
                } catch {
                    guard connection.isInTransaction, !error.code.endsWriting else { throw error }
                    if connection.totalChanges == before { continue }
                    return nil
                }
                try checkTransaction()
                if connection.totalChanges != before { written += 1 }
            }
            left = more(group.count, true)
            group += left
        }
        return written
    }

    /// Gives up what has run out; returns whether that was anything, as a number of writes.
    private func expire() throws(LedgerError) -> Int {
        guard expiries.isDue(at: now) else { return 0 }
        return try expiries.run(self, limit: Self.expiriesMax) ? 1 : 0
    }

    /// That the transaction is open still, and nothing in it half done.
    private func checkTransaction() throws(LedgerError) {
        if let brokenPart { throw brokenPart }
        guard connection.isInTransaction else {
            throw LedgerError(
                .diskFull,
                "\(connection.path): SQLite took the transaction back; make room and try again"
            )
        }
    }

    /// Does a part of a write; when it fails that part alone is taken back, for a host may catch the error and go on.
    func performPart<Value>(_ body: (WriterCore) throws(LedgerError) -> Value) throws(LedgerError) -> Value {
        try connection.run(.savepointPart)
        let placedBefore = statistics.ordersPlaced
        let value: Value
        do throws(LedgerError) {
            value = try body(self)
        } catch {
            guard connection.isInTransaction, !error.code.endsWriting else {
                brokenPart = error
                throw error
            }
            statistics.ordersPlaced = placedBefore
            cache = ShopCache()
            try connection.run(.rollbackPart)
            try connection.run(.releasePart)
            throw error
        }
        try checkTransaction()
        try connection.run(.releasePart)
        return value
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
            cache = ShopCache()
            try connection.run(.rollbackOne)
            try connection.run(.release)
            return false
        }
        try checkTransaction()
        try connection.run(.release)
        return connection.totalChanges != before
    }

    /// Notes that `record` was committed; returns where its frames are.
    private func note(_ record: HistoryRecord) throws(LedgerError) -> CommittedFrames {
        statistics.commits += 1
        statistics.hookCalls = hook.calls
        guard hook.calls == statistics.commits else {
            throw LedgerError(
                .foreignWriter,
                "\(statistics.commits) commits, but SQLite told of \(hook.calls): its hook was replaced"
            )
        }
        let before = follower.bytesUsed
        let start = try follower.advance(to: hook.frames)
        let frames = CommittedFrames(
            start: start,
            end: hook.frames,
            before: history.version,
            after: record.version,
            committedAt: record.committedAt
        )
        let written = Int(record.version.position.transaction - history.version.position.transaction)
        history.advance(to: record)
        statistics.writes += written
        statistics.position = record.version.position
        statistics.frames += follower.framesOfLastCommit
        statistics.walBytes = follower.bytesUsed
        if statistics.walBytes < before { checkpointDue = configuration.walBytesMax }
        return frames
    }

    /// Shows the figures as they are now.
    private func publish(_ group: Int, written: Int) {
        published.withLock { $0 = statistics }
        metrics.record(group: group, written: written, walBytes: statistics.walBytes)
    }

    /// Ends writing for good when `error` leaves open what is on the disk.
    func noteFailure(_ error: LedgerError) {
        guard failure == nil, error.code.endsWriting else { return }
        defer { configuration.logger?.info("the ledger is read-only from now on", metadata: ["error": "\(error)"]) }
        if error.code == .fenced {
            failure = error
            return
        }
        failure = LedgerError(
            .isReadOnly,
            """
            \(connection.path): an earlier write failed, nothing more is written; open the ledger anew and repeat \
            what failed with the same idempotency keys
            """,
            cause: error
        )
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

    /// Records what is to be seen of readers, of the log's file and of sinks.
    func recordGauges(_ readers: ReaderPool.Figures) {
        metrics.record(readers: readers, walFileBytes: statistics.walFileBytes)
        metrics.record(sinks: replication.hub.figures, transaction: statistics.position.transaction)
    }

    /// Attaches a sink, which gets what was committed after `version`, or from now on.
    func attach(
        _ sink: any ReplicationSink,
        as name: String,
        mode: ReplicationMode,
        after version: LedgerVersion?,
        isHeld: Bool
    ) throws(LedgerError) -> ReplicationLink {
        if let failure { throw failure }
        try startTracking()
        return try replication.hub.attach(
            sink,
            as: name,
            mode: mode,
            after: version,
            current: history.version,
            isHeld: isHeld
        )
    }

    /// Has every commit recorded and shipped from now on: somebody may get a copy.
    func startTracking() throws(LedgerError) {
        try replication.start(path: connection.path)
        history.track()
    }

    /// The version that the database is at, with its record in it.
    func recordedVersion() throws(LedgerError) -> LedgerVersion {
        try startTracking()
        if !history.isRecorded {
            commit([], isAlone: true, isRecording: true)
            if let failure { throw failure }
        }
        return history.version
    }

    /// The version that the database is at.
    var version: LedgerVersion { history.version }
    /// When that was committed, in milliseconds since 1970.
    var committedAt: Int64 { history.committedAt }

    func publishStatistics() {
        published.withLock { $0 = statistics }
    }
}

extension LedgerError.Code {
    /// Whether it leaves open what is on the disk, so that the only safe thing is to write no more.
    var endsWriting: Bool {
        [.ioFailed, .corrupted, .walCorrupted, .foreignWriter, .fenced, .segmentTooLarge].contains(self)
    }
}
