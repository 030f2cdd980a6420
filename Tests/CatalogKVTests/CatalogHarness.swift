import CatalogKV
import VitrineIO
import VitrineTestSupport

/// Opens a catalog at /store of `disk`, with segments so small that a few writes fill one.
func openCatalog(
    on disk: any FileSystem,
    at path: String = "/store",
    clock: ManualClock = ManualClock(),
    segmentByteCountMax: Int = 4_096
) async throws -> Catalog {
    var configuration = CatalogConfiguration(segmentByteCountMax: segmentByteCountMax, indexPartitionCount: 3)
    configuration.now = clock.now
    return try await Catalog.open(at: path, configuration: configuration, disk: disk, freshStoreID: 0x5EED_CA7A_106D)
}

/// The file of a segment of the catalog at /store.
func segmentPath(_ number: Int) -> String { "/store/journal/0000000\(number).log" }

/// What a test expects a catalog to hold: the simplest store there is.
struct ModelStore: Equatable, CustomStringConvertible {
    var items: [Key: [UInt8]] = [:]

    mutating func apply(_ step: ModelStep) {
        switch step {
        case .put(let key, let value, _): items[key] = value
        case .delete(let key): items[key] = nil
        case .batch(let steps): for step in steps { apply(step) }
        }
    }

    /// Everything that `catalog` holds of `partitions`, each read as a range and item by item.
    init(reading catalog: Catalog, partitions: [String]) throws {
        for partition in partitions {
            for entry in try catalog.range(of: partition) {
                try hold(try catalog.value(for: entry.key) == entry.value, "\(entry.key) differs in range and get")
                items[entry.key] = entry.value
            }
        }
        let keyCount = catalog.statistics.keyCount
        try hold(items.count == keyCount, "\(keyCount) keys in the index, \(items.count) items")
    }

    init() {}

    var description: String {
        items.sorted { "\($0.key)" < "\($1.key)" }.map { "\($0.key)=\($0.value.prefix(4))" }.joined(separator: " ")
    }
}

/// One change to a catalog.
indirect enum ModelStep: Sendable {
    case put(Key, [UInt8], Durability)
    case delete(Key)
    case batch([ModelStep])

    /// Whether a loss of power may take it back after it was acknowledged.
    var isBuffered: Bool {
        if case .put(_, _, .buffered) = self { true } else { false }
    }

    func perform(on catalog: Catalog) async throws {
        switch self {
        case .put(let key, let value, let durability): try await catalog.put(value, for: key, durability: durability)
        case .delete(let key): try await catalog.delete(key)
        case .batch(let steps):
            var batch = WriteBatch()
            for step in steps {
                switch step {
                case .put(let key, let value, _): batch.put(value, for: key)
                case .delete(let key): batch.delete(key)
                case .batch: break
                }
            }
            try await catalog.write(batch)
        }
    }

    /// Some change to a few keys of the partitions a, b and c.
    static func random(using generator: inout SeededGenerator) -> ModelStep {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<2: .delete(randomKey(using: &generator))
        case 2: .batch((0..<Int.random(in: 1...6, using: &generator)).map { _ in randomChange(using: &generator) })
        default: randomPut(using: &generator)
        }
    }

    static let partitions = ["a", "b", "c"]

    private static func randomChange(using generator: inout SeededGenerator) -> ModelStep {
        Int.random(in: 0..<4, using: &generator) == 0
            ? .delete(randomKey(using: &generator)) : randomPut(using: &generator)
    }

    private static func randomPut(using generator: inout SeededGenerator) -> ModelStep {
        let count = [0, 1, 40, 300].randomElement(using: &generator) ?? 0
        let durability: Durability = Int.random(in: 0..<4, using: &generator) == 0 ? .buffered : .synced
        return .put(randomKey(using: &generator), generator.bytes(count), durability)
    }

    private static func randomKey(using generator: inout SeededGenerator) -> Key {
        let partition = partitions.randomElement(using: &generator) ?? "a"
        return Key(partition: partition, sort: "\(Int.random(in: 0..<12, using: &generator))")
    }
}

/// The code of the `CatalogError` that `body` throws, or `nil`.
func code(of body: () async throws -> Void) async -> CatalogError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? CatalogError)?.code
    }
}
