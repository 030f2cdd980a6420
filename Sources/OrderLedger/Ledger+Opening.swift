internal import Glibc
internal import Logging
package import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

extension Ledger {
    /// Opens a ledger on a given file system, for tests.
    ///
    /// - Parameters:
    ///   - directory: where the files are.
    ///   - configuration: limits and clock.
    ///   - fileSystem: where the lock is taken, the log read back and snapshots written.
    ///   - vfs: the name of the SQLite file system that the database is on; `nil` for the default one.
    package static func open(
        at directory: String,
        configuration: LedgerConfiguration,
        fileSystem: any FileSystem,
        vfs: String?
    ) async throws -> Ledger {
        try await open(at: directory, configuration: configuration, fileSystem: fileSystem, vfs: vfs, holding: nil)
    }

    /// The same with the directory's lock in hand, which is released when it fails.
    static func open(
        at directory: String,
        configuration: LedgerConfiguration,
        fileSystem: any FileSystem,
        vfs: String?,
        holding lock: (any FileLock)?
    ) async throws -> Ledger {
        do {
            try configuration.validate()
        } catch {
            lock?.release()
            throw error
        }
        let opening = LedgerOpening(configuration: configuration, fileSystem: fileSystem, vfs: vfs)
        // Opening reads, recovers and flushes: not on a thread of the cooperative pool.
        return try await runOnOwnThread(named: "ledger opening") { () throws(LedgerError) in
            try opening.open(directory, holding: lock)
        }
    }
}

/// The steps from a directory to a ledger.
private struct LedgerOpening: Sendable {
    let configuration: LedgerConfiguration
    let fileSystem: any FileSystem
    let vfs: String?

    func open(_ directory: String, holding held: (any FileLock)?) throws(LedgerError) -> Ledger {
        let lock = if let held { held } else { try lockDirectory(directory, on: fileSystem) }
        do throws(LedgerError) {
            return try open(directory, with: lock)
        } catch {
            lock.release()
            throw error
        }
    }

    private func open(_ directory: String, with lock: any FileLock) throws(LedgerError) -> Ledger {
        let path = directory.appendingPath("ledger.sqlite3")
        if try isReplacing(directory) {
            throw LedgerError(
                .needsSnapshot,
                "\(directory) holds half of a replica's snapshot; open it as a replica first"
            )
        }
        let connection = try Connection(
            path: path,
            role: .writer,
            vfs: vfs,
            cacheBytesMax: configuration.cacheBytesMax
        )
        try Schema.check(connection)
        try connection.startLogging()
        try Schema.migrate(connection)
        // Nobody reads yet, so that the whole log can be copied: the first commit then starts it over, and the
        // follower has no frames of an earlier process to account for.
        guard try connection.checkpoint(.restart, patience: .seconds(2)).isComplete else {
            throw LedgerError(.isBusy, "\(path): somebody else has it open and holds its log; only the ledger may")
        }
        try connection.refusePragmas(of: .writer)
        do throws(IOError) {
            try fileSystem.synchronizeDirectory(directory)
        } catch {
            throw LedgerError(.ioFailed, "\(directory) could not be flushed", cause: error)
        }
        let durability = Durability()
        let signal = CommitSignal()
        let record = try HistoryRecord(reading: connection)
        let fence = try FenceFile(in: directory, fileSystem).epoch
        let epoch = try epoch(after: record, fence: fence)
        let history = History(after: record, epoch: epoch, writer: configuration.makeIdentifier())
        let core = WriterCore(
            connection: connection,
            follower: WALFollower(path: path + "-wal", fileSystem: fileSystem),
            flusher: try GroupFlusher(log: try connection.logFile(), durability: durability, signal: signal),
            durability: durability,
            history: history,
            replication: Replication(configuration: configuration, fileSystem: fileSystem, vfs: vfs),
            configuration: configuration
        )
        // Where nothing may be acknowledged without copies, that holds before the first is attached too.
        if configuration.replication.quorum.count ?? 0 > 0 { try core.startTracking() }
        core.statistics.position = record.version.position
        core.publishStatistics()
        core.extendLogIfDue()
        if let failure = core.failure { throw failure }
        let readers = ReaderPool(path: path, vfs: vfs, durability: durability, configuration: configuration)
        let ledger = Ledger(
            core: core,
            writer: try LedgerWriter(core, readers: readers, configuration: configuration),
            readers: readers,
            signal: signal,
            lock: lock,
            configuration: configuration,
            fileSystem: fileSystem,
            vfs: vfs
        )
        configuration.logger?.info("the ledger is open", metadata: ["path": "\(path)"])
        return ledger
    }
}

extension LedgerOpening {
    private func isReplacing(_ directory: String) throws(LedgerError) -> Bool {
        do throws(IOError) {
            return try fileSystem.info(directory.appendingPath(ReplicaStore.markerName)) != nil
        } catch {
            throw LedgerError(.ioFailed, "\(directory) cannot be used", cause: error)
        }
    }

    /// The epoch to write in: the lease's, or the first that is above the last and not below the directory's fence.
    private func epoch(after record: HistoryRecord, fence: UInt64) throws(LedgerError) -> UInt64 {
        let last = record.version.position.epoch
        guard let lease = configuration.lease else { return max(last + 1, fence) }
        guard lease.epoch > last, lease.epoch >= fence else {
            throw LedgerError(
                .fenced,
                "the lease is of epoch \(lease.epoch), and \(max(last, fence)) has begun; acquire one above that"
            )
        }
        return lease.epoch
    }
}

/// Takes a directory's lock, on a file of its own: one on the database would meet SQLite's own locks.
func lockDirectory(_ directory: String, on fileSystem: any FileSystem) throws(LedgerError) -> any FileLock {
    do throws(IOError) {
        try fileSystem.createDirectories(directory)
        return try fileSystem.lock(directory.appendingPath("LOCK"))
    } catch {
        if error.operation == .lock, error.errno == EWOULDBLOCK {
            throw LedgerError(
                .isLocked,
                "\(directory) is open already; end the other one, or share its ledger",
                cause: error
            )
        }
        throw LedgerError(.ioFailed, "\(directory) cannot be used", cause: error)
    }
}

/// Runs `body` on a thread made for it, and suspends until it is done.
func runOnOwnThread<Value: Sendable>(
    named name: String,
    _ body: @escaping @Sendable () throws(LedgerError) -> Value
) async throws(LedgerError) -> Value {
    let thread = Locked<WorkerThread?>(nil)
    let result: Result<Value, LedgerError> = await unsafe withUnsafeContinuation { continuation in
        let isTaken = Locked(false)
        do throws(WorkerThreadError) {
            let worker = try WorkerThread(name: name) {
                // The body of such a thread runs once more when it is stopped.
                let wasTaken = isTaken.withLock { isTaken in
                    defer { isTaken = true }
                    return isTaken
                }
                if !wasTaken { unsafe continuation.resume(returning: Result(catching: body)) }
            }
            thread.withLock { $0 = worker }
            worker.signal()
        } catch {
            let failure = LedgerError(
                .ioFailed,
                "no thread for \(name); end some of the process's",
                cause: error
            )
            unsafe continuation.resume(returning: .failure(failure))
        }
    }
    thread.withLock { $0.take() }?.stop()
    return try result.get()
}
