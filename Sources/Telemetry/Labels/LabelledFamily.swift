public import VitrineCTelemetry

/// What the typed families share: the registry, the name and the table of label values.
@safe @usableFromInline
final class LabelledFamily: @unchecked Sendable {
    private let registry: MetricRegistry
    private let name: String
    private let labels: LabelTable
    // The table's, which `labels` keeps.
    @usableFromInline let table: UnsafeMutablePointer<vitrine_label_table>

    // The unit's, a table of constants.
    @usableFromInline let scale: UnsafePointer<vitrine_scale>

    convenience init(
        _ registry: MetricRegistry,
        _ name: String,
        kind: FamilyKind,
        help: String,
        names: [String]
    ) throws {
        let table = try registry.table(name, kind: kind, help: help, names: names)
        self.init(registry, name, kind: kind, table: table)
    }

    init(_ registry: MetricRegistry, _ name: String, kind: FamilyKind, table labels: LabelTable) {
        self.registry = registry
        self.name = name
        self.labels = labels
        unsafe table = labels.table
        let unit: HistogramUnit = if case .histogram(let unit) = kind { unit } else { .count }
        unsafe scale = unit.scale
    }

    /// Adds to the counter of these values if the table has it; returns whether.
    @inlinable @inline(__always)
    func add(_ amount: Int64, to values: inout LabelValues) -> Bool {
        guard amount > 0 else { return true }
        let section = unsafe vitrine_enter()
        // The entry, and the slot it names, are there until the section ends.
        let entry = unsafe entry(of: &values)
        if let entry = unsafe entry {
            unsafe vitrine_counter_add(
                UInt32(truncatingIfNeeded: entry.pointee.metric),
                UInt64(truncatingIfNeeded: amount)
            )
        }
        unsafe vitrine_leave(section)
        return unsafe entry != nil
    }

    /// Sets the gauge of these values if the table has it; returns whether.
    @inlinable @inline(__always)
    func set(_ level: Double, of values: inout LabelValues) -> Bool {
        let section = unsafe vitrine_enter()
        // The entry, and the gauge it points to, are there until the section ends.
        let cell = unsafe gauge(of: &values)
        if let cell = unsafe cell { unsafe vitrine_gauge_set(cell, level) }
        unsafe vitrine_leave(section)
        return unsafe cell != nil
    }

    /// Adds to the gauge of these values if the table has it; returns whether.
    @inlinable @inline(__always)
    func change(by amount: Double, of values: inout LabelValues) -> Bool {
        let section = unsafe vitrine_enter()
        // As in `set`.
        let cell = unsafe gauge(of: &values)
        if let cell = unsafe cell { unsafe vitrine_gauge_add(cell, amount) }
        unsafe vitrine_leave(section)
        return unsafe cell != nil
    }

    /// Records into the histogram of these values if the table has it; returns whether.
    @inlinable @inline(__always)
    func record(_ sample: Int64, to values: inout LabelValues) -> Bool {
        let section = unsafe vitrine_enter()
        // The entry, and the slot it names, are there until the section ends.
        let entry = unsafe entry(of: &values)
        if let entry = unsafe entry {
            unsafe vitrine_histogram_record(UInt32(truncatingIfNeeded: entry.pointee.metric), scale, sample)
        }
        unsafe vitrine_leave(section)
        return unsafe entry != nil
    }

    @inlinable @inline(__always)
    func entry(of values: inout LabelValues) -> UnsafePointer<vitrine_label_entry>? {
        values.finish()
        let end = values.end
        return unsafe vitrine_label_find(table, &values.key, end)
    }

    @inlinable @inline(__always)
    func gauge(of values: inout LabelValues) -> UnsafeMutablePointer<vitrine_gauge>? {
        guard let entry = unsafe entry(of: &values) else { return nil }
        return unsafe UnsafeMutablePointer(bitPattern: UInt(entry.pointee.metric))
    }

    @usableFromInline
    func counter(_ values: [String]) -> Counter {
        guard case .counter(let counter) = metric(values) else { preconditionFailure("\(name) counts") }
        return counter
    }

    @usableFromInline
    func gauge(_ values: [String]) -> Gauge {
        guard case .gauge(let gauge) = metric(values) else { preconditionFailure("\(name) is a gauge") }
        return gauge
    }

    @usableFromInline
    func histogram(_ values: [String]) -> Histogram {
        guard case .histogram(let histogram) = metric(values) else { preconditionFailure("\(name) is a histogram") }
        return histogram
    }

    /// Finds or makes the metric under the lock, and enters it into the table.
    private func metric(_ texts: [String]) -> Metric {
        var values = LabelValues()
        for text in texts { values.append(text) }
        return registry.metric(name, table: labels, values: texts, under: values)
    }
}
