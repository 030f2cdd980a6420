// A cart, an order, money in two phases, goods in parts, and a refund.
import OrderLedger

// snippet.show
func sell(in ledger: Ledger, to customer: String) async throws {
    // Twenty minutes to check out; then the ledger gives the units back by itself.
    let lines = [CartRequest.Line(sku: "chair-oak", quantity: 4)]
    let hold = CartRequest(idempotencyKey: "cart-1", customer: customer, lines: lines, hold: .seconds(1_200))
    let cart = try await ledger.reserve(hold)

    let vat = try TaxRate(partsPerMillion: 190_000)
    let request = OrderRequest(
        idempotencyKey: "order-1",
        customer: customer,
        lines: [.init(sku: "chair-oak", quantity: 4, taxRate: vat)],
        discount: Money(minorUnits: 20_00, currency: .eur),
        pricesIncludeTax: true,
        cart: cart.id
    )
    let order = try await ledger.place(request)

    // The provider holds the money for a week; it is captured when the goods are there.
    let card = PaymentReference(provider: "acme", reference: "hold-77")
    let payment = try await ledger.authorize(order.id, card, for: .seconds(7 * 86_400), key: "auth-1")
    _ = try await ledger.capture(payment.id, key: "capture-1")

    _ = try await ledger.fulfill(order.id)
    let first = ShipmentRequest(idempotencyKey: "ship-1", lines: [LineQuantity(line: 1, quantity: 3)])
    _ = try await ledger.ship(order.id, first)
    let rest = try await ledger.ship(order.id, ShipmentRequest(idempotencyKey: "ship-2", carrier: "post"))
    _ = try await ledger.deliver(order.id, shipment: rest.number)

    // One chair comes back: its share of price, discount and tax, to the cent.
    let returned = RefundRequest.Line(line: 1, quantity: 1, returned: 1)
    let refund = try await ledger.refund(order.id, RefundRequest(idempotencyKey: "return-1", lines: [returned]))
    print(refund.amount, "of them tax:", refund.tax)
}
// snippet.hide
