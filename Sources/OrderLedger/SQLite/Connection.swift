internal import VitrineCSQLite
internal import VitrineSync

/// A connection to the ledger's database: the only place of the module that opens one.
///
/// No thread but one may use it at a time; the writer's thread keeps its own, the reader pool hands out the others.
/// It never calls `PRAGMA wal_autocheckpoint` or `sqlite3_wal_autocheckpoint`, which put a hook of their own in the
/// place of ours; setting ours is what turns automatic checkpoints off.
@safe package final class Connection: @unchecked Sendable {
    // Unchecked: the writer's thread or the reader that borrowed it is the only one to touch it.

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
    private var handle: OpaquePointer?
    private var statements: [ObjectIdentifier: Statement] = [:]
    private var hostStatements = HostStatements()
    private var commitHook: CommitHook?
    private let source = StatementSource()
    /// Statements of the host's that may have written, if only to the schema, which SQLite does not count as changes.
    private(set) var hostWrites = 0
    /// What can end a read on this connection; of no meaning for a writer.
    let limit = ReadLimit()

    /// Opens the database at `path`; a writer creates it if it is missing.
    ///
    /// - Parameters:
    ///   - vfs: the name of the SQLite file system to use, `nil` for the default one.
    ///   - cacheBytesMax: bytes of pages to keep in memory.
    /// - Throws: `ioFailed`, `corrupted`, `isBusy`.
    package init(path: String, role: Role, vfs: String?, cacheBytesMax: Int) throws(LedgerError) {
        self.path = path
        // A reader is opened for writing too, and kept from it by `query_only` and the authorizer: of a database that
        // is opened read-only, SQLite does not even parse the CHECK constraints that an audit must hold rows against.
        let access = role == .reader ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        var handle: OpaquePointer?
        let status = unsafe sqlite3_open_v2(path, &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
        unsafe self.handle = handle
        do throws(LedgerError) {
            guard status == SQLITE_OK else { throw unsafe SQLiteError.last(on: handle, path: path, sql: "") }
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
        statements = [:]
        hostStatements = HostStatements()
        unsafe sqlite3_close_v2(handle)
        unsafe handle = nil
    }

    private func configure(_ role: Role, cacheBytesMax: Int) throws(LedgerError) {
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
        if role == .reader {
            try refusePragmas(of: .reader)
            obeyLimit()
        }
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
    package func startLogging() throws(LedgerError) {
        try execute("PRAGMA page_size = 4096")
        let mode = try scalar("PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
            throw LedgerError(.ioFailed, "\(path): write-ahead logging is not possible here, only \(mode)")
        }
    }

    /// From here on, refuses statements that would change how the connection works, and all writes to a reader.
    package func refusePragmas(of role: Role) throws(LedgerError) {
        let context = unsafe Unmanaged.passUnretained(source).toOpaque()
        let status =
            role == .reader
            ? unsafe sqlite3_set_authorizer(handle, authorizeReader, context)
            : unsafe sqlite3_set_authorizer(handle, authorizeWriter, context)
        guard status == SQLITE_OK else { throw unsafe SQLiteError.last(on: handle, path: path, sql: "") }
    }

    private func setOption(_ option: Int32) throws(LedgerError) {
        guard unsafe vitrine_sqlite_configure(handle, option, 1) == SQLITE_OK else {
            throw unsafe SQLiteError.last(on: handle, path: path, sql: "")
        }
    }

    private func control(_ operation: Int32, _ value: Int32) throws(LedgerError) {
        var value = value
        guard unsafe sqlite3_file_control(handle, "main", operation, &value) == SQLITE_OK else {
            throw LedgerError(.ioFailed, "\(path): file control \(operation) was refused")
        }
    }
}

/// How long a statement waits for another connection.
///
/// Ours never hold each other up for long: what does is foreign.
private let busyMilliseconds: Int32 = 2_000

// Running statements
extension Connection {
    /// Runs one or more statements that return nothing of interest.
    package func execute(_ sql: String) throws(LedgerError) {
        guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw unsafe SQLiteError.last(on: handle, path: path, sql: sql)
        }
    }

    /// The first column of the first row of `sql`, as text; empty when there is no row.
    package func scalar(_ sql: String) throws(LedgerError) -> String {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : ""
    }

    /// Prepares a statement that is used once.
    package func prepare(_ sql: String) throws(LedgerError) -> Statement {
        guard let handle = unsafe handle else { throw LedgerError(.isClosed, "\(path) was closed") }
        return unsafe try Statement(sql, on: handle, path: path)
    }

    /// The statement of `query`, prepared at its first use and kept.
    package func statement(_ query: Query) throws(LedgerError) -> Statement {
        if let statement = statements[ObjectIdentifier(query)] { return statement }
        let statement = try prepare(query.sql)
        statements[ObjectIdentifier(query)] = statement
        return statement
    }

    /// Runs `body` with a statement of the host's, under the rules for those, also should it be prepared anew.
    func withHostStatement<Result>(
        _ sql: String,
        _ body: (Statement) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        source.isHost = true
        defer { source.isHost = false }
        let statement: Statement
        if let kept = hostStatements[sql] {
            statement = kept
        } else {
            statement = try prepare(sql)
            hostStatements.keep(statement)
        }
        defer { statement.reset() }
        if !statement.isReadOnly { hostWrites += 1 }
        return try body(statement)
    }

    /// Statements of the host's that are kept prepared.
    package var hostStatementCount: Int { hostStatements.count }

    /// Runs a statement to its end.
    package func run<each Value: SQLValue>(_ query: Query, _ values: repeat each Value) throws(LedgerError) {
        let statement = try statement(query)
        defer { statement.reset() }
        try statement.bind(repeat each values)
        while try statement.step() {}
    }

    /// What `read` makes of the first row; `nil` when there is none.
    package func first<Result, each Value: SQLValue>(
        _ query: Query,
        _ values: repeat each Value,
        read: (Statement) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result? {
        let statement = try statement(query)
        defer { statement.reset() }
        try statement.bind(repeat each values)
        return try statement.step() ? try read(statement) : nil
    }

    /// What `read` makes of each row.
    package func all<Result, each Value: SQLValue>(
        _ query: Query,
        _ values: repeat each Value,
        read: (Statement) throws(LedgerError) -> Result
    ) throws(LedgerError) -> [Result] {
        let statement = try statement(query)
        defer { statement.reset() }
        try statement.bind(repeat each values)
        var rows: [Result] = []
        while try statement.step() { rows.append(try read(statement)) }
        return rows
    }

    /// The key of the last row that was inserted.
    package var lastInsertedID: Int64 { unsafe sqlite3_last_insert_rowid(handle) }
    /// Rows that the last statement changed.
    package var changes: Int { unsafe Int(sqlite3_changes64(handle)) }
    /// Rows that were changed since the connection was opened, rolled back or not.
    package var totalChanges: Int64 { unsafe sqlite3_total_changes64(handle) }
    /// Whether a transaction is open; some failures end it without being asked.
    package var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }
}

// The write-ahead log and the main file
extension Connection {
    /// How far a checkpoint goes.
    package enum CheckpointMode: Sendable {
        /// As far as readers allow, without waiting.
        case passive
        /// Waits until readers let the whole log be copied and be started over by the next commit.
        case restart
        /// As `restart`, and cuts the log to nothing: the database file is then all there is.
        case truncate
    }

    /// What a checkpoint found and did.
    package struct CheckpointResult: Sendable {
        /// Frames in the log.
        package let frames: Int
        /// Frames that are in the database file too.
        package let copied: Int
        /// Whether the log holds nothing that the database file lacks.
        package var isComplete: Bool { frames == copied }
    }

    /// Copies the log into the database file; only the writer may.
    ///
    /// A restart that readers held up for longer than `patience` is no error: the result then says how far it got.
    package func checkpoint(_ mode: CheckpointMode, patience: Duration) throws(LedgerError) -> CheckpointResult {
        unsafe sqlite3_busy_timeout(handle, Int32(clamping: patience.wholeMilliseconds))
        defer { unsafe sqlite3_busy_timeout(handle, busyMilliseconds) }
        var frames: Int32 = 0
        var copied: Int32 = 0
        let code =
            switch mode {
            case .passive: SQLITE_CHECKPOINT_PASSIVE
            case .restart: SQLITE_CHECKPOINT_RESTART
            case .truncate: SQLITE_CHECKPOINT_TRUNCATE
            }
        let status = unsafe sqlite3_wal_checkpoint_v2(handle, "main", code, &frames, &copied)
        guard status == SQLITE_OK || status & 0xFF == SQLITE_BUSY else {
            throw unsafe SQLiteError.last(on: handle, path: path, sql: "")
        }
        return CheckpointResult(frames: Int(max(0, frames)), copied: Int(max(0, copied)))
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

    /// Bytes of the database file.
    package func mainFileSize() throws(LedgerError) -> Int64 {
        let file = unsafe try mainFile()
        var size: Int64 = 0
        let status = unsafe file.pointee.pMethods.pointee.xFileSize(file, &size)
        guard status == SQLITE_OK else { throw mainFileFailure(status, "size") }
        return size
    }

    /// Reads `count` bytes of the database file at `offset`, by SQLite's own descriptor.
    ///
    /// A second descriptor must never be opened in this process: closing it would drop the POSIX locks that SQLite
    /// holds on the file (fcntl(2)).
    package func readMainFile(_ count: Int, at offset: Int64) throws(LedgerError) -> [UInt8] {
        let file = unsafe try mainFile()
        var bytes = [UInt8](repeating: 0, count: count)
        let status = unsafe bytes.withUnsafeMutableBytes { bytes in
            unsafe file.pointee.pMethods.pointee.xRead(file, bytes.baseAddress, Int32(bytes.count), offset)
        }
        guard status == SQLITE_OK else { throw mainFileFailure(status, "\(count) bytes at offset \(offset)") }
        return bytes
    }

    /// The write-ahead log's file, for flushing it.
    func logFile() throws(LedgerError) -> LogFile {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let status = unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file)
        guard status == SQLITE_OK, let file = unsafe file, unsafe file.pointee.pMethods != nil else {
            throw mainFileFailure(status, "the log's handle")
        }
        return unsafe LogFile(file, path: path + "-wal")
    }

    private func mainFile() throws(LedgerError) -> UnsafeMutablePointer<sqlite3_file> {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let status = unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file)
        guard status == SQLITE_OK, let file = unsafe file, unsafe file.pointee.pMethods != nil else {
            throw mainFileFailure(status, "its handle")
        }
        return unsafe file
    }

    private func mainFileFailure(_ status: Int32, _ what: String) -> LedgerError {
        let words = unsafe String(cString: sqlite3_errstr(status))
        let cause = SQLiteError(extendedCode: status, message: words, sql: "")
        return LedgerError(.ioFailed, "cannot read \(what) of \(path)", cause: cause)
    }
}

/// Where SQLite's WAL hook leaves what it was told.
package final class CommitHook {
    /// Times that it was called.
    package private(set) var calls = 0
    /// Frames in the log after the last commit.
    package private(set) var frames = 0

    /// Waits to be called.
    package init() {}

    func note(frames: Int) {
        calls += 1
        self.frames = frames
    }
}
