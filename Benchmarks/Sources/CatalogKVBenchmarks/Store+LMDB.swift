import Peers

struct LMDBStore: Store {
    static let name = "LMDB"
    let lmdb: LMDB
    let plan: Plan

    var version: String { LMDB.version }
    var settings: [String: String] { LMDB.settings(mapByteCount: plan.mapByteCount) }

    static func open(at path: String, _ plan: Plan) async throws -> LMDBStore {
        LMDBStore(lmdb: try LMDB(at: path, mapByteCount: plan.mapByteCount), plan: plan)
    }

    func session(isSynced: Bool) throws -> LMDBSession { try LMDBSession(lmdb) }

    func setSynced(_ isSynced: Bool) throws { try lmdb.setSynced(isSynced) }

    func load(_ keys: [ItemKey], _ values: [UInt8]) async throws {
        try keys.withUnsafeBytes { keys in
            try values.withUnsafeBytes { _ = try lmdb.put(keys: keys, values: $0, keyLength: ItemKey.length) }
        }
    }

    func close() async throws { try lmdb.close() }
}

final class LMDBSession: StoreSession {
    private let lmdb: LMDB
    private let reader: LMDBReader

    init(_ lmdb: LMDB) throws {
        self.lmdb = lmdb
        reader = try LMDBReader(lmdb)
    }

    static func prepare(_ key: ItemKey, forRange: Bool) -> ItemKey { key }

    func sum(_ key: ItemKey) throws -> UInt64? {
        try withUnsafeBytes(of: key) { try reader.sum($0) }
    }

    func range(from key: ItemKey, limit: Int) throws -> RangeSum {
        try withUnsafeBytes(of: key) {
            try reader.range($0, prefixLength: ItemKey.partitionLength, limit: limit)
        }
    }

    func put(_ key: ItemKey, _ value: [UInt8]) async throws {
        try withUnsafeBytes(of: key) { key in
            try value.withUnsafeBytes { _ = try lmdb.put(keys: key, values: $0, keyLength: ItemKey.length) }
        }
    }

    func transact(_ keys: ArraySlice<ItemKey>, _ values: [UInt8]) async throws -> Bool {
        try keys.withUnsafeBytes { keys in
            try values.withUnsafeBytes { values in
                try lmdb.put(
                    check: UnsafeRawBufferPointer(rebasing: keys[..<ItemKey.length]),
                    keys: UnsafeRawBufferPointer(rebasing: keys[ItemKey.length...]),
                    values: values,
                    keyLength: ItemKey.length
                )
            }
        }
    }
}
