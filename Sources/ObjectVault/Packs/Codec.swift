internal import VitrineCZlib

/// How a payload is compressed; the raw values stand in packs.
enum Codec: UInt8, Sendable {
    case raw = 0
    case zlib = 1
    /// Known to every build, so that each can say what it lacks; read and written with the trait `Zstd` only.
    case zstd = 2

    /// The name in the table of counters that says that a vault has, or had, chunks of zstd's.
    static let zstdMark = "zstd"

    /// Whether this build has what reads it.
    var isAvailable: Bool {
        #if Zstd
        true
        #else
        self != .zstd
        #endif
    }

    /// `bytes` compressed, or `nil` when that takes more than `byteCountMax` bytes.
    func compress(_ bytes: Span<UInt8>, level: Int, byteCountMax: Int) throws -> [UInt8]? {
        switch self {
        case .raw: nil
        case .zlib: try Zlib.compress(bytes, level: level, byteCountMax: byteCountMax)
        case .zstd:
            #if Zstd
            try Zstandard.compress(bytes, level: level, byteCountMax: byteCountMax)
            #else
            nil
            #endif
        }
    }

    /// What `bytes` decompress to, if that is exactly `byteCount` bytes; never writes more.
    func decompress(_ bytes: Span<UInt8>, byteCount: Int) -> [UInt8]? {
        switch self {
        case .raw: nil
        case .zlib: Zlib.decompress(bytes, byteCount: byteCount)
        case .zstd:
            #if Zstd
            Zstandard.decompress(bytes, byteCount: byteCount)
            #else
            nil
            #endif
        }
    }
}

/// zlib's streams (RFC 1950), a buffer at a time.
enum Zlib {
    /// `bytes` compressed, or `nil` when that takes more than `byteCountMax` bytes.
    static func compress(_ bytes: Span<UInt8>, level: Int, byteCountMax: Int) throws -> [UInt8]? {
        var stream = unsafe z_stream()
        guard unsafe vitrine_deflate_init(&stream, Int32(level), 15) == Z_OK else {
            throw VaultError(.ioFailed, "zlib has no memory for a compressor: leave more to the process")
        }
        defer { unsafe deflateEnd(&stream) }
        var status = Z_OK
        let output = unsafe [UInt8](unsafeUninitializedCapacity: byteCountMax) { output, count in
            unsafe bytes.withUnsafeBufferPointer { input in
                // zlib takes a pointer to what it does not write.
                unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(output.count)
                status = unsafe deflate(&stream, Z_FINISH)
            }
            count = unsafe output.count - Int(stream.avail_out)
        }
        return status == Z_STREAM_END ? output : nil
    }

    /// What `bytes` decompress to, if that is exactly `byteCount` bytes.
    static func decompress(_ bytes: Span<UInt8>, byteCount: Int) -> [UInt8]? {
        var stream = unsafe z_stream()
        guard unsafe vitrine_inflate_init(&stream, 15) == Z_OK else { return nil }
        defer { unsafe inflateEnd(&stream) }
        var isWhole = false
        let output = unsafe [UInt8](unsafeUninitializedCapacity: max(1, byteCount)) { output, count in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(byteCount)
                isWhole = unsafe inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0
            }
            count = unsafe byteCount - Int(stream.avail_out)
        }
        return isWhole ? output : nil
    }
}
