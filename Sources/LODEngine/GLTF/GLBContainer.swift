internal import VitrineIO

/// The container of binary glTF 2.0, taken apart.
///
///     offset  size  header
///     0       4     "glTF"
///     4       4     version: 2
///     8       4     bytes of the whole file
///
///     offset  size  each chunk, at a multiple of 4
///     0       4     bytes of its data: a multiple of 4
///     4       4     "JSON" (the first chunk), "BIN\0" (the second, if it is there), or a type to skip
///     8       …     data; JSON is padded with spaces, BIN with zeros
///
/// All numbers are unsigned, lowest byte first.
struct GLBContainer {
    /// The first four bytes.
    static let magic = Array("glTF".utf8)

    /// The byte of the file at which the JSON chunk's data start.
    static let jsonOffset = 20

    private static let jsonType: UInt32 = 0x4E4F_534A
    private static let binaryType: UInt32 = 0x004E_4942

    /// The JSON chunk's data.
    let json: ByteBlock
    /// The BIN chunk's data.
    let binary: ByteBlock?

    /// Finds the chunks.
    ///
    /// - Throws: `LODError` with `invalidModel` or `unsupported` (another version), naming the byte.
    init(_ block: ByteBlock, name: String) throws {
        func invalid(_ offset: Int, _ expected: String) -> LODError {
            LODError(.invalidModel, "\(name): byte \(offset): expected \(expected)", file: name, byteOffset: offset)
        }
        func number(at offset: Int) -> UInt32? {
            block.slice(offset..<offset + 4)?.withBytes { bytes in
                (0..<4).reduce(0) { $0 | UInt32(bytes[$1]) << (8 * UInt32($1)) }
            }
        }
        guard let version = number(at: 4), let length = number(at: 8) else {
            throw invalid(block.count, "a GLB header of 12 bytes")
        }
        guard version == 2 else {
            throw LODError(
                .unsupported,
                "\(name): byte 4: expected GLB version 2, found \(version)",
                file: name,
                byteOffset: 4
            )
        }
        guard Int(length) == block.count else {
            throw invalid(8, "the file's length, \(block.count), found \(length)")
        }
        var json: ByteBlock?
        var binary: ByteBlock?
        var offset = 12
        var chunkIndex = 0
        while offset < block.count {
            guard let length = number(at: offset), let type = number(at: offset + 4) else {
                throw invalid(offset, "a chunk header of 8 bytes")
            }
            guard length % 4 == 0 else { throw invalid(offset, "a chunk length divisible by 4, found \(length)") }
            guard let data = block.slice(offset + 8..<offset + 8 + Int(length)) else {
                throw invalid(offset, "a chunk of at most \(block.count - offset - 8) bytes, found \(length)")
            }
            switch (type, chunkIndex) {
            case (GLBContainer.jsonType, 0): json = data
            case (_, 0): throw invalid(offset + 4, "the JSON chunk first")
            case (GLBContainer.binaryType, 1): binary = data
            case (GLBContainer.jsonType, _): throw invalid(offset + 4, "no second JSON chunk")
            case (GLBContainer.binaryType, _): throw invalid(offset + 4, "the BIN chunk second, and no other")
            default: break
            }
            offset += 8 + Int(length)
            chunkIndex += 1
        }
        guard let json else { throw invalid(12, "a JSON chunk") }
        self.json = json
        self.binary = binary
    }

    /// Puts a container together from JSON and the parts of the BIN chunk, each of a length divisible by 4.
    ///
    /// Returns `nil` when it would exceed the 4 GiB that the header can state.
    static func assemble(json: [UInt8], binary: [ByteBlock]) -> [UInt8]? {
        let jsonLength = (json.count + 3) & ~3
        let binaryLength = binary.reduce(0) { $0 + ($1.count + 3) & ~3 }
        let length = 12 + 8 + jsonLength + (binaryLength > 0 ? 8 + binaryLength : 0)
        guard length <= Int(UInt32.max) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        bytes += magic
        for number in [2, UInt32(length), UInt32(jsonLength), jsonType] { bytes.appendLittleEndian(number) }
        bytes += json
        bytes += repeatElement(UInt8(ascii: " "), count: jsonLength - json.count)
        guard binaryLength > 0 else { return bytes }
        for number in [UInt32(binaryLength), binaryType] { bytes.appendLittleEndian(number) }
        for part in binary {
            part.withBytes { part in unsafe part.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) } }
            bytes += repeatElement(0, count: -bytes.count & 3)
        }
        return bytes
    }
}
