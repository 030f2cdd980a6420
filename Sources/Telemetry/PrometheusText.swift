// Prometheus's text exposition format 0.0.4:
//
//     # HELP name text                 text with \ and line feed escaped as \\ and \n
//     # TYPE name counter|gauge|histogram
//     name{label="value",…} number     value with \, " and line feed escaped
//
// in UTF-8, each line ended by a line feed. A histogram is name_bucket{…,le="bound"} with cumulative counts and a last
// bound of +Inf, then name_sum and name_count. (prometheus.io, "Exposition formats".)

/// Writes snapshots as Prometheus reads them.
public enum PrometheusText {
    /// What to answer a scrape with as `Content-Type`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The snapshot as text: the same snapshot gives the same bytes.
    public static func text(of snapshot: RegistrySnapshot) -> String {
        var writer = PrometheusWriter()
        for family in snapshot.families where !family.series.isEmpty { writer.write(family) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

private struct PrometheusWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ family: FamilySnapshot) {
        if !family.help.isEmpty {
            bytes += "# HELP \(family.name) ".utf8
            escape(family.help, quotes: false)
            bytes.append(UInt8(ascii: "\n"))
        }
        let type =
            switch family.kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        bytes += "# TYPE \(family.name) \(type)\n".utf8
        for series in family.series { write(series, name: family.name) }
    }

    private mutating func write(_ series: SeriesSnapshot, name: String) {
        switch series.value {
        case .counter(let total): line(name, series.labels, number: String(total))
        case .floatingPointCounter(let value), .gauge(let value): line(name, series.labels, number: Self.number(value))
        case .histogram(let histogram): write(histogram, labels: series.labels, name: name)
        }
    }

    private mutating func write(_ histogram: HistogramSnapshot, labels: [MetricLabel], name: String) {
        for exponent in histogram.unit.exposedExponents {
            let bound = Double(sign: .plus, exponent: exponent, significand: 1) / histogram.unit.ticksPerUnit
            let count = histogram.count(throughPowerOfTwo: exponent)
            line(name, suffix: "_bucket", labels, bound: Self.number(bound), number: String(count))
        }
        let count = String(histogram.count)
        line(name, suffix: "_bucket", labels, bound: "+Inf", number: count)
        line(name, suffix: "_sum", labels, number: Self.number(histogram.sum))
        line(name, suffix: "_count", labels, number: count)
    }

    private mutating func line(
        _ name: String,
        suffix: String = "",
        _ labels: [MetricLabel],
        bound: String? = nil,
        number: String
    ) {
        bytes += name.utf8
        bytes += suffix.utf8
        var separator = UInt8(ascii: "{")
        for label in labels {
            bytes.append(separator)
            bytes += label.name.utf8
            bytes += "=\"".utf8
            escape(label.value, quotes: true)
            bytes.append(UInt8(ascii: "\""))
            separator = UInt8(ascii: ",")
        }
        if let bound {
            bytes.append(separator)
            bytes += "le=\"\(bound)\"".utf8
            separator = UInt8(ascii: ",")
        }
        if separator == UInt8(ascii: ",") { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: " "))
        bytes += number.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func escape(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\"") where quotes: bytes += "\\\"".utf8
            default: bytes.append(byte)
            }
        }
    }

    /// The shortest digits that read back as the same double.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }
}
