internal import VitrineCSQLite
internal import VitrineSync

/// A connection to a SQLite database: the only place of ours that opens one.
///
/// No thread but one may use it at a time.
/// It never calls `PRAGMA wal_autocheckpoint` or `sqlite3_wal_autocheckpoint`, which put a hook of their own in the
/// place of ours; setting ours is what turns automatic checkpoints off.
@safe package final class Database: @unchecked Sendable {
    // Unchecked: whoever has it is the only one to touch it, see above.

    /// What a connection is for.
    package enum Role: Sendable {
        /// Writes and checkpoints; there is one.
        case writer
        /// Only reads, even if it were asked to write.
        case reader
        /// Writes to a database in memory that nobody keeps.
        case scratch
    }

    /// The database file.
    package let path: String
    /// The connection; `nil` once it was closed.
    private(set) var handle: OpaquePointer?
    /// By the numbers of their queries.
    private var statements: [Statement?] = []
    private var commitHook: CommitHook?
    /// What can end a read on this connection; of no meaning for a writer.
    package let limit = ReadLimit()

    /// Opens the database at `path`; a writer creates it if it is missing.
    ///
    /// - Parameters:
    ///   - vfs: the name of the SQLite file system to use, `nil` for the default one.
    ///   - cacheBytesMax: bytes of pages to keep in memory.
    /// - Throws: `statementFailed`, `fileFailed`.
    package init(path: String, role: Role, vfs: String?, cacheBytesMax: Int) throws(DatabaseError) {
        self.path = path
        // A reader is opened for writing too, and kept from it by `query_only` and the authorizer: of a database that
        // is opened read-only, SQLite does not even parse the CHECK constraints that an audit must hold rows against.
        let access = role == .reader ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        var handle: OpaquePointer?
        let status = unsafe sqlite3_open_v2(path, &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
        unsafe self.handle = handle
        do throws(DatabaseError) {
            guard status == SQLITE_OK else { throw unsafe DatabaseError.last(on: handle, path: path, sql: "") }
            unsafe sqlite3_busy_timeout(handle, busyMilliseconds)
            try configure(role, cacheBytesMax: cacheBytesMax)
        } catch {
            close()
            throw error
        }
    }

    deinit {
        close()
    }

    /// Closes the connection; a second call does nothing, any other call on it throws.
    package func close() {
        statements = []
        unsafe sqlite3_close_v2(handle)
        unsafe handle = nil
    }

    private func configure(_ role: Role, cacheBytesMax: Int) throws(DatabaseError) {
        // The last connection to close would otherwise checkpoint on its own, and delete the log.
        try setOption(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE)
        try setOption(SQLITE_DBCONFIG_DEFENSIVE)
        switch role {
        case .writer:
            // In a log, NORMAL flushes at checkpoints only: the flush of each commit is ours, see `LogFile`.
            try execute("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")
        case .reader:
            try execute("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY")
        case .scratch:
            return
        }
        try execute("PRAGMA trusted_schema = OFF; PRAGMA cache_size = -\(cacheBytesMax / 1_024)")
        try control(SQLITE_FCNTL_PERSIST_WAL, 1)
        if role == .reader { obeyLimit() }
    }

    /// Has statements end when the limit says so.
    private func obeyLimit() {
        unsafe sqlite3_progress_handler(
            handle,
            4_000,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<ReadLimit>.fromOpaque(context).takeUnretainedValue().mustStop ? 1 : 0
            },
            Unmanaged.passUnretained(limit).toOpaque()
        )
    }

    /// Makes the database one with a write-ahead log, if it is not yet.
    package func startLogging() throws(DatabaseError) {
        // The change itself goes through a rollback journal, which is safe from a loss of power only where the journal is
        // flushed before its head says so, and its end too (sqlite.org/pragma.html#pragma_synchronous).
        try execute("PRAGMA page_size = 4096; PRAGMA synchronous = EXTRA")
        // The mode comes as a row, and the change is committed after it: only a statement that ran to its end has made it.
        let statement = try prepare("PRAGMA journal_mode = WAL")
        let mode = try statement.step() ? statement.text(0) : "nothing"
        while try statement.step() {}
        guard mode == "wal" else {
            let message = "\(path): write-ahead logging is not possible here, only \(mode)"
            throw DatabaseError(.fileFailed, path: path, message: message)
        }
        try execute("PRAGMA synchronous = NORMAL")
    }

    /// Answers whether a statement that is being prepared may do something (sqlite3_set_authorizer).
    package typealias Authorizer =
        @convention(c) (
            _ context: UnsafeMutableRawPointer?, _ action: Int32, _ first: UnsafePointer<CChar>?,
            _ second: UnsafePointer<CChar>?, _ database: UnsafePointer<CChar>?, _ trigger: UnsafePointer<CChar>?
        ) -> Int32

    /// From here on, asks `authorizer` about each statement that is prepared.
    ///
    /// - Parameter context: what the authorizer is handed; must live as long as the connection.
    package func setAuthorizer(
        _ authorizer: Authorizer,
        context: UnsafeMutableRawPointer?
    ) throws(DatabaseError) {
        let status = unsafe sqlite3_set_authorizer(handle, authorizer, context)
        guard status == SQLITE_OK else { throw unsafe DatabaseError.last(on: handle, path: path, sql: "") }
    }

    /// Has every commit that wrote something noted in `hook`.
    package func setCommitHook(_ hook: CommitHook) {
        commitHook = hook
        let context = unsafe Unmanaged.passUnretained(hook).toOpaque()
        unsafe sqlite3_wal_hook(
            handle,
            { context, _, _, frames in
                if let context = unsafe context {
                    unsafe Unmanaged<CommitHook>.fromOpaque(context).takeUnretainedValue().note(frames: Int(frames))
                }
                return SQLITE_OK
            },
            context
        )
    }

    private func setOption(_ option: Int32) throws(DatabaseError) {
        guard unsafe vitrine_sqlite_configure(handle, option, 1) == SQLITE_OK else {
            throw unsafe DatabaseError.last(on: handle, path: path, sql: "")
        }
    }

    private func control(_ operation: Int32, _ value: Int32) throws(DatabaseError) {
        var value = value
        guard unsafe sqlite3_file_control(handle, "main", operation, &value) == SQLITE_OK else {
            let message = "\(path): file control \(operation) was refused"
            throw DatabaseError(.fileFailed, path: path, message: message)
        }
    }

    /// The statement of `query`, prepared at its first use and kept.
    package func statement(_ query: Query) throws(DatabaseError) -> Statement {
        let number = query.number
        if number < statements.count, let statement = statements[number] { return statement }
        let statement = try prepare(query.sql)
        if number >= statements.count {
            statements += Array(repeating: nil, count: number + 1 - statements.count)
        }
        statements[number] = statement
        return statement
    }
}

/// How long a statement waits for another connection.
///
/// Ours never hold each other up for long: what does is foreign.
let busyMilliseconds: Int32 = 2_000
