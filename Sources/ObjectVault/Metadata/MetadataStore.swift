internal import Metrics
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// The vault's database: one connection writes, in groups, on a thread of its own; others read, without waiting for it.
///
/// A group is one transaction, with a savepoint for each of its changes, and one flush (`synchronous=FULL`: SQLite
/// flushes the log before it shows a commit to readers, so that what is seen is safe).
final class MetadataStore: Sendable {
    /// So that nobody waits for a thousand others.
    private static let groupMax = 256
    /// The log is copied into the database when it has grown so large, in pages of 4 KiB.
    private static let checkpointPages = 2_048

    let path: String
    private let readers: DatabasePool
    private let health: VaultHealth
    private let metrics: VaultMetrics
    private let state: Locked<State> = Locked(State())
    private let thread: Locked<WorkerThread?> = Locked(nil)
    private let writer: WriterDatabase
    /// Last, for the connections must be gone before it.
    private let vfs: FileSystemVFS

    /// The writing connection; only the store's thread uses it once the vault is open.
    private final class WriterDatabase: @unchecked Sendable {
        // Unchecked: confined to the opening thread, then to the writer's.
        let database: Database
        let hook = CommitHook()

        init(_ database: Database) {
            self.database = database
            database.setCommitHook(hook)
        }
    }

    private struct Request: Sendable {
        let run: @Sendable (Database) throws -> Void
        let finish: @Sendable (VaultError?) -> Void
    }

    private struct State {
        var waiting: [Request] = []
        var isBusy = false
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    /// Opens the database, makes it if it is missing, and has SQLite recover what a crash left.
    init(
        directory: VaultDirectory,
        configuration: VaultConfiguration,
        health: VaultHealth,
        metrics: VaultMetrics
    ) throws {
        path = directory.metadataPath
        self.health = health
        self.metrics = metrics
        let vfs = FileSystemVFS(disk: directory.disk)
        self.vfs = vfs
        let path = directory.metadataPath
        readers = DatabasePool(countMax: configuration.readersMax) { () throws(DatabaseError) in
            try Database(path: path, role: .reader, vfs: vfs.name, cacheBytesMax: configuration.cacheBytesMax)
        }
        do {
            let database = try Database(
                path: path,
                role: .writer,
                vfs: vfs.name,
                cacheBytesMax: configuration.cacheBytesMax
            )
            try database.startLogging()
            try database.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF")
            try MetadataSchema.prepare(database, path: path)
            writer = WriterDatabase(database)
            let worker = try WorkerThread(name: "vault-metadata") { [weak self] in self?.writeAll() }
            thread.withLock { $0 = worker }
        } catch {
            throw MetadataStore.explain(error, path: path, vfs: vfs)
        }
    }

    deinit {
        thread.withLock { $0.take() }?.stop()
    }

    /// Runs `body` within one snapshot of the database.
    ///
    /// May be called from any thread; waits only when more reads run than there are connections.
    func read<Result>(_ body: (Database) throws -> Result) throws(VaultError) -> Result {
        try health.checkReadable()
        do {
            return try readers.use { database in
                try database.run(.beginRead)
                do {
                    let result = try body(database)
                    try database.run(.commit)
                    return result
                } catch {
                    if database.isInTransaction { try? database.execute("ROLLBACK") }
                    throw error
                }
            }
        } catch {
            throw explain(error)
        }
    }

    /// Runs one query, which is a snapshot by itself.
    func readOnce<Result>(_ body: (Database) throws -> Result) throws(VaultError) -> Result {
        try health.checkReadable()
        do {
            return try readers.use(body)
        } catch {
            throw explain(error)
        }
    }

    /// Runs `body` in the next group's transaction, and returns once that is safe from a crash.
    ///
    /// What `body` throws undoes what it changed, and nothing of others. Cancellation is not observed: the change is on
    /// its way, and the caller must learn what became of it.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(VaultError) -> Result {
        try health.checkWritable()
        let box = Locked<Result?>(nil)
        let failure: VaultError? = await withCheckedContinuation { continuation in
            let request = Request(
                run: { database in
                    let result = try body(database)
                    box.withLock { $0 = result }
                },
                finish: { continuation.resume(returning: $0) }
            )
            let isQueued = state.withLock { state in
                if !state.isClosed { state.waiting.append(request) }
                return !state.isClosed
            }
            if isQueued {
                thread.withLock { $0 }?.signal()
            } else {
                continuation.resume(returning: health.closedError)
            }
        }
        if let failure { throw failure }
        guard let result = box.withLock({ $0 }) else { preconditionFailure("a change that did not run did not fail") }
        return result
    }

