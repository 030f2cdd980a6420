internal import VitrineCIntrinsics

/// The attribute codec, versions 0 and 1: elements as differences from their predecessor, byte plane by byte plane.
///
///     stream   header (a0 | a1), blocks, padding, baseline element (byteStride), (a1) channel modes (byteStride / 4)
///     block    (a1) control bytes, 2 bits per byte position; then for each byte position a plane
///     plane    2 bits per group of 16 elements, then each group's deltas in 0, 1, 2, 4 or 8 bits
///
/// A delta with all bits set says that a full byte stands after the group. Planes are undone in channels of four
/// bytes: as zigzag differences of bytes or of 16-bit words, or as XOR of rotated 32-bit words.
@safe
struct MeshoptAttributeDecoder {
    /// Elements.
    private let count: Int
    private let byteStride: Int
    /// 0 or 1.
    private let version: Int
    /// Where the next byte is read.
    private var position = 1
    /// Where the padding before the tail begins: never less than what the unpacking may look at before the end.
    private let dataEnd: Int
    /// Where the baseline element begins.
    private let tailStart: Int

    private static let mode = MeshoptMode.attributes

    /// Reads the header and refuses a stream that cannot be long enough for `count` elements.
    init(_ source: Span<UInt8>, count: Int, byteStride: Int) throws {
        self.count = count
        self.byteStride = byteStride
        guard source.count > 0, source[0] == 0xa0 || source[0] == 0xa1 else {
            throw MeshoptDecoder.malformed(Self.mode, at: 0, "header a0 or a1")
        }
        version = Int(source[0] & 1)
        let tail = MeshoptAttributeLayout.tailBytes(byteStride, version: version)
        dataEnd = source.count - tail.padded
        tailStart = source.count - tail.used
        guard dataEnd >= 1 else {
            throw MeshoptDecoder.malformed(Self.mode, at: source.count, "a tail of \(tail.used) bytes")
        }
        // A block is at least its control bytes (version 1) or its group headers (version 0).
        let blockMax = MeshoptAttributeLayout.blockElementsMax(byteStride)
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

    /// Decodes all blocks.
    mutating func decode(_ source: Span<UInt8>) throws -> [UInt8] {
        let modes = try channelModes(source)
        let blockMax = MeshoptAttributeLayout.blockElementsMax(byteStride)
        var previous = (0..<byteStride / 4).map { channel in
            (0..<4).reduce(UInt32(0)) { $0 | UInt32(source[tailStart + channel * 4 + $1]) << UInt32($1 * 8) }
        }
        let output = try unsafe source.withUnsafeBufferPointer { source in
            try unsafe [UInt8](unsafeUninitializedCapacity: count * byteStride) { target, filled in
                var planes = MeshoptChannel()
                var first = 0
                while first < count {
                    let elements = min(blockMax, count - first)
                    let start = first * byteStride
                    // The block's part of what was reserved: the slice's bounds are checked.
                    let block = unsafe UnsafeMutableBufferPointer(
                        rebasing: target[start..<start + elements * byteStride]
                    )
                    try unsafe decodeBlock(source, into: block, elements, modes, &previous, &planes)
                    first += elements
                }
                filled = count * byteStride
            }
        }
        guard position == dataEnd else {
            throw MeshoptDecoder.malformed(Self.mode, at: position, "the tail at byte \(dataEnd)")
        }
        return output
    }

    /// The delta of each channel.
    private func channelModes(_ source: Span<UInt8>) throws -> [MeshoptDelta] {
        try (0..<byteStride / 4).map { channel in
            guard version == 1 else { return .bytes }
            let offset = tailStart + byteStride + channel
            guard let delta = MeshoptDelta(mode: source[offset]) else {
                throw MeshoptDecoder.malformed(Self.mode, at: offset, "a channel mode of 0, 1 or x2")
            }
            return delta
        }
    }

    private mutating func decodeBlock(
        _ source: UnsafeBufferPointer<UInt8>,
        into block: UnsafeMutableBufferPointer<UInt8>,
        _ elements: Int,
        _ modes: [MeshoptDelta],
        _ previous: inout [UInt32],
        _ planes: inout MeshoptChannel
    ) throws {
        guard let target = block.baseAddress else { return }
        let controlStart = position
        if version == 1 {
            try need(byteStride / 4, "control bytes")
            position += byteStride / 4
        }
        for channel in 0..<byteStride / 4 {
            // Within the stream: `need` found the control bytes before `dataEnd`.
            let controls = version == 1 ? unsafe source[controlStart + channel] : 0
            for lane in 0..<4 {
                let control = MeshoptControl(version: version, code: controls >> UInt8(lane * 2) & 3)
                try unsafe decodePlane(source, lane: lane, elements: elements, control: control, &planes)
            }
            let delta = modes[channel]
            // Four bytes of each element: the last lie at the end of the block.
            unsafe planes.withPlanes { planes in
                unsafe vitrine_meshopt_restore(
                    planes,
                    delta.kind,
                    delta.rotation,
                    &previous[channel],
                    target + channel * 4,
                    byteStride,
                    elements
                )
            }
        }
    }

    /// Decodes one byte position's deltas of a block.
    private mutating func decodePlane(
        _ source: UnsafeBufferPointer<UInt8>,
        lane: Int,
        elements: Int,
        control: MeshoptControl,
        _ planes: inout MeshoptChannel
    ) throws {
        let groups = (elements + 15) / 16
        switch control {
        case .zeros: planes.clear(lane: lane)
        case .literal:
            try need(elements, "literal deltas")
            // Within the stream, as was just found, and a plane holds a block's elements.
            unsafe planes.fill(lane: lane, from: UnsafeBufferPointer(rebasing: source[position..<position + elements]))
            position += elements
        case .packed(let bits):
            // `position` never passes `dataEnd`, and from there on the stream has the slack that unpacking asks for.
            guard let start = source.baseAddress else { return }
            let taken = unsafe planes.withPlanes { planes in
                unsafe vitrine_meshopt_unpack(
                    start + position,
                    start + dataEnd,
                    groups,
                    bits,
                    planes + lane * MeshoptChannel.planeBytes
                )
            }
            guard taken > 0 else {
                throw MeshoptDecoder.malformed(Self.mode, at: position, "\(groups) groups of deltas before \(dataEnd)")
            }
            position += taken
        }
    }

    private func need(_ bytes: Int, _ what: @autoclosure () -> String) throws {
        guard dataEnd - position >= bytes else {
            throw MeshoptDecoder.malformed(Self.mode, at: position, "\(bytes) bytes of \(what()) before \(dataEnd)")
        }
    }
}
