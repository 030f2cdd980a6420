package import VitrineIO

/// What a journal segment begins with: 48 bytes, numbers little-endian.
///
///      0   8 bytes  "VitrKVJ" and a line feed
///      8   u32      format version, 2
///     12   u32      number of the segment that was written before this one, 0 for the first
///     16   u64      store id, random: the same in all segments of a store, different in every store
///     24   u64      segment number, from 1
///     32   u64      base: the sequence number of the segment's first operation
///     40   u32      byte count of the segment before this one, up to the end of its last record
///     44   u32      CRC-32C of bytes 0..<44
///
/// A segment's file is made and listed in the manifest before it is needed, full of zeros; the header is stored when
/// writing moves on to it. A file without one is therefore no error: it is a segment that was not begun, or whose
/// beginning a crash has taken, which the records behind it tell apart.
package struct SegmentHeader: Sendable, Equatable {
    package static let byteCount = 48
    package static let formatVersion: UInt32 = 2
    private static let magic: [UInt8] = Array("VitrKVJ\n".utf8)

    package let storeID: UInt64
    package let number: UInt32
    package let baseSequence: UInt64
    package let previousNumber: UInt32
    package let previousByteCount: UInt32

    /// What every record's header checksum in a segment starts from: a record that was meant for another store,
    /// segment or offset does not pass as one of this place.
    package static func checksumSeed(storeID: UInt64, number: UInt32) -> CRC32C {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(storeID)
        bytes.appendLittleEndian(UInt64(number))
        return CRC32C(CRC32C.checksum(of: bytes.span))
    }

    /// The header's 48 bytes.
    package func encoded() -> [UInt8] {
        var bytes = SegmentHeader.magic
        bytes.appendLittleEndian(SegmentHeader.formatVersion)
        bytes.appendLittleEndian(previousNumber)
        bytes.appendLittleEndian(storeID)
        bytes.appendLittleEndian(UInt64(number))
        bytes.appendLittleEndian(baseSequence)
        bytes.appendLittleEndian(previousByteCount)
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }

    /// Reads the header that the bytes of segment file `path` begin with; `nil` when they begin with none, or one
    /// that does not match its checksum.
    ///
    /// - Throws: `CatalogError` with `isCorrupt` or `unsupportedFormat` for a whole header that belongs elsewhere.
    package static func read(_ bytes: Span<UInt8>, storeID: UInt64, number: UInt32, path: String) throws
        -> SegmentHeader?
    {
        guard bytes.count >= byteCount, begins(bytes),
            CRC32C.checksum(of: bytes.extracting(0..<44)) == bytes.littleEndian(at: 44)
        else { return nil }
        let version: UInt32 = bytes.littleEndian(at: 8)
        guard version == formatVersion else { throw CatalogError.unsupportedJournal(path, version: version) }
        let header = SegmentHeader(
            storeID: bytes.littleEndian(at: 16),
            number: UInt32(truncatingIfNeeded: bytes.littleEndian(at: 24) as UInt64),
            baseSequence: bytes.littleEndian(at: 32),
            previousNumber: bytes.littleEndian(at: 12),
            previousByteCount: bytes.littleEndian(at: 40)
        )
        guard header.storeID == storeID else {
            throw CatalogError.corrupt(path, at: 16, "the segment belongs to another store")
        }
        guard (bytes.littleEndian(at: 24) as UInt64) == UInt64(number) else {
            throw CatalogError.corrupt(path, at: 24, "the file is segment \(header.number) under another one's name")
        }
        // A store that wrote a million operations a second would get there in 17 years; the index has no room for more.
        guard (1...Entry.sequenceMax).contains(header.baseSequence) else {
            throw CatalogError.corrupt(path, at: 32, "no journal gets as far as operation \(header.baseSequence)")
        }
        return header
    }

    /// Whether the bytes begin as those of a segment of any version do.
    package static func begins(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= magic.count else { return false }
        return magic.indices.allSatisfy { bytes[$0] == magic[$0] }
    }

    /// The file name of a segment: its number in at least eight digits, and ".log".
    package static func fileName(_ number: UInt32) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".log"
    }

    /// The number of the segment that has this file name, or `nil` when it is no segment's.
    package static func number(ofFile name: String) -> UInt32? {
        guard name.hasSuffix(".log"), let number = UInt32(name.dropLast(4)), number > 0 else { return nil }
        return fileName(number) == name ? number : nil
    }
}

extension CatalogError {
    package static func unsupportedJournal(_ path: String, version: UInt32) -> CatalogError {
        CatalogError(
            .unsupportedFormat,
            "\(path) has journal format \(version), and this version of CatalogKV reads format "
                + "\(SegmentHeader.formatVersion); use the version that wrote it"
        )
    }
}
