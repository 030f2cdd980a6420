/// The bounds of a registry.
public struct TelemetryConfiguration: Sendable {
    /// The most series of one family, its overflow series not counted.
    ///
    /// Whoever asks for one more gets the family's overflow series, which carries the one label
    /// `telemetry_overflow="true"`, and `telemetry_series_folded_total` counts that it happened.
    public var seriesPerFamilyMax: Int
    /// The most families, the registry's own not counted.
    ///
    /// One more is refused with `tooManyFamilies`; what arrives through swift-metrics, which cannot be refused, is
    /// recorded in `telemetry_overflow_<kind>`.
    public var familiesMax: Int

    /// Bounds a registry; a bound under one counts as one.
    public init(seriesPerFamilyMax: Int = 2_000, familiesMax: Int = 20_000) {
        self.seriesPerFamilyMax = max(1, seriesPerFamilyMax)
        self.familiesMax = max(1, familiesMax)
    }
}
