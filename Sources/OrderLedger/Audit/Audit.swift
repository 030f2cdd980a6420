internal import VitrineSQLite

/// Checks the whole ledger at one state.
struct Audit {
    let connection: Connection

    func run() throws(LedgerError) -> AuditReport {
        var report = AuditReport()
        report.firstDiscrepancy = try structuralDiscrepancy()
        // Where the tables themselves are in doubt, figures from them mean nothing.
        guard report.isClean else { return report }
        report.firstDiscrepancy = try brokenRule()
        report.orderCount = try count("orders")
        report.entryCount = try count("entry")
        report.productCount = try count("product")
        report.postingCount = try count("money_posting") + count("stock_posting") + count("order_line")
        report.moneyBalances = try balances(
            """
            SELECT a.name, m.currency, SUM(m.amount) FROM money_movement m JOIN account a ON a.id = m.account_id
            GROUP BY m.account_id, m.currency ORDER BY m.currency, m.account_id
            """
        )
        report.stockBalances = try balances(
            """
            SELECT a.name, 'units', SUM(m.quantity) FROM stock_movement m JOIN account a ON a.id = m.account_id
            GROUP BY m.account_id ORDER BY m.account_id
            """
        )
        return report
    }

    /// What is wrong with the file, the schema or a reference: all that the rules stand on.
    private func structuralDiscrepancy() throws(LedgerError) -> AuditReport.Discrepancy? {
        // This also holds every row against the CHECK and NOT NULL constraints of its table.
        let integrity = try connection.scalar("PRAGMA integrity_check(1)")
        if integrity != "ok" { return .init(rule: "pages, indexes and constraints are whole", finding: integrity) }
        if let changed = try changedSchema() { return .init(rule: "the schema is the module's", finding: changed) }
        let orphan = try connection.scalar("PRAGMA foreign_key_check")
        if !orphan.isEmpty { return .init(rule: "every reference leads somewhere", finding: "a row of \(orphan)") }
        return nil
    }

    private func brokenRule() throws(LedgerError) -> AuditReport.Discrepancy? {
        for rule in auditRules {
            let finding = try connection.scalar(rule.sql)
            if !finding.isEmpty { return .init(rule: rule.name, finding: finding) }
        }
        return nil
    }

    /// The first table, index, view or trigger that is not as the migrations make it.
    private func changedSchema() throws(LedgerError) -> String? {
        let pristine = try Connection(path: ":memory:", role: .scratch, vfs: nil, cacheBytesMax: 65_536)
        defer { pristine.close() }
        try Schema.migrate(pristine)
        let expected = try objects(of: pristine)
        let found = try objects(of: connection)
        for (name, sql) in expected.sorted(by: { $0.key < $1.key }) where found[name] != sql {
            return found[name] == nil ? "\(name) is missing" : "\(name) was changed"
        }
        return found.keys.sorted().first { expected[$0] == nil }.map { "\($0) was added" }
    }

    private func objects(of connection: Connection) throws(LedgerError) -> [String: String] {
        // What a host has made is its own.
        let rows = try connection.rows(
            """
            SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema
            WHERE name NOT LIKE 'host\\_%' ESCAPE '\\' AND tbl_name NOT LIKE 'host\\_%' ESCAPE '\\'
            """
        ) { ($0.text(0), $0.text(1)) }
        return Dictionary(rows) { _, last in last }
    }

    private func count(_ table: String) throws(LedgerError) -> Int {
        Int(try connection.scalar("SELECT COUNT(*) FROM \(table)")) ?? 0
    }

    private func balances(_ sql: String) throws(LedgerError) -> [AuditReport.Balance] {
        try connection.rows(sql) { .init(account: $0.text(0), unit: $0.text(1), amount: $0.int64(2)) }
    }
}
