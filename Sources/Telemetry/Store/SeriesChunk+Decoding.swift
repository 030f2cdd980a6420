internal import VitrineIO

extension SeriesChunk {
    static func head(_ reader: inout ColumnReader) -> Head? {
        guard let code = reader.byte(), let kind = Kind(rawValue: code), let count = reader.count(through: countMax),
            count > 0, let timesOffset = reader.count(through: .max)
        else { return nil }
        return Head(kind: kind, count: count, timesOffset: timesOffset)
    }

    /// Times that stand at the front of `bytes`, which go on behind them; `nil` where they are damaged.
    static func times(in bytes: UnsafeRawBufferPointer) -> [Int64]? {
        var reader = unsafe ColumnReader(bytes)
        guard let count = reader.count(through: countMax), count > 0 else { return nil }
        guard let times = integers(&reader, count: count) else { return nil }
        let end = reader.position
        guard let stored = unsafe reader.bytes(4) else { return nil }
        let body = unsafe Span(_unsafeElements: bytes[..<end].bindMemory(to: UInt8.self))
        let crc = unsafe UInt32(littleEndian: stored.loadUnaligned(as: UInt32.self))
        return CRC32C.checksum(of: body) == crc ? times : nil
    }

    static func raw(_ reader: inout ColumnReader, times: [Int64]) -> RawPoints? {
        guard let values = column(&reader, count: times.count) else { return nil }
        return RawPoints(times: times, values: values)
    }

    /// The windows' columns that are asked for; the others are left empty.
    static func rolled(_ reader: inout ColumnReader, times: [Int64], _ wanted: RolledColumns) -> RolledPoints? {
        var points = RolledPoints()
        points.times = times
        guard read(.counts, &points.counts), read(.first, &points.first),
            read(.min, &points.min, before: points.first), read(.last, &points.last),
            read(.max, &points.max, before: points.last), read(.sum, &points.sum), read(.drops, &points.drops)
        else { return nil }
        return points

        func read(_ column: RolledColumns, _ target: inout [Double], before: [Double]? = nil) -> Bool {
            guard wanted.contains(column) else { return ValueColumn.skip(&reader, count: times.count) }
            guard let values = SeriesChunk.column(&reader, count: times.count, before: before) else { return false }
            target = values
            return true
        }
    }

    static func histograms(_ reader: inout ColumnReader, times: [Int64]) -> HistogramPoints? {
        let count = times.count
        guard let sums = column(&reader, count: count),
            let mins = column(&reader, count: count), let maxes = column(&reader, count: count),
            let zeros = column(&reader, count: count)
        else { return nil }
        var increases: [SeriesHistogram] = []
        increases.reserveCapacity(count)
        for row in 0..<count {
            var histogram = SeriesHistogram()
            histogram.sum = sums[row]
            histogram.min = mins[row]
            histogram.max = maxes[row]
            histogram.zeros = zeros[row]
            increases.append(histogram)
        }
        guard buckets(&reader, into: &increases, \.positive), buckets(&reader, into: &increases, \.negative) else {
            return nil
        }
        return HistogramPoints(times: times, increases: increases)
    }

    private static func buckets(
        _ reader: inout ColumnReader,
        into histograms: inout [SeriesHistogram],
        _ side: WritableKeyPath<SeriesHistogram, [SeriesHistogram.Bucket]>
    ) -> Bool {
        guard let columnCount = reader.count(through: 8_192) else { return false }
        var number: Int32?
        for _ in 0..<columnCount {
            guard let gap = reader.signed(), let next = SeriesHistogram.index(gap, behind: number),
                let values = column(&reader, count: histograms.count)
            else { return false }
            for row in values.indices where values[row] != 0 {
                histograms[row][keyPath: side].append(SeriesHistogram.Bucket(index: next, count: values[row]))
            }
            number = next
        }
        return true
    }

    private static func column(_ reader: inout ColumnReader, count: Int, before: [Double]? = nil) -> [Double]? {
        var isWhole = false
        let values = unsafe [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let target = buffer.baseAddress else { return }
            if let before {
                isWhole = unsafe before.withUnsafeBufferPointer { before in
                    unsafe ValueColumn.decode(&reader, count: count, into: target, before: before.baseAddress)
                }
            } else {
                isWhole = unsafe ValueColumn.decode(&reader, count: count, into: target)
            }
            // Of a column that is not whole nothing is used; zeros make the memory defined.
            if !isWhole { unsafe target.update(repeating: 0, count: count) }
            initialized = count
        }
        return isWhole ? values : nil
    }

    private static func integers(_ reader: inout ColumnReader, count: Int) -> [Int64]? {
        var isWhole = false
        let values = unsafe [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let target = buffer.baseAddress else { return }
            isWhole = unsafe IntegerColumn.decode(&reader, count: count, into: target)
            if !isWhole { unsafe target.update(repeating: 0, count: count) }
            initialized = count
        }
        return isWhole ? values : nil
    }
}
