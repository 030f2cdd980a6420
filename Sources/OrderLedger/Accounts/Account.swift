/// An account that the host has opened: a gift card, a customer's credit, a seller's share.
public struct Account: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// Debits less credits: what the shop owes to the account's holder, such as a gift card's value, is negative.
    public let balance: Money
    /// The least that the balance may be, in minor units.
    public let minimum: Int64
    /// The most that it may be.
    public let maximum: Int64
}

/// Where a transfer takes money from or brings it to.
@nonexhaustive
public enum TransferAccount: Sendable, Hashable {
    /// What payment providers took for the shop.
    case cash
    /// What was sold.
    case revenue
    /// An account that the host has opened.
    case named(String)
}

/// Money that moves between two accounts.
public struct TransferRequest: Sendable, Hashable {
    /// The caller's name for this request: sent twice, it moves money once.
    public var idempotencyKey: String
    /// How much; above zero.
    public var amount: Money
    /// The account that is debited: its balance grows.
    public var debit: TransferAccount
    /// The account that is credited: its balance falls.
    public var credit: TransferAccount

    /// Describes a transfer.
    public init(idempotencyKey: String, amount: Money, debit: TransferAccount, credit: TransferAccount) {
        self.idempotencyKey = idempotencyKey
        self.amount = amount
        self.debit = debit
        self.credit = credit
    }
}

extension TransferRequest {
    /// - Throws: `invalidRequest`, naming the part that no ledger could accept.
    func validate(_ limits: LedgerConfiguration) throws(LedgerError) {
        try limits.checkText(idempotencyKey, "idempotency key")
        try checkAmount(amount, "a transfer")
        guard debit != credit else { throw LedgerError(.invalidRequest, "a transfer from \(debit) to itself") }
        for case .named(let name) in [debit, credit] { try limits.checkText(name, "account") }
    }

    /// The request with its key; equal for equal requests only.
    var keyed: KeyedRequest {
        var digest = RequestDigest(.transfer)
        digest.append(amount)
        for account in [debit, credit] {
            switch account {
            case .cash: digest.append(0)
            case .revenue: digest.append(1)
            case .named(let name):
                digest.append(2)
                digest.append(name)
            }
        }
        return KeyedRequest(idempotencyKey, digest)
    }
}
