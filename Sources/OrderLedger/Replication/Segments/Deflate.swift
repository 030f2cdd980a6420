internal import VitrineCZlib

/// Deflates one buffer after another (RFC 1951, zlib level 1, no wrapper), keeping zlib's tables between them.
///
/// Used by one thread at a time.
@safe final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Throws: `ioFailed` when zlib finds no memory.
    init() throws(LedgerError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // A negative window has neither header nor checksum: the segment has its own.
        let status = unsafe vitrine_deflate_init(stream, 1, -15)
        guard status == Z_OK else {
            unsafe stream.deallocate()
            throw LedgerError(.ioFailed, "zlib could not begin (status \(status)); free some memory")
        }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Appends the deflated `bytes` to `output`.
    func deflate(_ bytes: [UInt8], onto output: inout [UInt8]) throws(LedgerError) {
        // Both buffers live across the calls and have the lengths that are passed; zlib keeps neither pointer after.
        let start = output.count
        let bound = unsafe Int(deflateBound(stream, uLong(bytes.count)))
        output.append(contentsOf: repeatElement(0, count: bound))
        let status: Int32 = unsafe bytes.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                guard let target = output.baseAddress else { return Z_BUF_ERROR }
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.pointee.avail_in = uInt(input.count)
                unsafe stream.pointee.next_out = target + start
                unsafe stream.pointee.avail_out = uInt(bound)
                return unsafe VitrineCZlib.deflate(stream, Z_FINISH)
            }
        }
        let left = unsafe Int(stream.pointee.avail_out)
        unsafe deflateReset(stream)
        guard status == Z_STREAM_END else {
            throw LedgerError(.ioFailed, "zlib could not compress \(bytes.count) bytes (status \(status))")
        }
        output.removeLast(left)
    }
}

/// Inflates what a `Deflater` made of exactly `byteCount` bytes; `nil` when it is anything else.
func inflated(_ bytes: ArraySlice<UInt8>, byteCount: Int) -> [UInt8]? {
    // Deflate makes at most 1,032 bytes of one (zlib's technical notes): who promises more is not believed.
    guard byteCount >= 0, byteCount / 1_032 <= bytes.count else { return nil }
    var output = [UInt8](repeating: 0, count: byteCount)
    var stream = unsafe z_stream()
    // Both buffers live across the calls and have the lengths that are passed.
    let isWhole: Bool = unsafe bytes.withUnsafeBufferPointer { input in
        unsafe output.withUnsafeMutableBufferPointer { output in
            guard unsafe vitrine_inflate_init(&stream, -15) == Z_OK else { return false }
            defer { unsafe inflateEnd(&stream) }
            unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            unsafe stream.avail_in = uInt(input.count)
            unsafe stream.next_out = output.baseAddress
            unsafe stream.avail_out = uInt(output.count)
            let status = unsafe inflate(&stream, Z_FINISH)
            return unsafe status == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0
        }
    }
    return isWhole ? output : nil
}
