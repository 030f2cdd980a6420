// The reads of a product catalog, each one call.
import CatalogKV

struct Product: Codable, Sendable {
    var name: String
    var cents: Int64
}

struct Variant: Codable, Sendable {
    var finish: String
    var stock: Int
}

let catalog = try await Catalog.open(at: "shop/catalog")
let products = try await catalog.table("products", of: Product.self)
let variants = try await catalog.table("variants", of: Variant.self)
let priceList = try await catalog.table("products by price")
let reviews = try await catalog.table("reviews")
// snippet.show
// The product page: one item, and those of its variants that can be bought.
let product = try products.get(Key(partition: "chair-17"))
let available = try variants.query("chair-17", filter: attribute("stock") > 0).page().entries

// Chairs from 50 euros on, cheapest first, twenty to a page. The price leads the sort key, so the page is one range.
let page = try priceList.query("chairs", .from(5_000), limit: 20).page()
for entry in page.entries { print(entry.item["name"] ?? .null) }

// The ten newest reviews: their sort key is the time of writing.
let newest = try reviews.query("chair-17", order: .descending, limit: 10, projection: ["stars", "text"])
try newest.readEach { print($0.key.sortNumber ?? 0, $0.item["stars"] ?? .null) }
// snippet.hide
print(product?.name ?? "", available.count)
try await catalog.close()
