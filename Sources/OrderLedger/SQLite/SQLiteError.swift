internal import VitrineCSQLite

/// What SQLite said when a call of it failed.
public struct SQLiteError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The extended result code (sqlite.org/rescode.html); its low byte is the primary one.
    public let extendedCode: Int32
    /// SQLite's own words.
    public let message: String
    /// The statement that failed; empty where there was none.
    public let sql: String

    /// Code, words and statement in one line.
    public var description: String {
        let line = "SQLite \(extendedCode): \(message)"
        return sql.isEmpty ? line : "\(line), in: \(sql)"
    }
}

extension SQLiteError {
    /// The failure of the last call on `database`, as the ledger's own error.
    static func last(on database: OpaquePointer?, path: String, sql: String) -> LedgerError {
        let extendedCode = unsafe sqlite3_extended_errcode(database)
        let message = unsafe sqlite3_errmsg(database).map { unsafe String(cString: $0) } ?? "out of memory"
        return SQLiteError(extendedCode: extendedCode, message: message, sql: sql).asLedgerError(path: path)
    }

    /// The failure under the ledger's code for it.
    func asLedgerError(path: String) -> LedgerError {
        switch extendedCode & 0xFF {
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            LedgerError(.corrupted, "\(path) is damaged; restore it from a snapshot", cause: self)
        case SQLITE_FULL:
            LedgerError(.diskFull, "no room to write \(path); make room and try again", cause: self)
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM:
            LedgerError(.ioFailed, "the disk refused an operation on \(path)", cause: self)
        case SQLITE_BUSY, SQLITE_LOCKED:
            LedgerError(
                .isBusy,
                "\(path) is held by another connection; no one but the ledger may open it",
                cause: self
            )
        case SQLITE_CONSTRAINT:
            LedgerError(.constraintFailed, "the schema of \(path) refused a change", cause: self)
        case SQLITE_AUTH:
            LedgerError(.sqlRefused, "the ledger does not permit that statement on \(path)", cause: self)
        case SQLITE_INTERRUPT:
            LedgerError(.readExpired, "a read of \(path) took longer than it may; read less at once", cause: self)
        default:
            LedgerError(.databaseFailed, "SQLite failed on \(path)", cause: self)
        }
    }
}
