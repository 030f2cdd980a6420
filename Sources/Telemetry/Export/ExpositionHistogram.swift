/// A histogram's lines in the text formats: cumulative buckets, the sum and the count.
struct ExpositionHistogram: Sendable {
    /// Where the samples come from.
    enum Source: Sendable {
        case live(Histogram)
        case liveReals(FloatingPointHistogram)
        case taken(HistogramSnapshot)
    }

    private let source: Source
    private let unit: HistogramUnit
    /// The family's name.
    private let name: [UInt8]
    /// The labels, escaped, each with a comma after it.
    private let labels: [UInt8]
    /// Each bound of the unit as text.
    private let bounds: [[UInt8]]

    init(_ source: Source, name: String, labels: [UInt8]) {
        self.source = source
        self.name = Array(name.utf8)
        self.labels = labels
        unit =
            switch source {
            case .live(let histogram): histogram.unit
            case .liveReals: .real
            case .taken(let snapshot): snapshot.unit
            }
        bounds = Self.boundTexts(of: unit)
    }

    private static let nanosecondBounds = texts(of: .nanoseconds)
    private static let countBounds = texts(of: .count)
    private static let realBounds = texts(of: .real)

    /// Shared by all histograms of the unit.
    private static func boundTexts(of unit: HistogramUnit) -> [[UInt8]] {
        switch unit {
        case .nanoseconds: nanosecondBounds
        case .count: countBounds
        case .real: realBounds
        default: texts(of: unit)
        }
    }

    private static func texts(of unit: HistogramUnit) -> [[UInt8]] {
        unit.exposedExponents.map { Array(Double(sign: .plus, exponent: $0, significand: 1).description.utf8) }
    }

    /// The most bytes that one exemplar takes: both identifiers, the value and the time.
    private static let exemplarByteCountMax = 160

    /// The most bytes that it is written as.
    func byteCountMax(_ flavour: ExpositionFlavour) -> Int {
        let line = name.count + labels.count + 48 + ExpositionChunk.numberByteCountMax
        return (bounds.count + 3) * (line + (flavour == .openMetrics ? Self.exemplarByteCountMax : 0))
    }

    private var snapshot: HistogramSnapshot {
        switch source {
        case .live(let histogram): histogram.snapshot()
        case .liveReals(let histogram): histogram.snapshot()
        case .taken(let snapshot): snapshot
        }
    }

    /// Writes all lines.
    func write(to sink: inout ByteSink, flavour: ExpositionFlavour) {
        let snapshot = snapshot
        let exemplars =
            flavour == .openMetrics
            ? Dictionary(snapshot.exemplars.map { (Exemplar.bucket(of: $0.value, in: unit), $0) }) { $1 } : [:]
        var counts = snapshot.cumulativeCounts(throughPowersOfTwo: unit.exposedExponents)
        counts.append(snapshot.count)
        for (index, count) in counts.enumerated() {
            sink.append(name)
            sink.append("_bucket{")
            sink.append(labels)
            sink.append("le=\"")
            if index < bounds.count { sink.append(bounds[index]) } else { sink.append("+Inf") }
            sink.append("\"} ")
            sink.append(count)
            if let exemplar = exemplars[index] { Self.write(exemplar, to: &sink) }
            sink.append(UInt8(ascii: "\n"))
        }
        // OpenMetrics has no sum where samples may be negative, for it would not only grow, and no count without a sum.
        guard flavour == .prometheus || snapshot.min ?? 0 >= 0 else { return }
        writeTotal("_sum", to: &sink)
        sink.append(snapshot.sum)
        sink.append(UInt8(ascii: "\n"))
        writeTotal("_count", to: &sink)
        sink.append(snapshot.count)
        sink.append(UInt8(ascii: "\n"))
    }

    private func writeTotal(_ suffix: String, to sink: inout ByteSink) {
        sink.append(name)
        sink.append(suffix)
        if !labels.isEmpty {
            sink.append(UInt8(ascii: "{"))
            sink.append(Array(labels.dropLast()))
            sink.append(UInt8(ascii: "}"))
        }
        sink.append(UInt8(ascii: " "))
    }

    /// Writes ` # {trace_id="…",span_id="…"} value seconds`.
    private static func write(_ exemplar: Exemplar, to sink: inout ByteSink) {
        sink.append(" # {trace_id=\"")
        sink.append(exemplar.trace.traceID)
        sink.append("\",span_id=\"")
        sink.append(exemplar.trace.spanID)
        sink.append("\"} ")
        sink.append(exemplar.value)
        sink.append(UInt8(ascii: " "))
        sink.append(UInt64(max(0, exemplar.time.wholeNanoseconds / 1_000_000_000)))
        sink.append(UInt8(ascii: "."))
        let milliseconds = max(0, exemplar.time.wholeNanoseconds / 1_000_000 % 1_000)
        if milliseconds < 100 { sink.append(UInt8(ascii: "0")) }
        if milliseconds < 10 { sink.append(UInt8(ascii: "0")) }
        sink.append(UInt64(milliseconds))
    }
}
