import CatalogKV
import Foundation
import Harness
import Peers

/// Ours: a table of bytes in a catalog whose upkeep (`run()`) goes on as it does in a service.
struct CatalogStore: Store {
    static let name = "CatalogKV"
    static let hasAsyncClients = true
    let catalog: Catalog
    let table: Table<[UInt8]>
    let upkeep: Task<Void, any Error>
    let path: String

    var version: String { "this commit" }
    var settings: [String: String] {
        [
            "configuration": "as by default, upkeep running: compaction, checkpoints, expiry",
            "reads": "withValue and visit, borrowed", "clients": "a task each",
            "buffered": "durability: .buffered", "synced": "durability: .synced",
        ]
    }

    var residentValueByteCount: Int { catalog.statistics.residentValueByteCount }

    static func open(at path: String, _ plan: Plan) async throws -> CatalogStore {
        let catalog = try await Catalog.open(at: path)
        let table = try await catalog.bytesTable("items")
        return CatalogStore(
            catalog: catalog,
            table: table,
            upkeep: Task.detached(priority: .background) { try await catalog.run() },
            path: path
        )
    }

    func session(isSynced: Bool) throws -> CatalogSession {
        CatalogSession(catalog, table, isSynced ? .synced : .buffered)
    }

    func load(_ keys: [ItemKey], _ values: [UInt8]) async throws {
        let length = values.count / keys.count
        let puts = keys.indices.map { index in
            let key = CatalogSession.prepare(keys[index], forRange: false).whole
            return (key: key, item: Array(values[index * length..<(index + 1) * length]))
        }
        try await table.batchWrite(puts: puts, durability: .buffered)
    }

    /// Upkeep has come to rest when the files have kept their size for three seconds.
    func settle() async throws {
        var (calm, last) = (0, -1)
        for _ in 0..<600 where calm < 12 {
            let size = try Entry<CatalogStore>.allocatedByteCount(at: path)
            calm = size == last ? calm + 1 : 0
            last = size
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    func close() async throws {
        upkeep.cancel()
        _ = await upkeep.result
        try await catalog.close()
    }
}

/// A key as reads and writes take it, and as a query does.
enum CatalogKey {
    case whole(Key)
    case parts(partition: [UInt8], sort: [UInt8])

    init(_ key: ItemKey, isParts: Bool) {
        let (partition, sort) = (key.partitionBytes, key.sortBytes)
        self = isParts ? .parts(partition: partition, sort: sort) : .whole(Key(partition: partition, sort: sort))
    }

    var whole: Key {
        switch self {
        case .whole(let key): key
        case .parts(let partition, let sort): Key(partition: partition, sort: sort)
        }
    }
}

final class CatalogSession: StoreSession {
    private let catalog: Catalog
    private let table: Table<[UInt8]>
    private let durability: Durability

    init(_ catalog: Catalog, _ table: Table<[UInt8]>, _ durability: Durability) {
        self.catalog = catalog
        self.table = table
        self.durability = durability
    }

    static func prepare(_ key: ItemKey, forRange: Bool) -> CatalogKey { CatalogKey(key, isParts: forRange) }

    func sum(_ key: CatalogKey) throws -> UInt64? {
        try table.withValue(for: key.whole) { value in value.withUnsafeBytes { sumOfWords($0) } }
    }

    func range(from key: CatalogKey, limit: Int) throws -> RangeSum {
        guard case .parts(let partition, let sort) = key else { throw WrongResult("the key was not made for a range") }
        var result = RangeSum()
        try table.query(partition, .from(sort), limit: limit).visit { entry in
            entry.value.withUnsafeBytes { result.add($0) }
            return true
        }
        return result
    }

    func put(_ key: CatalogKey, _ value: [UInt8]) async throws {
        try await table.put(value, for: key.whole, durability: durability)
    }

    func transact(_ keys: ArraySlice<CatalogKey>, _ values: [UInt8]) async throws -> Bool {
        let size = values.count / (keys.count - 1)
        var operations = [table.checking(keys[keys.startIndex].whole, .exists)]
        for (index, key) in keys.dropFirst().enumerated() {
            operations.append(table.putting(Array(values[index * size..<(index + 1) * size]), for: key.whole))
        }
        do {
            _ = try await catalog.transact(operations, durability: durability)
            return true
        } catch let error as CatalogError where error.code == .transactionCancelled {
            return false
        }
    }
}
