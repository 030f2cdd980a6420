/// The index sequence codec: each index as a difference from one of two running values.
///
///     stream   header (d0 | d1), a varint per index, 4 bytes of padding
///     varint   bit 0 names the running value, bit 1 the sign, the rest is the difference
enum MeshoptIndexDecoder {
    private static let mode = MeshoptMode.indices

    /// Decodes `indexCount` indices of `byteStride` bytes.
    static func decode(_ source: Span<UInt8>, indexCount: Int, byteStride: Int) throws -> [UInt8] {
        guard source.count > 0, source[0] == 0xd0 || source[0] == 0xd1 else {
            throw MeshoptDecoder.malformed(mode, at: 0, "header d0 or d1")
        }
        let end = source.count - 4
        guard end - 1 >= indexCount else {
            throw MeshoptDecoder.malformed(mode, at: source.count, "\(indexCount) indices and 4 bytes of padding")
        }
        var output: [UInt8] = []
        output.reserveCapacity(indexCount * byteStride)
        var position = 1
        var running = SIMD2<UInt32>.zero
        for _ in 0..<indexCount {
            let value = try MeshoptDecoder.varint(source, at: &position, end: end, mode: mode)
            let which = Int(value & 1)
            running[which] &+= (value >> 2) ^ (0 &- ((value >> 1) & 1))
            output.appendIndex(running[which], byteStride: byteStride)
        }
        guard position == end else { throw MeshoptDecoder.malformed(mode, at: position, "the padding at byte \(end)") }
        return output
    }
}

extension [UInt8] {
    /// Appends an index as 4 little-endian bytes, or its low 2.
    fileprivate mutating func appendIndex(_ index: UInt32, byteStride: Int) {
        append(UInt8(truncatingIfNeeded: index))
        append(UInt8(truncatingIfNeeded: index >> 8))
        guard byteStride == 4 else { return }
        append(UInt8(truncatingIfNeeded: index >> 16))
        append(UInt8(truncatingIfNeeded: index >> 24))
    }
}
