/// Writes entries and their postings; never anything else about money or stock.
struct Journal {
    let connection: Connection

    /// Opens an entry; returns its number.
    func open(_ kind: EntryKind, order: OrderID?, at milliseconds: Int64) throws(LedgerError) -> Int64 {
        try connection.run(.insertEntry, kind.rawValue, order?.rawValue, milliseconds)
        return connection.lastInsertedID
    }

    /// Moves money between two accounts; nothing is written for an amount of zero.
    func post(
        _ amount: Money,
        to debit: MoneyAccount,
        from credit: MoneyAccount,
        in entry: Int64
    ) throws(LedgerError) {
        guard amount.minorUnits != 0 else { return }
        try connection.run(
            .insertMoneyPosting,
            entry,
            1,
            debit.rawValue,
            credit.rawValue,
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
