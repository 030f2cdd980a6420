internal import VitrineIO

/// Records one after the other in a file that only grows: a mark, a length, a checksum and the record's bytes.
///
/// The mark lets a reader find the next record behind a damaged one, so that one bad bit costs one record.
enum Frames {
    static let headByteCount = 12
    private static let mark: UInt32 = 0x4D52_46F5  // F5 "FRM"
    /// The longest record that there may be, so that a damaged length is noticed.
    static let byteCountMax = 1 << 28

    /// Appends a record that `fill` writes.
    static func append(to out: inout [UInt8], _ fill: (inout [UInt8]) -> Void) {
        let start = out.count
        out.appendLittleEndian(mark)
        out.appendLittleEndian(UInt32(0))
        out.appendLittleEndian(UInt32(0))
        fill(&out)
        out.replaceUInt32(at: start + 4, with: UInt32(out.count - start - headByteCount))
        out.replaceUInt32(at: start + 8, with: checksum(out.span.extracting(start..<out.count)))
    }

    private static func checksum(_ frame: Span<UInt8>) -> UInt32 {
        var crc = CRC32C()
        crc.update(frame.extracting(4..<8))
        crc.update(frame.extracting(headByteCount..<frame.count))
        return crc.value
    }

    /// What was found beside records.
    struct Findings {
        /// Where the last whole record ends.
        var end: Int
        /// Bytes between records that were none: damage.
        var damagedByteCount = 0
    }

    /// Calls `body` with each whole record from `start` on.
    static func read(_ file: Span<UInt8>, from start: Int, _ body: (Span<UInt8>) -> Void) -> Findings {
        var findings = Findings(end: start)
        var place = start
        while place + headByteCount <= file.count {
            if let length = frameLength(file, at: place) {
                findings.damagedByteCount += place - findings.end
                body(file.extracting(place + headByteCount..<place + length))
                place += length
                findings.end = place
            } else {
                place += 1
            }
        }
        return findings
    }

    private static func frameLength(_ file: Span<UInt8>, at place: Int) -> Int? {
        guard word(file, place) == mark else { return nil }
        let length = Int(word(file, place + 4))
        guard length <= byteCountMax, length <= file.count - place - headByteCount else { return nil }
        let end = place + headByteCount + length
        return word(file, place + 8) == checksum(file.extracting(place..<end)) ? headByteCount + length : nil
    }

    private static func word(_ bytes: Span<UInt8>, _ place: Int) -> UInt32 {
        UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
            | UInt32(bytes[place + 3]) << 24
    }
}

/// The 16 bytes in front of a file of records.
enum FileTitle {
    static let byteCount = 16

    private static let version: UInt32 = 1

    static func encoded(_ magic: String) -> [UInt8] {
        var bytes = Array(magic.utf8)
        bytes.appendLittleEndian(version)
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }

    /// Whether a file begins as it should; one without anything behind its title may have been torn when it was made, for
    /// records are only written once the title is safe.
    ///
    /// - Throws: `TelemetryError` with `unsupportedFormat` for a sound title of a version that this is not.
    static func isSound(_ file: Span<UInt8>, _ magic: String, path: String) throws(TelemetryError) -> Bool {
        guard file.count > byteCount else { return true }
        var reader = ByteReader(file)
        guard reader.readBytes(8) == Array(magic.utf8), let found = reader.readUInt32(),
            reader.readUInt32() == CRC32C.checksum(of: file.extracting(0..<12))
        else { return false }
        guard found == version else {
            throw TelemetryError(.unsupportedFormat, "\(path) has version \(found) and needs a later release")
        }
        return true
    }
}
