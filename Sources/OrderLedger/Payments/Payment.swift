/// The name of a payment: its order, and its number within it.
public struct PaymentID: Sendable, Hashable, CustomStringConvertible {
    /// The order that it pays.
    public let order: OrderID
    /// 1 for the order's first payment, the intent that placing it writes.
    public let number: Int

    /// The name of the payment with that number, which need not exist.
    public init(order: OrderID, number: Int) {
        self.order = order
        self.number = number
    }

    /// Order and number, such as "17/1".
    public var description: String { "\(order)/\(number)" }
}

/// How one payment of an order stands.
///
/// ```text
///  intended ──▶ authorized ──▶ captured
///      │            ├────────▶ voided
///      │            └────────▶ expired
///      ├──▶ captured
///      └──▶ voided
/// ```
@nonexhaustive
public enum PaymentState: Int, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// It is awaited; nobody has promised anything yet.
    case intended = 1
    /// The provider holds the amount; what was not captured yet can be captured or voided until it expires.
    case authorized = 2
    /// It is closed, with money captured; a remainder that was voided or has expired is no longer held.
    case captured = 3
    /// It is closed without money: the hold, or the intent, was given up.
    case voided = 4
    /// It is closed without money: the hold ran out.
    case expired = 5

    /// The states that one move leads to from here.
    var next: [PaymentState] {
        switch self {
        case .intended: [.authorized, .captured, .voided]
        case .authorized: [.captured, .voided, .expired]
        case .captured, .voided, .expired: []
        }
    }

    /// The state's name.
    public var description: String {
        switch self {
        case .intended: "intended"
        case .authorized: "authorized"
        case .captured: "captured"
        case .voided: "voided"
        case .expired: "expired"
        }
    }
}

/// What a payment provider calls a payment.
public struct PaymentReference: Sendable, Hashable {
    /// The provider's name.
    public var provider: String
    /// The provider's own name of the payment.
    public var reference: String

    /// Names a payment of a provider.
    public init(provider: String, reference: String) {
        self.provider = provider
        self.reference = reference
    }
}

/// One payment of an order: an intent, a hold, or money.
public struct Payment: Sendable, Hashable {
    /// Its name.
    public let id: PaymentID
    /// How it stands.
    public let state: PaymentState
    /// What is intended, was authorised, or was captured at once.
    public let amount: Money
    /// How much of it was captured.
    public let captured: Money
    /// How much of what was captured was given back.
    public let refunded: Money
    /// What the provider calls it; `nil` for an intent and for a payment out of an account.
    public let reference: PaymentReference?
    /// The account that paid it, if one did.
    public let account: String?
    /// When the hold runs out, since 1970-01-01 00:00 UTC; `nil` when there is none.
    public let expiresAt: Duration?
}
