internal import Metrics

/// What the ledger counts in swift-metrics, in whatever backend the host has set up before it opened the ledger.
struct LedgerMetrics: Sendable {
    private let commits = Counter(label: "order_ledger_commits_total")
    private let writes = Counter(label: "order_ledger_writes_total")
    private let groupSize = Recorder(label: "order_ledger_group_writes")
    private let walBytes = Gauge(label: "order_ledger_wal_bytes")
    private let walFileBytes = Gauge(label: "order_ledger_wal_file_bytes")
    private let readers = Gauge(label: "order_ledger_readers")
    private let readerAge = Gauge(label: "order_ledger_oldest_reader_age_seconds")

    /// Counts a group of `group` writes, of which `written` were committed.
    func record(group: Int, written: Int, walBytes bytes: Int) {
        if written > 0 { commits.increment() }
        writes.increment(by: written)
        groupSize.record(group)
        walBytes.record(bytes)
    }

    /// Records who reads, and how large the log's file is.
    func record(readers figures: ReaderPool.Figures, walFileBytes bytes: Int) {
        walFileBytes.record(bytes)
        readers.record(figures.count)
        readerAge.record(figures.oldestAge / .seconds(1))
    }
}
