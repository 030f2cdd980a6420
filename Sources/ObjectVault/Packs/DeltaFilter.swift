internal import Glibc

/// Replaces each byte by its difference from the one `stride` before it: what repeats every so many bytes, as vertices
/// of a mesh do, becomes small numbers that a compressor knows how to shorten.
///
/// The filter that PNG calls Sub (ISO/IEC 15948, section 9.2), with the stride in the place of the pixel's size.
enum DeltaFilter {
    /// Strides that are tried: sizes that vertices and their parts have.
    static let strides = [4, 8, 12, 16, 20, 24, 32, 36, 48]

    /// The filtered bytes.
    static func apply(to bytes: Span<UInt8>, stride: Int) -> [UInt8] {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe [UInt8](unsafeUninitializedCapacity: bytes.count) { output, count in
                count = bytes.count
                for index in 0..<min(stride, count) { unsafe output[index] = bytes[index] }
                guard stride < count else { return }
                for index in stride..<count { unsafe output[index] = bytes[index] &- bytes[index - stride] }
            }
        }
    }

    /// The opposite; a stride of 0 does nothing.
    static func undo(_ bytes: inout [UInt8], stride: Int) {
        guard stride > 0, stride < bytes.count else { return }
        unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            for index in stride..<bytes.count { unsafe bytes[index] = bytes[index] &+ bytes[index - stride] }
        }
    }

    /// The stride that makes `sample` the most alike, by the entropy of its bytes (Shannon 1948), if any saves a
    /// twentieth of it; 0 otherwise.
    static func bestStride(for sample: Span<UInt8>) -> Int {
        let plain = entropy(of: sample)
        var best = (stride: 0, bits: plain * 0.95)
        for stride in strides where stride < sample.count {
            let filtered = apply(to: sample, stride: stride)
            let bits = entropy(of: filtered.span)
            if bits < best.bits { best = (stride, bits) }
        }
        return best.stride
    }

    /// Bits a byte, from 0 to 8, were each byte chosen by itself.
    static func entropy(of bytes: Span<UInt8>) -> Double {
        guard !bytes.isEmpty else { return 0 }
        var counts = [Int](repeating: 0, count: 256)
        for index in bytes.indices { counts[Int(bytes[index])] += 1 }
        var bits = 0.0
        for count in counts where count > 1 { bits += weight(count) }
        return log2(Double(bytes.count)) - bits / Double(bytes.count)
    }

    /// n log2 n; out of a table for what samples have.
    private static func weight(_ count: Int) -> Double {
        count < weights.count ? weights[count] : Double(count) * log2(Double(count))
    }

    private static let weights: [Double] = (0...4_096).map { $0 == 0 ? 0 : Double($0) * log2(Double($0)) }
}
