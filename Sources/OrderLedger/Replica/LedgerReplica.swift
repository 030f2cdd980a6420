package import VitrineIO
internal import VitrineSync

/// A copy of a ledger that follows it, in the same process or another, and serves reads meanwhile.
///
/// It is a sink: attach it to the ledger, or have a ``ReplicationClient`` feed it. Segments are applied through
/// SQLite's own log, so that readers keep the state that they began with and never wait; each is held against checksums
/// of the pages before and after. What does not belong to the copy's history is refused by name: `gap`, `fenced`,
/// `foreignWriter`, `diverged`. What is missing the replica fetches by itself from its configuration's sources.
///
/// The directory holds what a ledger's does, and `FENCE`. Nobody else may write to it.
public final class LedgerReplica: LedgerReading, ReplicationSink {
    private let directory: String
    private let configuration: ReplicaConfiguration
    private let fileSystem: any FileSystem
    private let vfs: String?
    private let store: ReplicaStore
    /// The one thread that writes.
    private let thread: BlockingPool
    private let progress: ReplicaProgress
    private let lock: Locked<(any FileLock)?>

    private init(
        directory: String,
        configuration: ReplicaConfiguration,
        fileSystem: any FileSystem,
        vfs: String?,
        store: ReplicaStore,
        thread: BlockingPool,
        lock: any FileLock
    ) {
        self.directory = directory
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.vfs = vfs
        self.store = store
        self.thread = thread
        progress = store.progress
        self.lock = Locked(lock)
    }

    /// Opens the replica in `directory`, which may be empty: it has no copy then, until it catches up.
    ///
    /// - Throws: ``LedgerError`` with `isLocked` when somebody has it open; `needsSnapshot` when the database there
    ///   does not say exactly which version it is, and may not be replaced; what opening a ledger throws.
    public static func open(
        at directory: String,
        configuration: ReplicaConfiguration = .init()
    ) async throws -> LedgerReplica {
        try await open(at: directory, configuration: configuration, fileSystem: PosixFileSystem(), vfs: nil)
    }

    package static func open(
        at directory: String,
        configuration: ReplicaConfiguration,
        fileSystem: any FileSystem,
        vfs: String?
    ) async throws -> LedgerReplica {
        try configuration.ledger.validate()
        let thread: BlockingPool
        do {
            thread = try BlockingPool(name: "ledger replica", threadCount: 1)
        } catch {
            throw LedgerError(.ioFailed, "no thread for the replica; end some of the process's", cause: error)
        }
        let (store, lock) = try await thread.run {
            let lock = try lockDirectory(directory, on: fileSystem)
            do {
                return (try ReplicaStore(directory, configuration, fileSystem, vfs: vfs), lock)
            } catch {
                lock.release()
                throw error
            }
        }
        return LedgerReplica(
            directory: directory,
            configuration: configuration,
            fileSystem: fileSystem,
            vfs: vfs,
            store: store,
            thread: thread,
            lock: lock
        )
    }

    /// The connections that reads are made on.
    public var reader: LedgerReader { LedgerReader(progress.readers) }

    /// The version that the copy is at; `nil` before it has one.
    public var version: LedgerVersion? { progress.status.version }

    /// Where the copy stands, and how far behind.
    public var status: ReplicaStatus { progress.status }

    /// Notes how far the ledger has come, as its heartbeat says, for ``ReplicaStatus/isBehind``.
    func note(primary: LedgerPosition) {
        progress.note(primary: primary)
    }

    // Following

