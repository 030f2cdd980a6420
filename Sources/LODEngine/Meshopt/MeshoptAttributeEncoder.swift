internal import VitrineCIntrinsics

/// Writes the attribute codec's streams, as `MeshoptAttributeDecoder` tells.
///
/// Version 1 chooses for each channel the delta that makes a sample of the blocks smallest, and for each plane of a
/// block the control that makes it smallest; both versions choose the shortest bit length for every group.
@safe
struct MeshoptAttributeEncoder {
    private let count: Int
    private let byteStride: Int
    /// 0 or 1.
    private let version: Int
    private var planes = MeshoptChannel()
    private var sizes = MeshoptPlaneSizes()
    /// One block's bytes.
    private var block: [UInt8] = []

    /// Encodes `count` elements of `byteStride` bytes, a multiple of 4 up to 256.
    static func encode(_ source: Span<UInt8>, count: Int, byteStride: Int, version: Int) -> [UInt8] {
        precondition(source.count >= count * byteStride, "\(source.count) bytes for \(count) × \(byteStride)")
        var encoder = MeshoptAttributeEncoder(count: count, byteStride: byteStride, version: version)
        return unsafe source.withUnsafeBufferPointer { unsafe encoder.encode($0) }
    }

    private init(count: Int, byteStride: Int, version: Int) {
        self.count = count
        self.byteStride = byteStride
        self.version = version
        // Planes at their longest: group headers and bytes; packing may write 16 bytes more than it keeps.
        block = [UInt8](repeating: 0, count: byteStride / 4 + byteStride * (4 + MeshoptChannel.planeBytes) + 32)
    }

    private mutating func encode(_ source: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var stream: [UInt8] = [UInt8(0xa0 + version)]
        let tail = MeshoptAttributeLayout.tailBytes(byteStride, version: version)
        let channels = byteStride / 4
        var deltas = [MeshoptDelta](repeating: .bytes, count: channels)
        var previous = [UInt32](repeating: 0, count: channels)
        if let start = source.baseAddress, count > 0 {
            for channel in 0..<channels {
                if version == 1 { deltas[channel] = unsafe bestDelta(start, channel: channel) }
                // The first element lies within the source.
                previous[channel] = unsafe UnsafeRawPointer(start).loadUnaligned(
                    fromByteOffset: channel * 4,
                    as: UInt32.self
                )
            }
            stream.reserveCapacity(count * byteStride / 2 + tail.padded)
            let blockMax = MeshoptAttributeLayout.blockElementsMax(byteStride)
            for first in stride(from: 0, to: count, by: blockMax) {
                let elements = min(blockMax, count - first)
                let size = unsafe encodeBlock(start + first * byteStride, elements, deltas, &previous)
                stream += block[..<size]
            }
        }
        stream += repeatElement(0, count: tail.padded - tail.used)
        for offset in 0..<byteStride { stream.append(count > 0 ? unsafe source[offset] : 0) }
        if version == 1 { stream += deltas.map(\.mode) }
        return stream
    }

    /// Encodes a block of `elements` elements from `source` on into `block` and returns its size.
    private mutating func encodeBlock(
        _ source: UnsafePointer<UInt8>,
        _ elements: Int,
        _ deltas: [MeshoptDelta],
        _ previous: inout [UInt32]
    ) -> Int {
        var size = version == 1 ? byteStride / 4 : 0
        let groups = (elements + 15) / 16
        for channel in 0..<byteStride / 4 {
            let delta = deltas[channel]
            unsafe planes.withPlanes { planes in
                // Each element's four bytes lie within the source, each plane holds a block.
                unsafe vitrine_meshopt_split(
                    source + channel * 4,
                    byteStride,
                    elements,
                    delta.kind,
                    delta.rotation,
                    &previous[channel],
                    planes
                )
            }
            var controls: UInt8 = 0
            for lane in 0..<4 {
                sizes.measure(&planes, lane: lane, groups: groups)
                let code = version == 1 ? sizes.bestControl(elements: elements) : 0
                controls |= UInt8(code) << UInt8(lane * 2)
                size += write(lane: lane, elements, MeshoptControl(version: version, code: UInt8(code)), at: size)
            }
            if version == 1 { block[channel] = controls }
        }
        return size
    }

