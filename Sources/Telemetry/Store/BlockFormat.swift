internal import VitrineIO

/// What a block file says about itself in its first 64 bytes; the format is that of Docs/formats/telemetry.md.
struct BlockHeader: Sendable, Hashable {
    static let byteCount = 64
    static let magic: [UInt8] = Array("VTRNBLK\n".utf8)
    static let version: UInt32 = 1

    /// The tier whose points these are.
    var tier: Int
    /// The log that the points were written to before; 0 for a block that was put together from others.
    var sequence: UInt64
    /// The first millisecond that a point can have.
    var start: Int64
    /// The millisecond after the last.
    var end: Int64

    /// Whether the block came out of memory and waits to be put together with others.
    var isFlush: Bool { sequence != 0 }

    /// The file's name.
    var name: String {
        isFlush ? "t\(tier)-\(start)-\(end)-\(sequence).flush" : "t\(tier)-\(start)-\(end).block"
    }

    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.appendLittleEndian(Self.version)
        bytes.appendLittleEndian(UInt32(tier))
        bytes.appendLittleEndian(sequence)
        bytes.appendLittleEndian(start)
        bytes.appendLittleEndian(end)
        bytes.append(contentsOf: repeatElement(0, count: 20))
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }

    /// Reads a header; says in words what is wrong with it.
    static func decode(_ bytes: Span<UInt8>) -> Result<BlockHeader, BlockProblem> {
        guard bytes.count >= byteCount else { return .failure(BlockProblem("it is too short")) }
        var reader = ByteReader(bytes)
        guard reader.readBytes(8) == magic, let version = reader.readUInt32(), let tier = reader.readUInt32(),
            let sequence = reader.readUInt64(), let start = reader.readInt64(), let end = reader.readInt64(),
            reader.skip(20) != nil, let crc = reader.readUInt32()
        else { return .failure(BlockProblem("it does not begin as a block does")) }
        guard crc == CRC32C.checksum(of: bytes.extracting(0..<byteCount - 4)) else {
            return .failure(BlockProblem("its header's checksum is wrong"))
        }
        guard version == Self.version else { return .failure(BlockProblem("it has version \(version)")) }
        guard tier < 8, start >= 0, start < end, end <= 2 * StoredTime.end else {
            return .failure(BlockProblem("its header makes no sense"))
        }
        return .success(BlockHeader(tier: Int(tier), sequence: sequence, start: start, end: end))
    }
}

/// What is wrong with a block file.
struct BlockProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The last 32 bytes of a block file.
struct BlockFooter {
    static let byteCount = 32
    static let magic: UInt32 = 0x4552_5456  // "VTRE"
    static let entryByteCount = 16

    var indexOffset: Int
    var seriesCount: Int
    var indexChecksum: UInt32
    var pointCount: UInt64

    /// The checksum covers the header's too, so that a footer cannot stand behind another file's header.
    func encoded(after header: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt64(indexOffset))
        bytes.appendLittleEndian(UInt32(seriesCount))
        bytes.appendLittleEndian(indexChecksum)
        bytes.appendLittleEndian(pointCount)
        var crc = CRC32C()
        crc.update(bytes.span)
        crc.update(header.span.extracting(last: 4))
        bytes.appendLittleEndian(crc.value)
        bytes.appendLittleEndian(Self.magic)
        return bytes
    }

    static func decode(_ file: Span<UInt8>) -> BlockFooter? {
        guard file.count >= BlockHeader.byteCount + byteCount else { return nil }
        let tail = file.extracting(last: byteCount)
        var reader = ByteReader(tail)
        guard let offset = reader.readUInt64(), let seriesCount = reader.readUInt32(), let index = reader.readUInt32(),
            let pointCount = reader.readUInt64(), let crc = reader.readUInt32(), reader.readUInt32() == magic
        else { return nil }
        var expected = CRC32C()
        expected.update(tail.extracting(0..<24))
        expected.update(file.extracting(BlockHeader.byteCount - 4..<BlockHeader.byteCount))
        let indexEnd = file.count - byteCount
        guard crc == expected.value, offset >= UInt64(BlockHeader.byteCount), offset <= UInt64(indexEnd),
            indexEnd - Int(offset) == Int(seriesCount) * entryByteCount
        else { return nil }
        return BlockFooter(
            indexOffset: Int(offset),
            seriesCount: Int(seriesCount),
            indexChecksum: index,
            pointCount: pointCount
        )
    }
}
