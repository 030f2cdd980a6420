internal import VitrineIO

// A manifest, numbers little-endian:
//
//       0  8  "VtOLsnp\n"
//       8  4  format version 1
//      12  4  bytes of a part of the database, but for the last
//      16  8  ledger         24  8  writer       32  8  epoch      40  8  transactions
//      48  8  committed at, milliseconds since 1970
//      56  8  bytes of the database
//      64  4  parts, and for each
//           4  CRC-32C of the part as it was put
//       …  4  CRC-32C of all before
//
// A part is the bytes of the database from its number times the size of a part on, deflated (RFC 1951, no wrapper).

/// What a snapshot in an archive is, and what its parts must be.
package struct SnapshotManifest: Sendable, Equatable {
    private static let magic = Array("VtOLsnp\n".utf8)
    private static let formatVersion: UInt32 = 1
    private static let fixedBytes = 68

    var version: LedgerVersion
    var committedAt: Int64
    var byteCount: Int64
    var partBytes: Int
    var checksums: [UInt32]

    /// Bytes of the database in a part.
    func byteCount(ofPart number: Int) -> Int {
        Int(min(Int64(partBytes), byteCount - Int64(number) * Int64(partBytes)))
    }

    package func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.appendLittleEndian(Self.formatVersion)
        bytes.appendLittleEndian(UInt32(partBytes))
        for number in [version.ledger, version.writer, version.position.epoch, version.position.transaction] {
            bytes.appendLittleEndian(number)
        }
        bytes.appendLittleEndian(committedAt)
        bytes.appendLittleEndian(byteCount)
        bytes.appendLittleEndian(UInt32(checksums.count))
        for checksum in checksums { bytes.appendLittleEndian(checksum) }
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }

    init(version: LedgerVersion, committedAt: Int64, byteCount: Int64, partBytes: Int, checksums: [UInt32]) {
        self.version = version
        self.committedAt = committedAt
        self.byteCount = byteCount
        self.partBytes = partBytes
        self.checksums = checksums
    }

    /// - Throws: `snapshotCorrupted`, naming the offset; `newerSegment`.
    package init(decoding bytes: [UInt8], name: String) throws(LedgerError) {
        func fault(_ offset: Int, _ what: String) -> LedgerError {
            LedgerError(.snapshotCorrupted, "\(name), offset \(offset): \(what); use another snapshot")
        }
        var reader = ByteReader(bytes.span)
        guard bytes.count >= Self.fixedBytes + 4, reader.readBytes(8) == Self.magic else {
            throw fault(0, "no manifest begins here")
        }
        let end = bytes.count - 4
        let found = CRC32C.checksum(of: bytes.span.extracting(0..<end))
        let stored = bytes[end...].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        guard found == stored else { throw fault(end, "wrong checksum of the manifest") }
        let format = reader.readUInt32() ?? 0
        guard format == Self.formatVersion else {
            throw LedgerError(
                .newerSegment,
                "\(name), offset 8: format \(format), this module knows \(Self.formatVersion): update the module"
            )
        }
        let partBytes = Int(reader.readUInt32() ?? 0)
        let words = (0..<4).map { _ in reader.readUInt64() ?? 0 }
        let committedAt = reader.readInt64() ?? 0
        let byteCount = reader.readInt64() ?? 0
        let count = Int(reader.readUInt32() ?? 0)
        guard partBytes > 0, partBytes <= ArchiveDirectory.objectBytesMax, byteCount > 0,
            byteCount <= Int64(partBytes) * Int64(count), byteCount > Int64(partBytes) * (Int64(count) - 1),
            count * 4 == bytes.count - Self.fixedBytes - 4
        else {
            throw fault(56, "\(byteCount) bytes in \(count) parts of \(partBytes)")
        }
        self.init(
            version: LedgerVersion(
                ledger: words[0],
                writer: words[1],
                position: LedgerPosition(epoch: words[2], transaction: words[3])
            ),
            committedAt: committedAt,
            byteCount: byteCount,
            partBytes: partBytes,
            checksums: (0..<count).map { _ in reader.readUInt32() ?? 0 }
        )
    }
}
