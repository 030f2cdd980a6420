import CatalogKV
import VitrineIO
import VitrineTestSupport

/// A store on a simulated disk that can be opened again and again, with a clock of its own.
struct StreamHarness {
    let disk = SimulatedFileSystem()
    let clock = ManualClock()

    /// Opens the store, with segments so small that a few dozen writes fill one.
    func open(
        retention: ChangeRetention = .none,
        segmentByteCountMax: Int = 8_192,
        maintenanceInterval: Duration = .milliseconds(1)
    ) async throws -> Catalog {
        var configuration = CatalogConfiguration(
            segmentByteCountMax: segmentByteCountMax,
            indexPartitionCount: 4,
            maintenanceInterval: maintenanceInterval,
            changeRetention: retention
        )
        configuration.now = clock.now
        return try await Catalog.open(
            at: "/store",
            configuration: configuration,
            disk: disk,
            freshStoreID: 0x5EED_CA7A_106D
        )
    }
}

/// The code of the `CatalogError` that `body` throws, or `nil`.
func catalogErrorCode(of body: () async throws -> Void) async -> CatalogError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? CatalogError)?.code
    }
}

extension ChangeStream {
    /// The sets up to the first that reaches `last`.
    func sets(through last: UInt64) async throws -> [ChangeSet] {
        var sets: [ChangeSet] = []
        for try await set in self {
            sets.append(set)
            if set.lastSequence >= last { break }
        }
        return sets
    }
}

extension Change {
    /// The change in a few words, for comparing.
    var summary: String {
        let images = [newImage, oldImage].map { $0.map { "\($0.bytes)" } ?? "-" }
        return "\(table) \(kind) \(String(decoding: key.sort, as: UTF8.self)) \(images[0]) \(images[1])"
    }
}
