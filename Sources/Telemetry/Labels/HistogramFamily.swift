/// Histograms of one name, told apart by labels whose values have types.
///
/// As ``CounterFamily`` in all else. Samples are in ticks of the unit, nanoseconds for `HistogramUnit.nanoseconds`; a
/// negative one counts as zero.
public struct HistogramFamily<Values>: Sendable {
    /// What the samples count.
    public let unit: HistogramUnit
    @usableFromInline let family: LabelledFamily

    init(_ family: LabelledFamily, unit: HistogramUnit) {
        self.family = family
        self.unit = unit
    }
}

extension HistogramFamily {
    /// The histogram of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series(_ a: Values) -> Histogram where Values: LabelValue {
        family.histogram([a.labelText])
    }

    /// The histogram of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series<A: LabelValue, B: LabelValue>(_ a: A, _ b: B) -> Histogram where Values == (A, B) {
        family.histogram([a.labelText, b.labelText])
    }

    /// The histogram of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C
    ) -> Histogram where Values == (A, B, C) {
        family.histogram([a.labelText, b.labelText, c.labelText])
    }

    /// The histogram of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C,
        _ d: D
    ) -> Histogram where Values == (A, B, C, D) {
        family.histogram([a.labelText, b.labelText, c.labelText, d.labelText])
    }
}

extension HistogramFamily {
    /// Records a sample into the series of these label values.
    @inlinable
    public func record(_ sample: Int64, _ a: Values) where Values: LabelValue {
        var values = LabelValues()
        values.append(a)
        if !family.record(sample, to: &values) { series(a).record(sample) }
    }

    /// Records a sample into the series of these label values.
    @inlinable
    public func record<A: LabelValue, B: LabelValue>(_ sample: Int64, _ a: A, _ b: B) where Values == (A, B) {
        var values = LabelValues()
        values.append(a, b)
        if !family.record(sample, to: &values) { series(a, b).record(sample) }
    }

    /// Records a sample into the series of these label values.
    @inlinable
    public func record<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ sample: Int64,
        _ a: A,
        _ b: B,
        _ c: C
    ) where Values == (A, B, C) {
        var values = LabelValues()
        values.append(a, b, c)
        if !family.record(sample, to: &values) { series(a, b, c).record(sample) }
    }

    /// Records a sample into the series of these label values.
    @inlinable
    public func record<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ sample: Int64,
        _ a: A,
        _ b: B,
        _ c: C,
        _ d: D
    ) where Values == (A, B, C, D) {
        var values = LabelValues()
        values.append(a, b, c, d)
        if !family.record(sample, to: &values) { series(a, b, c, d).record(sample) }
    }
}

extension MetricRegistry {
    /// The histograms of this name, told apart by one label.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func histograms<A: LabelValue>(
        _ name: String,
        help: String = "",
        unit: HistogramUnit = .nanoseconds,
        by a: LabelKey<A>
    ) throws -> HistogramFamily<A> {
        let family = try LabelledFamily(self, name, kind: .histogram(unit), help: help, names: [a.name])
        return HistogramFamily(family, unit: unit)
    }

    /// The histograms of this name, told apart by two labels.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func histograms<A: LabelValue, B: LabelValue>(
        _ name: String,
        help: String = "",
        unit: HistogramUnit = .nanoseconds,
        by a: LabelKey<A>,
        _ b: LabelKey<B>
    ) throws -> HistogramFamily<(A, B)> {
        let family = try LabelledFamily(self, name, kind: .histogram(unit), help: help, names: [a.name, b.name])
        return HistogramFamily(family, unit: unit)
    }

    /// The histograms of this name, told apart by three labels.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func histograms<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ name: String,
        help: String = "",
        unit: HistogramUnit = .nanoseconds,
        by a: LabelKey<A>,
        _ b: LabelKey<B>,
        _ c: LabelKey<C>
    ) throws -> HistogramFamily<(A, B, C)> {
        let family = try LabelledFamily(
            self,
            name,
            kind: .histogram(unit),
            help: help,
            names: [a.name, b.name, c.name]
        )
        return HistogramFamily(family, unit: unit)
    }

    /// The histograms of this name, told apart by four labels.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func histograms<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ name: String,
        help: String = "",
        unit: HistogramUnit = .nanoseconds,
        by a: LabelKey<A>,
        _ b: LabelKey<B>,
        _ c: LabelKey<C>,
        _ d: LabelKey<D>
    ) throws -> HistogramFamily<(A, B, C, D)> {
        let family = try LabelledFamily(
            self,
            name,
            kind: .histogram(unit),
            help: help,
            names: [a.name, b.name, c.name, d.name]
        )
        return HistogramFamily(family, unit: unit)
    }
}
