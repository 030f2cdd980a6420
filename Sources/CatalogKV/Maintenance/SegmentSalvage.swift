internal import VitrineIO

/// Reads a segment's records past whatever is damaged.
///
/// Every record's header carries a checksum that only passes at its own place in its own segment, so that behind damage
/// the next header can be told with certainty.
struct SegmentSalvage {
    /// What reading found in one place.
    enum Part {
        /// A record whose header, at this offset, is whole; its frames may not be.
        case record(RecordHeader, offset: Int)
        /// Bytes that are no record, with more records behind them.
        case damage(Range<Int>)

        /// The record's header.
        var header: RecordHeader? {
            if case .record(let header, _) = self { header } else { nil }
        }
    }

    let seed: CRC32C
    /// Where the last record ends.
    private(set) var end: Int
    /// Where the bytes end that follow the last record and are no record; the same as `end` when there are none.
    private(set) var tornEnd: Int

    init(storeID: UInt64, number: UInt32, from offset: Int = SegmentHeader.byteCount) {
        seed = SegmentHeader.checksumSeed(storeID: storeID, number: number)
        end = offset
        tornEnd = offset
    }

    /// Hands over the parts of `bytes`, the whole segment, in order, while `body` returns `true`.
    mutating func read(_ bytes: Span<UInt8>, _ body: (Part) throws -> Bool) throws {
        while end < bytes.count {
            if let header = header(bytes, end) {
                if try !body(.record(header, offset: end)) { return }
                end += header.recordByteCount
                tornEnd = end
                continue
            }
            guard let next = nextHeader(bytes, after: end) else {
                if bytes.firstNonzero(from: end) != nil { tornEnd = bytes.count }
                return
            }
            if try !body(.damage(end..<next)) { return }
            end = next
            tornEnd = next
        }
    }

    private func header(_ bytes: Span<UInt8>, _ offset: Int) -> RecordHeader? {
        guard offset <= bytes.count - RecordHeader.byteCount else { return nil }
        let window = bytes.extracting(offset..<offset + RecordHeader.byteCount)
        guard let header = RecordHeader(window, at: offset, seed: seed),
            header.recordByteCount <= bytes.count - offset
        else { return nil }
        return header
    }

    private func nextHeader(_ bytes: Span<UInt8>, after start: Int) -> Int? {
        var offset = start + 1
        while offset <= bytes.count - RecordHeader.byteCount {
            guard let nonzero = bytes.firstNonzero(from: offset) else { return nil }
            offset = max(offset, nonzero - (RecordHeader.byteCount - 1))
            if header(bytes, offset) != nil { return offset }
            offset += 1
        }
        return nil
    }
}

extension RecordHeader {
    /// Hands over what can be read of this record, at `offset` of the segment's bytes, and what cannot.
    func salvage(
        _ bytes: Span<UInt8>,
        at offset: Int,
        segment: UInt32,
        firstSequence: UInt64,
        lost: (Range<Int>, Key?, UInt16?) throws -> Void,
        _ body: FrameHandler
    ) throws {
        var cursor = offset + RecordHeader.byteCount
        let end = offset + recordByteCount
        var index: UInt64 = 0
        while cursor < end {
            if let frame = OperationFrame(bytes.extracting(cursor..<end)) {
                // Damage inside a frame that leaves its lengths alone leaves the next one where it was.
                let next = cursor + frame.byteCount
                if frame.isIntact() {
                    let location = Location(
                        segment: segment,
                        offset: UInt32(cursor),
                        byteCount: UInt32(frame.byteCount)
                    )
                    try body(frame, location, frame.sequence ?? firstSequence + index, self)
                    cursor = next
                    index += 1
                    continue
                }
                if next == end || RecordHeader.hasFrame(bytes, at: next, before: end) {
                    let key = Key(partition: frame.partition, sort: frame.sort)
                    try lost(cursor..<next, key, frame.table.rawValue)
                    cursor = next
                    index += 1
                    continue
                }
            }
            // The numbers of those behind are known when they state them, or when only one is lost.
            let behind = operationCount - Int(index) - 1
            var next = cursor + 1
            while next < end, !continues(bytes, at: next, before: end, count: behind) { next += 1 }
            try lost(cursor..<next, nil, nil)
            cursor = next
            index += 1
        }
    }

    /// Whether the operations that follow damage begin here.
    private func continues(_ bytes: Span<UInt8>, at offset: Int, before end: Int, count: Int) -> Bool {
        if kind == .relocation { return RecordHeader.hasFrame(bytes, at: offset, before: end) }
        return RecordHeader.frameCount(bytes, offset..<end) == count
    }

    /// How many whole operations the bytes are, to the last byte; `nil` when they are something else.
    private static func frameCount(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var cursor = range.lowerBound
        var count = 0
        while cursor < range.upperBound {
            guard let frame = OperationFrame(bytes.extracting(cursor..<range.upperBound)), frame.isIntact() else {
                return nil
            }
            cursor += frame.byteCount
            count += 1
        }
        return count
    }

    /// The header that a record must have had which lost it, when the rest of it is whole: so many operations for a batch,
    /// and for a relocation, which uses up no numbers, none.
    init?(headless bytes: Span<UInt8>, _ range: Range<Int>, operationCount: Int) {
        let body = range.lowerBound + RecordHeader.byteCount
        guard body < range.upperBound, let count = RecordHeader.frameCount(bytes, body..<range.upperBound),
            let first = OperationFrame(bytes.extracting(body..<range.upperBound))
        else { return nil }
        let isMoved = first.sequence != nil
        guard isMoved ? operationCount == 0 : count == operationCount else { return nil }
        self.init(
            bodyByteCount: range.upperBound - body,
            relativeSequence: 0,
            unsettledByteCount: 0,
            operationCount: count,
            kind: isMoved ? .relocation : .batch,
            time: 0
        )
    }

    private static func hasFrame(_ bytes: Span<UInt8>, at offset: Int, before end: Int) -> Bool {
        guard let frame = OperationFrame(bytes.extracting(offset..<end)) else { return false }
        return frame.isIntact()
    }
}