    /// Applies a segment; readers see it when this returns.
    ///
    /// One that the copy has already is no error. What lies between is fetched from the configuration's sources;
    /// without any, and whenever the copy must not be replaced, the replica says what is wrong.
    /// - Throws: ``LedgerError`` with `gap`, `diverged`, `needsSnapshot`, `fenced`, `foreignWriter`,
    ///   `segmentCorrupted`, `walCorrupted`, `diskFull`, `ioFailed`, `isReadOnly`, `isClosed`; what a source throws.
    public func receive(_ segment: WALSegment) async throws {
        do {
            try await apply([segment])
        } catch let error as LedgerError where !configuration.sources.isEmpty {
            switch error.code {
            case .gap, .needsSnapshot: try await closeGap(before: segment)
            case .diverged where configuration.replacesCopy: try await replaceCopy()
            default: throw error
            }
            try await apply([segment])
        }
    }

    private func closeGap(before segment: WALSegment) async throws {
        try await catchUp()
        // A source may know the copy's history without what comes next in it.
        guard let version, version.position < segment.before.position, configuration.replacesCopy else { return }
        try await replaceCopy()
    }

    /// Makes what was applied safe from a loss of power.
    ///
    /// - Throws: ``LedgerError`` with `ioFailed`: nothing more is applied then, until the replica is opened anew.
    public func flush() async throws {
        let store = store
        try await thread.run { try store.flush() }
    }

    private func apply(_ segments: [WALSegment]) async throws {
        let store = store
        try await thread.run { try store.apply(segments) }
    }

    /// Fetches what the copy is missing from the sources, and flushes it.
    ///
    /// Each source gives what it has, in the configuration's order. A copy that none of them can go on from is given up
    /// for a snapshot, if the configuration permits.
    /// - Throws: ``LedgerError`` with `needsSnapshot` or `diverged`; what the last source threw, when none could help.
    public func catchUp() async throws {
        if try await !fetch() {
            guard version == nil || configuration.replacesCopy else {
                throw LedgerError(
                    .needsSnapshot,
                    "\(directory) cannot go on from where it stands; begin from a snapshot"
                )
            }
            try await replaceCopy()
        }
        try await flush()
    }

    /// Applies what the sources have after the copy's version; `false` when none of them knows that version.
    private func fetch() async throws -> Bool {
        var isKnown = false
        for source in configuration.sources {
            while let version = version, let segments = try? await source.segments(after: version) {
                isKnown = true
                if segments.isEmpty { break }
                try await apply(segments)
            }
        }
        return isKnown
    }

