/// The accounts that money moves between; the raw value is the row of `account`.
enum MoneyAccount: Int, Sendable {
    /// What customers owe.
    case receivable = 1
    /// What payment providers took for us.
    case cash = 2
    /// What was sold; its balance is negative, as a seller's is.
    case revenue = 3
}

/// The accounts that units of a product move between.
enum StockAccount: Int, Sendable {
    /// Units that can be sold; its balance is `product.stock`.
    case onHand = 101
    /// Units that orders hold.
    case sold = 102
    /// Where units come from; its balance is negative.
    case supplier = 103
}

/// What an entry, a set of postings of one moment, is the record of.
enum EntryKind: Int, Sendable {
    /// Units arrived.
    case delivery = 1
    /// An order was placed.
    case place = 2
    /// It was paid.
    case pay = 3
    /// It was cancelled.
    case cancel = 4
}
