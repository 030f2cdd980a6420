// The two text formats, in UTF-8, each line ended by a line feed.
//
// Prometheus's text exposition format 0.0.4 (prometheus.io, "Exposition formats"):
//
//     # HELP name text                 text with \ and line feed escaped as \\ and \n
//     # TYPE name counter|gauge|histogram
//     name{label="value",…} number     value with \, " and line feed escaped
//
// A histogram is name_bucket{…,le="bound"} with cumulative counts and a last bound of +Inf, then name_sum, name_count.
//
// OpenMetrics 1.0 (RFC draft "OpenMetrics, a cloud-native, highly scalable metrics protocol") differs so:
//
//     # TYPE family counter            the family of the samples family_total
//     # UNIT family unit               where the family's name ends in _unit
//     # HELP family text               escaped as label values are
//     # EOF                            at the end of all
//
// and a bucket may carry an exemplar: … 5 # {trace_id="…",span_id="…"} value seconds. A counter whose name does not end
// in _total, or whose family would have the name of another one, is written with the type unknown, so that its samples
// have the same name in both formats.

/// Renders families into a chunk.
struct ExpositionWriter {
    private(set) var chunk: ExpositionChunk
    private var flavour: ExpositionFlavour { chunk.flavour }

    init(flavour: ExpositionFlavour) {
        chunk = ExpositionChunk(flavour: flavour)
    }

    /// Writes what stands before the samples of a family.
    ///
    /// `isBaseFree` tells whether the name without `_total` belongs to no other family.
    mutating func begin(
        _ name: String,
        help: String,
        kind: FamilySnapshot.Kind,
        unit: HistogramUnit?,
        isBaseFree: Bool
    ) {
        var type =
            switch kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        guard flavour == .openMetrics else {
            if !help.isEmpty { comment("HELP", name, help) }
            return comment("TYPE", name, type)
        }
        var family = name
        if kind == .counter {
            if name.hasSuffix("_total"), isBaseFree, name != "_total" {
                family = String(name.dropLast("_total".count))
            } else {
                type = "unknown"
            }
        }
        comment("TYPE", family, type)
        if let unit, !unit.exposedName.isEmpty, family.hasSuffix("_" + unit.exposedName) {
            comment("UNIT", family, unit.exposedName)
        }
        if !help.isEmpty { comment("HELP", family, help) }
    }

    /// Writes a series of a live registry.
    mutating func append(_ metric: Metric, name: String, labels: [MetricLabel]) {
        switch metric {
        case .counter(let counter):
            sample(name, labels)
            chunk.appendValue(.integer, Int(counter.slot))
        case .floatingPointCounter(let counter):
            sample(name, labels)
            chunk.appendValue(.real, Int(counter.slot))
        case .gauge(let gauge):
            sample(name, labels)
            chunk.append(gauge)
        case .histogram(let histogram):
            chunk.append(ExpositionHistogram(.live(histogram), name: name, labels: labelBytes(labels)))
        case .floatingPointHistogram(let histogram):
            chunk.append(ExpositionHistogram(.liveReals(histogram), name: name, labels: labelBytes(labels)))
        }
    }

    /// Writes a series of a snapshot, whose numbers are noted in `integers` and `reals`.
    mutating func append(
        _ series: SeriesSnapshot,
        name: String,
        integers: inout [UInt64],
        reals: inout [Double]
    ) {
        switch series.value {
        case .counter(let total):
            sample(name, series.labels)
            chunk.appendValue(.integer, integers.count)
            integers.append(total)
        case .floatingPointCounter(let value), .gauge(let value):
            sample(name, series.labels)
            chunk.appendValue(.real, reals.count)
            reals.append(value)
        case .histogram(let snapshot):
            chunk.append(ExpositionHistogram(.taken(snapshot), name: name, labels: labelBytes(series.labels)))
        }
    }

    private mutating func comment(_ keyword: String, _ name: String, _ text: String) {
        chunk.append("# \(keyword) \(name) ".utf8)
        chunk.append(escaped(text, quotes: flavour == .openMetrics))
        chunk.append("\n".utf8)
    }

    /// A sample's name and labels, and the space before the value.
    private mutating func sample(_ name: String, _ labels: [MetricLabel]) {
        chunk.append(name.utf8)
        let bytes = labelBytes(labels)
        if !bytes.isEmpty {
            chunk.append("{".utf8)
            chunk.append(bytes.dropLast())
            chunk.append("}".utf8)
        }
        chunk.append(" ".utf8)
    }

    /// The labels, each with a comma after it.
    private func labelBytes(_ labels: [MetricLabel]) -> [UInt8] {
        var bytes: [UInt8] = []
        for label in labels {
            bytes += label.name.utf8
            bytes += "=\"".utf8
            bytes += escaped(label.value, quotes: true)
            bytes += "\",".utf8
        }
        return bytes
    }

    private func escaped(_ text: String, quotes: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\"") where quotes: bytes += "\\\"".utf8
            default: bytes.append(byte)
            }
        }
        return bytes
    }
}
