internal import VitrineCSQLite
internal import VitrineSQLite

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

extension LedgerError {
    /// The failure of the database under the ledger's code for it.
    init(_ error: DatabaseError) {
        let path = error.path
        let cause = error.result.map {
            SQLiteError(extendedCode: $0.extendedCode, message: $0.message, sql: $0.sql)
        }
        switch error.kind {
        case .isClosed: self.init(.isClosed, error.message)
        case .notOneStatement: self.init(.databaseFailed, error.message)
        case .fileFailed:
            self.init(error.primaryCode == SQLITE_FULL ? .diskFull : .ioFailed, error.message, cause: cause)
        case .statementFailed:
            let (code, message) = LedgerError.explanation(of: error.primaryCode, path: path)
            self.init(code, message, cause: cause)
        }
    }

    private static func explanation(of primaryCode: Int32, path: String) -> (Code, String) {
        switch primaryCode {
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            (.corrupted, "\(path) is damaged; restore it from a snapshot")
        case SQLITE_FULL:
            (.diskFull, "no room to write \(path); make room and try again")
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM:
            (.ioFailed, "the disk refused an operation on \(path)")
        case SQLITE_BUSY, SQLITE_LOCKED:
            (.isBusy, "\(path) is held by another connection; no one but the ledger may open it")
        case SQLITE_CONSTRAINT:
            (.constraintFailed, "the schema of \(path) refused a change")
        case SQLITE_AUTH:
            (.sqlRefused, "the ledger does not permit that statement on \(path)")
        case SQLITE_INTERRUPT:
            (.readExpired, "a read of \(path) took longer than it may; read less at once")
        default:
            (.databaseFailed, "SQLite failed on \(path)")
        }
    }
}

/// What `body` returns, its failure as the ledger's own.
func asLedgerError<Result>(_ body: () throws(DatabaseError) -> Result) throws(LedgerError) -> Result {
    do throws(DatabaseError) {
        return try body()
    } catch {
        throw LedgerError(error)
    }
}
