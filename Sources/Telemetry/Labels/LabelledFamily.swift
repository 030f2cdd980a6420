public import VitrineCTelemetry

/// What the typed families share: the registry, the name and the table of label values.
@safe @usableFromInline
final class LabelledFamily: @unchecked Sendable {
    private let registry: MetricRegistry
    private let name: String
    private let values: LabelTable
    // The table's, which `values` keeps.
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

    init(_ registry: MetricRegistry, _ name: String, kind: FamilyKind, table values: LabelTable) {
        self.registry = registry
        self.name = name
        self.values = values
        unsafe table = values.table
        let unit: HistogramUnit = if case .histogram(let unit) = kind { unit } else { .count }
        unsafe scale = unit.scale
    }

    /// Adds to the counter of these values if the table has it; returns whether.
    @inlinable
    func add(_ amount: Int64, to key: inout vitrine_label_key) -> Bool {
        guard amount > 0 else { return true }
        let section = unsafe vitrine_enter()
        // The entry, and the slot it names, are there until the section ends.
        let entry = unsafe vitrine_label_find(table, &key)
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
    @inlinable
    func set(_ level: Double, of key: inout vitrine_label_key) -> Bool {
        let section = unsafe vitrine_enter()
        // The entry, and the gauge it points to, are there until the section ends.
        let cell = unsafe gauge(of: &key)
        if let cell = unsafe cell { unsafe vitrine_gauge_set(cell, level) }
        unsafe vitrine_leave(section)
        return unsafe cell != nil
    }

    /// Adds to the gauge of these values if the table has it; returns whether.
    @inlinable
    func change(by amount: Double, of key: inout vitrine_label_key) -> Bool {
        let section = unsafe vitrine_enter()
        // As in `set`.
        let cell = unsafe gauge(of: &key)
        if let cell = unsafe cell { unsafe vitrine_gauge_add(cell, amount) }
        unsafe vitrine_leave(section)
        return unsafe cell != nil
    }

    /// Records into the histogram of these values if the table has it; returns whether.
    @inlinable
    func record(_ sample: Int64, to key: inout vitrine_label_key) -> Bool {
        let section = unsafe vitrine_enter()
        // The entry, and the slot it names, are there until the section ends.
        let entry = unsafe vitrine_label_find(table, &key)
        if let entry = unsafe entry {
            unsafe vitrine_histogram_record(UInt32(truncatingIfNeeded: entry.pointee.metric), scale, sample)
        }
        unsafe vitrine_leave(section)
        return unsafe entry != nil
    }

    @inlinable
    func gauge(of key: inout vitrine_label_key) -> UnsafeMutablePointer<vitrine_gauge>? {
        guard let entry = unsafe vitrine_label_find(table, &key) else { return nil }
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
        var key = vitrine_label_key()
        for text in texts { text.append(to: &key) }
        return registry.metric(name, table: values, values: texts, key: key)
    }
}