    /// Writes a plane into `block` at `offset` and returns its size.
    private mutating func write(lane: Int, _ elements: Int, _ control: MeshoptControl, at offset: Int) -> Int {
        let groups = (elements + 15) / 16
        switch control {
        case .zeros: return 0
        case .literal:
            return planes.copy(lane: lane, elements, to: &block, at: offset)
        case .packed(let bits):
            let headers = (groups + 3) / 4
            var size = headers
            for header in 0..<headers { block[offset + header] = 0 }
            precondition(offset + headers + groups * 16 + 16 <= block.count, "a block larger than its room")
            unsafe planes.withPlanes { planes in
                unsafe block.withUnsafeMutableBufferPointer { block in
                    guard let target = block.baseAddress else { return }
                    for group in 0..<groups {
                        let code = sizes.bestCode(group: group, bits: bits)
                        unsafe block[offset + group / 4] |= UInt8(code << (group % 4 * 2))
                        // A group takes 16 bytes at most, for the shortest of the codes is chosen, and whatever it
                        // takes, no more than 40 are written: the precondition and the room at the end see to that.
                        size += unsafe vitrine_meshopt_pack(
                            planes + lane * MeshoptChannel.planeBytes + group * 16,
                            Int32(bits >> UInt32(code * 8) & 255),
                            target + offset + size
                        )
                    }
                }
            }
            return size
        }
    }

    /// The delta that makes a sample of a channel's blocks smallest.
    private mutating func bestDelta(_ source: UnsafePointer<UInt8>, channel: Int) -> MeshoptDelta {
        let sampled = MeshoptSample(count: count, byteStride: byteStride)
        func size(_ delta: MeshoptDelta, every step: Int) -> Int {
            var total = 0
            for first in sampled.blocks(every: step) {
                let elements = min(sampled.blockMax, count - first)
                let before = max(first - 1, 0) * byteStride + channel * 4
                // Both the sampled elements and the one before them lie within the source.
                var previous = unsafe UnsafeRawPointer(source).loadUnaligned(fromByteOffset: before, as: UInt32.self)
                unsafe planes.withPlanes { planes in
                    unsafe vitrine_meshopt_split(
                        source + first * byteStride + channel * 4,
                        byteStride,
                        elements,
                        delta.kind,
                        delta.rotation,
                        &previous,
                        planes
                    )
                }
                for lane in 0..<4 {
                    sizes.measure(&planes, lane: lane, groups: (elements + 15) / 16)
                    total += sizes.bestSize(elements: elements)
                }
            }
            return total
        }
        var best = (delta: MeshoptDelta.bytes, size: size(.bytes, every: 3))
        let words = size(.words, every: 3)
        if words < best.size { best = (.words, words) }
        // What a rotation by 8 bits and more gives is the same planes in another order.
        let coarse = size(best.delta, every: sampled.coarseStep)
        let rotation = (0..<8).map { ($0, size(.xor(rotation: $0), every: sampled.coarseStep)) }.min { $0.1 < $1.1 }
        guard let rotation, rotation.1 < coarse else { return best.delta }
        let xor = size(.xor(rotation: rotation.0), every: 3)
        return xor < best.size ? .xor(rotation: rotation.0) : best.delta
    }
}

/// Which blocks an encoder tries before it chooses.
private struct MeshoptSample {
    let count: Int
    let blockMax: Int

    init(count: Int, byteStride: Int) {
        self.count = count
        blockMax = MeshoptAttributeLayout.blockElementsMax(byteStride)
    }

    /// Every how manieth block is tried with what is seldom best: four blocks at most.
    var coarseStep: Int { max(3, count / blockMax / 4 + 1) }

    /// The first element of every `step`th block.
    func blocks(every step: Int) -> StrideTo<Int> {
        stride(from: 0, to: count, by: blockMax * step)
    }
}
