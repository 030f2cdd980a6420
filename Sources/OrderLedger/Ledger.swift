internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// A ledger of orders in a directory: products with stock, carts, orders, payments, shipments, refunds, and the
/// postings behind them.
///
/// Every write is `async`: it waits for the commit and the flush that make it durable, together with all other writes
/// of the moment, and is on disk when it returns. A write that throws has changed nothing, with one exception: after
/// `ioFailed`, `walCorrupted` and `foreignWriter` nobody knows what the disk kept. The ledger is then read-only;
/// opened anew it shows what was kept, and a request repeated with its idempotency key cannot be doubled.
///
/// Reads are plain calls at one consistent state, and return what is durable only: one that meets a commit whose flush
/// is under way waits for it. They run on connections of their own, beside the writer; a read beyond `readersMax`
/// waits, first come first served, until another is done.
///
/// The directory holds `ledger.sqlite3`, its `-wal` and `-shm`, and `LOCK`. Nobody else may write them; to look into
/// them with other tools, copy a ``snapshot(to:)``.
public final class Ledger: Sendable {
    let configuration: LedgerConfiguration
    private let fileSystem: any FileSystem
    private let core: WriterCore
    private let writer: LedgerWriter
    private let signal: CommitSignal
    /// Connections for reading.
    package let readers: ReaderPool
    private let lock: any FileLock
    private let databasePath: String
    private let vfs: String?

    init(
        core: WriterCore,
        writer: LedgerWriter,
        readers: ReaderPool,
        signal: CommitSignal,
        lock: any FileLock,
        configuration: LedgerConfiguration,
        fileSystem: any FileSystem,
        vfs: String?
    ) {
        self.core = core
        self.writer = writer
        self.readers = readers
        self.signal = signal
        self.lock = lock
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.vfs = vfs
        databasePath = core.connection.path
    }

    deinit {
        // In this order: the lock must be the last to go, and no connection may be in use when it is closed.
        writer.stop()
        core.flusher.stop()
        core.replication.stop()
        readers.close()
        core.connection.close()
        lock.release()
    }

    /// Opens the ledger in `directory`, making both where there is none.
    ///
    /// What an earlier process committed and did not copy into the database file is copied now.
    /// - Throws: ``LedgerError`` with `isLocked` when somebody has it open, `newerSchema`, `notALedger`, `corrupted`,
    ///   `invalidConfiguration`, `ioFailed`.
    public static func open(
        at directory: String,
        configuration: LedgerConfiguration = .init()
    ) async throws -> Ledger {
        try await open(at: directory, configuration: configuration, fileSystem: PosixFileSystem(), vfs: nil)
    }

