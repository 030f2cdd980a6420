internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

// The log copied into the database file, between groups, when all of its frames are flushed and handed over: SQLite
// may overwrite them then.
extension WriterCore {
    /// Copies the log into the database file as far as `mode` says.
    func checkpoint(
        _ mode: Database.CheckpointMode,
        patience: Duration = .seconds(2)
    ) throws(LedgerError) -> Database.CheckpointResult {
        // SQLite would flush the log itself first, and must not where a flush of ours has failed.
        try flusher.drain()
        // Sinks need the pages as they were before: the database file must not change until they are shipped.
        try replication.shipper?.drain()
        guard replication.snapshots == 0 else {
            throw LedgerError(.isBusy, "\(connection.path) is being copied; try again")
        }
        let result = try connection.checkpoint(mode, patience: patience)
        statistics.checkpoints += 1
        let log = try connection.logFile()
        statistics.walFileBytes = Int(try asLedgerError { () throws(DatabaseError) in try log.size() })
        if result.isComplete { follower.allowStartingOver() }
        return result
    }

    /// Has the database file stay as it is, all of it, until `endSnapshot`; returns its version and size.
    ///
    /// Writes go on, in the log.
    func beginSnapshot() throws(LedgerError) -> DatabaseSnapshot.Begun {
        if let failure { throw failure }
        let version = try recordedVersion()
        if replication.snapshots > 0 {
            throw LedgerError(.isBusy, "\(connection.path) is being copied already; try again")
        }
        guard try checkpoint(.restart).isComplete else {
            throw LedgerError(.isBusy, "\(connection.path): a long read keeps the log from being copied; try again")
        }
        replication.snapshots += 1
        return .init(version: version, committedAt: committedAt, byteCount: try connection.mainFileSize())
    }

    func endSnapshot() {
        replication.snapshots -= 1
    }

    /// Ends the work on the files, with the database file complete and the log empty if they can be.
    ///
    /// An empty log does no harm to whoever puts another database file in the place of this one; a full one would.
    func close() throws(LedgerError) {
        defer {
            follower.close()
            flusher.stop()
            replication.stop()
            connection.close()
        }
        if failure == nil, replication.snapshots == 0 { _ = try checkpoint(.truncate) }
    }

    /// Makes the log's file longer ahead of need, until it has reached the size at which it starts over.
    ///
    /// A disk that has no room for it may still have some for the next commit, which will say so if not.
    func extendLogIfDue() {
        let step = 1 << 20
        let need = statistics.walBytes + step / 2
        guard failure == nil, need > statistics.walFileBytes, statistics.walFileBytes <= configuration.walBytesMax
        else {
            return
        }
        do throws(LedgerError) {
            let log = try connection.logFile()
            // An earlier process that was killed has left it as long as it was.
            statistics.walFileBytes = Int(try asLedgerError { () throws(DatabaseError) in try log.size() })
            guard need > statistics.walFileBytes else { return }
            statistics.walFileBytes += step
            let size = Int64(statistics.walFileBytes)
            try asLedgerError { () throws(DatabaseError) in try log.extend(to: size) }
        } catch {
            noteFailure(error)
        }
    }

    func checkpointIfDue() {
        guard failure == nil, replication.snapshots == 0, statistics.walBytes >= checkpointDue else { return }
        // Readers that keep coming can keep a passive checkpoint from ever letting the log start over. Those who wait
        // for the writer meanwhile must not pay much for one read that lasts.
        let mode: Database.CheckpointMode = statistics.walBytes >= 2 * configuration.walBytesMax ? .restart : .passive
        do throws(LedgerError) {
            _ = try checkpoint(mode, patience: .milliseconds(20))
            // Should the log not start over after it, the next try is due when as much again was written.
            checkpointDue = statistics.walBytes + configuration.walBytesMax
        } catch {
            noteFailure(error)
        }
        publishStatistics()
    }
}
