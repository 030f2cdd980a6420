import CatalogKV
import Foundation

/// What a product page needs, as the catalog keeps it.
struct Product: Codable, Sendable {
    /// One of the files that a shopper can download.
    struct Level: Codable, Sendable {
        let name: String
        /// SHA-256 of the file, its name in the vault.
        let digest: String
        let byteCount: Int
        let triangles: Int
    }

    let sku: String
    let name: String
    /// In cents of a euro.
    let price: Int64
    /// From the lightest to the fullest.
    let levels: [Level]

    static let partition = "products"

    static func key(of sku: String) -> Key {
        Key(partition: partition, sort: sku)
    }

    /// As the catalog's bytes.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Array(try encoder.encode(self))
    }

    init(decoding bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Product.self, from: Data(bytes))
    }

    init(sku: String, name: String, price: Int64, levels: [Level]) {
        self.sku = sku
        self.name = name
        self.price = price
        self.levels = levels
    }
}
