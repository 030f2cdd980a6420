import CatalogKV
import VitrineIO
import VitrineTestSupport

/// A catalog with one table of bytes, and what it should hold.
struct MaintainedStore {
    static let path = "/store"

    let catalog: Catalog
    let table: Table<[UInt8]>
    private(set) var model: [String: [UInt8]] = [:]

    /// Opens the catalog at `path` of `disk`, with small segments.
    init(
        _ disk: any FileSystem,
        at path: String = path,
        segmentByteCountMax: Int = 8_192,
        checkpointIntervalByteCount: Int = 1 << 30,
        changeRetention: ChangeRetention = .none
    ) async throws {
        var configuration = CatalogConfiguration(
            segmentByteCountMax: segmentByteCountMax,
            indexPartitionCount: 16,
            checkpointIntervalByteCount: checkpointIntervalByteCount,
            changeRetention: changeRetention
        )
        configuration.now = ManualClock().now
        catalog = try await Catalog.open(at: path, configuration: configuration, disk: disk, freshStoreID: 5)
        table = try await catalog.bytesTable("items")
    }

    /// The store opened again, with what it should hold.
    func reopened(_ disk: any FileSystem) async throws -> MaintainedStore {
        var again = try await MaintainedStore(disk)
        again.model = model
        return again
    }

    mutating func put(_ name: String, _ value: [UInt8], durability: Durability = .buffered) async throws {
        try await table.put(value, for: Key(partition: name), durability: durability)
        model[name] = value
    }

    mutating func delete(_ name: String) async throws {
        try await table.delete(Key(partition: name), durability: .buffered)
        model[name] = nil
    }

    /// Writes `count` random changes to `keyCount` keys.
    mutating func churn(_ count: Int, keyCount: Int, using generator: inout SeededGenerator) async throws {
        for _ in 0..<count {
            let name = "k\(Int.random(in: 0..<keyCount, using: &generator))"
            if Int.random(in: 0..<5, using: &generator) == 0 {
                try await delete(name)
            } else {
                try await put(name, generator.bytes(Int.random(in: 1...400, using: &generator)))
            }
        }
    }

    /// Whether the table holds exactly what was written.
    func check(_ expected: [String: [UInt8]]? = nil, keyCount: Int) throws {
        let expected = expected ?? model
        for index in 0..<keyCount {
            let name = "k\(index)"
            let found = try table.get(Key(partition: name))
            try hold(
                found == expected[name],
                "\(name) has \(found?.count ?? -1) bytes, not \(expected[name]?.count ?? -1)"
            )
        }
    }
}
