internal import VitrineIO

// A segment, numbers little-endian:
//
//       0  8  "VtOLseg\n"
//       8  4  format version 1
//      12  4  bytes of the whole segment
//      16  8  ledger
//      24  8  writer of the version before      32  8  its epoch      40  8  its transactions
//      48  8  writer of the version after       56  8  its epoch      64  8  its transactions
//      72  8  committed at, milliseconds since 1970
//      80  4  bytes of a page                   84  4  pages of the database after
//      88  4  pages in the segment              92  4  bytes of the payload before it was deflated
//      96  4  CRC-32C of the pages before      100  4  CRC-32C of the pages after
//     104  8  salts of the log                 112  4  first frame in it
//     116  4  CRC-32C of the bytes so far
//     120  …  payload, deflated (RFC 1951, no wrapper)
//       …  4  CRC-32C of all before

/// The fixed front of a segment.
struct SegmentHeader: Sendable, Equatable {
    static let byteCount = 120
    static let magic = Array("VtOLseg\n".utf8)
    static let version: UInt32 = 1
    /// Bytes that one segment may have; a group that changes more pages than fit cannot be shipped.
    static let byteCountMax = 1 << 30

    var before: LedgerVersion
    var after: LedgerVersion
    var committedAt: Int64
    var pageSize: Int
    var databasePages: Int
    var frameCount: Int
    var payloadBytes = 0
    var checksumBefore: UInt32
    var checksumAfter: UInt32
    var origin: WALOrigin
    /// Bytes of the whole segment.
    var segmentBytes = 0

    init(
        before: LedgerVersion,
        after: LedgerVersion,
        committedAt: Int64,
        pageSize: Int,
        databasePages: Int,
        frameCount: Int,
        checksumBefore: UInt32,
        checksumAfter: UInt32,
        origin: WALOrigin
    ) {
        self.before = before
        self.after = after
        self.committedAt = committedAt
        self.pageSize = pageSize
        self.databasePages = databasePages
        self.frameCount = frameCount
        self.checksumBefore = checksumBefore
        self.checksumAfter = checksumAfter
        self.origin = origin
    }

    /// Reads and checks a header at the front of `bytes`.
    ///
    /// - Parameter name: what the bytes come from, for the error.
    /// - Throws: `segmentCorrupted`, with the offset within `bytes`; `newerSegment`.
    init(decoding bytes: Span<UInt8>, name: String, at offset: Int = 0) throws(LedgerError) {
        var reader = ByteReader(bytes)
        guard bytes.count >= Self.byteCount, let magic = reader.readBytes(8), magic == Self.magic else {
            throw segmentFault(name, offset, "no segment begins here")
        }
        let crc = CRC32C.checksum(of: bytes.extracting(0..<Self.byteCount - 4))
        // Whole by the length that was checked above.
        let format = reader.readUInt32() ?? 0
        let segmentBytes = Int(reader.readUInt32() ?? 0)
        let words = (0..<8).map { _ in reader.readUInt64() ?? 0 }
        let fields = (0..<10).map { _ in reader.readUInt32() ?? 0 }
        guard fields[9] == crc else { throw segmentFault(name, offset + 116, "wrong checksum of the header") }
        guard format == Self.version else {
            throw LedgerError(
                .newerSegment,
                "\(name), offset \(offset + 8): format \(format), this module knows \(Self.version): update the module"
            )
        }
        let (first, last) = (words[3], words[6])
        guard first < last, words[2] <= words[5], words[5] > 0 else {
            throw segmentFault(name, offset + 40, "from \(words[2]).\(first) to \(words[5]).\(last)")
        }
        let size = Int(fields[0])
        guard (512...65_536).contains(size), size.nonzeroBitCount == 1 else {
            throw segmentFault(name, offset + 80, "page size \(size)")
        }
        guard fields[1] > 0, fields[2] > 0, fields[2] <= fields[1] else {
            throw segmentFault(name, offset + 84, "\(fields[2]) pages of \(fields[1])")
        }
        guard segmentBytes >= Self.byteCount + 4, segmentBytes <= Self.byteCountMax else {
            throw segmentFault(name, offset + 12, "\(segmentBytes) bytes long")
        }
        func version(_ index: Int) -> LedgerVersion {
            LedgerVersion(
                ledger: words[0],
                writer: words[index],
                position: LedgerPosition(epoch: words[index + 1], transaction: words[index + 2])
            )
        }
        self.init(
            before: version(1),
            after: version(4),
            committedAt: Int64(bitPattern: words[7]),
            pageSize: size,
            databasePages: Int(fields[1]),
            frameCount: Int(fields[2]),
            checksumBefore: fields[4],
            checksumAfter: fields[5],
            origin: WALOrigin(salts: WALSalts(first: fields[6], second: fields[7]), firstFrame: Int(fields[8]))
        )
        payloadBytes = Int(fields[3])
        self.segmentBytes = segmentBytes
    }

