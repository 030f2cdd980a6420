import Peers

struct RocksDBStore: Store {
    static let name = "RocksDB"
    let database: RocksDB
    let plan: Plan

    var version: String { RocksDB.version }
    var settings: [String: String] { RocksDB.settings(cacheByteCount: Self.cacheByteCount(plan)) }

    /// All data and a fifth, for the blocks' own overhead.
    private static func cacheByteCount(_ plan: Plan) -> Int { max(256 << 20, plan.liveByteCount / 5 * 6) }

    static func open(at path: String, _ plan: Plan) async throws -> RocksDBStore {
        RocksDBStore(database: try RocksDB(at: path, cacheByteCount: cacheByteCount(plan)), plan: plan)
    }

    func session(isSynced: Bool) throws -> RocksDBSession { RocksDBSession(database, isSynced: isSynced) }

    func load(_ keys: [ItemKey], _ values: [UInt8]) async throws {
        try keys.withUnsafeBytes { keys in
            try values.withUnsafeBytes { try database.load(keys, keyLength: ItemKey.length, $0) }
        }
    }

    func finishLoading() async throws {
        database.compact()
        // The block cache is filled as it would be after a while of serving.
        let session = try session(isSynced: false)
        for item in 0..<plan.itemCount { _ = try session.sum(ItemKey(item: item)) }
    }

    func settle() async throws { try database.awaitCompaction(seconds: 300) }

    func close() async throws { database.close() }
}

final class RocksDBSession: StoreSession {
    private let database: RocksDB
    private let isSynced: Bool

    init(_ database: RocksDB, isSynced: Bool) {
        self.database = database
        self.isSynced = isSynced
    }

    static func prepare(_ key: ItemKey, forRange: Bool) -> ItemKey { key }

    func sum(_ key: ItemKey) throws -> UInt64? {
        try withUnsafeBytes(of: key) { try database.sum($0) }
    }

    func range(from key: ItemKey, limit: Int) throws -> RangeSum {
        try withUnsafeBytes(of: key) {
            try database.range($0, prefixLength: ItemKey.partitionLength, limit: limit)
        }
    }

    func put(_ key: ItemKey, _ value: [UInt8]) async throws {
        try withUnsafeBytes(of: key) { key in
            try value.withUnsafeBytes { try database.put(key, $0, isSynced: isSynced) }
        }
    }

    func transact(_ keys: ArraySlice<ItemKey>, _ values: [UInt8]) async throws -> Bool {
        try keys.withUnsafeBytes { keys in
            try values.withUnsafeBytes { values in
                try database.transact(
                    check: UnsafeRawBufferPointer(rebasing: keys[..<ItemKey.length]),
                    keys: UnsafeRawBufferPointer(rebasing: keys[ItemKey.length...]),
                    values: values,
                    keyLength: ItemKey.length
                )
            }
        }
    }
}
