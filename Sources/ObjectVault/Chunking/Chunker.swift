/// Content-defined chunking: FastCDC with normalised chunk sizes, two bytes a step.
///
/// W. Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking Approach for Data Deduplication", USENIX ATC
/// 2016 (the gear hash, the skipped minimum, normalisation by two masks); W. Xia et al., "The Design of Fast
/// Content-Defined Chunking for Data Deduplication Based Storage Systems", IEEE TPDS 31(9), 2020 (two bytes a step).
/// Equal bytes are cut at equal places whatever stands before them, once 64 bytes or so have passed the hash.
package struct Chunker: Sendable {
    /// How large chunks become.
    package let sizes: ChunkSizes
    /// Until the normal size a cut must match more bits, after it fewer: sizes gather around the middle.
    private let strictMask: UInt64
    private let looseMask: UInt64

    /// Normalisation of level 2, which the papers found best.
    private static let level = 2

    /// Sizes must be valid.
    package init(_ sizes: ChunkSizes) {
        self.sizes = sizes
        let bits = sizes.average.trailingZeroBitCount
        strictMask = Chunker.mask(bits: bits + Chunker.level)
        looseMask = Chunker.mask(bits: bits - Chunker.level)
    }

    /// The highest bits but two, which depend on the most bytes; one more must stay free for the doubled step.
    private static func mask(bits: Int) -> UInt64 {
        ((1 << UInt64(bits)) - 1) << UInt64(62 - bits)
    }

    /// The length of the first chunk of `bytes`, which hold at least `sizes.max` bytes or all that are left.
    package func firstCut(in bytes: Span<UInt8>) -> Int {
        let count = bytes.count
        if count <= sizes.min { return count }
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe gearTable.withUnsafeBufferPointer { gear in
                unsafe cut(bytes, min(count, sizes.max), gear)
            }
        }
    }

    /// The scan itself: `end` is at most the buffers' length, and each index is below it.
    private func cut(_ bytes: UnsafeBufferPointer<UInt8>, _ end: Int, _ gear: UnsafeBufferPointer<UInt64>) -> Int {
        var hash: UInt64 = 0
        var position = sizes.min
        let normal = min(sizes.average, end)
        while position + 1 < normal {
            hash = unsafe (hash << 2) &+ (gear[Int(bytes[position])] << 1)
            if hash & (strictMask << 1) == 0 { return position }
            hash = unsafe hash &+ gear[Int(bytes[position + 1])]
            if hash & strictMask == 0 { return position + 1 }
            position += 2
        }
        while position + 1 < end {
            hash = unsafe (hash << 2) &+ (gear[Int(bytes[position])] << 1)
            if hash & (looseMask << 1) == 0 { return position }
            hash = unsafe hash &+ gear[Int(bytes[position + 1])]
            if hash & looseMask == 0 { return position + 1 }
            position += 2
        }
        return end
    }
}

/// How large chunks become.
public struct ChunkSizes: Sendable, Hashable {
    /// No chunk but an object's last is smaller; at least 64 bytes.
    public var min: Int
    /// Where sizes gather: a power of two from 256 to 1 MiB.
    public var average: Int
    /// No chunk is larger; at most 2 MiB.
    public var max: Int

    /// A quarter of the average, the average, and four times it unless said otherwise.
    public init(average: Int = 64 << 10, min: Int? = nil, max: Int? = nil) {
        self.average = average
        self.min = min ?? average / 4
        self.max = max ?? average * 4
    }

    /// Whether a chunker can work with them.
    var isValid: Bool {
        average.nonzeroBitCount == 1 && (256...1 << 20).contains(average) && min >= 64 && min <= average
            && max >= average && max <= 2 << 20
    }
}

/// 256 numbers without pattern: SplitMix64 (Steele, Lea, Flood 2014) from a fixed start.
///
/// Part of the format only in so far as other numbers would cut at other places and find no duplicates of what is there.
private let gearTable: [UInt64] = {
    var state: UInt64 = 0x5649_5452_494E_4531
    return (0..<256).map { _ in
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}()