    /// Gives the copy up for the snapshot of the first source that has one, and goes on from there.
    private func replaceCopy() async throws {
        var lastError: any Error = LedgerError(.needsSnapshot, "\(directory): no source has what the copy is missing")
        for source in configuration.sources {
            do {
                try await install(from: source)
                _ = try await fetch()
                return
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    /// Applies segments, and flushes them if asked to, in one go.
    func follow(_ segments: [WALSegment], isDurable: Bool) async throws {
        let store = store
        try await thread.run {
            try store.apply(segments)
            if isDurable { try store.flush() }
        }
    }

    /// - Throws: `fenced` once it was promoted, `isClosed`.
    func checkFollowing() throws(LedgerError) {
        if let ending = progress.ending { throw ending }
    }

    /// Begins to take in a snapshot.
    ///
    /// - Throws: `needsSnapshot` when the copy may not be replaced.
    func beginIncoming(_ version: LedgerVersion, byteCount: Int64) async throws -> IncomingSnapshot {
        guard self.version == nil || configuration.replacesCopy else {
            throw LedgerError(.needsSnapshot, "\(directory) cannot go on from where it stands; begin from a snapshot")
        }
        let store = store
        let fileSystem = fileSystem
        return try await thread.run {
            try IncomingSnapshot(version, byteCount: byteCount, at: store.prepareIncoming(), on: fileSystem)
        }
    }

    /// Adds a part to a snapshot; once it is whole it takes the copy's place, and `true` is returned.
    func add(_ bytes: [UInt8], at offset: Int64, to snapshot: IncomingSnapshot) async throws -> Bool {
        let store = store
        return try await thread.run {
            guard try snapshot.add(bytes, at: offset) else { return false }
            try store.install(snapshot.path, snapshot.version)
            return true
        }
    }

    private func install(from source: any CatchUpSource) async throws {
        let store = store
        let path = try await thread.run { try store.prepareIncoming() }
        let version = try await source.snapshot(to: path)
        try await thread.run { try store.install(path, version) }
    }

    // Reading your writes

    /// Suspends until the copy has reached `position`.
    ///
    /// - Parameters:
    ///   - position: what ``LedgerStatistics/position`` said when the write had returned.
    ///   - limit: how long to wait at most.
    /// - Throws: ``LedgerError`` with `replicaBehind` when it takes longer; `CancellationError`.
    public func wait(for position: LedgerPosition, atMost limit: Duration) async throws {
        try await progress.wait(for: position, atMost: limit)
    }

    /// Runs a host's own queries at a state that contains `position`.
    ///
    /// - Throws: as ``wait(for:atMost:)`` and ``LedgerReading/read(_:)``.
    public func read<Value: Sendable>(
        at position: LedgerPosition,
        waitingAtMost limit: Duration,
        _ body: @escaping @Sendable (ReadTransaction) throws -> Value
    ) async throws -> Value {
        try await wait(for: position, atMost: limit)
        return try await read(body)
    }

    /// The bytes of the whole database as readers see it now, for tests.
    package func image() async throws -> [UInt8] {
        let store = store
        return try await thread.run { try store.image() }
    }

    // Failing over

    /// Has the copy refuse every segment of an epoch below this one, also after a restart.
    ///
    /// Before one of several replicas is promoted, fence as many of them that no quorum is left without one: a deposed
    /// ledger can acknowledge nothing then.
    /// - Throws: ``LedgerError`` with `ioFailed`.
    public func fence(below epoch: UInt64) async throws {
        let store = store
        try await thread.run { try store.fence(below: epoch) }
    }

    /// Makes the copy a ledger, which writes in the epoch after the last, or in its lease's.
    ///
    /// The replica is of no use afterwards; as a sink of the old ledger it answers `fenced`.
    /// - Parameter configuration: the ledger's.
    /// - Throws: ``LedgerError`` with `needsSnapshot` for a replica without a copy; `fenced` when the lease's epoch is
    ///   not above the copy's, or below a fence; what opening a ledger throws.
    public func promote(configuration: LedgerConfiguration = .init()) async throws -> Ledger {
        let store = store
        try await thread.run { try store.promote() }
        guard let lock = lock.withLock({ $0.take() }) else { throw LedgerError(.isClosed, "\(directory) was closed") }
        return try await Ledger.open(
            at: directory,
            configuration: configuration,
            fileSystem: fileSystem,
            vfs: vfs,
            holding: lock
        )
    }

    /// Waits for reads to end and closes the files; later calls throw `isClosed`.
    ///
    /// - Throws: ``LedgerError`` with `ioFailed`; what was flushed is safe.
    public func close() async throws {
        let store = store
        let outcome: Result<Void, any Error>
        do {
            try await thread.run { try store.close() }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await thread.close()
        lock.withLock { $0.take() }?.release()
        try outcome.get()
    }
}

/// Where a replica stands.
public struct ReplicaStatus: Sendable, Hashable {
    /// The version that the copy is at; `nil` before it has one.
    public internal(set) var version: LedgerVersion?
    /// When its last transaction was committed, since 1970-01-01 00:00 UTC, by the ledger's clock.
    public internal(set) var committedAt: Duration = .zero
    /// How far the ledger has come, as far as the replica was told.
    public internal(set) var primary: LedgerPosition?
    /// How old the copy was, by the replica's clock, when its last segment had been applied: the lag that readers see.
    public internal(set) var lag: Duration = .zero
    /// Segments that were applied since it was opened.
    public internal(set) var segments = 0

    /// Whether the replica knows of transactions that it does not have.
    public var isBehind: Bool {
        guard let primary else { return false }
        return version.map { $0.position < primary } ?? true
    }
}
