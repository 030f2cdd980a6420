/// A swift-metrics series: its metric, and where it stands in the registry.
struct BridgedSeries: Sendable {
    let metric: Metric
    /// `nil` for an overflow series, which belongs to nobody alone.
    let place: SeriesPlace?
    /// Whether it was made by this call.
    let isNew: Bool
}

/// Where a series stands in a registry.
package struct SeriesPlace: Sendable, Hashable {
    let family: String
    let labels: [MetricLabel]
}
