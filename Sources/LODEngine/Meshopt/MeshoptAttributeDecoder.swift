/// The attribute codec, versions 0 and 1: elements as differences from their predecessor, byte plane by byte plane.
///
///     stream   header (a0 | a1), blocks, padding, baseline element (byteStride), (a1) channel modes (byteStride / 4)
///     block    (a1) control bytes, 2 bits per byte position; then for each byte position a plane
///     plane    2 bits per group of 16 elements, then each group's deltas in 0, 1, 2, 4 or 8 bits
///
/// A delta with all bits set says that a full byte stands after the group. Planes are undone in channels of four
/// bytes: as zigzag differences of bytes or of 16-bit words, or as XOR of rotated 32-bit words.
struct MeshoptAttributeDecoder {
    private let count: Int
    private let byteStride: Int
    /// 0 or 1.
    private let version: Int
    /// Where the next byte is read.
    private var position = 1
    /// Where the padding before the tail begins.
    private let dataEnd: Int
    /// Where the baseline element begins.
    private let tailStart: Int
    /// The deltas of one channel's four byte planes, 256 each.
    private var planes = [UInt8](repeating: 0, count: 4 * 256)

    private static let mode = MeshoptMode.attributes

    /// Reads the header and refuses a stream that cannot be long enough for `count` elements.
    init(_ source: Span<UInt8>, count: Int, byteStride: Int) throws {
        self.count = count
        self.byteStride = byteStride
        guard source.count > 0, source[0] == 0xa0 || source[0] == 0xa1 else {
            throw MeshoptDecoder.malformed(Self.mode, at: 0, "header a0 or a1")
        }
        version = Int(source[0] & 1)
        let tailCount = byteStride + (version == 1 ? byteStride / 4 : 0)
        dataEnd = source.count - max(tailCount, version == 1 ? 24 : 32)
        tailStart = source.count - tailCount
        guard dataEnd >= 1 else {
            throw MeshoptDecoder.malformed(Self.mode, at: source.count, "a tail of \(tailCount) bytes")
        }
        // A block is at least its control bytes (version 1) or its group headers (version 0).
        let blockMax = Self.blockElementsMax(byteStride)
        let blocks = count / blockMax + (count % blockMax == 0 ? 0 : 1)
        let blockBytesMin = version == 1 ? byteStride / 4 : byteStride
        guard blocks <= (dataEnd - 1) / blockBytesMin else {
            throw MeshoptDecoder.malformed(
                Self.mode,
                at: source.count,
                "at least \(blocks) blocks of \(blockBytesMin) bytes for \(count) elements"
            )
        }
    }

    private static func blockElementsMax(_ byteStride: Int) -> Int {
        min((8192 / byteStride) & ~15, 256)
    }

