internal import VitrineIO

/// What reading one segment from front to back found.
struct SegmentScan: Sendable {
    /// How the records end.
    enum Ending: Sendable, Equatable {
        /// With the last byte of the file.
        case whole
        /// With a seal that is the last thing in the file.
        case sealed
        /// Before bytes that are no record and were never known to be flushed.
        case torn
    }

    let header: SegmentHeader
    /// Where the last whole record ends.
    private(set) var end = SegmentHeader.byteCount
    private(set) var ending = Ending.whole
    /// Everything before this was flushed, by what the records themselves say.
    private(set) var settledEnd = SegmentHeader.byteCount
    /// Where the last batch ends.
    private(set) var batchEnd = SegmentHeader.byteCount
    /// Whether the last record is a close.
    private(set) var endsWithClose = false
    private(set) var recordCount = 0
    private(set) var operationCount = 0

    /// The number that the next operation gets.
    var nextSequence: UInt64 { header.baseSequence + UInt64(operationCount) }

    private let path: String
    private let seed: CRC32C

    /// Reads the header of the segment file `path`, whose whole contents are `bytes`.
    init(_ bytes: Span<UInt8>, number: UInt32, path: String) throws {
        header = try SegmentHeader(bytes, number: number, path: path)
        seed = header.checksumSeed
        self.path = path
    }

    /// Reads all records and hands the changes of each batch to `apply`, in order.
    ///
    /// - Throws: `CatalogError` with `isCorrupt` for everything that a crash cannot have left behind.
    mutating func readRecords(_ bytes: Span<UInt8>, isLast: Bool, apply: ([IndexChange]) -> Void) throws {
        while end < bytes.count {
            guard let record = RecordHeader(bytes, at: end, seed: seed) else {
                return try endTorn(bytes, isLast: isLast, "no record begins here")
            }
            let body = end + RecordHeader.byteCount
            guard record.bodyByteCount <= bytes.count - body else {
                return try endTorn(bytes, isLast: isLast, "the record's body is cut off")
            }
            let bodyBytes = bytes.extracting(body..<body + record.bodyByteCount)
            guard CRC32C.checksum(of: bodyBytes) == record.bodyChecksum else {
                return try endTorn(bytes, isLast: isLast, "the record's body does not match its checksum")
            }
            try take(record, bodyBytes, at: body, apply: apply)
            if ending == .sealed {
                guard end == bytes.count else {
                    throw CatalogError.corrupt(path, at: end, "\(bytes.count - end) bytes follow the segment's seal")
                }
                return
            }
        }
        if !isLast { throw CatalogError.corrupt(path, at: end, "the segment ends without its seal") }
    }

    /// Takes in a record whose checksums hold: what is wrong with it now, no torn write explains.
    private mutating func take(
        _ record: RecordHeader,
        _ body: Span<UInt8>,
        at bodyOffset: Int,
        apply: ([IndexChange]) -> Void
    ) throws {
        guard UInt64(record.relativeSequence) == UInt64(operationCount) else {
            throw CatalogError.corrupt(
                path,
                at: end,
                "operation \(nextSequence) is missing; the record starts at "
                    + "\(header.baseSequence + UInt64(record.relativeSequence))"
            )
        }
        guard let operations = RecordBody.decode(body, count: record.operationCount) else {
            throw CatalogError.corrupt(path, at: bodyOffset, "the record's checksum holds and its operations do not")
        }
        let first = nextSequence
        if !operations.isEmpty {
            apply(
                operations.enumerated().map { index, operation in
                    operation.change(
                        sequence: first + UInt64(index),
                        segment: header.number,
                        bodyOffset: bodyOffset
                    )
                }
            )
        }
        settledEnd = max(settledEnd, end - record.unsettledByteCount)
        end = bodyOffset + body.count
        operationCount += operations.count
        recordCount += 1
        endsWithClose = record.kind == .close
        if record.kind == .batch { batchEnd = end }
        if record.kind == .seal { ending = .sealed }
    }

    /// Decides whether the bad record at `end` is a torn tail.
    ///
    /// It is not when this is not the last segment, nor when any record header behind it says that this place had been
    /// flushed. Every offset is tried, because the bad record's own length cannot be believed.
    private mutating func endTorn(_ bytes: Span<UInt8>, isLast: Bool, _ what: String) throws {
        guard isLast else { throw CatalogError.corrupt(path, at: end, what) }
        var offset = end + 1
        while offset <= bytes.count - RecordHeader.byteCount {
            if let later = RecordHeader(bytes, at: offset, seed: seed), offset - later.unsettledByteCount > end {
                throw CatalogError.corrupt(path, at: end, what + ", though a later record says that this was flushed")
            }
            offset += 1
        }
        ending = .torn
    }
}
