internal import VitrineIO

/// What a journal record begins with: 24 bytes, numbers little-endian; its body follows.
///
///      0   u32   byte count of the body
///      4   u32   CRC-32C of the body
///      8   u32   sequence number of the record's first operation, less the segment's base
///     12   u32   unsettled: how many bytes of the segment before this record were not known to be flushed when the
///                record was written
///     16   u16   number of operations
///     18   u8    kind: 1 batch, 2 seal, 3 close
///     19   u8    zero
///     20   u32   CRC-32C of the record's offset in the segment as a u64 and then bytes 0..<20, carried on from the
///                CRC-32C of store id and segment number
///
/// A batch is one transaction: all of its operations or none. A seal is the last record of a segment that is full. A
/// close is written when the catalog is closed, after everything before it was flushed; more may follow it. Seal and
/// close have no body, no operations, and the sequence number that the next operation will get.
///
/// `unsettled` is how damage is told from a torn tail. After a crash the end of the journal may hold any mixture of
/// what was written since the last flush, so a bad record there proves nothing. But if a later record says that the
/// place of the bad one had been flushed, then the bad one was whole once, and something has damaged it since.
struct RecordHeader: Sendable, Equatable {
    static let byteCount = 24

    enum Kind: UInt8 {
        case batch = 1
        case seal = 2
        case close = 3
    }

    var bodyByteCount: Int
    var bodyChecksum: UInt32
    var relativeSequence: UInt32
    var unsettledByteCount: Int
    var operationCount: Int
    var kind: Kind

    /// Writes the header over the first 24 bytes of `record`.
    func write(over record: inout [UInt8], at offset: Int, seed: CRC32C) {
        record.replaceUInt32(at: 0, with: UInt32(truncatingIfNeeded: bodyByteCount))
        record.replaceUInt32(at: 4, with: bodyChecksum)
        record.replaceUInt32(at: 8, with: relativeSequence)
        record.replaceUInt32(at: 12, with: UInt32(truncatingIfNeeded: unsettledByteCount))
        record.replaceUInt32(at: 16, with: UInt32(operationCount & 0xFFFF) | UInt32(kind.rawValue) << 16)
        let checksum = RecordHeader.checksum(record.span.extracting(0..<20), at: offset, seed: seed)
        record.replaceUInt32(at: 20, with: checksum)
    }

    /// Reads the header at `offset` of a whole segment's bytes; `nil` when there is none that passes its check.
    init?(_ segment: Span<UInt8>, at offset: Int, seed: CRC32C) {
        guard offset >= 0, offset <= segment.count - RecordHeader.byteCount else { return nil }
        let bytes = segment.extracting(offset..<offset + RecordHeader.byteCount)
        var reader = ByteReader(bytes)
        guard let bodyByteCount = reader.readUInt32(), let bodyChecksum = reader.readUInt32(),
            let relativeSequence = reader.readUInt32(), let unsettled = reader.readUInt32(),
            let operationCount = reader.readUInt16(), let code = reader.readUInt8(), reader.readUInt8() == 0,
            let kind = Kind(rawValue: code), Int(unsettled) <= offset - SegmentHeader.byteCount,
            reader.readUInt32() == RecordHeader.checksum(bytes.extracting(0..<20), at: offset, seed: seed)
        else { return nil }
        self.bodyByteCount = Int(bodyByteCount)
        self.bodyChecksum = bodyChecksum
        self.relativeSequence = relativeSequence
        self.unsettledByteCount = Int(unsettled)
        self.operationCount = Int(operationCount)
        self.kind = kind
    }

    init(
        bodyByteCount: Int,
        bodyChecksum: UInt32,
        relativeSequence: UInt32,
        unsettledByteCount: Int,
        operationCount: Int,
        kind: Kind
    ) {
        self.bodyByteCount = bodyByteCount
        self.bodyChecksum = bodyChecksum
        self.relativeSequence = relativeSequence
        self.unsettledByteCount = unsettledByteCount
        self.operationCount = operationCount
        self.kind = kind
    }

    private static func checksum(_ bytes: Span<UInt8>, at offset: Int, seed: CRC32C) -> UInt32 {
        var checksum = seed
        let place: [8 of UInt8] = InlineArray { UInt8(truncatingIfNeeded: UInt64(offset) >> (8 * UInt64($0))) }
        checksum.update(place.span)
        checksum.update(bytes)
        return checksum.value
    }
}
