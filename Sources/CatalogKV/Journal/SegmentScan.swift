package import VitrineIO

/// Takes one operation out of a record that was found whole.
package typealias FrameHandler = (
    _ frame: borrowing OperationFrame, _ location: Location, _ sequence: UInt64, _ record: RecordHeader
) throws -> Void

/// Reads the records of one segment from front to back.
package struct SegmentScan {
    /// How the records end.
    package enum Ending: Equatable {
        /// Nothing but zeros follows.
        case clean
        /// With a seal.
        case sealed
        /// Before bytes that are no record.
        case torn(String)
    }

    /// Whether bytes follow that are no record.
    package var isTorn: Bool {
        if case .torn = ending { true } else { false }
    }

    package let number: UInt32
    package let path: String
    package let baseSequence: UInt64
    package let seed: CRC32C
    /// The journal's position of the segment's first byte, as far as this reading counts.
    package let start: UInt64
    /// Where the last whole record ends.
    private(set) var end: Int
    private(set) var ending = Ending.clean
    /// The number that the next operation gets.
    private(set) var nextSequence: UInt64
    /// Everything before this position was flushed, by what the records themselves say.
    private(set) var settled: UInt64 = 0
    /// Where the last record with operations ends.
    private(set) var dataEnd: Int
    private(set) var endsWithClose = false
    private(set) var recordCount = 0
    private(set) var operationCount = 0
    private(set) var lastTime: UInt64 = 0

    /// Begins at `offset`, where the operation `sequence` is next; what is before it counts as flushed unless it is
    /// the segment's beginning.
    package init(_ header: SegmentHeader, path: String, start: UInt64, from offset: Int, sequence: UInt64) {
        number = header.number
        self.path = path
        baseSequence = header.baseSequence
        seed = SegmentHeader.checksumSeed(storeID: header.storeID, number: header.number)
        self.start = start
        end = offset
        dataEnd = offset
        nextSequence = sequence
        if offset > SegmentHeader.byteCount { settled = start + UInt64(offset) }
    }

    /// Reads all records of `bytes`, the whole segment, and hands over each operation in order.
    ///
    /// Called again with more bytes of it, it goes on behind the last whole record.
    ///
    /// - Throws: what `body` throws; `isCorrupt` for what neither a crash nor a flipped bit explains.
    package mutating func read(_ bytes: Span<UInt8>, _ body: FrameHandler) throws {
        ending = .clean
        while end < bytes.count {
            let record: RecordHeader
            switch CheckedRecord(bytes, at: end, seed: seed) {
            case .whole(let header): record = header
            case .bad(let what):
                if bytes.firstNonzero(from: end) != nil { ending = .torn(what) }
                return
            }
            try take(record, bytes, body)
            if ending == .sealed {
                if let offset = bytes.firstNonzero(from: end) {
                    throw CatalogError.corrupt(path, at: offset, "bytes follow the segment's seal")
                }
                return
            }
        }
    }

    private mutating func take(_ record: RecordHeader, _ bytes: Span<UInt8>, _ body: FrameHandler) throws {
        guard baseSequence + UInt64(record.relativeSequence) == nextSequence else {
            throw CatalogError.corrupt(
                path,
                at: end,
                "operation \(nextSequence) is missing; the record starts at "
                    + "\(baseSequence + UInt64(record.relativeSequence))"
            )
        }
        guard nextSequence + UInt64(record.operationCount) <= Entry.sequenceMax + 1 else {
            throw CatalogError.corrupt(path, at: end, "no journal gets as far as operation \(nextSequence)")
        }
        try record.forEachFrame(bytes, at: end, segment: number, firstSequence: nextSequence, body)
        let position = start + UInt64(end)
        settled = max(settled, position - min(position, UInt64(record.unsettledByteCount)))
        end += record.recordByteCount
        recordCount += 1
        operationCount += record.operationCount
        endsWithClose = record.kind == .close
        lastTime = max(lastTime, record.time)
        switch record.kind {
        case .batch:
            nextSequence += UInt64(record.operationCount)
            dataEnd = end
        case .relocation: dataEnd = end
        case .seal: ending = .sealed
        case .close: break
        }
    }
}

/// A record as it was found at some place.
package enum CheckedRecord {
    /// Header and every frame match their checksums.
    case whole(RecordHeader)
    /// What is wrong.
    case bad(String)

    /// Looks at what stands at `offset` of a whole segment's bytes.
    package init(_ segment: Span<UInt8>, at offset: Int, seed: CRC32C) {
        guard offset >= 0, offset <= segment.count,
            let header = RecordHeader(segment.extracting(offset..<segment.count), at: offset, seed: seed)
        else {
            self = .bad("no record begins here")
            return
        }
        var cursor = offset + RecordHeader.byteCount
        guard header.bodyByteCount <= segment.count - cursor else {
            self = .bad("the record's body is cut off")
            return
        }
        let end = cursor + header.bodyByteCount
        for _ in 0..<header.operationCount {
            guard let frame = OperationFrame(segment.extracting(cursor..<end)), frame.isIntact(),
                (frame.sequence != nil) == (header.kind == .relocation)
            else {
                self = .bad("the operation at offset \(cursor) does not match its checksum")
                return
            }
            cursor += frame.byteCount
        }
        self = cursor == end ? .whole(header) : .bad("the record has other bytes than its operations'")
    }
}

extension RecordHeader {
    /// Hands over the operations of this record, which was found whole at `offset` of the segment's bytes.
    package func forEachFrame(
        _ bytes: Span<UInt8>,
        at offset: Int,
        segment: UInt32,
        firstSequence: UInt64,
        _ body: FrameHandler
    ) throws {
        var cursor = offset + RecordHeader.byteCount
        let end = offset + recordByteCount
        for index in 0..<operationCount {
            guard let frame = OperationFrame(bytes.extracting(cursor..<end)) else { return }
            let location = Location(
                segment: segment,
                offset: UInt32(cursor),
                byteCount: UInt32(frame.byteCount)
            )
            try body(frame, location, frame.sequence ?? firstSequence + UInt64(index), self)
            cursor += frame.byteCount
        }
    }
}
