internal import VitrineIO

/// The chunks of a GLB container, as far as they can be made out, and everything that is wrong with it.
///
/// The format is described at `GLBContainer`, which stops at the first fault; this one goes on.
struct ContainerChecks {
    private static let jsonType: UInt32 = 0x4E4F_534A
    private static let binaryType: UInt32 = 0x004E_4942

    private(set) var findings: [Finding] = []
    /// The JSON chunk and where it begins.
    private(set) var json: (block: ByteBlock, offset: Int)?
    /// The BIN chunk.
    private(set) var binary: ByteBlock?

    /// Goes through the chunks of `block`, which begins with "glTF".
    init(_ block: ByteBlock) {
        guard let length = checkHeader(block) else { return }
        readChunks(block, length: length)
        if length != block.count {
            report(.glbLengthMismatch, at: 8, "expected the file's length, \(block.count), found \(length)")
        }
    }

    /// The length that the header states, if the rest can be read by it.
    private mutating func checkHeader(_ block: ByteBlock) -> Int? {
        guard let version = Self.number(block, at: 4), let length = Self.number(block, at: 8) else {
            report(.glbUnexpectedEndOfHeader, at: block.count, "expected a header of 12 bytes")
            return nil
        }
        guard version == 2 else {
            report(.glbInvalidVersion, at: 4, "expected version 2, found \(version)")
            return nil
        }
        if length <= 12 { report(.glbLengthTooSmall, at: 8, "expected more than 12 bytes, found \(length)") }
        return Int(length)
    }

    private mutating func readChunks(_ block: ByteBlock, length: Int) {
        var offset = 12
        var seen: [UInt32] = []
        while offset < block.count {
            guard let count = Self.number(block, at: offset), let type = Self.number(block, at: offset + 4) else {
                return report(.glbUnexpectedEndOfChunkHeader, at: offset, "expected a chunk header of 8 bytes")
            }
            let end = offset + 8 + Int(count)
            if count % 4 != 0 {
                report(.glbChunkLengthUnaligned, at: offset, "expected a multiple of 4 bytes, found \(count)")
            }
            if end > length {
                report(.glbChunkTooBig, at: offset, "expected a chunk that ends before \(length), found \(end)")
            }
            checkType(type, seen: seen, count: count, at: offset)
            guard let data = block.slice(offset + 8..<min(end, block.count)) else { return }
            if type == Self.jsonType, !seen.contains(type) { json = (data, offset + 8) }
            if type == Self.binaryType, !seen.contains(type) { binary = data }
            if end > block.count {
                return report(.glbUnexpectedEndOfChunkData, at: block.count, "expected chunk data to byte \(end)")
            }
            seen.append(type)
            offset = end
        }
        if json == nil, seen.isEmpty {
            report(.glbUnexpectedEndOfChunkHeader, at: offset, "expected a JSON chunk")
        }
    }

    private mutating func checkType(_ type: UInt32, seen: [UInt32], count: UInt32, at offset: Int) {
        if seen.isEmpty, type != Self.jsonType {
            report(.glbUnexpectedFirstChunk, at: offset + 4, "expected a JSON chunk first, found \(type)")
        }
        guard type == Self.jsonType || type == Self.binaryType else {
            return report(.glbUnknownChunkType, at: offset + 4, "expected JSON or BIN, found \(type)")
        }
        if count == 0, type == Self.jsonType { report(.glbEmptyChunk, at: offset, "expected data in the JSON chunk") }
        if seen.contains(type) {
            report(.glbDuplicateChunk, at: offset + 4, "expected no second chunk of this type")
        } else if type == Self.binaryType, seen.count != 1 {
            report(.glbUnexpectedBinChunk, at: offset + 4, "expected the BIN chunk second")
        }
    }

    private mutating func report(_ code: FindingCode, at offset: Int, _ message: String) {
        findings.append(Finding(code, message, byteOffset: offset))
    }

    private static func number(_ block: ByteBlock, at offset: Int) -> UInt32? {
        block.slice(offset..<offset + 4)?.withBytes { bytes in
            UInt32(bytes[0]) | UInt32(bytes[1]) << 8 | UInt32(bytes[2]) << 16 | UInt32(bytes[3]) << 24
        }
    }
}
