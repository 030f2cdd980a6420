/// The bounds of a registry, and how it is looked after.
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
    /// How long a series with labels is shown after it was last recorded into; `nil` to keep all for good.
    ///
    /// After that ``MetricRegistry/expireIdle()`` takes it out of snapshots and expositions. A metric that somebody still
    /// holds comes back with its next sample and goes on with its total; one that nobody holds is given back, makes room
    /// under ``seriesPerFamilyMax``, and begins at zero, with a start time of its own, when it is asked for anew. Series
    /// without labels never expire, for they do not multiply.
    public var idleLifetime: Duration?
    /// Whether gauges expire as counters and histograms do.
    ///
    /// Not by default: what a gauge was set to stays true until it is set anew, however long that takes.
    public var gaugesExpire: Bool
    /// Whether what swift-metrics' timers and recorders record is kept as an ``Exemplar`` when the task is in a trace.
    ///
    /// Costs a look at the task's context, about ten nanoseconds for each sample; metrics of the registry take the
    /// context as an argument instead and do not need this.
    public var exemplarsFromTasks: Bool
    /// How often ``TelemetrySystem/run()`` looks at the process and for idle series.
    public var upkeepInterval: Duration

    /// Bounds a registry; a bound under one counts as one.
    public init(
        seriesPerFamilyMax: Int = 2_000,
        familiesMax: Int = 20_000,
        idleLifetime: Duration? = .seconds(24 * 3_600),
        gaugesExpire: Bool = false,
        exemplarsFromTasks: Bool = false,
        upkeepInterval: Duration = .seconds(10)
    ) {
        self.seriesPerFamilyMax = max(1, seriesPerFamilyMax)
        self.familiesMax = max(1, familiesMax)
        self.idleLifetime = idleLifetime
        self.gaugesExpire = gaugesExpire
        self.exemplarsFromTasks = exemplarsFromTasks
        self.upkeepInterval = max(.milliseconds(100), upkeepInterval)
    }
}
