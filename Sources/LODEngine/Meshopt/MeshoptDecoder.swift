/// Decodes the bit streams of EXT_meshopt_compression and KHR_meshopt_compression.
///
/// Written from the bit stream appendix of the two extensions' specifications. A stream stands alone: a header byte
/// that names codec and version, the codec's own data, and a tail whose size the caller's parameters give. The stream
/// does not say how long it is, so that `source` must be exactly the stream: too few bytes and bytes left over are
/// both errors.
///
///     mode        header      data                                   tail
///     attributes  a0 or a1    blocks of byte deltas by byte plane    padding, first element, (a1) channel modes
///     triangles   e0 or e1    a code byte per triangle, extra bytes  16 bytes: table of frequent codes
///     indices     d0 or d1    a varint per index                     4 zero bytes
///
/// What it allocates is bounded: a stream that is too short to hold what `count` and `byteStride` promise is refused
/// before anything is allocated, so that a byte of input never becomes more than 1 KiB.
public enum MeshoptDecoder {
    /// Decodes one stream into `count * byteStride` bytes and applies `filter`.
    ///
    /// Linear in the output. No input makes it trap: what the specification leaves unspecified (an octahedral vector
    /// whose scale is zero) decodes to some value.
    ///
    /// - Throws: `LODError.Code.invalidModel` with the byte offset within `source` when the stream is malformed or the
    ///   parameters are not among those that the specification allows.
    public static func decode(
        _ source: Span<UInt8>,
        mode: MeshoptMode,
        filter: MeshoptFilter,
        count: Int,
        byteStride: Int
    ) throws -> [UInt8] {
        try check(mode: mode, filter: filter, count: count, byteStride: byteStride)
        var output: [UInt8]
        switch mode {
        case .attributes:
            var decoder = try MeshoptAttributeDecoder(source, count: count, byteStride: byteStride)
            output = try decoder.decode(source)
        case .triangles:
            output = try MeshoptTriangleDecoder.decode(source, indexCount: count, byteStride: byteStride)
        case .indices:
            output = try MeshoptIndexDecoder.decode(source, indexCount: count, byteStride: byteStride)
        }
        filter.apply(to: &output, byteStride: byteStride)
        return output
    }

    /// Holds the parameters against the table of the extension's specification.
    private static func check(mode: MeshoptMode, filter: MeshoptFilter, count: Int, byteStride: Int) throws {
        func refuse(_ expected: String) -> LODError {
            LODError(
                .invalidModel,
                "meshopt \(mode.rawValue) with filter \(filter.rawValue), count \(count), byteStride \(byteStride): "
                    + "expected \(expected)"
            )
        }
        guard count >= 0, !count.multipliedReportingOverflow(by: max(byteStride, 1)).overflow else {
            throw refuse("a count whose bytes can be counted")
        }
        switch mode {
        case .attributes:
            guard byteStride >= 4, byteStride <= 256, byteStride % 4 == 0 else {
                throw refuse("a byteStride of 4 to 256 in steps of 4")
            }
        case .triangles, .indices:
            guard byteStride == 2 || byteStride == 4 else { throw refuse("a byteStride of 2 or 4") }
            guard filter == .none else { throw refuse("filter NONE") }
            guard mode == .indices || count % 3 == 0 else { throw refuse("a count divisible by 3") }
        }
        switch filter {
        case .none, .exponential: break
        case .octahedral, .color:
            guard byteStride == 4 || byteStride == 8 else { throw refuse("a byteStride of 4 or 8") }
        case .quaternion:
            guard byteStride == 8 else { throw refuse("a byteStride of 8") }
        }
    }

    /// The error for a stream that breaks at `offset`.
    static func malformed(_ mode: MeshoptMode, at offset: Int, _ expected: String) -> LODError {
        LODError(.invalidModel, "meshopt \(mode.rawValue) stream at byte \(offset): expected \(expected)")
    }

    /// Reads an unsigned LEB128 number of one to five bytes, wrapping at 32 bits.
    static func varint(
        _ source: Span<UInt8>,
        at position: inout Int,
        end: Int,
        mode: MeshoptMode
    ) throws -> UInt32 {
        var value: UInt32 = 0
        var shift: UInt32 = 0
        while shift < 35 {
            guard position < end else { throw malformed(mode, at: position, "another byte of an index") }
            let byte = source[position]
            position += 1
            value |= UInt32(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw malformed(mode, at: position - 1, "an index of at most five bytes")
    }
}

/// How a compressed buffer view's bytes are laid out, by the extension's own names.
public enum MeshoptMode: String, Sendable {
    /// Elements of any kind, as differences between the bytes of consecutive elements.
    case attributes = "ATTRIBUTES"
    /// The indices of a triangle list.
    case triangles = "TRIANGLES"
    /// Indices of any other kind.
    case indices = "INDICES"
}

/// What is done to attributes after decompression, by the extension's own names.
public enum MeshoptFilter: String, Sendable {
    /// Nothing.
    case none = "NONE"
    /// Unit vectors from octahedral coordinates.
    case octahedral = "OCTAHEDRAL"
    /// Unit quaternions from their three smaller components.
    case quaternion = "QUATERNION"
    /// Floats from a shared-exponent fixed point form.
    case exponential = "EXPONENTIAL"
    /// RGBA from YCoCg; KHR_meshopt_compression only.
    case color = "COLOR"
}
