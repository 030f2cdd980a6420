internal import VitrineSQLite

/// What an entry is the record of; subscribers see each as an event.
enum EntryKind: Int, Sendable, CaseIterable {
    case stocked = 1
    case placed = 2
    case authorized = 3
    case captured = 4
    case voided = 5
    case lapsed = 6
    case fulfilled = 7
    case shipped = 8
    case delivered = 9
    case cancelled = 10
    case refunded = 11
    case reserved = 12
    case released = 13
    case expired = 14
    case ordered = 15
    case transferred = 16
    case host = 17
}

/// Writes entries and their postings; never anything else about money or stock.
struct Journal {
    let core: WriterCore
    private var connection: Connection { core.connection }

    /// Opens an entry; returns its number.
    ///
    /// - Parameters:
    ///   - kind: what it is the record of.
    ///   - order: the order it is about; none for the one that places an order, for that has the entry's own number.
    ///   - subject: the payment, shipment or refund within the order; else the cart or the product.
    func open(_ kind: EntryKind, order: OrderID? = nil, subject: Int64? = nil) throws(LedgerError) -> Int64 {
        try connection.run(.insertEntry, kind.rawValue, order?.rawValue, subject, core.now)
        return connection.lastInsertedID
    }

    /// Moves money between two accounts; nothing is written for an amount of zero.
    func post(
        _ amount: Money,
        to debit: MoneyAccount,
        from credit: MoneyAccount,
        in entry: Int64,
        line: Int = 1
    ) throws(LedgerError) {
        try post(amount, to: debit.rawValue, from: credit.rawValue, in: entry, line: line)
    }

    /// Moves money between two accounts of any kind, by their rows.
    func post(
        _ amount: Money,
        to debit: Int64,
        from credit: Int64,
        in entry: Int64,
        line: Int = 1
    ) throws(LedgerError) {
        guard amount.minorUnits != 0 else { return }
        try connection.run(
            .insertMoneyPosting,
            entry,
            line,
            debit,
            credit,
            amount.currency.code,
            amount.minorUnits
        )
    }

    /// Moves units of a product between two accounts.
    func post(
        _ quantity: Int,
        of product: Int64,
        to debit: StockAccount,
        from credit: StockAccount,
        in entry: Int64,
        line: Int
    ) throws(LedgerError) {
        try connection.run(.insertStockPosting, entry, line, debit.rawValue, credit.rawValue, product, quantity)
    }
}
