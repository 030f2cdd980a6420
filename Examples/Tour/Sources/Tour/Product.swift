import CatalogKV

/// What a product page needs: an item of the catalog's table of products.
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
}
