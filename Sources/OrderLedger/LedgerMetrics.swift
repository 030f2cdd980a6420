internal import Metrics

/// What the ledger counts in swift-metrics, in whatever backend the host has set up before it opened the ledger.
struct LedgerMetrics: Sendable {
    private let commits = Counter(label: "order_ledger_commits_total")
    private let writes = Counter(label: "order_ledger_writes_total")
    private let groupSize = Recorder(label: "order_ledger_group_writes")
    private let walBytes = Gauge(label: "order_ledger_wal_bytes")

    /// Counts a group of `group` writes, of which `written` were committed.
    func record(group: Int, written: Int, walBytes bytes: Int) {
        if written > 0 { commits.increment() }
        writes.increment(by: written)
        groupSize.record(group)
        walBytes.record(bytes)
    }
}
