package import VitrineIO

/// What a journal record begins with: 28 bytes, numbers little-endian; its body, operation frames, follows.
///
///      0   u32   byte count of the body
///      4   u32   sequence number of the record's first operation, less the segment's base
///      8   u32   unsettled: how many bytes of the journal before this record were not known to be flushed when the
///                record was written, counted across segments; 2³² − 1 also stands for more
///     12   u16   number of operations
///     14   u8    kind: 1 batch, 2 seal, 3 close, 4 relocation
///     15   u8    zero
///     16   u64   when it was written, in milliseconds since the Unix epoch
///     24   u32   CRC-32C of the record's offset in the segment as a u64 and then bytes 0..<24, carried on from the
///                CRC-32C of store id and segment number
///
/// A batch is one transaction: all of its operations or none. A seal is the last record of a segment that is full. A
/// close is written when the catalog is closed, after everything before it was flushed; more may follow it. A
/// relocation holds operations of older segments that still count, each with its own sequence number. Seal, close and
/// relocation use up no sequence number and carry the one that the next operation will get.
///
/// `unsettled` is how damage is told from a torn tail. After a crash the end of the journal may hold any mixture of
/// what was written since the last flush, so a bad record there proves nothing. But if a later record says that the
/// place of the bad one had been flushed, then the bad one was whole once, and something has damaged it since.
package struct RecordHeader: Sendable, Equatable {
    package static let byteCount = 28

    package enum Kind: UInt8, Sendable {
        case batch = 1
        case seal = 2
        case close = 3
        case relocation = 4
    }

    package var bodyByteCount: Int
    package var relativeSequence: UInt32
    package var unsettledByteCount: Int
    package var operationCount: Int
    package var kind: Kind
    package var time: UInt64

    /// Bytes of header and body.
    package var recordByteCount: Int { RecordHeader.byteCount + bodyByteCount }

    /// Writes the header over the first bytes of `record`.
    package func write(over record: inout MutableSpan<UInt8>, at offset: Int, seed: CRC32C) {
        record.storeLittleEndian(UInt32(truncatingIfNeeded: bodyByteCount), at: 0)
        record.storeLittleEndian(relativeSequence, at: 4)
        record.storeLittleEndian(UInt32(clamping: unsettledByteCount), at: 8)
        record.storeLittleEndian(UInt16(truncatingIfNeeded: operationCount), at: 12)
        record.storeLittleEndian(UInt16(kind.rawValue), at: 14)
        record.storeLittleEndian(time, at: 16)
        let checksum = RecordHeader.checksum(record.span, at: offset, seed: seed)
        record.storeLittleEndian(checksum, at: 24)
    }

    /// Reads the header that `bytes` begin with, which stand at `offset` of their segment; `nil` when there is none
    /// that passes its check.
    package init?(_ bytes: Span<UInt8>, at offset: Int, seed: CRC32C) {
        guard bytes.count >= RecordHeader.byteCount else { return nil }
        let code: UInt16 = bytes.littleEndian(at: 14)
        guard code <= UInt16(Kind.relocation.rawValue), let kind = Kind(rawValue: UInt8(code)),
            bytes.littleEndian(at: 24) == RecordHeader.checksum(bytes, at: offset, seed: seed)
        else { return nil }
        bodyByteCount = Int(bytes.littleEndian(at: 0) as UInt32)
        relativeSequence = bytes.littleEndian(at: 4)
        unsettledByteCount = Int(bytes.littleEndian(at: 8) as UInt32)
        operationCount = Int(bytes.littleEndian(at: 12) as UInt16)
        self.kind = kind
        time = bytes.littleEndian(at: 16)
    }

    package init(
        bodyByteCount: Int,
        relativeSequence: UInt32,
        unsettledByteCount: Int,
        operationCount: Int,
        kind: Kind,
        time: UInt64
    ) {
        self.bodyByteCount = bodyByteCount
        self.relativeSequence = relativeSequence
        self.unsettledByteCount = unsettledByteCount
        self.operationCount = operationCount
        self.kind = kind
        self.time = time
    }

    private static func checksum(_ record: Span<UInt8>, at offset: Int, seed: CRC32C) -> UInt32 {
        var checksum = seed
        let place: [8 of UInt8] = InlineArray { UInt8(truncatingIfNeeded: UInt64(offset) >> (8 * UInt64($0))) }
        checksum.update(place.span)
        checksum.update(record.extracting(0..<24))
        return checksum.value
    }
}
