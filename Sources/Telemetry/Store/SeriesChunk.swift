internal import VitrineIO

/// A series' points of one block: columns that share their times with other series, and a checksum.
///
/// The bytes are described in Docs/formats/telemetry.md. The checksum also covers the series' number, so that a chunk
/// that is found under another's name does not pass.
enum SeriesChunk {
    enum Kind: UInt8 {
        case raw = 0
        case rolled = 1
        case histogram = 2
    }

    /// What a chunk says in front of its columns.
    struct Head {
        var kind: Kind
        var count: Int
        /// Where in the file the times stand.
        var timesOffset: Int
    }

    /// The most points that a chunk may say it has, so that a damaged number costs no memory.
    static let countMax = 1 << 24

    static func appendTimes(_ times: [Int64], to out: inout ColumnWriter) {
        let start = out.count
        out.appendVarint(UInt64(times.count))
        unsafe times.withUnsafeBufferPointer { unsafe IntegerColumn.encode($0, into: &out) }
        seal(&out, from: start, id: nil)
    }

    static func append(_ points: RawPoints, id: UInt32, timesOffset: Int, to out: inout ColumnWriter) {
        let start = out.count
        appendHead(Head(kind: .raw, count: points.count, timesOffset: timesOffset), to: &out)
        unsafe points.values.withUnsafeBufferPointer { unsafe ValueColumn.encode($0, into: &out) }
        seal(&out, from: start, id: id)
    }

    static func append(_ points: RolledPoints, id: UInt32, timesOffset: Int, to out: inout ColumnWriter) {
        let start = out.count
        appendHead(Head(kind: .rolled, count: points.count, timesOffset: timesOffset), to: &out)
        appendColumn(points.counts, to: &out)
        appendColumn(points.first, to: &out)
        // A counter's least value is its first, and its greatest its last.
        appendColumn(points.min, orSameAs: points.first, to: &out)
        appendColumn(points.last, to: &out)
        appendColumn(points.max, orSameAs: points.last, to: &out)
        appendColumn(points.sum, to: &out)
        appendColumn(points.drops, to: &out)
        seal(&out, from: start, id: id)
    }

    static func append(_ points: HistogramPoints, id: UInt32, timesOffset: Int, to out: inout ColumnWriter) {
        let start = out.count
        appendHead(Head(kind: .histogram, count: points.count, timesOffset: timesOffset), to: &out)
        appendColumn(points.increases.map(\.sum), to: &out)
        appendColumn(points.increases.map(\.min), to: &out)
        appendColumn(points.increases.map(\.max), to: &out)
        appendColumn(points.increases.map(\.zeros), to: &out)
        appendBuckets(points.increases, \.positive, to: &out)
        appendBuckets(points.increases, \.negative, to: &out)
        seal(&out, from: start, id: id)
    }

    private static func appendHead(_ head: Head, to out: inout ColumnWriter) {
        out.append(head.kind.rawValue)
        out.appendVarint(UInt64(head.count))
        out.appendVarint(UInt64(head.timesOffset))
    }

    private static func appendColumn(_ values: [Double], to out: inout ColumnWriter) {
        unsafe values.withUnsafeBufferPointer { unsafe ValueColumn.encode($0, into: &out) }
    }

    private static func appendColumn(_ values: [Double], orSameAs before: [Double], to out: inout ColumnWriter) {
        unsafe values.withUnsafeBufferPointer { values in
            unsafe before.withUnsafeBufferPointer { unsafe ValueColumn.encode(values, orSameAs: $0, into: &out) }
        }
    }

    private static func appendBuckets(
        _ histograms: [SeriesHistogram],
        _ side: KeyPath<SeriesHistogram, [SeriesHistogram.Bucket]>,
        to out: inout ColumnWriter
    ) {
        var columns: [Int32: [Double]] = [:]
        for (row, histogram) in histograms.enumerated() {
            for bucket in histogram[keyPath: side] {
                columns[bucket.index, default: [Double](repeating: 0, count: histograms.count)][row] = bucket.count
            }
        }
        out.appendVarint(UInt64(columns.count))
        var previous: Int64 = 0
        for (index, column) in columns.sorted(by: { $0.key < $1.key }) {
            out.appendVarint((Int64(index) - previous).zigzag)
            previous = Int64(index)
            appendColumn(column, to: &out)
        }
    }

    private static func seal(_ out: inout ColumnWriter, from start: Int, id: UInt32?) {
        let crc = checksum(out.span.extracting(start..<out.count), id: id)
        out.append(crc)
    }

    private static func checksum(_ bytes: Span<UInt8>, id: UInt32?) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes)
        if let id {
            let number: [4 of UInt8] = [
                UInt8(truncatingIfNeeded: id), UInt8(truncatingIfNeeded: id >> 8),
                UInt8(truncatingIfNeeded: id >> 16), UInt8(truncatingIfNeeded: id >> 24),
            ]
            crc.update(number.span)
        }
        return crc.value
    }

    /// The bytes before the checksum, or `nil` where it is not theirs.
    @_lifetime(copy bytes)
    static func verified(_ bytes: Span<UInt8>, id: UInt32?) -> Span<UInt8>? {
        guard bytes.count >= 4 else { return nil }
        let end = bytes.count - 4
        var reader = ByteReader(bytes.extracting(end..<bytes.count))
        let body = bytes.extracting(0..<end)
        return reader.readUInt32() == checksum(body, id: id) ? body : nil
    }
}
