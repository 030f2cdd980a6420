internal import VitrineCSQLite

/// A failure of a database: what kind, on which file, and what SQLite said.
///
/// A module that uses the layer gives it a code and words of its own.
package struct DatabaseError: Error, Sendable {
    /// The kinds of failure.
    package enum Kind: Sendable {
        /// SQLite refused to open, to prepare or to run something; `result` says why.
        case statementFailed
        /// A file of the database could not be read, written or flushed.
        case fileFailed
        /// A text was not one statement.
        case notOneStatement
        /// The database was closed.
        case isClosed
    }

    /// What SQLite answered.
    package struct Result: Sendable {
        /// The extended result code (sqlite.org/rescode.html); its low byte is the primary one.
        package let extendedCode: Int32
        /// SQLite's own words.
        package let message: String
        /// The statement that failed; empty where there was none.
        package let sql: String
    }

    /// The kind of failure.
    package let kind: Kind
    /// The database file.
    package let path: String
    /// What failed, in words; empty where `result` says it all.
    package let message: String
    /// What SQLite answered, if it did.
    package let result: Result?

    /// SQLite's primary result code; 0 where SQLite gave none.
    package var primaryCode: Int32 { (result?.extendedCode ?? SQLITE_OK) & 0xFF }

    init(_ kind: Kind, path: String, message: String = "", result: Result? = nil) {
        self.kind = kind
        self.path = path
        self.message = message
        self.result = result
    }

    /// The failure of the last call on `database`.
    static func last(on database: OpaquePointer?, path: String, sql: String) -> DatabaseError {
        let extendedCode = unsafe sqlite3_extended_errcode(database)
        let message = unsafe sqlite3_errmsg(database).map { unsafe String(cString: $0) } ?? "out of memory"
        let result = Result(extendedCode: extendedCode, message: message, sql: sql)
        return DatabaseError(.statementFailed, path: path, result: result)
    }

    /// The failure of a call on one of the database's files.
    static func file(_ message: String, path: String, status: Int32) -> DatabaseError {
        let words = unsafe String(cString: sqlite3_errstr(status))
        let result = Result(extendedCode: status, message: words, sql: "")
        return DatabaseError(.fileFailed, path: path, message: message, result: result)
    }
}

extension DatabaseError: CustomStringConvertible {
    /// What failed and what SQLite said, in one line.
    package var description: String {
        let what = message.isEmpty ? path : message
        guard let result else { return what }
        let line = "\(what): SQLite \(result.extendedCode): \(result.message)"
        return result.sql.isEmpty ? line : "\(line), in: \(result.sql)"
    }
}

/// What a module branches on, so that none needs SQLite's own numbers.
extension DatabaseError {
    /// The disk is full.
    package var isOutOfSpace: Bool { primaryCode == SQLITE_FULL }
    /// The file is not what was written.
    package var isCorruption: Bool { primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB }
    /// The disk refused an operation.
    package var isIOFailure: Bool { primaryCode == SQLITE_IOERR || primaryCode == SQLITE_CANTOPEN }
    /// A flush failed, and must not be tried again.
    package var isFailedFlush: Bool { result?.extendedCode == vitrine_sqlite_ioerr_fsync() }
    /// A constraint of the schema refused a row.
    package var isConstraint: Bool { primaryCode == SQLITE_CONSTRAINT }
}
