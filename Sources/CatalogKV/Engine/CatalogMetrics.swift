internal import Metrics

/// The catalog's counts and times, in whatever backend the host gave swift-metrics.
struct CatalogMetrics: Sendable {
    /// Reads of one item.
    private let gets = Counter(label: "catalogkv_gets_total")
    /// Reads of a range.
    private let ranges = Counter(label: "catalogkv_ranges_total")
    /// Records written.
    private let writes = Counter(label: "catalogkv_writes_total")
    /// Items that a sweep removed because their time had come.
    private let expirations = Counter(label: "catalogkv_expirations_total")

    func noteGet() { gets.increment() }
    func noteRange() { ranges.increment() }
    func noteExpirations(_ count: Int) { expirations.increment(by: count) }
    func noteWrite() { writes.increment() }
}
