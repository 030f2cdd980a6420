internal import VitrineCIntrinsics

/// What the attribute codec's two directions share: how a stream is divided.
enum MeshoptAttributeLayout {
    /// Elements of a block, of which the last of a stream may have fewer.
    static func blockElementsMax(_ byteStride: Int) -> Int {
        min((8192 / byteStride) & ~15, 256)
    }

    /// Bytes of the tail, and with the zeros before it that bring it to what decoders may look at.
    static func tailBytes(_ byteStride: Int, version: Int) -> (used: Int, padded: Int) {
        let used = byteStride + (version == 1 ? byteStride / 4 : 0)
        return (used, max(used, version == 1 ? 24 : 32))
    }
}

/// How the four bytes of a channel become deltas, by the channel mode's byte.
struct MeshoptDelta: Equatable {
    /// One of `vitrine_meshopt_delta_…`.
    let kind: Int32
    /// By how many bits a XOR delta stands turned to the left in the stream.
    let rotation: UInt32

    /// Zigzag differences of bytes.
    static let bytes = MeshoptDelta(kind: Int32(vitrine_meshopt_delta_bytes.rawValue), rotation: 0)
    /// Zigzag differences of 16-bit words.
    static let words = MeshoptDelta(kind: Int32(vitrine_meshopt_delta_words.rawValue), rotation: 0)

    /// XOR of 32-bit words, turned by `rotation` bits, 0 to 15.
    static func xor(rotation: Int) -> MeshoptDelta {
        MeshoptDelta(kind: Int32(vitrine_meshopt_delta_xor.rawValue), rotation: UInt32(rotation & 15))
    }

    private init(kind: Int32, rotation: UInt32) {
        self.kind = kind
        self.rotation = rotation
    }

    /// What a channel mode's byte means, if it is a valid one.
    init?(mode: UInt8) {
        switch mode {
        case 0: self = .bytes
        case 1: self = .words
        case _ where mode & 15 == 2: self = .xor(rotation: Int(mode >> 4))
        default: return nil
        }
    }

    /// The channel mode's byte.
    var mode: UInt8 {
        UInt8(truncatingIfNeeded: kind) | UInt8(truncatingIfNeeded: rotation << 4)
    }
}

/// How a plane's deltas are stored.
enum MeshoptControl {
    /// All are zero and take nothing.
    case zeros
    /// A byte each.
    case literal
    /// In the bit lengths that the four group codes stand for, a byte each, code 0's lowest.
    case packed(UInt32)

    /// What a control code means; version 0 has only one way.
    init(version: Int, code: UInt8) {
        switch (version, code) {
        case (0, _): self = .packed(0x0804_0200)
        case (_, 0): self = .packed(0x0402_0100)
        case (_, 1): self = .packed(0x0804_0201)
        case (_, 2): self = .zeros
        default: self = .literal
        }
    }
}

/// The deltas of a block's four byte positions: four planes, one after the other.
@safe
struct MeshoptChannel {
    /// Bytes of a plane: the elements of the largest block.
    static let planeBytes = Int(vitrine_meshopt_plane_bytes)

    private var bytes = [UInt8](repeating: 0, count: 4 * planeBytes)

    /// Lends the planes.
    mutating func withPlanes<Result>(_ body: (UnsafeMutablePointer<UInt8>) throws -> Result) rethrows -> Result {
        try unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("the planes have no address") }
            return try unsafe body(start)
        }
    }

    /// Makes a plane's deltas zero.
    mutating func clear(lane: Int) {
        for index in lane * Self.planeBytes..<(lane + 1) * Self.planeBytes { bytes[index] = 0 }
    }

    /// Takes deltas as they are; as many as a plane holds at most.
    mutating func fill(lane: Int, from source: UnsafeBufferPointer<UInt8>) {
        unsafe bytes.replaceSubrange(lane * Self.planeBytes..<lane * Self.planeBytes + source.count, with: source)
    }

    /// Puts the first `elements` deltas of a plane into `target` at `offset` and returns how many those are.
    func copy(lane: Int, _ elements: Int, to target: inout [UInt8], at offset: Int) -> Int {
        for element in 0..<elements { target[offset + element] = bytes[lane * Self.planeBytes + element] }
        return elements
    }
}
