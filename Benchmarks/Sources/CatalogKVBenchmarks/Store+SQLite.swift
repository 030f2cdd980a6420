import Peers

struct SQLiteStore: Store {
    static let name = "SQLite"
    static let turnShare = 0.3
    let database: SQLite
    let plan: Plan

    var version: String { SQLite.version }
    var settings: [String: String] { SQLite.settings(mapByteCount: plan.mapByteCount) }

    static func open(at path: String, _ plan: Plan) async throws -> SQLiteStore {
        SQLiteStore(database: try SQLite(at: path + "/items.sqlite", mapByteCount: plan.mapByteCount), plan: plan)
    }

    func session(isSynced: Bool) throws -> SQLiteSession {
        SQLiteSession(try SQLiteConnection(database, isSynced: isSynced))
    }

    func load(_ keys: [ItemKey], _ values: [UInt8]) async throws {
        let connection = try SQLiteConnection(database, isSynced: false)
        try keys.withUnsafeBytes { keys in
            try values.withUnsafeBytes {
                _ = try connection.transact(keys: keys, values: $0, keyLength: ItemKey.length)
            }
        }
    }

    func close() async throws {}
}

final class SQLiteSession: StoreSession {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) { self.connection = connection }

    static func prepare(_ key: ItemKey, forRange: Bool) -> ItemKey { key }

    func sum(_ key: ItemKey) throws -> UInt64? {
        try withUnsafeBytes(of: key) { try connection.sum($0) }
    }

    func range(from key: ItemKey, limit: Int) throws -> RangeSum {
        try withUnsafeBytes(of: key) { lower in
            try withUnsafeBytes(of: key.partitionEnd) { try connection.range(lower, $0, limit: limit) }
        }
    }

    func put(_ key: ItemKey, _ value: [UInt8]) async throws {
        try withUnsafeBytes(of: key) { key in
            try value.withUnsafeBytes { try connection.put(key, $0) }
        }
    }

    func transact(_ keys: ArraySlice<ItemKey>, _ values: [UInt8]) async throws -> Bool {
        try keys.withUnsafeBytes { keys in
            try values.withUnsafeBytes { values in
                try connection.transact(
                    check: UnsafeRawBufferPointer(rebasing: keys[..<ItemKey.length]),
                    keys: UnsafeRawBufferPointer(rebasing: keys[ItemKey.length...]),
                    values: values,
                    keyLength: ItemKey.length
                )
            }
        }
    }
}
