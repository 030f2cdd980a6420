internal import VitrineCSQLite

/// Pragmas that only look; all others could turn off what the ledger relies on (`journal_mode`, `synchronous`,
/// `wal_autocheckpoint`, `foreign_keys`, …).
private let harmlessPragmas: Set<String> = ["integrity_check", "quick_check", "foreign_key_check", "page_count"]

private func permitsPragma(_ name: UnsafePointer<CChar>?) -> Int32 {
    guard let name = unsafe name else { return SQLITE_DENY }
    return unsafe harmlessPragmas.contains(String(cString: name).lowercased()) ? SQLITE_OK : SQLITE_DENY
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
    switch action {
    case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE, SQLITE_TRANSACTION: return SQLITE_OK
    case SQLITE_FUNCTION:
        guard let second = unsafe second else { return SQLITE_DENY }
        return unsafe String(cString: second) == "load_extension" ? SQLITE_DENY : SQLITE_OK
    case SQLITE_PRAGMA: return unsafe permitsPragma(first)
    default: return SQLITE_DENY
    }
}

/// Permits the writer everything but to change how it is set up, or to open another database.
func authorizeWriter(
    _ context: UnsafeMutableRawPointer?,
    _ action: Int32,
    _ first: UnsafePointer<CChar>?,
    _ second: UnsafePointer<CChar>?,
    _ database: UnsafePointer<CChar>?,
    _ trigger: UnsafePointer<CChar>?
) -> Int32 {
    switch action {
    case SQLITE_PRAGMA: unsafe permitsPragma(first)
    case SQLITE_ATTACH, SQLITE_DETACH: SQLITE_DENY
    default: SQLITE_OK
    }
}
