internal import VitrineCSQLite

/// A prepared statement: bind, step, read columns, reset.
///
/// Used by one thread at a time, the one that has its connection. A text or blob that was bound is copied, one that is
/// read is copied too, so that nothing outlives the row it came from.
@safe package final class Statement {
    /// The statement's text.
    package let sql: String
    /// The database file, for messages.
    package let path: String
    private let handle: OpaquePointer

    /// Prepares `sql`, to be used many times.
    ///
    /// - Throws: `statementFailed` for text that is not SQL, `notOneStatement`.
    init(_ sql: String, on database: OpaquePointer, path: String) throws(DatabaseError) {
        var handle: OpaquePointer?
        var hasMore = false
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let status = unsafe sql.withCString { text in
            var tail: UnsafePointer<CChar>?
            let status = unsafe sqlite3_prepare_v3(database, text, -1, flags, &handle, &tail)
            if let tail = unsafe tail {
                hasMore = unsafe !String(cString: tail).allSatisfy { $0.isWhitespace || $0 == ";" }
            }
            return status
        }
        guard status == SQLITE_OK else { throw unsafe DatabaseError.last(on: database, path: path, sql: sql) }
        guard !hasMore else {
            unsafe sqlite3_finalize(handle)
            let message = "more than one statement in the SQL text \"\(sql)\"; pass one"
            throw DatabaseError(.notOneStatement, path: path, message: message)
        }
        guard let handle = unsafe handle else {
            let message = "no statement in the SQL text \"\(sql)\""
            throw DatabaseError(.notOneStatement, path: path, message: message)
        }
        self.sql = sql
        self.path = path
        unsafe self.handle = handle
    }

    deinit {
        unsafe sqlite3_finalize(handle)
    }

    /// Binds all parameters, the first value to parameter 1.
    package func bind<each Value: SQLValue>(_ values: repeat each Value) throws(DatabaseError) {
        var index: Int32 = 0
        for value in repeat each values {
            index += 1
            try value.bind(to: self, at: index)
        }
    }

    /// Goes to the next row; `false` when there is none, which also ends the statement.
    package func step() throws(DatabaseError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure
        }
    }

    /// Ends the statement, so that it can be bound and stepped anew and holds no snapshot.
    package func reset() {
        // The status repeats what step() threw already.
        unsafe sqlite3_reset(handle)
    }

    /// Binds an INTEGER.
    package func bind(_ value: Int64, at index: Int32) throws(DatabaseError) {
        try check(unsafe sqlite3_bind_int64(handle, index, value))
    }

    /// Binds TEXT.
    package func bind(_ value: String, at index: Int32) throws(DatabaseError) {
        var value = value
        let status = value.withUTF8 { text in
            // A null pointer would bind NULL, not "".
            guard let base = text.baseAddress else {
                return unsafe sqlite3_bind_text(handle, index, "", 0, vitrine_sqlite_transient())
            }
            return unsafe base.withMemoryRebound(to: CChar.self, capacity: text.count) { base in
                unsafe sqlite3_bind_text(handle, index, base, Int32(text.count), vitrine_sqlite_transient())
            }
        }
        try check(status)
    }

    /// Binds a BLOB.
    package func bind(_ value: [UInt8], at index: Int32) throws(DatabaseError) {
        let status = unsafe value.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return unsafe sqlite3_bind_zeroblob(handle, index, 0) }
            return unsafe sqlite3_bind_blob(handle, index, base, Int32(bytes.count), vitrine_sqlite_transient())
        }
        try check(status)
    }

    /// Binds a REAL.
    package func bind(_ value: Double, at index: Int32) throws(DatabaseError) {
        try check(unsafe sqlite3_bind_double(handle, index, value))
    }

    /// Binds NULL.
    package func bindNull(at index: Int32) throws(DatabaseError) {
        try check(unsafe sqlite3_bind_null(handle, index))
    }

    /// Whether the statement writes nothing by itself (sqlite3_stmt_readonly).
    package var isReadOnly: Bool { unsafe sqlite3_stmt_readonly(handle) != 0 }

    /// How many parameters the statement has.
    package var parameterCount: Int { unsafe Int(sqlite3_bind_parameter_count(handle)) }

    private func check(_ status: Int32) throws(DatabaseError) {
        if status != SQLITE_OK { throw failure }
    }

    private var failure: DatabaseError {
        unsafe DatabaseError.last(on: sqlite3_db_handle(handle), path: path, sql: sql)
    }
}

/// Columns of the row that the last `step` went to, counted from 0.
extension Statement {
    /// An INTEGER; 0 for NULL.
    package func int64(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(handle, column)
    }

    /// An INTEGER; 0 for NULL.
    package func int(_ column: Int32) -> Int {
        Int(int64(column))
    }

    /// TEXT; empty for NULL.
    package func text(_ column: Int32) -> String {
        // Text first, then its length: the other way round SQLite may convert in between (sqlite3_column_text).
        guard let base = unsafe sqlite3_column_text(handle, column) else { return "" }
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        return unsafe String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self)
    }

    /// A BLOB; empty for NULL.
    package func bytes(_ column: Int32) -> [UInt8] {
        guard let base = unsafe sqlite3_column_blob(handle, column) else { return [] }
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        return unsafe Array(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// The names of the columns.
    package var columnNames: [String] {
        unsafe (0..<sqlite3_column_count(handle)).map { column in
            unsafe sqlite3_column_name(handle, column).map { unsafe String(cString: $0) } ?? ""
        }
    }

    /// A REAL; 0 for NULL.
    package func double(_ column: Int32) -> Double {
        unsafe sqlite3_column_double(handle, column)
    }

    /// What a column can hold.
    package enum ColumnType: Sendable {
        case null, integer, real, text, blob
    }

    /// What the column holds.
    package func type(_ column: Int32) -> ColumnType {
        switch unsafe sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .real
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    /// Whether the column is NULL.
    package func isNull(_ column: Int32) -> Bool {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
    }
}