    /// Refuses new changes, suspends until those it has are done, and closes the database.
    func close() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                state.isClosed = true
                if state.waiting.isEmpty && !state.isBusy { return true }
                state.closing.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
        thread.withLock { $0.take() }?.stop()
        readers.close()
        // The next opening reads from the log what was not copied.
        if (try? health.checkFlushes()) != nil {
            _ = try? writer.database.checkpoint(.truncate, patience: .zero)
        }
        writer.database.close()
    }

    private func explain(_ error: any Error) -> VaultError {
        MetadataStore.explain(error, path: path, vfs: vfs)
    }

    /// What a failure of the database means.
    private static func explain(_ error: any Error, path: String, vfs: FileSystemVFS) -> VaultError {
        switch error {
        case let error as VaultError: return error
        case let error as IOError: return VaultError(error, "\(path) cannot be opened")
        case let error as DatabaseError:
            if error.isOutOfSpace {
                return VaultError(.outOfSpace, "\(path) cannot grow: make room on the disk and try again", cause: error)
            }
            if error.isCorruption {
                return VaultError(
                    .isCorrupt,
                    "\(path) is damaged: put a copy of it in its place, as Docs/ObjectVault.docc/DisasterDrill says",
                    cause: error
                )
            }
            if let failure = vfs.lastFailure, error.isIOFailure {
                return VaultError(failure, "the vault's metadata cannot be read or written")
            }
            return VaultError(.ioFailed, "the database \(path) refused an operation, see the cause", cause: error)
        default: return VaultError(.ioFailed, "the vault's metadata cannot be used", cause: error)
        }
    }
}

// The writer's thread
extension MetadataStore {
    /// One turn: group after group until nobody waits.
    private func writeAll() {
        while let group = takeGroup() {
            metrics.commitGroup.record(Int64(group.count))
            let failures = commit(group)
            for (request, failure) in zip(group, failures) { request.finish(failure) }
            checkpointIfDue()
        }
    }

    private func takeGroup() -> [Request]? {
        let (group, finished) = state.withLock { state -> ([Request]?, [CheckedContinuation<Void, Never>]) in
            state.isBusy = !state.waiting.isEmpty
            guard state.isBusy else {
                defer { state.closing = [] }
                return (nil, state.closing)
            }
            let group = Array(state.waiting.prefix(Self.groupMax))
            state.waiting.removeFirst(group.count)
            return (group, [])
        }
        for continuation in finished { continuation.resume() }
        return group
    }

    /// Carries a group out; returns for each change why it failed.
    private func commit(_ group: [Request]) -> [VaultError?] {
        let database = writer.database
        var failures: [VaultError?] = []
        do {
            try health.checkFlushes()
            try database.run(.begin)
            for request in group {
                try database.run(.savepoint)
                do {
                    try request.run(database)
                    failures.append(nil)
                } catch {
                    // A full or failing disk takes the whole transaction back.
                    guard database.isInTransaction else { throw error }
                    try database.run(.rollbackOne)
                    failures.append(explain(error))
                }
                try database.run(.release)
            }
            try database.run(.commit)
            return failures
        } catch {
            if database.isInTransaction { try? database.execute("ROLLBACK") }
            let failure: VaultError
            if let error = error as? DatabaseError, error.isFailedFlush {
                let cause = vfs.lastFailure ?? IOError(.synchronize, path: path, errno: 5)
                failure = health.flushFailed(cause)
            } else {
                failure = explain(error)
            }
            // What failed by itself keeps its own reason.
            return group.indices.map { $0 < failures.count ? failures[$0] ?? failure : failure }
        }
    }

    private func checkpointIfDue() {
        guard writer.hook.frames >= Self.checkpointPages, (try? health.checkFlushes()) != nil else { return }
        do throws(DatabaseError) {
            let isHeldUp = writer.hook.frames >= 4 * Self.checkpointPages
            _ = try writer.database.checkpoint(isHeldUp ? .restart : .passive, patience: .milliseconds(20))
        } catch {
            // The log has everything; a disk that failed a flush must not be asked again.
            if error.isFailedFlush {
                _ = health.flushFailed(vfs.lastFailure ?? IOError(.synchronize, path: path, errno: 5))
            }
        }
    }
}

extension Query {
    static let beginRead = Query("BEGIN")
    static let begin = Query("BEGIN IMMEDIATE")
    static let commit = Query("COMMIT")
    static let savepoint = Query("SAVEPOINT one")
    static let release = Query("RELEASE one")
    static let rollbackOne = Query("ROLLBACK TO one")
}
