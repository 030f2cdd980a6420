/// The name of an order: numbers that grow in the order of commitment, from 1.
///
/// They are easy to guess. Do not let one alone open an order to whoever knows it.
public struct OrderID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number itself, as it stands in the database.
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
    /// The sum of its lines.
    public let total: Money
    /// How it was paid; `nil` as long as it was not.
    public let payment: Payment?
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
        /// The price of all.
        public let total: Money
    }
}

/// What a payment provider said when it took a customer's money.
public struct Payment: Sendable, Hashable {
    /// The provider's name.
    public var provider: String
    /// The provider's own name of the payment.
    public var reference: String

    /// A payment that the provider has confirmed.
    public init(provider: String, reference: String) {
        self.provider = provider
        self.reference = reference
    }
}
