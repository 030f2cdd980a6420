/// Something that is sold.
public struct Product: Sendable, Hashable {
    /// The host's name of it.
    public let sku: String
    /// What it is called.
    public let name: String
    /// What one unit costs; with or without tax, as each order says.
    public let price: Money
    /// Units that can be sold now: not held by a cart or an order.
    public let stock: Int
    /// The product shows in ``Ledger/productsToReorder(limit:after:)`` when it has fewer units than this.
    public let reorderPoint: Int
}

/// Where a page of orders by state and time ended: pass it to go on.
public struct OrderCursor: Sendable, Hashable {
    let milliseconds: Int64
    let id: OrderID

    /// The position right after `order`.
    public init(after order: Order) {
        let (seconds, attoseconds) = order.placedAt.components
        // Placed times come from whole milliseconds in 64 bits.
        milliseconds = seconds &* 1_000 &+ attoseconds / 1_000_000_000_000_000
        id = order.id
    }
}

/// What was sold of one product in one currency on one day.
public struct Sales: Sendable, Hashable {
    /// Days since 1970-01-01, in the zone that was asked for.
    public let day: Int
    /// The product.
    public let sku: String
    /// Units of the day's orders, those that were cancelled later not counted.
    public let units: Int
    /// What customers pay for them, tax included.
    public let total: Money
    /// The tax within it.
    public let tax: Money
    /// What was taken off.
    public let discount: Money
}
