/// The ledger's own accounts of money; the raw value is the row of `account`, where a host's own begin at 1,000.
enum MoneyAccount: Int64, Sendable {
    /// What customers owe.
    case receivable = 1
    /// What payment providers took for us.
    case cash = 2
    /// What was sold, without tax; its balance is negative, as a seller's is.
    case revenue = 3
    /// Tax that was charged, and is owed to the state.
    case tax = 4
    /// What providers hold for us and we did not capture yet.
    case authorized = 5
    /// The other side of that: promises, not money.
    case promised = 6
}

/// The row of the first account that a host opens.
let firstHostAccount: Int64 = 1_000

/// The accounts that units of a product move between.
enum StockAccount: Int, Sendable {
    /// Units that can be sold; its balance is `product.stock`.
    case onHand = 101
    /// Units that open carts hold.
    case reserved = 102
    /// Units that orders hold and that were not shipped yet.
    case committed = 103
    /// Units that were shipped and not returned.
    case customers = 104
    /// Where units come from; its balance is negative.
    case supplier = 105
}
