internal import CSQLitePeer
internal import Synchronization

/// SQLite as its documentation recommends for a store of keys: one `WITHOUT ROWID` table, write-ahead log, memory-mapped
/// reads, one connection per thread with statements prepared once, and writers that wait for each other in the process.
public final class SQLite: Sendable {
    let path: String
    let mapByteCount: Int
    /// Taken by whoever writes, so that no connection polls for SQLite's own lock.
    let writing = Mutex(())

    /// The library's own version.
    public static let version = String(cString: sqlite3_libversion())

    /// What the benchmark states beside the figure.
    public static func settings(mapByteCount: Int) -> [String: String] {
        [
            "table": "WITHOUT ROWID, BLOB keys", "journal": "WAL, wal_autocheckpoint 4000",
            "pages": "4 KiB, 64 MiB cached",
            "map": "\(mapByteCount >> 30) GiB", "statements": "prepared once for each thread's connection",
            "buffered": "synchronous=NORMAL", "synced": "synchronous=FULL",
        ]
    }

    /// Opens or creates the database file.
    public init(at path: String, mapByteCount: Int) throws {
        self.path = path
        self.mapByteCount = mapByteCount
        try SQLiteConnection.execute("PRAGMA journal_mode=WAL", on: self)
        try SQLiteConnection.execute(
            "CREATE TABLE IF NOT EXISTS items (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
            on: self
        )
    }
}
