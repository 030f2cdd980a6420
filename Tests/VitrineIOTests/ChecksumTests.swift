import Testing
import VitrineCIntrinsics
import VitrineIO
import VitrineTestSupport

@Suite("CRC-32C")
struct ChecksumTests {
    /// RFC 3720, appendix B.4, and the check value of the CRC catalogues.
    @Test(
        "gives the published values",
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ([UInt8](0..<32), 0x46DD_794E),
            ((0..<32).reversed(), 0x113F_DB5C),
            (iscsiReadCommand, 0xD996_3A56),
            (Array("123456789".utf8), 0xE306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)]
    )
    func published(bytes: [UInt8], expected: UInt32) {
        #expect(CRC32C.checksum(of: bytes.span) == expected)
        #expect(unsafe vitrine_crc32c_portable(0, bytes, bytes.count) == expected)
    }

    private static let iscsiReadCommand: [UInt8] = [
        0x01, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18,
        0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ]

    @Test("is the same by instruction and by table, at every length up to 13,000 and every alignment")
    func everyLength() {
        var generator = SeededGenerator(seed: 11)
        let bytes = generator.bytes(13_008)
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            for count in 0...13_000 {
                let start = unsafe base + count % 8
                let fast = unsafe vitrine_crc32c(0xDEAD_BEEF, start, count)
                let portable = unsafe vitrine_crc32c_portable(0xDEAD_BEEF, start, count)
                if fast != portable { Issue.record("differs at length \(count)") }
            }
            // Around both stripe lengths, each with all eight alignments.
            for count in [767, 768, 769, 775, 1_536, 12_287, 12_288, 12_289, 12_999] {
                for alignment in 0..<8 {
                    let fast = unsafe vitrine_crc32c(0, base + alignment, count)
                    let portable = unsafe vitrine_crc32c_portable(0, base + alignment, count)
                    if fast != portable { Issue.record("differs at length \(count), alignment \(alignment)") }
                }
            }
        }
    }

    @Test("of parts in turn is that of the whole, wherever it is cut")
    func incremental() {
        var generator = SeededGenerator(seed: 12)
        let bytes = generator.bytes(2_000)
        let whole = CRC32C.checksum(of: bytes.span)
        for cut in 0...bytes.count {
            var crc = CRC32C()
            crc.update(bytes.span.extracting(0..<cut))
            var rest = CRC32C(crc.value)
            rest.update(bytes.span.extracting(cut..<bytes.count))
            if rest.value != whole { Issue.record("differs when cut at \(cut)") }
        }
    }

    @Test("changes with every bit of a record")
    func everyBit() {
        var generator = SeededGenerator(seed: 13)
        var bytes = generator.bytes(200)
        let whole = CRC32C.checksum(of: bytes.span)
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            if CRC32C.checksum(of: bytes.span) == whole { Issue.record("bit \(bit) is not seen") }
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test("names the implementation that it uses")
    func implementation() {
        let name = unsafe String(cString: vitrine_crc32c_implementation())
        #expect(["sse4.2+pclmul", "armv8-crc", "portable"].contains(name))
    }
}
