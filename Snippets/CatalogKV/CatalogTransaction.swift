// Moves a lamp into a cart, whole or not at all, and once however often it is asked.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
let stock = try await catalog.table("stock")
let carts = try await catalog.table("carts")
let customers = try await catalog.table("customers")
let requestID = "checkout-17"
// snippet.show
let arc = Key(partition: "lamps", sort: "arc")
let line = Key(partition: "cart-17", sort: "arc")
do {
    let result = try await catalog.transact(token: requestID) {
        customers.checking(Key(partition: "ada"), attribute("isBlocked") != true)
        stock.updating(arc, if: attribute("count") >= 1) { attribute("count").subtract(1) }
        carts.putting(["sku": "arc", "quantity": 1], for: line, if: .notExists)
    }
    print(result.wasRepeated ? "was done before" : "done", result.versions)
} catch let error as CatalogError where error.code == .transactionCancelled {
    for (index, reason) in (error.cancellation?.reasons ?? []).enumerated() {
        if let reason { print("operation \(index):", reason) }
    }
}
// snippet.hide
try await catalog.close()
