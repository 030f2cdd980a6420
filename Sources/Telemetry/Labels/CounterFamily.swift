public import VitrineCTelemetry

/// Counters of one name, told apart by labels whose values have types.
///
/// ```swift
/// let requests = try registry.counters("http_requests_total", by: LabelKey<Method>("method"), LabelKey<Int>("code"))
/// requests.increment(.get, 200)
/// ```
///
/// Looking a series up takes no lock, and threads that do so do not meet: two short labels and the increment take some
/// tens of nanoseconds. Values of more than 118 bytes of UTF-8 together, and values that no series has yet, go through the
/// registry's lock. Beyond ``TelemetryConfiguration/seriesPerFamilyMax`` they are folded into the overflow series.
public struct CounterFamily<each Value: LabelValue>: Sendable {
    @usableFromInline let family: LabelledFamily

    init(_ family: LabelledFamily) {
        self.family = family
    }

    /// Adds `amount` to the series of these values; one that is not positive adds nothing.
    @inlinable
    public func increment(_ values: repeat each Value, by amount: Int64 = 1) {
        guard amount > 0 else { return }
        var key = vitrine_label_key()
        repeat (each values).labelText.append(to: &key)
        let section = unsafe vitrine_enter()
        // The entry, and the slot it names, are there until the section ends.
        if let entry = unsafe vitrine_label_find(family.table, &key) {
            unsafe vitrine_counter_add(
                UInt32(truncatingIfNeeded: entry.pointee.metric),
                UInt64(truncatingIfNeeded: amount)
            )
            return unsafe vitrine_leave(section)
        }
        unsafe vitrine_leave(section)
        series(repeat each values).increment(by: amount)
    }

    /// The counter of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    @inlinable
    public func series(_ values: repeat each Value) -> Counter {
        var key = vitrine_label_key()
        var texts: [String] = []
        for value in repeat each values {
            value.labelText.append(to: &key)
            texts.append(value.labelText)
        }
        return family.counter(texts, key)
    }
}

extension MetricRegistry {
    /// The counters of this name, told apart by labels of these names and types.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func counters<each Value: LabelValue>(
        _ name: String,
        help: String = "",
        by keys: repeat LabelKey<each Value>
    ) throws -> CounterFamily<repeat each Value> {
        var names: [String] = []
        for key in repeat each keys { names.append(key.name) }
        return CounterFamily(try LabelledFamily(self, name, kind: .counter, help: help, names: names))
    }
}
