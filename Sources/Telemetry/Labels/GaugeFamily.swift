public import VitrineCTelemetry

/// Gauges of one name, told apart by labels whose values have types.
///
/// As ``CounterFamily`` in all else.
public struct GaugeFamily<each Value: LabelValue>: Sendable {
    @usableFromInline let family: LabelledFamily

    init(_ family: LabelledFamily) {
        self.family = family
    }

    /// Replaces the value of the series of these label values.
    @inlinable
    public func set(_ values: repeat each Value, to level: Double) {
        var key = vitrine_label_key()
        repeat (each values).labelText.append(to: &key)
        let section = unsafe vitrine_enter()
        // The entry, and the gauge it points to, are there until the section ends.
        if let entry = unsafe vitrine_label_find(family.table, &key),
            let cell = unsafe UnsafeMutablePointer<vitrine_gauge>(bitPattern: UInt(entry.pointee.metric))
        {
            unsafe vitrine_gauge_set(cell, level)
            return unsafe vitrine_leave(section)
        }
        unsafe vitrine_leave(section)
        series(repeat each values).set(level)
    }

    /// Adds `amount`, which may be negative, to the series of these label values.
    @inlinable
    public func add(_ values: repeat each Value, amount: Double) {
        var key = vitrine_label_key()
        repeat (each values).labelText.append(to: &key)
        let section = unsafe vitrine_enter()
        // As in `set`.
        if let entry = unsafe vitrine_label_find(family.table, &key),
            let cell = unsafe UnsafeMutablePointer<vitrine_gauge>(bitPattern: UInt(entry.pointee.metric))
        {
            unsafe vitrine_gauge_add(cell, amount)
            return unsafe vitrine_leave(section)
        }
        unsafe vitrine_leave(section)
        series(repeat each values).add(amount)
    }

    /// The gauge of these label values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    @inlinable
    public func series(_ values: repeat each Value) -> Gauge {
        var key = vitrine_label_key()
        var texts: [String] = []
        for value in repeat each values {
            value.labelText.append(to: &key)
            texts.append(value.labelText)
        }
        return family.gauge(texts, key)
    }
}

extension MetricRegistry {
    /// The gauges of this name, told apart by labels of these names and types.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func gauges<each Value: LabelValue>(
        _ name: String,
        help: String = "",
        by keys: repeat LabelKey<each Value>
    ) throws -> GaugeFamily<repeat each Value> {
        var names: [String] = []
        for key in repeat each keys { names.append(key.name) }
        return GaugeFamily(try LabelledFamily(self, name, kind: .gauge, help: help, names: names))
    }
}
