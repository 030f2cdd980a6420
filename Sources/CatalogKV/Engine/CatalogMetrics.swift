internal import Metrics

/// The catalog's counts, in whatever backend the host gave swift-metrics.
///
/// Reads are not counted: a backend may take longer over a count than the index over a read.
struct CatalogMetrics: Sendable {
    /// Records written.
    private let writes = Counter(label: "catalogkv_writes_total")
    /// Items that a sweep removed because their time had come.
    private let expirations = Counter(label: "catalogkv_expirations_total")

    func noteExpirations(_ count: Int) { expirations.increment(by: count) }
    func noteWrite() { writes.increment() }
}
