/// The name of a cart.
public struct CartID: Sendable, Hashable, CustomStringConvertible {
    /// The number itself, as it stands in the database.
    public let rawValue: Int64

    /// The name of the cart with that number, which need not exist.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The number.
    public var description: String { String(rawValue) }
}

/// How a cart stands.
@nonexhaustive
public enum CartState: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// It holds its units until it expires.
    case open = 1
    /// An order took its units.
    case ordered = 2
    /// The host gave it up.
    case released = 3
    /// Its time ran out, and the ledger gave its units back.
    case expired = 4

    /// The states that one move leads to from here.
    var next: [CartState] { self == .open ? [.ordered, .released, .expired] : [] }

    /// The state's name.
    public var description: String {
        switch self {
        case .open: "open"
        case .ordered: "ordered"
        case .released: "released"
        case .expired: "expired"
        }
    }
}

/// Units that a customer has in hand but has not ordered yet: nobody else can buy them until the cart expires.
public struct Cart: Sendable, Hashable {
    /// Its name; an ``OrderRequest`` that names it gets its units.
    public let id: CartID
    /// Whose it is.
    public let customer: String
    /// How it stands.
    public let state: CartState
    /// What it holds, or held.
    public let lines: [Line]
    /// When the ledger gives the units back, since 1970-01-01 00:00 UTC, in whole milliseconds by the ledger's clock.
    public let expiresAt: Duration
    /// The order that took the units, if one did.
    public let order: OrderID?

    /// Some units of one product.
    public struct Line: Sendable, Hashable {
        /// Which product.
        public let sku: String
        /// How many units.
        public let quantity: Int
    }
}

/// What a customer wants to have held.
public struct CartRequest: Sendable, Hashable {
    /// The caller's name for this request: sent twice, it holds units once.
    public var idempotencyKey: String
    /// Whose cart it is.
    public var customer: String
    /// What is to be held; each SKU at most once.
    public var lines: [Line]
    /// For how long, from one millisecond to 366 days.
    public var hold: Duration

    /// Describes a request.
    public init(idempotencyKey: String, customer: String, lines: [Line], hold: Duration) {
        self.idempotencyKey = idempotencyKey
        self.customer = customer
        self.lines = lines
        self.hold = hold
    }

    /// Some units of one product.
    public struct Line: Sendable, Hashable {
        /// Which product.
        public var sku: String
        /// How many units, from 1 to 1,000,000,000.
        public var quantity: Int

        /// Asks for `quantity` units of `sku`.
        public init(sku: String, quantity: Int) {
            self.sku = sku
            self.quantity = quantity
        }
    }
}
