internal import CSQLitePeer
internal import Synchronization

/// One thread's connection and its statements.
public final class SQLiteConnection {
    private let store: SQLite
    private let database: OpaquePointer
    private var statements: [OpaquePointer] = []

    private enum Statement: Int, CaseIterable {
        case get
        case range
        case put
        case begin
        case commit
        case rollback

        var text: String {
            switch self {
            case .get: "SELECT value FROM items WHERE key = ?1"
            case .range: "SELECT value FROM items WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3"
            case .put: "INSERT INTO items VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
            case .begin: "BEGIN IMMEDIATE"
            case .commit: "COMMIT"
            case .rollback: "ROLLBACK"
            }
        }
    }

    /// Opens a connection for the calling thread.
    public init(_ store: SQLite, isSynced: Bool) throws {
        self.store = store
        database = try SQLiteConnection.open(store)
        try execute("PRAGMA synchronous=\(isSynced ? "FULL" : "NORMAL")")
        try execute("PRAGMA mmap_size=\(store.mapByteCount)")
        try execute("PRAGMA cache_size=-65536")
        try execute("PRAGMA wal_autocheckpoint=4000")
        for statement in Statement.allCases {
            var handle: OpaquePointer?
            try check(sqlite3_prepare_v3(database, statement.text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil))
            guard let handle else { throw PeerError("no statement") }
            statements.append(handle)
        }
    }

    deinit {
        for statement in statements { sqlite3_finalize(statement) }
        sqlite3_close(database)
    }

    /// The sum of the words of a key's value; `nil` when there is none.
    public func sum(_ key: UnsafeRawBufferPointer) throws -> UInt64? {
        let statement = statements[Statement.get.rawValue]
        defer { sqlite3_reset(statement) }
        try bind(statement, 1, key)
        let status = sqlite3_step(statement)
        if status == SQLITE_DONE { return nil }
        guard status == SQLITE_ROW else { throw problem() }
        return sumOfWords(column(statement))
    }

    /// Reads up to `limit` items with keys from `lower` on and below `upper`.
    public func range(_ lower: UnsafeRawBufferPointer, _ upper: UnsafeRawBufferPointer, limit: Int) throws -> RangeSum {
        let statement = statements[Statement.range.rawValue]
        defer { sqlite3_reset(statement) }
        try bind(statement, 1, lower)
        try bind(statement, 2, upper)
        try check(sqlite3_bind_int64(statement, 3, Int64(limit)))
        var result = RangeSum()
        var status = sqlite3_step(statement)
        while status == SQLITE_ROW {
            result.add(column(statement))
            status = sqlite3_step(statement)
        }
        guard status == SQLITE_DONE else { throw problem() }
        return result
    }

    /// Puts one value in a transaction of its own.
    public func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws {
        try store.writing.withLock { _ in try insert(key, value) }
    }

    /// One transaction: if `check` is given, its item must be there; then `values`, each as long as the others, are put
    /// under `keys`.
    ///
    /// - Returns: Whether the item was there.
    public func transact(
        check: UnsafeRawBufferPointer? = nil,
        keys: UnsafeRawBufferPointer,
        values: UnsafeRawBufferPointer,
        keyLength: Int
    ) throws -> Bool {
        try store.writing.withLock { _ in
            try step(.begin)
            if let check, try sum(check) == nil {
                try step(.rollback)
                return false
            }
            let count = keys.count / keyLength
            let valueLength = values.count / count
            for index in 0..<count {
                try insert(
                    UnsafeRawBufferPointer(rebasing: keys[index * keyLength..<(index + 1) * keyLength]),
                    UnsafeRawBufferPointer(rebasing: values[index * valueLength..<(index + 1) * valueLength])
                )
            }
            try step(.commit)
            return true
        }
    }

    private func insert(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws {
        let statement = statements[Statement.put.rawValue]
        defer { sqlite3_reset(statement) }
        try bind(statement, 1, key)
        try bind(statement, 2, value)
        guard sqlite3_step(statement) == SQLITE_DONE else { throw problem() }
    }

    private func step(_ statement: Statement) throws {
        let handle = statements[statement.rawValue]
        defer { sqlite3_reset(handle) }
        guard sqlite3_step(handle) == SQLITE_DONE else { throw problem() }
    }

    private func column(_ statement: OpaquePointer) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(statement, 0)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, 0)))
    }

    private func bind(_ statement: OpaquePointer, _ index: Int32, _ bytes: UnsafeRawBufferPointer) throws {
        // No destructor: SQLite may use the bytes until the statement is reset, which is before the caller's borrow ends.
        try check(sqlite3_bind_blob64(statement, index, bytes.baseAddress, UInt64(bytes.count), nil))
    }

    private func execute(_ text: String) throws {
        try check(sqlite3_exec(database, text, nil, nil, nil))
    }

    private func check(_ status: Int32) throws {
        guard status == SQLITE_OK else { throw problem() }
    }

    private func problem() -> PeerError { PeerError(String(cString: sqlite3_errmsg(database))) }

    private static func open(_ store: SQLite) throws -> OpaquePointer {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(store.path, &handle, flags, nil) == SQLITE_OK, let handle else {
            throw PeerError("the database cannot be opened")
        }
        sqlite3_busy_timeout(handle, 60_000)
        return handle
    }

    /// Executes one statement on a connection of its own.
    static func execute(_ text: String, on store: SQLite) throws {
        let handle = try open(store)
        defer { sqlite3_close(handle) }
        guard sqlite3_exec(handle, text, nil, nil, nil) == SQLITE_OK else {
            throw PeerError(String(cString: sqlite3_errmsg(handle)))
        }
    }
}
