// A product, its variants, and an entry of its category's price list, written as one.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
// snippet.show
struct Product: Codable, Sendable {
    var name: String
    var category: String
    var price: DecimalNumber
    var cents: Int64
    var tags: Set<String>
}

struct Variant: Codable, Sendable {
    var finish: String
    var stock: Int
}

let products = try await catalog.table("products", of: Product.self)
let variants = try await catalog.table("variants", of: Variant.self)
let priceList = try await catalog.table("products by price")

let chair = Product(name: "Oak chair", category: "chairs", price: "129.90", cents: 12_990, tags: ["oak", "dining"])
try await catalog.transact {
    products.putting(chair, for: Key(partition: "chair-17"), if: .notExists)
    variants.putting(Variant(finish: "oiled", stock: 12), for: Key(partition: "chair-17", sort: "oiled"))
    variants.putting(Variant(finish: "lacquered", stock: 4), for: Key(partition: "chair-17", sort: "lacquered"))
    priceList.putting(
        ["name": "Oak chair"],
        for: Key(partition: "chairs", sort: chair.cents.sortKey + Array("chair-17".utf8))
    )
}
// snippet.hide
try await catalog.close()
