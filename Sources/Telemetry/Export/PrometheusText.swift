/// Writes snapshots as Prometheus reads them: its text format 0.0.4.
public enum PrometheusText {
    /// What to answer a scrape with as `Content-Type`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The snapshot as text: the same snapshot gives the same bytes.
    ///
    /// To answer a scrape, ``TelemetrySystem/exposition(_:)`` is much faster: it keeps what does not change.
    public static func text(of snapshot: RegistrySnapshot) -> String {
        String(decoding: ExpositionPage.bytes(of: snapshot, flavour: .prometheus), as: UTF8.self)
    }
}

/// Writes snapshots as OpenMetrics 1.0 has them, which Prometheus asks for first.
///
/// Samples have the same names as in Prometheus's text format. Histograms carry their exemplars.
public enum OpenMetricsText {
    /// What to answer a scrape with as `Content-Type`.
    public static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    /// The snapshot as text: the same snapshot gives the same bytes.
    public static func text(of snapshot: RegistrySnapshot) -> String {
        String(decoding: ExpositionPage.bytes(of: snapshot, flavour: .openMetrics), as: UTF8.self)
    }
}
