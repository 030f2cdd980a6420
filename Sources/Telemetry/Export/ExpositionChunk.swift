internal import VitrineCTelemetry

/// Which text format a page is rendered for.
enum ExpositionFlavour: Sendable, Hashable {
    /// Prometheus's text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics
}

/// Series rendered but for their values: the bytes that stand before each value, and where to find the value.
///
/// Names, help and labels change only when a series comes or goes, so they are escaped and joined once; an exposition
/// copies the bytes and writes numbers between them.
struct ExpositionChunk: Sendable {
    /// Where a line's value is found.
    enum Source: UInt8, Sendable {
        /// A whole counter: its place in the sums of all slots.
        case integer
        /// A real counter: the same.
        case real
        /// A gauge: its place in `gauges`.
        case gauge
        /// A histogram, which is lines of its own: its place in `histograms`.
        case histogram
    }

    /// A value and the text before it.
    struct Line: Sendable {
        /// Where the text ends in `text`; it begins where the line before ends.
        let textEnd: UInt32
        let operand: UInt32
        let source: Source
    }

    private(set) var text: [UInt8] = []
    private(set) var lines: [Line] = []
    private(set) var gauges: [Gauge] = []
    private(set) var histograms: [ExpositionHistogram] = []
    let flavour: ExpositionFlavour

    init(flavour: ExpositionFlavour) {
        self.flavour = flavour
    }

    /// The most bytes that it is written as.
    var byteCountMax: Int {
        text.count + lines.count * Self.numberByteCountMax + histograms.reduce(0) { $0 + $1.byteCountMax(flavour) }
    }

    /// A number of either kind, and the line feed.
    static let numberByteCountMax = 26

    /// Text that stands before the next value.
    mutating func append(_ text: some Sequence<UInt8>) {
        self.text.append(contentsOf: text)
    }

    /// Ends the text with a value's place.
    mutating func appendValue(_ source: Source, _ operand: Int) {
        lines.append(Line(textEnd: UInt32(text.count), operand: UInt32(operand), source: source))
    }

    /// Ends the text with a gauge, which is held.
    mutating func append(_ gauge: Gauge) {
        appendValue(.gauge, gauges.count)
        gauges.append(gauge)
    }

    /// Ends the text with a histogram's lines.
    mutating func append(_ histogram: ExpositionHistogram) {
        appendValue(.histogram, histograms.count)
        histograms.append(histogram)
    }

    /// Adds what another chunk of the same flavour holds.
    mutating func append(_ other: ExpositionChunk) {
        let (textStart, gaugeStart, histogramStart) = (text.count, gauges.count, histograms.count)
        text += other.text
        gauges += other.gauges
        histograms += other.histograms
        for line in other.lines {
            let shift =
                switch line.source {
                case .integer, .real: 0
                case .gauge: gaugeStart
                case .histogram: histogramStart
                }
            lines.append(
                Line(
                    textEnd: line.textEnd + UInt32(textStart),
                    operand: line.operand + UInt32(shift),
                    source: line.source
                )
            )
        }
    }

    /// Writes everything with the values that counters have in `sums`.
    func write(to sink: inout ByteSink, sums: borrowing CounterSums) {
        // Indices are those that this chunk gave out; a slot is below the bound that the sums were read to.
        unsafe text.withUnsafeBufferPointer { text in
            var start = 0
            for line in lines {
                let end = Int(line.textEnd)
                unsafe sink.append(UnsafeBufferPointer(rebasing: text[start..<end]))
                start = end
                let operand = Int(line.operand)
                switch line.source {
                case .integer: sink.append(sums.integers[operand])
                case .real: sink.append(sums.reals[operand])
                case .gauge: sink.append(gauges[operand].value)
                case .histogram:
                    histograms[operand].write(to: &sink, flavour: flavour)
                    continue
                }
                sink.append(UInt8(ascii: "\n"))
            }
        }
    }
}

/// What all counters of the process have counted, by slot.
struct CounterSums: Sendable {
    let integers: [UInt64]
    let reals: [Double]

    /// Sums that are given.
    init(integers: [UInt64], reals: [Double]) {
        self.integers = integers
        self.reals = reals
    }

    /// Reads all slots in one pass over each thread's block.
    init() {
        let integerCount = vitrine_counter_bound()
        integers = unsafe [UInt64](unsafeUninitializedCapacity: Int(integerCount)) { room, count in
            // The C function fills as many as it is told, which is what there is room for.
            if let start = room.baseAddress { unsafe vitrine_counters_read(start, integerCount) }
            count = Int(integerCount)
        }
        let realCount = vitrine_real_bound()
        reals = unsafe [Double](unsafeUninitializedCapacity: Int(realCount)) { room, count in
            // As above.
            if let start = room.baseAddress { unsafe vitrine_reals_read(start, realCount) }
            count = Int(realCount)
        }
    }
}
