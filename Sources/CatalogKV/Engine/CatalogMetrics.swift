internal import Metrics

/// The catalog's counts, in whatever backend the host gave swift-metrics.
///
/// Reads are not counted: a number that all readers add to would cost each of them more than the read itself.
struct CatalogMetrics: Sendable {
    /// Writes that were acknowledged, a batch or transaction as one.
    private let writes: Counter
    /// Items that a sweep removed because their time had come.
    private let expirations: Counter
    /// Bytes that compaction wrote anew.
    private let moved: Counter

    init(_ factory: any MetricsFactory) {
        writes = Counter(label: "catalogkv_writes_total", dimensions: [], factory: factory)
        expirations = Counter(label: "catalogkv_expirations_total", dimensions: [], factory: factory)
        moved = Counter(label: "catalogkv_compaction_moved_bytes_total", dimensions: [], factory: factory)
    }

    func noteWrite() { writes.increment() }
    func noteExpirations(_ count: Int) { expirations.increment(by: count) }
    func noteMoved(byteCount: Int) { moved.increment(by: byteCount) }
}
