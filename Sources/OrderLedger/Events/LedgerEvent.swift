internal import VitrineSQLite

/// Something that happened in the ledger: an entry of its journal, as subscribers see it.
public struct LedgerEvent: Sendable, Hashable {
    /// Grows with each event; there may be gaps.
    public let id: Int64
    /// What happened.
    public let kind: Kind
    /// When, since 1970-01-01 00:00 UTC, in whole milliseconds by the ledger's clock.
    ///
    /// Events are ordered by `id`; where the clock jumped back, times are not in that order.
    public let at: Duration

    /// What can happen; more may come.
    @nonexhaustive
    public enum Kind: Sendable, Hashable {
        /// Units of a product arrived; the number is that of its row.
        case stocked(product: Int64)
        /// An order was placed.
        case placed(OrderID)
        /// A provider holds money for an order.
        case authorized(PaymentID)
        /// Money of a payment was captured.
        case captured(PaymentID)
        /// A payment, or what was left of its hold, was given up.
        case voided(PaymentID)
        /// A hold ran out.
        case lapsed(PaymentID)
        /// An order is ready to leave.
        case fulfilled(OrderID)
        /// A shipment left.
        case shipped(OrderID, shipment: Int)
        /// A shipment arrived.
        case delivered(OrderID, shipment: Int)
        /// An order was cancelled.
        case cancelled(OrderID)
        /// Money was given back.
        case refunded(OrderID, refund: Int)
        /// A cart took units out of stock.
        case reserved(CartID)
        /// The host gave a cart up.
        case released(CartID)
        /// A cart's time ran out.
        case expired(CartID)
        /// An order took over a cart.
        case ordered(CartID)
        /// Money moved between two accounts.
        case transferred
        /// The host wrote this, in the same transaction as whatever else it did there.
        case host(topic: String, payload: [UInt8])
    }
}

/// Reads of the journal as events, on whatever connection has it.
struct EventReader {
    let connection: Connection

    /// At most `limit` events after `position`, in order.
    func events(after position: Int64, limit: Int) throws(LedgerError) -> [LedgerEvent] {
        try connection.all(.selectEvents, position, limit) { row throws(LedgerError) in
            LedgerEvent(id: row.int64(0), kind: try kind(row), at: .milliseconds(row.int64(4)))
        }
    }

    private func kind(_ row: Statement) throws(LedgerError) -> LedgerEvent.Kind {
        let id = row.int64(0)
        guard let kind = EntryKind(rawValue: row.int(1)) else {
            throw row.damaged("entry \(id)", "kind \(row.int(1))")
        }
        let order = OrderID(rawValue: row.int64(2))
        let number = row.int(3)
        let payment = PaymentID(order: order, number: number)
        let cart = CartID(rawValue: row.int64(3))
        return switch kind {
        case .stocked: .stocked(product: row.int64(3))
        case .placed: .placed(OrderID(rawValue: id))
        case .authorized: .authorized(payment)
        case .captured: .captured(payment)
        case .voided: .voided(payment)
        case .lapsed: .lapsed(payment)
        case .fulfilled: .fulfilled(order)
        case .shipped: .shipped(order, shipment: number)
        case .delivered: .delivered(order, shipment: number)
        case .cancelled: .cancelled(order)
        case .refunded: .refunded(order, refund: number)
        case .reserved: .reserved(CartID(rawValue: id))
        case .released: .released(cart)
        case .expired: .expired(cart)
        case .ordered: .ordered(cart)
        case .transferred: .transferred
        case .host: .host(topic: row.text(5), payload: row.bytes(6))
        }
    }
}
