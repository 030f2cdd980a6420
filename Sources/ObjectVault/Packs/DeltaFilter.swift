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

    /// Bytes from a sample's middle that the strides are tried on: enough to tell them apart, and ten of them are counted.
    private static let trialBytes = 1_024

    /// The stride that makes `sample` the most alike, by the entropy of its bytes (Shannon 1948), if any saves a
    /// twentieth of it; 0 otherwise.
    static func bestStride(for sample: Span<UInt8>) -> Int {
        let start = max(0, (sample.count - trialBytes) / 2)
        let trial = sample.extracting(start..<min(sample.count, start + trialBytes))
        var best = (stride: 0, bits: entropy(of: trial) * 0.95)
        for stride in strides where stride < trial.count {
            let bits = entropy(of: trial, stride: stride)
            if bits < best.bits { best = (stride, bits) }
        }
        return best.stride
    }

    /// Bits a byte, from 0 to 8, were each byte chosen by itself; after the filter, with a stride.
    static func entropy(of bytes: Span<UInt8>, stride: Int = 0) -> Double {
        guard bytes.count > stride else { return 0 }
        // Every index is below the count, and every byte is below 256.
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { counts in
                unsafe counts.initialize(repeating: 0)
                if stride == 0 {
                    for index in 0..<bytes.count { unsafe counts[Int(bytes[index])] += 1 }
                } else {
                    for index in stride..<bytes.count {
                        unsafe counts[Int(bytes[index] &- bytes[index - stride])] += 1
                    }
                }
                var bits = 0.0
                for index in 0..<256 where unsafe counts[index] > 1 { bits += weight(Int(unsafe counts[index])) }
                let total = Double(bytes.count - stride)
                return log2(total) - bits / total
            }
        }
    }

    /// n log2 n; out of a table for what samples have.
    private static func weight(_ count: Int) -> Double {
        count < weights.count ? weights[count] : Double(count) * log2(Double(count))
    }

    private static let weights: [Double] = (0...4_096).map { $0 == 0 ? 0 : Double($0) * log2(Double($0)) }
}
