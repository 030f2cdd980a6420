internal import VitrineCZlib

/// zlib's whole-buffer functions over arrays.
enum Zlib {
    /// Deflates `bytes` into a zlib stream, at a level from 1 (fast) to 9 (small).
    ///
    /// - Throws: `LODError.Code.ioFailed` when zlib finds no memory.
    static func compress(_ bytes: [UInt8], level: Int32 = 6) throws -> [UInt8] {
        var length = compressBound(uLong(bytes.count))
        var output = [UInt8](repeating: 0, count: Int(length))
        // Both buffers live across the call and have the lengths that are passed.
        let status = unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe compress2(output.baseAddress, &length, input.baseAddress, uLong(input.count), level)
            }
        }
        guard status == Z_OK else {
            throw LODError(
                .ioFailed,
                "zlib could not compress \(bytes.count) bytes (status \(status)); free some memory"
            )
        }
        output.removeLast(output.count - Int(length))
        return output
    }

    /// Inflates a whole zlib stream that holds exactly `byteCount` bytes, checksum verified; `nil` if it does not.
    static func decompress(_ bytes: [UInt8], byteCount: Int) -> [UInt8]? {
        // Deflate makes at most 1,032 bytes of one (zlib's technical notes): who promises more is not believed.
        guard byteCount / 1_032 <= bytes.count else { return nil }
        var output = [UInt8](repeating: 0, count: byteCount)
        var length = uLong(byteCount)
        // Both buffers live across the call and have the lengths that are passed.
        let status = unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe uncompress(output.baseAddress, &length, input.baseAddress, uLong(input.count))
            }
        }
        return status == Z_OK && Int(length) == byteCount ? output : nil
    }

    /// The CRC-32 of ISO 3309 over a part of `bytes`.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        // In steps that fit zlib's 32-bit length; the buffer lives across each call.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var checksum = crc32(0, nil, 0)
            var start = 0
            while start < buffer.count {
                let count = min(buffer.count - start, 1 << 30)
                checksum = unsafe crc32(checksum, buffer.baseAddress.map { unsafe $0 + start }, uInt(count))
                start += count
            }
            return UInt32(truncatingIfNeeded: checksum)
        }
    }
}
