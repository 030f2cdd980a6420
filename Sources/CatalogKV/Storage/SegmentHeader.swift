internal import VitrineIO

/// What a journal segment begins with: 48 bytes, numbers little-endian.
///
///      0   8 bytes  "VitrKVJ" and a line feed
///      8   u32      format version, 1
///     12   u32      zero
///     16   u64      store id, random: the same in all segments of a store, different in every store
///     24   u64      segment number, from 1
///     32   u64      base: the sequence number of the segment's first operation
///     40   u32      zero
///     44   u32      CRC-32C of bytes 0..<44
///
/// A segment is created aside, flushed, and renamed, so a header is there whole or the file is not. In every format
/// version these 48 bytes keep their meaning, so that an older reader can tell a newer file from a damaged one.
struct SegmentHeader: Sendable, Equatable {
    static let byteCount = 48
    static let formatVersion: UInt32 = 1
    private static let baseSequenceMax: UInt64 = 1 << 62
    private static let magic: [UInt8] = Array("VitrKVJ\n".utf8)

    let storeID: UInt64
    let number: UInt32
    let baseSequence: UInt64

    /// What every record's header checksum in this segment starts from: a record that was meant for another store,
    /// segment or offset does not pass as one of this place.
    var checksumSeed: CRC32C {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(storeID)
        bytes.appendLittleEndian(UInt64(number))
        return CRC32C(CRC32C.checksum(of: bytes.span))
    }

    /// The header's 48 bytes.
    func encoded() -> [UInt8] {
        var bytes = SegmentHeader.magic
        bytes.appendLittleEndian(SegmentHeader.formatVersion)
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(storeID)
        bytes.appendLittleEndian(UInt64(number))
        bytes.appendLittleEndian(baseSequence)
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }

    /// Reads the header that the bytes of segment file `path` begin with.
    ///
    /// - Throws: `CatalogError` with `isCorrupt` or `unsupportedFormat`.
    init(_ bytes: Span<UInt8>, number: UInt32, path: String) throws {
        guard bytes.count >= SegmentHeader.byteCount else {
            throw CatalogError.corrupt(path, at: 0, "\(bytes.count) bytes are too few for a segment's header")
        }
        var reader = ByteReader(bytes)
        let magic = reader.readBytes(8)
        let version = reader.readUInt32() ?? 0
        _ = reader.readUInt32()
        storeID = reader.readUInt64() ?? 0
        let statedNumber = reader.readUInt64() ?? 0
        baseSequence = reader.readUInt64() ?? 0
        _ = reader.readUInt32()
        let checksum = reader.readUInt32()
        guard magic == SegmentHeader.magic else {
            throw CatalogError.corrupt(path, at: 0, "this is no journal segment of a catalog")
        }
        guard checksum == CRC32C.checksum(of: bytes.extracting(0..<44)) else {
            throw CatalogError.corrupt(path, at: 0, "the segment's header does not match its checksum")
        }
        guard version == SegmentHeader.formatVersion else {
            throw CatalogError(
                .unsupportedFormat,
                "\(path) has journal format \(version), and this version of CatalogKV reads "
                    + "format \(SegmentHeader.formatVersion); use a newer version"
            )
        }
        guard statedNumber == UInt64(number) else {
            throw CatalogError.corrupt(path, at: 24, "the file is segment \(statedNumber) under another one's name")
        }
        // A store that wrote a million operations a second would get there in 146,000 years; past it sums could overflow.
        guard baseSequence <= SegmentHeader.baseSequenceMax else {
            throw CatalogError.corrupt(path, at: 32, "no journal gets as far as operation \(baseSequence)")
        }
        self.number = number
    }

    init(storeID: UInt64, number: UInt32, baseSequence: UInt64) {
        self.storeID = storeID
        self.number = number
        self.baseSequence = baseSequence
    }

    /// The file name of a segment: its number in at least eight digits, and ".log".
    static func fileName(_ number: UInt32) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".log"
    }

    /// The number of the segment that has this file name, or `nil` when it is no segment's.
    static func number(ofFile name: String) -> UInt32? {
        guard name.hasSuffix(".log"), let number = UInt32(name.dropLast(4)), number > 0 else { return nil }
        return fileName(number) == name ? number : nil
    }
}
