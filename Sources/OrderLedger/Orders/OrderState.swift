/// Where an order stands.
///
/// ```text
///            pay            cancel
///  placed ────────▶ paid ────────▶ cancelled
///     │                                ▲
///     └────────────────────────────────┘
///                  cancel
/// ```
///
/// `place` with a payment makes an order that is paid from the start. No other move exists: each is refused with
/// `illegalTransition`, by the ledger and again by a trigger of the schema.
@nonexhaustive
public enum OrderState: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Stock is taken; the customer owes the total.
    case placed = 1
    /// The total was paid.
    case paid = 2
    /// Stock went back, and so did the money if it was paid.
    case cancelled = 9

    /// Whether the state machine leads from here to `next` in one move.
    public func canMove(to next: OrderState) -> Bool {
        switch (self, next) {
        case (.placed, .paid), (.placed, .cancelled), (.paid, .cancelled): true
        default: false
        }
    }

    /// The state's name.
    public var description: String {
        switch self {
        case .placed: "placed"
        case .paid: "paid"
        case .cancelled: "cancelled"
        }
    }
}
