/// Encodes the bit streams of EXT_meshopt_compression and KHR_meshopt_compression.
///
/// Written from the bit stream appendix of the two extensions' specifications; ``MeshoptDecoder`` names the parts of a
/// stream. EXT_meshopt_compression knows version 0 of the attribute codec; KHR_meshopt_compression both. Both
/// extensions want version 1 of the index codecs.
public enum MeshoptEncoder {
    /// The versions of the codecs.
    public enum Version: Int, Sendable, CaseIterable {
        /// Attributes as EXT_meshopt_compression has them; indices as no extension has them.
        case zero
        /// Attributes as KHR_meshopt_compression alone has them; indices as both extensions do.
        case one
    }

    /// Encodes `count` elements of `byteStride` bytes, 4 to 256 in steps of 4.
    ///
    /// Linear in the bytes; takes memory for the result and a block of 8 KiB.
    public static func attributes(
        _ bytes: Span<UInt8>,
        count: Int,
        byteStride: Int,
        version: Version
    ) -> [UInt8] {
        precondition(byteStride >= 4 && byteStride <= 256 && byteStride % 4 == 0, "a byteStride of \(byteStride)")
        return MeshoptAttributeEncoder.encode(bytes, count: count, byteStride: byteStride, version: version.rawValue)
    }

    /// Encodes the indices of whole triangles.
    ///
    /// Each triangle comes back with its corners in the same cyclic order, but it may begin at another one. Linear;
    /// best where triangles follow their neighbours and vertices are numbered as they appear.
    public static func triangles(_ indices: Span<UInt32>, version: Version = .one) -> [UInt8] {
        precondition(indices.count % 3 == 0, "\(indices.count) indices are no whole triangles")
        return MeshoptTriangleEncoder.encode(indices, version: version.rawValue)
    }

    /// Encodes indices of any kind; they come back as they are.
    ///
    /// - Throws: `LODError` with `unsupported` for neighbours that are more than 2³⁰ apart.
    public static func indices(_ indices: Span<UInt32>, version: Version = .one) throws -> [UInt8] {
        try MeshoptIndexEncoder.encode(indices, version: version.rawValue)
    }

    /// A signed difference as an unsigned number that is small where the difference is.
    @inline(__always)
    static func zigzag(_ difference: UInt32) -> UInt32 {
        difference << 1 ^ (0 &- (difference >> 31))
    }
}

extension [UInt8] {
    /// Appends a number as unsigned LEB128, one to five bytes.
    mutating func appendVarint(_ number: UInt32) {
        var rest = number
        while rest > 0x7f {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
