/// Where an order stands.
///
/// The picture is in the guide "The states of an order". Goods go from `placed` over `paid`, `fulfilled` and `shipped`
/// to `delivered`. An order that nothing was shipped and nothing refunded of can be cancelled. From the first refund
/// on the state tells of the money, and shipments of the goods: units that were not refunded can still be shipped from
/// `partiallyRefunded`. No other move exists: each is refused with `illegalTransition`, which names both states, by
/// the ledger and again by a trigger of the schema.
@nonexhaustive
public enum OrderState: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Stock is taken; the customer owes what was not captured yet.
    case placed = 1
    /// The total was captured.
    case paid = 2
    /// The goods are ready to leave; some may have left.
    case fulfilled = 3
    /// All units have left.
    case shipped = 4
    /// All units have arrived.
    case delivered = 5
    /// Stock went back, and so did the money that was captured.
    case cancelled = 6
    /// A part of the total was given back.
    case partiallyRefunded = 7
    /// The total was given back.
    case refunded = 8

    /// The states that one move leads to from here.
    public var next: [OrderState] {
        switch self {
        case .placed: [.paid, .cancelled]
        case .paid: [.fulfilled, .cancelled, .partiallyRefunded, .refunded]
        case .fulfilled: [.shipped, .cancelled, .partiallyRefunded, .refunded]
        case .shipped: [.delivered, .partiallyRefunded, .refunded]
        case .delivered: [.partiallyRefunded, .refunded]
        case .partiallyRefunded: [.partiallyRefunded, .refunded]
        case .cancelled, .refunded: []
        }
    }

    /// Whether the state machine leads from here to `state` in one move.
    public func canMove(to state: OrderState) -> Bool {
        next.contains(state)
    }

    /// The state's name.
    public var description: String {
        switch self {
        case .placed: "placed"
        case .paid: "paid"
        case .fulfilled: "fulfilled"
        case .shipped: "shipped"
        case .delivered: "delivered"
        case .cancelled: "cancelled"
        case .partiallyRefunded: "partially refunded"
        case .refunded: "refunded"
        }
    }
}