    /// Decodes all blocks.
    mutating func decode(_ source: Span<UInt8>) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: count * byteStride)
        var previous: [UInt8] = []
        previous.reserveCapacity(byteStride)
        for offset in 0..<byteStride { previous.append(source[tailStart + offset]) }
        let blockMax = Self.blockElementsMax(byteStride)
        var first = 0
        while first < count {
            let elements = min(blockMax, count - first)
            try decodeBlock(source, into: &output, first: first, elements: elements, previous: &previous)
            first += elements
        }
        guard position == dataEnd else {
            throw MeshoptDecoder.malformed(Self.mode, at: position, "the tail at byte \(dataEnd)")
        }
        return output
    }

    private mutating func decodeBlock(
        _ source: Span<UInt8>,
        into output: inout [UInt8],
        first: Int,
        elements: Int,
        previous: inout [UInt8]
    ) throws {
        let controlStart = position
        if version == 1 {
            try need(byteStride / 4, "control bytes")
            position += byteStride / 4
        }
        for channel in 0..<byteStride / 4 {
            for lane in 0..<4 {
                let control = version == 1 ? (source[controlStart + channel] >> UInt8(lane * 2)) & 3 : 4
                try decodePlane(source, lane: lane, elements: elements, control: control)
            }
            let channelMode = version == 1 ? source[tailStart + byteStride + channel] : 0
            let start = first * byteStride + channel * 4
            switch channelMode {
            case 0: undoByteDeltas(into: &output, at: start, elements: elements, channel: channel, &previous)
            case 1: undoWordDeltas(into: &output, at: start, elements: elements, channel: channel, &previous)
            case _ where channelMode & 15 == 2:
                undoXOR(
                    into: &output,
                    at: start,
                    elements: elements,
                    channel: channel,
                    &previous,
                    rotation: UInt32(channelMode >> 4)
                )
            default:
                throw MeshoptDecoder.malformed(
                    Self.mode,
                    at: tailStart + byteStride + channel,
                    "a channel mode of 0, 1 or x2"
                )
            }
        }
    }

    /// Decodes one byte position's deltas of a block into `planes`.
    ///
    /// `control` is the block's control mode for it, or 4 for version 0, which has none.
    private mutating func decodePlane(_ source: Span<UInt8>, lane: Int, elements: Int, control: UInt8) throws {
        let base = lane * 256
        let groups = (elements + 15) / 16
        switch control {
        case 2:
            for index in base..<base + groups * 16 { planes[index] = 0 }
            return
        case 3:
            try need(elements, "literal deltas")
            for index in 0..<elements { planes[base + index] = source[position + index] }
            position += elements
            return
        default: break
        }
        let headerStart = position
        let headerCount = (groups + 3) / 4
        try need(headerCount, "group headers")
        position += headerCount
        for group in 0..<groups {
            let code = (source[headerStart + group / 4] >> UInt8((group & 3) * 2)) & 3
            let bits: Int
            switch (control, code) {
            case (0, 0), (4, 0): bits = 0
            case (0, 1), (1, 0): bits = 1
            case (0, 2), (1, 1), (4, 1): bits = 2
            case (0, 3), (1, 2), (4, 2): bits = 4
            default: bits = 8
            }
            try decodeGroup(source, to: base + group * 16, bits: bits)
        }
    }

    private mutating func decodeGroup(_ source: Span<UInt8>, to base: Int, bits: Int) throws {
        try need(bits * 2, "deltas of \(bits) bits")
        let start = position
        position += bits * 2
        switch bits {
        case 0:
            for index in 0..<16 { planes[base + index] = 0 }
        case 8:
            for index in 0..<16 { planes[base + index] = source[start + index] }
        case 1:
            for index in 0..<16 {
                let delta = (source[start + index / 8] >> UInt8(index & 7)) & 1
                planes[base + index] = delta == 1 ? try escaped(source) : delta
            }
        case 2:
            for index in 0..<16 {
                let delta = (source[start + index / 4] >> UInt8(6 - (index & 3) * 2)) & 3
                planes[base + index] = delta == 3 ? try escaped(source) : delta
            }
        default:
            for index in 0..<16 {
                let delta = (source[start + index / 2] >> UInt8(4 - (index & 1) * 4)) & 15
                planes[base + index] = delta == 15 ? try escaped(source) : delta
            }
        }
    }

    /// The full byte that stands for a delta too large for its group's bits.
    private mutating func escaped(_ source: Span<UInt8>) throws -> UInt8 {
        try need(1, "a full delta")
        position += 1
        return source[position - 1]
    }

    private func need(_ bytes: Int, _ what: @autoclosure () -> String) throws {
        guard dataEnd - position >= bytes else {
            throw MeshoptDecoder.malformed(Self.mode, at: position, "\(bytes) bytes of \(what()) before \(dataEnd)")
        }
    }

    private func undoByteDeltas(
        into output: inout [UInt8],
        at start: Int,
        elements: Int,
        channel: Int,
        _ previous: inout [UInt8]
    ) {
        for lane in 0..<4 {
            var value = previous[channel * 4 + lane]
            var target = start + lane
            for element in 0..<elements {
                let delta = planes[lane * 256 + element]
                value &+= (delta >> 1) ^ (0 &- (delta & 1))
                output[target] = value
                target += byteStride
            }
            previous[channel * 4 + lane] = value
        }
    }

    private func undoWordDeltas(
        into output: inout [UInt8],
        at start: Int,
        elements: Int,
        channel: Int,
        _ previous: inout [UInt8]
    ) {
        for lane in stride(from: 0, to: 4, by: 2) {
            let slot = channel * 4 + lane
            var value = UInt16(previous[slot]) | UInt16(previous[slot + 1]) << 8
            var target = start + lane
            for element in 0..<elements {
                let delta = UInt16(planes[lane * 256 + element]) | UInt16(planes[(lane + 1) * 256 + element]) << 8
                value &+= (delta >> 1) ^ (0 &- (delta & 1))
                output[target] = UInt8(truncatingIfNeeded: value)
                output[target + 1] = UInt8(truncatingIfNeeded: value >> 8)
                target += byteStride
            }
            previous[slot] = UInt8(truncatingIfNeeded: value)
            previous[slot + 1] = UInt8(truncatingIfNeeded: value >> 8)
        }
    }

    private func undoXOR(
        into output: inout [UInt8],
        at start: Int,
        elements: Int,
        channel: Int,
        _ previous: inout [UInt8],
        rotation: UInt32
    ) {
        var value: UInt32 = 0
        for lane in 0..<4 { value |= UInt32(previous[channel * 4 + lane]) << UInt32(lane * 8) }
        var target = start
        for element in 0..<elements {
            var delta: UInt32 = 0
            for lane in 0..<4 { delta |= UInt32(planes[lane * 256 + element]) << UInt32(lane * 8) }
            value ^= delta << rotation | delta >> ((32 - rotation) & 31)
            for lane in 0..<4 { output[target + lane] = UInt8(truncatingIfNeeded: value >> UInt32(lane * 8)) }
            target += byteStride
        }
        for lane in 0..<4 { previous[channel * 4 + lane] = UInt8(truncatingIfNeeded: value >> UInt32(lane * 8)) }
    }
}
