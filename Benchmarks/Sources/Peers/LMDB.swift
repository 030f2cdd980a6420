internal import CLMDB
internal import Glibc

/// LMDB as its documentation recommends: a map larger than the data, read transactions that belong to their owner and
/// not to its thread (`MDB_NOTLS`), reset and renewed for each read so that it sees what was committed before it.
///
/// Unflushed transactions are kept whole after a loss of power by `MDB_NOSYNC` only while `MDB_WRITEMAP` is not set, by
/// its documentation; as the others keep theirs whole, it is not.
public final class LMDB: @unchecked Sendable {
    // The environment may be used from any thread; each transaction stays on the thread that made it.
    let environment: OpaquePointer
    let database: MDB_dbi

    /// The library's own version.
    public static let version: String = {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        _ = mdb_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }()

    /// What the benchmark states beside the figure.
    public static func settings(mapByteCount: Int) -> [String: String] {
        [
            "map": "\(mapByteCount >> 30) GiB", "readers": "MDB_NOTLS, renewed and reset for each read",
            "buffered": "MDB_NOSYNC without MDB_WRITEMAP: whole after a loss of power", "read-ahead": "MDB_NORDAHEAD",
        ]
    }

    /// Opens or creates an environment in a directory that exists.
    public init(at path: String, mapByteCount: Int) throws {
        var environment: OpaquePointer?
        try LMDB.check(mdb_env_create(&environment))
        guard let environment else { throw PeerError("no environment") }
        try LMDB.check(mdb_env_set_mapsize(environment, mapByteCount))
        try LMDB.check(mdb_env_set_maxreaders(environment, 510))
        let flags = UInt32(MDB_NOTLS | MDB_NORDAHEAD | MDB_NOSYNC)
        try LMDB.check(mdb_env_open(environment, path, flags, 0o644))
        self.environment = environment
        var transaction: OpaquePointer?
        try LMDB.check(mdb_txn_begin(environment, nil, 0, &transaction))
        var database: MDB_dbi = 0
        try LMDB.check(mdb_dbi_open(transaction, nil, 0, &database))
        try LMDB.check(mdb_txn_commit(transaction))
        self.database = database
    }

    /// Closes the environment; no call may be under way or follow.
    public func close() throws {
        try LMDB.check(mdb_env_sync(environment, 1))
        mdb_env_close(environment)
    }

    /// Whether each transaction is flushed from now on.
    public func setSynced(_ isSynced: Bool) throws {
        if isSynced { try LMDB.check(mdb_env_sync(environment, 1)) }
        try LMDB.check(mdb_env_set_flags(environment, UInt32(MDB_NOSYNC), isSynced ? 0 : 1))
    }

    /// One transaction: if `check` is given, its item must be there; then `values`, each as long as the others, are
    /// put under `keys`.
    ///
    /// - Returns: Whether the item was there.
    public func put(
        check: UnsafeRawBufferPointer? = nil,
        keys: UnsafeRawBufferPointer,
        values: UnsafeRawBufferPointer,
        keyLength: Int
    ) throws -> Bool {
        var transaction: OpaquePointer?
        try LMDB.check(mdb_txn_begin(environment, nil, 0, &transaction))
        var isCommitted = false
        defer { if !isCommitted { mdb_txn_abort(transaction) } }
        if let check {
            var key = LMDB.value(check)
            var found = MDB_val()
            let status = mdb_get(transaction, database, &key, &found)
            if status == MDB_NOTFOUND { return false }
            try LMDB.check(status)
        }
        let count = keys.count / keyLength
        let valueLength = values.count / count
        for index in 0..<count {
            var key = LMDB.value(keys, index * keyLength, keyLength)
            var value = LMDB.value(values, index * valueLength, valueLength)
            try LMDB.check(mdb_put(transaction, database, &key, &value, 0))
        }
        isCommitted = true
        try LMDB.check(mdb_txn_commit(transaction))
        return true
    }

    static func check(_ status: Int32) throws {
        guard status == MDB_SUCCESS else { throw PeerError(String(cString: mdb_strerror(status))) }
    }

    static func value(_ bytes: UnsafeRawBufferPointer) -> MDB_val {
        MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }

    static func value(_ bytes: UnsafeRawBufferPointer, _ offset: Int, _ count: Int) -> MDB_val {
        MDB_val(mv_size: count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress.map { $0 + offset }))
    }
}
