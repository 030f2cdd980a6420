internal import VitrineCSQLite

/// Whose statements a connection is preparing, which is what the authorizer goes by.
final class StatementSource {
    /// Whether the text comes from the host; else it is the module's own.
    var isHost = false
}

/// Pragmas that only look; all others could turn off what the ledger relies on (`journal_mode`, `synchronous`,
/// `wal_autocheckpoint`, `foreign_keys`, …).
private let harmlessPragmas: Set<String> = ["integrity_check", "quick_check", "foreign_key_check", "page_count"]

/// What the names of a host's tables, indexes, views and triggers begin with, so that none of ours ever meets one.
let hostPrefix = "host_"

/// A name that the authorizer is handed; empty for none.
private func name(_ pointer: UnsafePointer<CChar>?) -> String {
    guard let pointer = unsafe pointer else { return "" }
    return unsafe String(cString: pointer).lowercased()
}

private func permitsPragma(_ pragma: String) -> Int32 {
    harmlessPragmas.contains(pragma) ? SQLITE_OK : SQLITE_DENY
}

private func permitsFunction(_ function: String) -> Int32 {
    function == "load_extension" ? SQLITE_DENY : SQLITE_OK
}

/// Permits a reader to read (sqlite3_set_authorizer); asked once when a statement is prepared.
func authorizeReader(
    _ context: UnsafeMutableRawPointer?,
    _ action: Int32,
    _ first: UnsafePointer<CChar>?,
    _ second: UnsafePointer<CChar>?,
    _ database: UnsafePointer<CChar>?,
    _ trigger: UnsafePointer<CChar>?
) -> Int32 {
    let isHost = unsafe context.map { unsafe Unmanaged<StatementSource>.fromOpaque($0).takeUnretainedValue().isHost }
    switch action {
    case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
    // A host that ended the transaction would go on without its snapshot.
    case SQLITE_TRANSACTION: return isHost == true ? SQLITE_DENY : SQLITE_OK
    case SQLITE_FUNCTION: return unsafe permitsFunction(name(second))
    case SQLITE_PRAGMA: return unsafe permitsPragma(name(first))
    default: return SQLITE_DENY
    }
}

/// Permits the writer everything but to change how it is set up or to open another database; and a host's statements
/// on it to read everything and to write tables of the host's own.
func authorizeWriter(
    _ context: UnsafeMutableRawPointer?,
    _ action: Int32,
    _ first: UnsafePointer<CChar>?,
    _ second: UnsafePointer<CChar>?,
    _ database: UnsafePointer<CChar>?,
    _ trigger: UnsafePointer<CChar>?
) -> Int32 {
    let isHost = unsafe context.map { unsafe Unmanaged<StatementSource>.fromOpaque($0).takeUnretainedValue().isHost }
    switch action {
    case SQLITE_PRAGMA: return unsafe permitsPragma(name(first))
    case SQLITE_ATTACH, SQLITE_DETACH: return SQLITE_DENY
    case SQLITE_FUNCTION: return unsafe permitsFunction(name(second))
    default: return isHost == true ? unsafe authorizeHost(action, name(first), name(second)) : SQLITE_OK
    }
}

/// What a host may do inside a write beside calling the ledger.
private func authorizeHost(_ action: Int32, _ first: String, _ second: String) -> Int32 {
    let isPermitted =
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: true
        // Creating or dropping writes the schema's own table, which SQLite defends against any other statement.
        case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE:
            first.hasPrefix(hostPrefix) || first == "sqlite_master" || first == "sqlite_sequence"
        case SQLITE_CREATE_TABLE, SQLITE_DROP_TABLE, SQLITE_CREATE_VIEW, SQLITE_DROP_VIEW: first.hasPrefix(hostPrefix)
        case SQLITE_CREATE_INDEX, SQLITE_DROP_INDEX, SQLITE_CREATE_TRIGGER, SQLITE_DROP_TRIGGER:
            (first.hasPrefix(hostPrefix) || first.hasPrefix("sqlite_autoindex_\(hostPrefix)"))
                && second.hasPrefix(hostPrefix)
        case SQLITE_ALTER_TABLE: second.hasPrefix(hostPrefix)
        case SQLITE_REINDEX: true
        default: false
        }
    return isPermitted ? SQLITE_OK : SQLITE_DENY
}
