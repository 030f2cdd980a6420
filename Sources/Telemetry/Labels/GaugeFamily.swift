/// Gauges of one name, told apart by labels whose values have types.
///
/// As ``CounterFamily`` in all else.
public struct GaugeFamily<Values>: Sendable {
    @usableFromInline let family: LabelledFamily

    init(_ family: LabelledFamily) {
        self.family = family
    }
}

extension GaugeFamily {
    /// The gauge of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series(_ a: Values) -> Gauge where Values: LabelValue {
        family.gauge([a.labelText])
    }

    /// The gauge of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series<A: LabelValue, B: LabelValue>(_ a: A, _ b: B) -> Gauge where Values == (A, B) {
        family.gauge([a.labelText, b.labelText])
    }

    /// The gauge of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C
    ) -> Gauge where Values == (A, B, C) {
        family.gauge([a.labelText, b.labelText, c.labelText])
    }

    /// The gauge of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C,
        _ d: D
    ) -> Gauge where Values == (A, B, C, D) {
        family.gauge([a.labelText, b.labelText, c.labelText, d.labelText])
    }
}

extension GaugeFamily {
    /// Replaces the value of the series of these label values.
    @inlinable
    public func set(_ a: Values, to level: Double) where Values: LabelValue {
        var values = LabelValues()
        values.append(a)
        if !family.set(level, of: &values) { series(a).set(level) }
    }

    /// Replaces the value of the series of these label values.
    @inlinable
    public func set<A: LabelValue, B: LabelValue>(_ a: A, _ b: B, to level: Double) where Values == (A, B) {
        var values = LabelValues()
        values.append(a, b)
        if !family.set(level, of: &values) { series(a, b).set(level) }
    }

    /// Replaces the value of the series of these label values.
    @inlinable
    public func set<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C,
        to level: Double
    ) where Values == (A, B, C) {
        var values = LabelValues()
        values.append(a, b, c)
        if !family.set(level, of: &values) { series(a, b, c).set(level) }
    }

    /// Replaces the value of the series of these label values.
    @inlinable
    public func set<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C,
        _ d: D,
        to level: Double
    ) where Values == (A, B, C, D) {
        var values = LabelValues()
        values.append(a, b, c, d)
        if !family.set(level, of: &values) { series(a, b, c, d).set(level) }
    }
}

extension GaugeFamily {
    /// Adds `amount`, which may be negative, to the series of these label values.
    @inlinable
    public func add(_ a: Values, amount: Double) where Values: LabelValue {
        var values = LabelValues()
        values.append(a)
        if !family.change(by: amount, of: &values) { series(a).add(amount) }
    }

    /// Adds `amount`, which may be negative, to the series of these label values.
    @inlinable
    public func add<A: LabelValue, B: LabelValue>(_ a: A, _ b: B, amount: Double) where Values == (A, B) {
        var values = LabelValues()
        values.append(a, b)
        if !family.change(by: amount, of: &values) { series(a, b).add(amount) }
    }

    /// Adds `amount`, which may be negative, to the series of these label values.
    @inlinable
    public func add<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C,
        amount: Double
    ) where Values == (A, B, C) {
        var values = LabelValues()
        values.append(a, b, c)
        if !family.change(by: amount, of: &values) { series(a, b, c).add(amount) }
    }

    /// Adds `amount`, which may be negative, to the series of these label values.
    @inlinable
    public func add<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C,
        _ d: D,
        amount: Double
    ) where Values == (A, B, C, D) {
        var values = LabelValues()
        values.append(a, b, c, d)
        if !family.change(by: amount, of: &values) { series(a, b, c, d).add(amount) }
    }
}

extension MetricRegistry {
    /// The gauges of this name, told apart by one label.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func gauges<A: LabelValue>(
        _ name: String,
        help: String = "",
        by a: LabelKey<A>
    ) throws -> GaugeFamily<A> {
        GaugeFamily(try LabelledFamily(self, name, kind: .gauge, help: help, names: [a.name]))
    }

    /// The gauges of this name, told apart by two labels.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func gauges<A: LabelValue, B: LabelValue>(
        _ name: String,
        help: String = "",
        by a: LabelKey<A>,
        _ b: LabelKey<B>
    ) throws -> GaugeFamily<(A, B)> {
        GaugeFamily(try LabelledFamily(self, name, kind: .gauge, help: help, names: [a.name, b.name]))
    }

    /// The gauges of this name, told apart by three labels.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func gauges<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ name: String,
        help: String = "",
        by a: LabelKey<A>,
        _ b: LabelKey<B>,
        _ c: LabelKey<C>
    ) throws -> GaugeFamily<(A, B, C)> {
        GaugeFamily(try LabelledFamily(self, name, kind: .gauge, help: help, names: [a.name, b.name, c.name]))
    }

    /// The gauges of this name, told apart by four labels.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func gauges<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ name: String,
        help: String = "",
        by a: LabelKey<A>,
        _ b: LabelKey<B>,
        _ c: LabelKey<C>,
        _ d: LabelKey<D>
    ) throws -> GaugeFamily<(A, B, C, D)> {
        GaugeFamily(try LabelledFamily(self, name, kind: .gauge, help: help, names: [a.name, b.name, c.name, d.name]))
    }
}
