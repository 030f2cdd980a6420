internal import CLMDB
internal import Glibc

/// LMDB as its documentation recommends for reading: one read transaction per thread, reset and renewed.
public final class LMDB: @unchecked Sendable {
    // The environment may be used from any thread; each transaction stays on the thread that made it.
    private let environment: OpaquePointer
    private let database: MDB_dbi

    /// The library's own version.
    public static let version: String = {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        _ = mdb_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }()
    /// What the benchmark states beside the figure.
    public static let settings = ["map": "8 GiB", "readers": "MDB_NOTLS, one transaction for each batch of gets"]

    /// Opens or creates an environment in a directory that exists.
    public init(at path: String) throws {
        var environment: OpaquePointer?
        try LMDB.check(mdb_env_create(&environment))
        guard let environment else { throw PeerError("no environment") }
        try LMDB.check(mdb_env_set_mapsize(environment, 8 << 30))
        try LMDB.check(mdb_env_open(environment, path, UInt32(MDB_NOTLS), 0o644))
        self.environment = environment
        var transaction: OpaquePointer?
        try LMDB.check(mdb_txn_begin(environment, nil, 0, &transaction))
        var database: MDB_dbi = 0
        try LMDB.check(mdb_dbi_open(transaction, nil, 0, &database))
        try LMDB.check(mdb_txn_commit(transaction))
        self.database = database
    }

    deinit {
        mdb_env_close(environment)
    }

    /// Puts all of `items` in one transaction and flushes once.
    public func put(_ items: [([UInt8], [UInt8])]) throws {
        var transaction: OpaquePointer?
        try LMDB.check(mdb_txn_begin(environment, nil, 0, &transaction))
        for (key, value) in items {
            var (key, value) = (key, value)
            let status = key.withUnsafeMutableBytes { key in
                value.withUnsafeMutableBytes { value in
                    var keyValue = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
                    var dataValue = MDB_val(mv_size: value.count, mv_data: value.baseAddress)
                    return mdb_put(transaction, database, &keyValue, &dataValue, 0)
                }
            }
            try LMDB.check(status)
        }
        try LMDB.check(mdb_txn_commit(transaction))
    }

    /// Looks up each key at one snapshot and returns the sum of the values' lengths.
    public func sumOfLengths(_ keys: some Sequence<[UInt8]>) throws -> Int {
        var transaction: OpaquePointer?
        try LMDB.check(mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction))
        defer { mdb_txn_abort(transaction) }
        var sum = 0
        for key in keys {
            var key = key
            sum += try key.withUnsafeMutableBytes { key in
                var keyValue = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
                var dataValue = MDB_val()
                try LMDB.check(mdb_get(transaction, database, &keyValue, &dataValue))
                return dataValue.mv_size
            }
        }
        return sum
    }

    private static func check(_ status: Int32) throws {
        guard status == MDB_SUCCESS else { throw PeerError(String(cString: mdb_strerror(status))) }
    }
}
