/// Writes the index sequence codec's streams, as `MeshoptIndexDecoder` tells.
enum MeshoptIndexEncoder {
    /// Encodes indices of any kind as a stream of `version` 0 or 1, which differ in the header alone.
    ///
    /// Two indices that are further apart than 2³⁰ have no difference that the format can state.
    ///
    /// - Throws: `LODError` with `unsupported` for such.
    static func encode(_ indices: Span<UInt32>, version: Int) throws -> [UInt8] {
        var stream: [UInt8] = [UInt8(0xd0 + version)]
        stream.reserveCapacity(indices.count + 5)
        var running = SIMD2<UInt32>.zero
        var current = 0
        for place in 0..<indices.count {
            let index = indices[place]
            // A jump changes to the other running value, which is likely to be near; a sequence stays with its own.
            let distance = magnitude(index &- running[current])
            if distance >= 30, magnitude(index &- running[1 - current]) < distance { current = 1 - current }
            let difference = index &- running[current]
            guard magnitude(difference) <= 1 << 30, difference != 1 << 30 else {
                throw LODError(.unsupported, "indices \(running[current]) and \(index) are too far apart to compress")
            }
            stream.appendVarint(MeshoptEncoder.zigzag(difference) << 1 | UInt32(current))
            running[current] = index
        }
        stream += [0, 0, 0, 0]
        return stream
    }

    private static func magnitude(_ difference: UInt32) -> UInt32 {
        Int32(bitPattern: difference).magnitude
    }
}
