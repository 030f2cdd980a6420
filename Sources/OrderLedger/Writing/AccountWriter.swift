internal import VitrineSQLite

/// An account of the host's, as the writer needs it.
struct HostAccount {
    let id: Int64
    let name: String
    let balance: Money
    let minimum: Int64
    let maximum: Int64
}

/// Accounts of the host's: each method is one write of a group, inside its savepoint.
struct AccountWriter {
    let core: WriterCore
    private var connection: Connection { core.connection }

    /// Opens an account with a balance of zero.
    func open(_ name: String, _ currency: Currency, _ limits: ClosedRange<Int64>) throws(LedgerError) {
        guard try connection.first(.selectAccount, name, read: { _ in true }) == nil else {
            throw LedgerError(.duplicateAccount, "there is an account \"\(name)\" already")
        }
        let last = try connection.first(.selectLastAccount, read: { $0.int64(0) }) ?? 0
        let id = max(last + 1, firstHostAccount)
        try connection.run(.insertAccount, id, name, currency.code, limits.lowerBound, limits.upperBound)
    }

    /// Moves money between two accounts within their limits.
    func transfer(_ request: TransferRequest) throws(LedgerError) -> KeyWriter.Outcome {
        let entry = try Journal(core: core).open(.transferred)
        let debit = try row(of: request.debit, request.amount)
        let credit = try row(of: request.credit, arithmetic { try request.amount.multiplied(by: -1) })
        try Journal(core: core).post(request.amount, to: debit, from: credit, in: entry)
        return KeyWriter.Outcome(id: entry)
    }

    /// Changes an account's balance, kept beside its postings, by what is posted to it.
    ///
    /// - Throws: `limitExceeded` when the balance would leave its limits, `currencyMismatch`.
    func change(_ account: HostAccount, by amount: Money) throws(LedgerError) {
        let balance = try arithmetic { try account.balance.adding(amount) }
        guard (account.minimum...account.maximum).contains(balance.minorUnits) else {
            throw LedgerError(
                .limitExceeded,
                """
                account "\(account.name)" would hold \(balance); its limits are \(account.minimum) and \
                \(account.maximum) minor units
                """,
                details: .limitExceeded(account: account.name, balance: account.balance, change: amount)
            )
        }
        try connection.run(.updateBalance, account.id, balance.minorUnits)
    }

    /// The account of that name, which must be there.
    func existing(_ name: String) throws(LedgerError) -> HostAccount {
        guard let account = try AccountReader(connection: connection).account(name) else {
            throw LedgerError(.unknownAccount, "there is no account \"\(name)\"; open it first")
        }
        return account
    }

    private func row(of account: TransferAccount, _ change: Money) throws(LedgerError) -> Int64 {
        switch account {
        case .cash: return MoneyAccount.cash.rawValue
        case .revenue: return MoneyAccount.revenue.rawValue
        case .named(let name):
            let account = try existing(name)
            try self.change(account, by: change)
            return account.id
        }
    }
}

/// Reads of the host's accounts, on whatever connection has them.
struct AccountReader {
    let connection: Connection

    /// The account of that name, if the host has opened one.
    func account(_ name: String) throws(LedgerError) -> HostAccount? {
        try connection.first(.selectAccount, name) { row throws(LedgerError) -> HostAccount? in
            guard row.int64(0) >= firstHostAccount else { return nil }
            return HostAccount(
                id: row.int64(0),
                name: name,
                balance: Money(minorUnits: row.int64(2), currency: try row.currency(1, of: "account \(name)")),
                minimum: row.int64(3),
                maximum: row.int64(4)
            )
        } ?? nil
    }
}
