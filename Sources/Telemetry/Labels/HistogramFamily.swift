public import VitrineCTelemetry

/// Histograms of one name, told apart by labels whose values have types.
///
/// As ``CounterFamily`` in all else.
public struct HistogramFamily<each Value: LabelValue>: Sendable {
    /// What the samples count.
    public let unit: HistogramUnit
    @usableFromInline let family: LabelledFamily
    @usableFromInline let scale: UInt64

    init(_ family: LabelledFamily, unit: HistogramUnit) {
        self.family = family
        self.unit = unit
        scale = unit.scale
    }

    /// Records a sample, in ticks of the unit, into the series of these label values; a negative one counts as zero.
    @inlinable
    public func record(_ sample: Int64, _ values: repeat each Value) {
        var key = vitrine_label_key()
        repeat (each values).labelText.append(to: &key)
        let section = unsafe vitrine_enter()
        // The entry, and the slot it names, are there until the section ends.
        if let entry = unsafe vitrine_label_find(family.table, &key) {
            unsafe vitrine_histogram_record(UInt32(truncatingIfNeeded: entry.pointee.metric), scale, sample)
            return unsafe vitrine_leave(section)
        }
        unsafe vitrine_leave(section)
        series(repeat each values).record(sample)
    }

    /// Records a duration as nanoseconds into the series of these label values.
    public func record(_ duration: Duration, _ values: repeat each Value) {
        record(duration.wholeNanoseconds, repeat each values)
    }

    /// The histogram of these label values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    @inlinable
    public func series(_ values: repeat each Value) -> Histogram {
        var key = vitrine_label_key()
        var texts: [String] = []
        for value in repeat each values {
            value.labelText.append(to: &key)
            texts.append(value.labelText)
        }
        return family.histogram(texts, key)
    }
}

extension MetricRegistry {
    /// The histograms of this name, told apart by labels of these names and types.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   unit, or has typed labels of other names.
    public func histograms<each Value: LabelValue>(
        _ name: String,
        help: String = "",
        unit: HistogramUnit = .nanoseconds,
        by keys: repeat LabelKey<each Value>
    ) throws -> HistogramFamily<repeat each Value> {
        var names: [String] = []
        for key in repeat each keys { names.append(key.name) }
        return HistogramFamily(
            try LabelledFamily(self, name, kind: .histogram(unit), help: help, names: names),
            unit: unit
        )
    }
}
