/// What an audit counted, and the first thing that does not add up.
///
/// Where pages, schema or references are damaged there are no figures: all are 0 or empty.
public struct AuditReport: Sendable, Hashable {
    /// Orders in the ledger.
    public internal(set) var orderCount = 0
    /// Entries: everything that happened.
    public internal(set) var entryCount = 0
    /// Postings of money and of stock, the lines of orders among them.
    public internal(set) var postingCount = 0
    /// Products in the ledger.
    public internal(set) var productCount = 0
    /// What each money account holds in each currency; debits count as positive.
    public internal(set) var moneyBalances: [Balance] = []
    /// Units in each stock account, over all products.
    public internal(set) var stockBalances: [Balance] = []
    /// The first thing that does not add up; `nil` when everything does.
    public internal(set) var firstDiscrepancy: Discrepancy?

    /// Whether everything adds up.
    public var isClean: Bool { firstDiscrepancy == nil }

    /// What an account holds.
    public struct Balance: Sendable, Hashable {
        /// The account's name, such as "revenue" or "on hand".
        public let account: String
        /// The currency's code; "units" for stock.
        public let unit: String
        /// Debits less credits, in minor units or in units of stock.
        public let amount: Int64
    }

    /// Something that does not add up.
    public struct Discrepancy: Sendable, Hashable, CustomStringConvertible {
        /// The rule that is broken.
        public let rule: String
        /// Where, and what stands there.
        public let finding: String

        /// The rule and the finding in one line.
        public var description: String { "\(rule): \(finding)" }
    }
}
