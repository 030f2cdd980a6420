internal import CLMDB

/// One thread's read transaction and cursor.
public final class LMDBReader {
    private let lmdb: LMDB
    private let transaction: OpaquePointer
    private let cursor: OpaquePointer

    /// Makes a reader for the calling thread.
    public init(_ lmdb: LMDB) throws {
        var transaction: OpaquePointer?
        try LMDB.check(mdb_txn_begin(lmdb.environment, nil, UInt32(MDB_RDONLY), &transaction))
        var cursor: OpaquePointer?
        try LMDB.check(mdb_cursor_open(transaction, lmdb.database, &cursor))
        guard let transaction, let cursor else { throw PeerError("no reader") }
        mdb_txn_reset(transaction)
        self.lmdb = lmdb
        self.transaction = transaction
        self.cursor = cursor
    }

    deinit {
        mdb_cursor_close(cursor)
        mdb_txn_abort(transaction)
    }

    /// The sum of the words of a key's value; `nil` when there is none.
    public func sum(_ key: UnsafeRawBufferPointer) throws -> UInt64? {
        try LMDB.check(mdb_txn_renew(transaction))
        defer { mdb_txn_reset(transaction) }
        var key = LMDB.value(key)
        var value = MDB_val()
        let status = mdb_get(transaction, lmdb.database, &key, &value)
        if status == MDB_NOTFOUND { return nil }
        try LMDB.check(status)
        return sumOfWords(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
    }

    /// Reads up to `limit` items from `lower` on whose keys start with the first `prefixLength` bytes of it.
    public func range(_ lower: UnsafeRawBufferPointer, prefixLength: Int, limit: Int) throws -> RangeSum {
        try LMDB.check(mdb_txn_renew(transaction))
        defer { mdb_txn_reset(transaction) }
        try LMDB.check(mdb_cursor_renew(transaction, cursor))
        let prefix = UnsafeRawBufferPointer(rebasing: lower[..<prefixLength])
        var result = RangeSum()
        var key = LMDB.value(lower)
        var value = MDB_val()
        var status = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)
        while status == MDB_SUCCESS, result.count < limit {
            let found = UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size)
            guard found.starts(withBytesOf: prefix) else { break }
            result.add(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
            if result.count == limit { break }
            status = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
        }
        if status != MDB_NOTFOUND { try LMDB.check(status) }
        return result
    }
}
