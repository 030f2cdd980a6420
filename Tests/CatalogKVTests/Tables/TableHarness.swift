import CatalogKV
import VitrineIO
import VitrineTestSupport

/// A catalog on a simulated disk and a clock that the test moves.
struct TableFixture {
    let disk = SimulatedFileSystem()
    let clock = ManualClock()
    let catalog: Catalog

    init() async throws {
        catalog = try await TableFixture.open(disk, clock)
    }

    static func open(
        _ disk: SimulatedFileSystem,
        _ clock: ManualClock,
        segmentByteCountMax: Int = 1 << 20
    ) async throws -> Catalog {
        var configuration = CatalogConfiguration(segmentByteCountMax: segmentByteCountMax, indexPartitionCount: 16)
        configuration.now = clock.now
        return try await Catalog.open(at: "/store", configuration: configuration, disk: disk, freshStoreID: 7)
    }
}

/// The code of what `body` throws; `nil` when it throws nothing or no `CatalogError`.
func errorCode(of body: () async throws -> Void) async -> CatalogError.Code? {
    await catalogError(of: body)?.code
}

/// The `CatalogError` that `body` throws.
func catalogError(of body: () async throws -> Void) async -> CatalogError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? CatalogError
    }
}

struct Ware: Codable, Sendable, Hashable {
    var name: String
    var stock: Int
    var tags: [String] = []
}
