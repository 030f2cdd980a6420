// A product, an order of it, and a look at both.
import OrderLedger

// snippet.show
let ledger = try await Ledger.open(at: "/var/lib/shop/ledger")
try await ledger.addProduct(
    sku: "chair-oak",
    name: "Oak chair",
    price: Money(minorUnits: 129_00, currency: .eur),
    stock: 20
)

let order = try await ledger.place(
    OrderRequest(
        idempotencyKey: "cart-8271",
        customer: "ada",
        lines: [.init(sku: "chair-oak", quantity: 2)]
    )
)
print("order \(order.id): \(order.total), \(try ledger.stock(of: "chair-oak")) left")
try await ledger.close()
// snippet.hide
