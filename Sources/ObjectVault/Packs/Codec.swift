internal import VitrineCZlib

/// How a payload is compressed; the raw values stand in packs.
enum Codec: UInt8, Sendable {
    case raw = 0
    case zlib = 1

    /// What `bytes` decompress to, if that is exactly `byteCount` bytes; never writes more.
    func decompress(_ bytes: Span<UInt8>, byteCount: Int) -> [UInt8]? {
        switch self {
        case .raw: nil
        case .zlib: Zlib.decompress(bytes, byteCount: byteCount)
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
