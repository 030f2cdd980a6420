internal import VitrineCIntrinsics

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), by the processor's instruction where it has one.
///
/// It finds every burst of up to 32 flipped bits and is what every record and page of ours carries. It is no
/// protection against someone who means harm: for that there are digests.
package struct CRC32C: Sendable {
    /// The checksum of all bytes so far; 0 for none.
    package private(set) var value: UInt32

    /// A checksum that carries on from `value`.
    package init(_ value: UInt32 = 0) {
        self.value = value
    }

    /// Takes in more bytes.
    package mutating func update(_ bytes: Span<UInt8>) {
        value = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe vitrine_crc32c(value, bytes.baseAddress, bytes.count)
        }
    }

    /// The checksum of `bytes`.
    package static func checksum(of bytes: Span<UInt8>) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes)
        return crc.value
    }
}
