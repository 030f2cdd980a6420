// A new price: the product and its place in the price list change together, or not at all.
import CatalogKV

struct Product: Codable, Sendable {
    var name: String
    var category: String
    var price: DecimalNumber
    var cents: Int64
}

let catalog = try await Catalog.open(at: "shop/catalog")
let products = try await catalog.table("products", of: Product.self)
let priceList = try await catalog.table("products by price")

// snippet.show
func place(_ id: String, _ product: Product) -> Key {
    Key(partition: product.category, sort: product.cents.sortKey + Array(id.utf8))
}

func reprice(_ id: String, to price: DecimalNumber, cents: Int64) async throws {
    guard let entry = try products.entry(Key(partition: id)) else { return }
    var product = entry.item
    product.price = price
    product.cents = cents
    // Of an item, a transaction has one operation: a price that stays leaves the list alone.
    let moves = cents != entry.item.cents
    try await catalog.transact {
        products.putting(product, for: entry.key, if: .version(is: entry.version))
        if moves {
            priceList.deleting(place(id, entry.item))
            priceList.putting(["name": .string(product.name)], for: place(id, product))
        }
    }
}
// snippet.hide
try await reprice("chair-17", to: "119.90", cents: 11_990)
try await catalog.close()
