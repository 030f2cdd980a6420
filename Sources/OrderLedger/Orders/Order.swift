/// The name of an order: numbers that grow in the order of commitment, with gaps.
///
/// They are easy to guess. Do not let one alone open an order to whoever knows it.
public struct OrderID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number itself, as it stands in the database: that of the entry that placed the order.
    public let rawValue: Int64

    /// The name of the order with that number, which need not exist.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The number.
    public var description: String { String(rawValue) }

    /// Whether `left` was placed before `right`.
    public static func < (left: OrderID, right: OrderID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// An order as the ledger has it.
public struct Order: Sendable, Hashable {
    /// Its name.
    public let id: OrderID
    /// Who placed it.
    public let customer: String
    /// Where it stands.
    public let state: OrderState
    /// What was ordered, in the request's order.
    public let lines: [Line]
    /// What the customer has to pay: the sum of its lines' totals.
    public let total: Money
    /// The tax within the total.
    public let tax: Money
    /// How much was captured so far, of all its payments.
    public let captured: Money
    /// How much of that was given back.
    public let refunded: Money
    /// When it was placed, since 1970-01-01 00:00 UTC, in whole milliseconds by the ledger's clock.
    public let placedAt: Duration

    /// One product of an order.
    public struct Line: Sendable, Hashable {
        /// Which product.
        public let sku: String
        /// How many units.
        public let quantity: Int
        /// The price of one when the order was placed.
        public let unitPrice: Money
        /// What was taken off, its share of the order's discount included.
        public let discount: Money
        /// The tax within the total.
        public let tax: Money
        /// What the customer has to pay for it.
        public let total: Money
    }
}
