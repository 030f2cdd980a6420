internal import VitrineCSQLite
package import VitrineSQLite

/// A connection to the ledger's database, under the ledger's rules and with its errors.
///
/// No thread but one may use it at a time; the writer's thread keeps its own, the reader pool hands out the others.
package final class Connection: @unchecked Sendable {
    // Unchecked: the writer's thread or the reader that borrowed it is the only one to touch it.

    private let database: Database
    private var hostStatements = HostStatements()
    private let source = StatementSource()
    /// Statements of the host's that may have written, if only to the schema, which SQLite does not count as changes.
    private(set) var hostWrites = 0

    /// Opens the database at `path`; a writer creates it if it is missing.
    ///
    /// - Parameters:
    ///   - vfs: the name of the SQLite file system to use, `nil` for the default one.
    ///   - cacheBytesMax: bytes of pages to keep in memory.
    /// - Throws: `ioFailed`, `corrupted`, `isBusy`.
    package init(path: String, role: Database.Role, vfs: String?, cacheBytesMax: Int) throws(LedgerError) {
        database = try asLedgerError { () throws(DatabaseError) in
            try Database(path: path, role: role, vfs: vfs, cacheBytesMax: cacheBytesMax)
        }
        if role == .reader { try refusePragmas(of: .reader) }
    }

    /// The database file.
    package var path: String { database.path }
    /// What can end a read on this connection; of no meaning for a writer.
    var limit: ReadLimit { database.limit }

    /// Closes the connection; a second call does nothing, any other call on it throws.
    package func close() {
        hostStatements = HostStatements()
        database.close()
    }

    /// Makes the database one with a write-ahead log, if it is not yet.
    package func startLogging() throws(LedgerError) {
        try asLedgerError { () throws(DatabaseError) in try database.startLogging() }
    }

    /// From here on, refuses statements that would change how the connection works, and all writes to a reader.
    package func refusePragmas(of role: Database.Role) throws(LedgerError) {
        let context = unsafe Unmanaged.passUnretained(source).toOpaque()
        try asLedgerError { () throws(DatabaseError) in
            if role == .reader {
                unsafe try database.setAuthorizer(authorizeReader, context: context)
            } else {
                unsafe try database.setAuthorizer(authorizeWriter, context: context)
            }
        }
    }
}

// Running statements
extension Connection {
    /// Runs one or more statements that return nothing of interest.
    package func execute(_ sql: String) throws(LedgerError) {
        try asLedgerError { () throws(DatabaseError) in try database.execute(sql) }
    }

    /// The first column of the first row of `sql`, as text; empty when there is no row.
    package func scalar(_ sql: String) throws(LedgerError) -> String {
        try asLedgerError { () throws(DatabaseError) in try database.scalar(sql) }
    }

    /// All rows of a statement that is used once.
    package func rows<Result>(_ sql: String, read: (Statement) -> Result) throws(LedgerError) -> [Result] {
        let statement = try prepare(sql)
        var rows: [Result] = []
        while try step(statement) { rows.append(read(statement)) }
        return rows
    }

    /// Prepares a statement that is used once.
    package func prepare(_ sql: String) throws(LedgerError) -> Statement {
        try asLedgerError { () throws(DatabaseError) in try database.prepare(sql) }
    }

    /// Goes to the next row; `false` when there is none.
    private func step(_ statement: Statement) throws(LedgerError) -> Bool {
        do throws(DatabaseError) { return try statement.step() } catch { throw LedgerError(error) }
    }

    /// Runs a statement to its end.
    package func run<each Value: SQLValue>(_ query: Query, _ values: repeat each Value) throws(LedgerError) {
        let statement = try bound(query, repeat each values)
        defer { statement.reset() }
        while try step(statement) {}
    }

    /// What `read` makes of the first row; `nil` when there is none.
    package func first<Result, each Value: SQLValue>(
        _ query: Query,
        _ values: repeat each Value,
        read: (Statement) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result? {
        let statement = try bound(query, repeat each values)
        defer { statement.reset() }
        return try step(statement) ? try read(statement) : nil
    }

    /// What `read` makes of each row.
    package func all<Result, each Value: SQLValue>(
        _ query: Query,
        _ values: repeat each Value,
        read: (Statement) throws(LedgerError) -> Result
    ) throws(LedgerError) -> [Result] {
        let statement = try bound(query, repeat each values)
        defer { statement.reset() }
        var rows: [Result] = []
        while try step(statement) { rows.append(try read(statement)) }
        return rows
    }

    private func bound<each Value: SQLValue>(
        _ query: Query,
        _ values: repeat each Value
    ) throws(LedgerError) -> Statement {
        do throws(DatabaseError) {
            let statement = try database.statement(query)
            // Not the statement's own loop over the values: only this module's is compiled for their types.
            var index: Int32 = 0
            for value in repeat each values {
                index += 1
                try value.bind(to: statement, at: index)
            }
            return statement
        } catch {
            throw LedgerError(error)
        }
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
    /// The key of the last row that was inserted.
    package var lastInsertedID: Int64 { database.lastInsertedID }
    /// Rows that the last statement changed.
    package var changes: Int { database.changes }
    /// Rows that were changed since the connection was opened, rolled back or not.
    package var totalChanges: Int64 { database.totalChanges }
    /// Whether a transaction is open; some failures end it without being asked.
    package var isInTransaction: Bool { database.isInTransaction }
}

// The write-ahead log and the main file
extension Connection {
    /// Copies the log into the database file; only the writer may.
    ///
    /// A restart that readers held up for longer than `patience` is no error: the result then says how far it got.
    package func checkpoint(
        _ mode: Database.CheckpointMode,
        patience: Duration
    ) throws(LedgerError) -> Database.CheckpointResult {
        try asLedgerError { () throws(DatabaseError) in try database.checkpoint(mode, patience: patience) }
    }

    /// Has every commit that wrote something noted in `hook`.
    package func setCommitHook(_ hook: CommitHook) {
        database.setCommitHook(hook)
    }

    /// Bytes of the database file.
    package func mainFileSize() throws(LedgerError) -> Int64 {
        try asLedgerError { () throws(DatabaseError) in try database.mainFileSize() }
    }

    /// Reads `count` bytes of the database file at `offset`, by SQLite's own descriptor.
    package func readMainFile(_ count: Int, at offset: Int64) throws(LedgerError) -> [UInt8] {
        try asLedgerError { () throws(DatabaseError) in try database.readMainFile(count, at: offset) }
    }

    /// The write-ahead log's file, for flushing it.
    func logFile() throws(LedgerError) -> LogFile {
        try asLedgerError { () throws(DatabaseError) in try database.logFile() }
    }

    /// The database file as SQLite itself has it open.
    func mainFile() throws(LedgerError) -> UnsafeMutablePointer<sqlite3_file> {
        unsafe try asLedgerError { () throws(DatabaseError) in unsafe try database.mainFile() }
    }
}
