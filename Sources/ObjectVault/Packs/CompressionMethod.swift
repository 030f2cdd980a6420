/// Which compressor shortens chunks.
public struct CompressionMethod: Sendable, Hashable, CustomStringConvertible {
    let codec: Codec

    /// zlib's deflate (RFC 1950), levels 1 to 9: always there.
    public static let zlib = CompressionMethod(codec: .zlib)
    #if Zstd
    /// zstd (RFC 8878), levels 1 to 19: five to ten times as fast at the same size.
    ///
    /// Only with the package's trait `Zstd`, which links Debian's libzstd. A vault with such chunks is refused by a build
    /// without the trait.
    public static let zstd = CompressionMethod(codec: .zstd)
    #endif

    /// The levels that it has.
    var levels: ClosedRange<Int> { codec == .zstd ? 1...19 : 1...9 }

    /// The method's name.
    public var description: String { codec == .zstd ? "zstd" : "zlib" }
}
