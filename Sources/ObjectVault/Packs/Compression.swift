/// How chunks of a tier are compressed.
public struct Compression: Sendable, Hashable {
    /// The method's level, from 1 (fast) to 9 for zlib and 19 for zstd (small); `nil` keeps chunks as they are.
    public var level: Int?
    /// What compresses.
    public var method: CompressionMethod
    /// Whether a delta filter is tried on a sample of each chunk, and applied where it pays.
    public var filters: Bool

    /// Chooses a level, whether filters are tried, and what compresses.
    public init(level: Int?, filters: Bool = false, method: CompressionMethod = .zlib) {
        self.level = level
        self.filters = filters
        self.method = method
    }

    /// Chunks stand as they are: reads cost least.
    public static let none = Compression(level: nil)
    /// zlib at its fastest.
    public static let fast = Compression(level: 1)
    /// zlib at its fastest, after a stride and delta filter where it pays: for meshes.
    public static let small = Compression(level: 6, filters: true)

    /// Bytes of a chunk from its middle that are looked at to decide.
    private static let sampleBytes = 4_096
    /// Bits a byte above which a sample counts as compressed already: zlib's output has 7.9 or more, text 4 to 5.
    private static let entropyMax = 7.6

    /// The chunk's payload, `nil` for the chunk as it is, which is chosen whenever compression does not shorten it.
    func apply(to chunk: Span<UInt8>) throws -> (payload: [UInt8]?, encoding: ChunkEncoding) {
        guard let level, chunk.count >= 64 else { return (nil, ChunkEncoding()) }
        let start = max(0, (chunk.count - Self.sampleBytes) / 2)
        let sample = chunk.extracting(start..<min(chunk.count, start + Self.sampleBytes))
        let stride = filters ? DeltaFilter.bestStride(for: sample) : 0
        if stride == 0, DeltaFilter.entropy(of: sample) > Self.entropyMax { return (nil, ChunkEncoding()) }
        // Less than a fiftieth is not worth the decompression at each read.
        let most = chunk.count - chunk.count / 50
        let payload =
            stride == 0
            ? try method.codec.compress(chunk, level: level, byteCountMax: most)
            : try method.codec.compress(
                DeltaFilter.apply(to: chunk, stride: stride).span,
                level: level,
                byteCountMax: most
            )
        guard let payload else { return (nil, ChunkEncoding()) }
        return (payload, ChunkEncoding(codec: method.codec, stride: UInt8(stride)))
    }
}
