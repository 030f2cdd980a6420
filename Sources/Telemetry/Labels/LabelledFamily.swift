public import VitrineCTelemetry

/// What the typed families share: the registry, the name and the table of label values.
@safe @usableFromInline
final class LabelledFamily: @unchecked Sendable {
    private let registry: MetricRegistry
    private let name: String
    private let values: LabelTable
    // The table's, which `values` keeps.
    @usableFromInline let table: UnsafeMutablePointer<vitrine_label_table>

    init(_ registry: MetricRegistry, _ name: String, kind: FamilyKind, help: String, names: [String]) throws {
        self.registry = registry
        self.name = name
        values = try registry.table(name, kind: kind, help: help, names: names)
        unsafe table = values.table
    }

    /// Finds or makes the metric under the lock, and enters it into the table.
    func metric(_ texts: [String], _ key: vitrine_label_key) -> Metric {
        registry.metric(name, table: values, values: texts, key: key)
    }

    @usableFromInline
    func counter(_ texts: [String], _ key: vitrine_label_key) -> Counter {
        guard case .counter(let counter) = metric(texts, key) else { preconditionFailure("\(name) counts") }
        return counter
    }

    @usableFromInline
    func gauge(_ texts: [String], _ key: vitrine_label_key) -> Gauge {
        guard case .gauge(let gauge) = metric(texts, key) else { preconditionFailure("\(name) is a gauge") }
        return gauge
    }

    @usableFromInline
    func histogram(_ texts: [String], _ key: vitrine_label_key) -> Histogram {
        guard case .histogram(let histogram) = metric(texts, key) else {
            preconditionFailure("\(name) is a histogram")
        }
        return histogram
    }
}