    /// The header's bytes.
    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.appendLittleEndian(Self.version)
        bytes.appendLittleEndian(UInt32(segmentBytes))
        bytes.appendLittleEndian(after.ledger)
        for version in [before, after] {
            bytes.appendLittleEndian(version.writer)
            bytes.appendLittleEndian(version.position.epoch)
            bytes.appendLittleEndian(version.position.transaction)
        }
        bytes.appendLittleEndian(committedAt)
        for number in [pageSize, databasePages, frameCount, payloadBytes] { bytes.appendLittleEndian(UInt32(number)) }
        for number in [checksumBefore, checksumAfter, origin.salts.first, origin.salts.second] {
            bytes.appendLittleEndian(number)
        }
        bytes.appendLittleEndian(UInt32(truncatingIfNeeded: origin.firstFrame))
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }
}

/// What is wrong with a segment's bytes, and where.
func segmentFault(_ name: String, _ offset: Int, _ what: String) -> LedgerError {
    LedgerError(.segmentCorrupted, "\(name), offset \(offset): \(what); it is not applied, fetch it again")
}

extension WALSegment {
    /// Reads the segment at the front of `bytes`, which may hold more.
    ///
    /// - Parameters:
    ///   - bytes: from a file or a socket.
    ///   - name: what they come from, for the error.
    ///   - offset: where `bytes` begin in it.
    /// - Throws: ``LedgerError`` with `segmentCorrupted`, naming the offset, or `newerSegment`.
    public init(decoding bytes: [UInt8], name: String, at offset: Int = 0) throws(LedgerError) {
        let header = try SegmentHeader(decoding: bytes.span, name: name, at: offset)
        guard header.segmentBytes <= bytes.count else {
            throw segmentFault(name, offset + bytes.count, "the segment at \(offset) ends before its end")
        }
        let end = header.segmentBytes - 4
        let found = CRC32C.checksum(of: bytes.span.extracting(0..<end))
        let whole = bytes.count == header.segmentBytes ? bytes : Array(bytes[..<header.segmentBytes])
        self.init(header, encoded: whole)
        guard found == checksum else { throw segmentFault(name, offset + end, "wrong checksum of the segment") }
    }

    /// Makes the segment of some pages.
    ///
    /// - Parameters:
    ///   - old: the pages as they were.
    ///   - new: the same pages as they are.
    /// - Throws: `segmentTooLarge`; `ioFailed` when zlib finds no memory.
    init(
        _ header: SegmentHeader,
        from old: WALPages,
        to new: WALPages,
        with deflater: Deflater
    ) throws(LedgerError) {
        var header = header
        var difference = new
        difference.formSymmetricDifference(old)
        let packed = difference.packed()
        guard packed.count < SegmentHeader.byteCountMax / 2 else {
            throw LedgerError(
                .segmentTooLarge,
                "one commit changed \(new.numbers.count) pages, more than a segment carries; write in smaller steps"
            )
        }
        header.payloadBytes = packed.count
        var encoded = [UInt8](repeating: 0, count: SegmentHeader.byteCount)
        encoded.reserveCapacity(SegmentHeader.byteCount + packed.count + 64)
        try deflater.deflate(packed, onto: &encoded)
        header.segmentBytes = encoded.count + 4
        encoded.replaceSubrange(0..<SegmentHeader.byteCount, with: header.encoded())
        encoded.appendLittleEndian(CRC32C.checksum(of: encoded.span))
        self.init(header, encoded: encoded)
    }
}
