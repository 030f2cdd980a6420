internal import VitrineCTelemetry

/// From the values of a family's labels to its metrics, read without a lock.
///
/// Changed only under the lock of the registry that the family belongs to.
@safe final class LabelTable: @unchecked Sendable {
    /// The labels' names, in the order in which values are given.
    let names: [String]
    // Made and given back with the table; whoever reads it holds the table.
    let table: UnsafeMutablePointer<vitrine_label_table>
    /// What was removed and may still be read; under the registry's lock.
    private var removed: [UnsafeMutablePointer<vitrine_label_entry>]

    init(names: [String]) {
        self.names = names
        unsafe removed = []
        unsafe table = vitrine_label_table_make()
    }

    deinit {
        freeRemoved()
        unsafe vitrine_label_table_free(table)
    }

    /// Enters a metric under values, unless they are too long or are there.
    func insert(_ metric: Metric, under values: LabelValues) {
        guard values.fit else { return }
        var values = values
        values.finish()
        let end = values.end
        if unsafe vitrine_label_find(table, &values.key, end) == nil {
            unsafe vitrine_label_insert(table, &values.key, end, metric.address)
        }
    }

    /// Makes a series unreachable through the table; returns whether it was there.
    func remove(_ labels: [MetricLabel]) -> Bool {
        var values = LabelValues()
        for name in names {
            // A label that is not there has the empty value.
            values.append(labels.first { $0.name == name }?.value ?? "")
        }
        values.finish()
        let end = values.end
        guard labels.allSatisfy({ names.contains($0.name) }), values.fit,
            let entry = unsafe vitrine_label_remove(table, &values.key, end)
        else { return false }
        unsafe removed.append(entry)
        return true
    }

    /// Gives back what was removed from the tables, once nobody can be reading it any more.
    static func freeRemoved(_ tables: [LabelTable]) {
        vitrine_synchronize()
        for table in tables { table.freeRemoved() }
    }

    private func freeRemoved() {
        while let entry = unsafe removed.popLast() { unsafe vitrine_label_free(entry) }
    }
}

extension Metric {
    /// What the table keeps of a metric: its slot, or a gauge's address.
    fileprivate var address: UInt64 {
        switch self {
        case .counter(let counter): UInt64(counter.slot)
        case .floatingPointCounter(let counter): UInt64(counter.slot)
        case .gauge(let gauge): unsafe UInt64(UInt(bitPattern: gauge.cell))
        case .histogram(let histogram): UInt64(histogram.slot)
        case .floatingPointHistogram(let histogram): UInt64(histogram.slot)
        }
    }
}
