import CatalogKV
import Foundation
import ObjectVault
import OrderLedger
import Synchronization

/// The stores of one shop, each in a directory of its own under one.
struct Shop: Sendable {
    let catalog: Catalog
    /// The products, by SKU.
    let listings: Table<Product>
    let sessions: SessionStore
    let vault: Vault
    let ledger: Ledger
    /// How long each store took to open, in the order above.
    let openSeconds: [(store: String, seconds: Double)]

    /// How long a session lives without being used.
    static let sessionLifetime = Duration.seconds(30 * 60)

    static func open(at directory: String, clock: ShopClock) async throws -> Shop {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw TourError("the directory \(directory) cannot be made: name another with --directory")
        }
        var seconds: [(store: String, seconds: Double)] = []
        func timed<Store: Sendable>(_ name: String, _ open: () async throws -> Store) async throws -> Store {
            let start = ContinuousClock.now
            let store = try await open()
            seconds.append((name, (ContinuousClock.now - start).inSeconds))
            return store
        }
        let catalog = try await timed("catalog") {
            var configuration = CatalogConfiguration()
            configuration.now = clock.now
            return try await Catalog.open(at: directory + "/catalog", configuration: configuration)
        }
        let vault = try await timed("vault") { try await Vault.open(at: directory + "/vault") }
        let ledger = try await timed("ledger") { try await Ledger.open(at: directory + "/ledger") }
        var sessionConfiguration = SessionConfiguration()
        sessionConfiguration.idleLifetime = sessionLifetime
        return Shop(
            catalog: catalog,
            listings: try await catalog.table("products", of: Product.self),
            sessions: SessionStore(catalog: catalog, configuration: sessionConfiguration),
            vault: vault,
            ledger: ledger,
            openSeconds: seconds
        )
    }

    func close() async throws {
        try await catalog.close()
        try await vault.close()
        try await ledger.close()
    }

    /// All products, in the order of their SKUs.
    func products() throws -> [Product] {
        try listings.query(Product.partition).page().entries.map(\.item)
    }
}

/// The machine's time of day, and more once `advance` was called: half an hour passes in no time.
final class ShopClock: Sendable {
    private let extraSeconds = Atomic<Int64>(0)

    var now: @Sendable () -> Duration {
        { [self] in
            .seconds(Date().timeIntervalSince1970) + .seconds(extraSeconds.load(ordering: .relaxed))
        }
    }

    func advance(by duration: Duration) {
        extraSeconds.add(duration.components.seconds, ordering: .relaxed)
    }
}
