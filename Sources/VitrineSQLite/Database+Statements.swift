internal import VitrineCSQLite

// Running statements
extension Database {
    /// Runs one or more statements that return nothing of interest.
    package func execute(_ sql: String) throws(DatabaseError) {
        guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw unsafe DatabaseError.last(on: handle, path: path, sql: sql)
        }
    }

    /// The first column of the first row of `sql`, as text; empty when there is no row.
    package func scalar(_ sql: String) throws(DatabaseError) -> String {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : ""
    }

    /// Prepares a statement that is used once.
    package func prepare(_ sql: String) throws(DatabaseError) -> Statement {
        guard let handle = unsafe handle else {
            throw DatabaseError(.isClosed, path: path, message: "\(path) was closed")
        }
        return unsafe try Statement(sql, on: handle, path: path)
    }

    /// Runs a statement to its end.
    package func run<each Value: SQLValue>(_ query: Query, _ values: repeat each Value) throws(DatabaseError) {
        let statement = try statement(query)
        defer { statement.reset() }
        try statement.bind(repeat each values)
        while try statement.step() {}
    }

    /// What `read` makes of the first row; `nil` when there is none.
    package func first<Result, each Value: SQLValue>(
        _ query: Query,
        _ values: repeat each Value,
        read: (Statement) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result? {
        let statement = try statement(query)
        defer { statement.reset() }
        try statement.bind(repeat each values)
        return try statement.step() ? try read(statement) : nil
    }

    /// What `read` makes of each row.
    package func all<Result, each Value: SQLValue>(
        _ query: Query,
        _ values: repeat each Value,
        read: (Statement) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> [Result] {
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
