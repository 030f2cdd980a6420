import Harness
import Peers
import Synchronization

/// Redis behind its socket: reads and writes by key.
///
/// Ranges under a partition key are not a thing that it has for keys.
struct RedisStore: Store {
    static let name = "Redis"
    // Each operation is a round trip through the system; the whole would take minutes.
    static let turnShare = 0.1
    let server: RedisServer
    let script: String

    var version: String { server.version }
    var settings: [String: String] { RedisServer.settings }

    static func open(at path: String, _ plan: Plan) async throws -> RedisStore {
        guard let server = try RedisServer.start(in: path) else { throw WrongResult("Redis is not installed") }
        Suite.whenLeaving { server.stop() }
        // One round trip and atomic, as Redis's documentation recommends over WATCH.
        let script = try RedisConnection(socketPath: server.socketPath).load(
            script: """
                if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
                for i = 2, #KEYS do redis.call('SET', KEYS[i], ARGV[i - 1]) end
                return 1
                """
        )
        return RedisStore(server: server, script: script)
    }

    func session(isSynced: Bool) throws -> RedisSession {
        RedisSession(try RedisConnection(socketPath: server.socketPath), script: script)
    }

    func setSynced(_ isSynced: Bool) throws {
        try RedisConnection(socketPath: server.socketPath).configure("appendfsync", isSynced ? "always" : "everysec")
    }

    func load(_ keys: [ItemKey], _ values: [UInt8]) async throws {
        let connection = try RedisConnection(socketPath: server.socketPath)
        try keys.withUnsafeBytes { keys in
            try values.withUnsafeBytes { try connection.put(keys: keys, values: $0, keyLength: ItemKey.length) }
        }
    }

    func close() async throws {}

    func cpuElsewhere() throws -> Double? { try server.cpuNanoseconds() }
}

final class RedisSession: StoreSession {
    private let connection: RedisConnection
    private let script: String

    init(_ connection: RedisConnection, script: String) {
        self.connection = connection
        self.script = script
    }

    static func prepare(_ key: ItemKey, forRange: Bool) -> ItemKey { key }

    func sum(_ key: ItemKey) throws -> UInt64? {
        try withUnsafeBytes(of: key) { try connection.sum($0) }
    }

    func range(from key: ItemKey, limit: Int) throws -> RangeSum { RangeSum() }

    func put(_ key: ItemKey, _ value: [UInt8]) async throws {
        try withUnsafeBytes(of: key) { key in
            try value.withUnsafeBytes { try connection.put(key, $0) }
        }
    }

    func transact(_ keys: ArraySlice<ItemKey>, _ values: [UInt8]) async throws -> Bool {
        try keys.withUnsafeBytes { keys in
            try values.withUnsafeBytes { values in
                let length = ItemKey.length
                let count = keys.count / length - 1
                let size = values.count / count
                return try connection.run(
                    script: script,
                    keys: (0...count).map { UnsafeRawBufferPointer(rebasing: keys[$0 * length..<($0 + 1) * length]) },
                    values: (0..<count).map { UnsafeRawBufferPointer(rebasing: values[$0 * size..<($0 + 1) * size]) }
                ) == 1
            }
        }
    }
}
