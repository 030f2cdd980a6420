internal import VitrineIO

/// Walks through the records of a sealed segment, and stops and goes on between them.
struct SegmentWalk {
    let segment: SegmentFile
    let end: Int
    private let baseSequence: UInt64
    private let seed: CRC32C
    private(set) var offset = SegmentHeader.byteCount

    init(_ segment: SegmentFile, end: Int, storeID: UInt64, baseSequence: UInt64) {
        self.segment = segment
        self.end = min(end, segment.capacity)
        self.baseSequence = baseSequence
        seed = SegmentHeader.checksumSeed(storeID: storeID, number: segment.number)
    }

    var isDone: Bool { offset >= end }

    /// Hands over the operations of the next record.
    ///
    /// - Throws: `CatalogError` with `isCorrupt` when the record does not match its checksum; what `body` throws.
    mutating func next(_ body: FrameHandler) throws {
        let (segment, start) = (segment, offset)
        let bytes = segment.bytes
        switch CheckedRecord(bytes, at: start, seed: seed) {
        case .bad(let what):
            throw CatalogError.corrupt(segment.file.path, at: start, what)
        case .whole(let record):
            let first = baseSequence + UInt64(record.relativeSequence)
            offset = start + record.recordByteCount
            try record.forEachFrame(bytes, at: start, segment: segment.number, firstSequence: first, body)
        }
    }
}