    /// Waits for the writes under way and for reads to end, and closes the files.
    ///
    /// Later calls on the ledger throw `isClosed`; so does a second `close`. A ledger that goes away without it is
    /// closed too, but then the next one to open has the log to go through.
    /// - Throws: ``LedgerError`` with `ioFailed` when the log could not be copied; what was acknowledged is safe in it.
    public func close() async throws {
        let readers = readers
        let outcome: Result<Void, LedgerError>
        do throws(LedgerError) {
            try await writer.maintain(isLast: true) { core throws(LedgerError) in
                readers.close()
                try core.close()
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        if case .failure(let error) = outcome, error.code == .isClosed { throw error }
        writer.stop()
        signal.raise()
        lock.release()
        try outcome.get()
    }

    /// Has the writer do a command, and suspends until it is durable.
    func run<Done: Command>(_ command: Done) async throws -> Done.Value {
        try await writer.write { core throws(LedgerError) in try command.perform(core) }
    }

    /// The same for what has no checks.
    ///
    /// - Parameter isRepeatable: whether `body` may run again after what it did was taken back.
    func submit<Value: Sendable>(
        isRepeatable: Bool = true,
        _ body: @escaping @Sendable (WriterCore) throws(LedgerError) -> Value
    ) async throws -> Value {
        try await writer.write(isRepeatable: isRepeatable, body)
    }

    /// Commits that were seen so far; pass it to `waitForCommit`.
    var commitsSeen: UInt64 { signal.count }

    /// Suspends until there was a commit after `count`, or the ledger is closed; `false` when the task was cancelled.
    func waitForCommit(after count: UInt64) async -> Bool {
        await signal.wait(after: count)
    }
}

// Replication, upkeep, figures
extension Ledger {
    /// Attaches a sink, to which ``ReplicationLink/run()`` then hands every commit after `version`.
    ///
    /// From this call on a write waits for the sink as `mode` and the configuration's quorum say, whether or not the
    /// link runs yet.
    /// - Parameters:
    ///   - sink: a replica, an archive, a socket, a host's own.
    ///   - name: under which it is known; one that has failed may be attached anew under its name.
    ///   - mode: what is waited for.
    ///   - version: where the sink's copy stands; `nil` for a sink that takes what comes from now on.
    /// - Throws: ``LedgerError`` with `needsSnapshot` when what comes after `version` is not kept any more or was never
    ///   part of this ledger's history; `duplicateSink`; `isReadOnly`, `fenced`, `isClosed`.
    public func attach(
        _ sink: any ReplicationSink,
        as name: String,
        mode: ReplicationMode,
        after version: LedgerVersion? = nil
    ) async throws -> ReplicationLink {
        try await attach(sink, as: name, mode: mode, after: version, isHeld: version != nil)
    }

    /// The same for a sink that may be on its way to `version` still: it counts for nobody before it has acknowledged.
    func attach(
        _ sink: any ReplicationSink,
        as name: String,
        mode: ReplicationMode,
        after version: LedgerVersion?,
        isHeld: Bool
    ) async throws -> ReplicationLink {
        try await writer.maintain { core throws(LedgerError) in
            try core.attach(sink, as: name, mode: mode, after: version, isHeld: isHeld)
        }
    }

    /// Writes a copy of the database, flushed, to a file outside the ledger's directory that must not be there yet.
    ///
    /// Writes go on meanwhile, in a log that grows until the copy is done. The copy is a plain SQLite file without a
    /// log.
    /// - Returns: the version that the copy is of.
    /// - Throws: ``LedgerError`` with `snapshotFailed`, or `isBusy` when a long read (an audit) keeps the log open or
    ///   another copy is under way.
    @discardableResult
    public func snapshot(to path: String) async throws -> LedgerVersion {
        let fileSystem = fileSystem
        return try await withSnapshot { snapshot in
            try await runOnOwnThread(named: "ledger copy") { () throws(LedgerError) in
                try snapshot.write(to: path, on: fileSystem)
            }
            return snapshot.version
        }
    }

    /// Runs `body` while the database file stays as it is.
    package func withSnapshot<Value: Sendable>(_ body: (DatabaseSnapshot) async throws -> Value) async throws -> Value {
        let path = databasePath
        let vfs = vfs
        let begun = try await writer.maintain { core throws(LedgerError) in try core.beginSnapshot() }
        let outcome: Result<Value, any Error>
        do {
            let snapshot = try DatabaseSnapshot(path, begun, vfs: vfs)
            defer { snapshot.close() }
            outcome = .success(try await body(snapshot))
        } catch {
            outcome = .failure(error)
        }
        // A ledger that was closed meanwhile has nothing to go on with.
        try? await writer.maintain { core throws(LedgerError) in core.endSnapshot() }
        return try outcome.get()
    }

    /// Segments of this opening after `version`; `nil` when they are not kept.
    func backlog(after version: LedgerVersion, limit: Int) -> [WALSegment]? {
        core.replication.hub.backlog(after: version, limit: limit)
    }

    /// The version that the ledger is at, as of the last commit.
    public func version() async throws -> LedgerVersion {
        try await writer.maintain { core throws(LedgerError) in core.version }
    }

    /// Copies the write-ahead log into the database file now; the ledger does so by itself when the log grows.
    package func checkpoint() async throws {
        _ = try await writer.maintain { core throws(LedgerError) in try core.checkpoint(.restart) }
    }

    /// What the ledger has done so far, as of the last commit, and who reads it now.
    public var statistics: LedgerStatistics {
        var statistics = core.latestStatistics
        let figures = readers.figures
        statistics.readers = figures.count
        statistics.oldestReaderAge = figures.oldestAge
        statistics.sinks = core.replication.hub.figures
        return statistics
    }
}
