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
    private var sinks: [String: SinkGauges] = [:]

    /// How far one sink is behind.
    private struct SinkGauges {
        let bytes: Gauge
        let transactions: Gauge

        init(_ name: String) {
            bytes = Gauge(label: "order_ledger_replication_lag_bytes", dimensions: [("sink", name)])
            transactions = Gauge(label: "order_ledger_replication_lag_transactions", dimensions: [("sink", name)])
        }

        func destroy() {
            bytes.destroy()
            transactions.destroy()
        }
    }

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

    /// Records how far each sink is behind the ledger's last transaction; one that was detached is no more.
    mutating func record(sinks lags: [ReplicationLag], transaction: UInt64) {
        for (name, gauges) in sinks where !lags.contains(where: { $0.name == name }) {
            gauges.destroy()
            sinks[name] = nil
        }
        for lag in lags {
            let gauges = sinks[lag.name] ?? SinkGauges(lag.name)
            sinks[lag.name] = gauges
            gauges.bytes.record(lag.bytes)
            gauges.transactions.record(transaction > lag.acknowledged ? transaction - lag.acknowledged : 0)
        }
    }
}
