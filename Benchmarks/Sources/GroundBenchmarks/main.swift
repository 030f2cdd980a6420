import CZlibPeer
import Harness
import Synchronization
import VitrineCIntrinsics

// CRC-32C, which every record and page of ours carries, against zlib's CRC-32 over the same bytes.

await Suite.run(
    "Ground",
    [
        checksums(of: 256, operations: 200_000, ratioMin: 1),
        checksums(of: 4_096, operations: 40_000, ratioMin: 2),
        checksums(of: 65_536, operations: 4_000, ratioMin: 2),
        checksums(of: 1 << 24, operations: 16, ratioMin: 2),
        checksums(of: 65_536, operations: 4_000, measure: .twoThreadsCPU, ratioMin: 2),
    ]
)

/// The last checksums that each side computed.
final class Sums: Sendable {
    let ours = Atomic<UInt32>(0)
    let peer = Atomic<UInt32>(0)
}

func checksums(
    of byteCount: Int,
    operations: Int,
    measure: Comparison.Measure = .threadCPU,
    ratioMin: Double
) -> Comparison {
    let input = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }
    let sums = Sums()
    let ours = Contender(
        "Vitrine CRC-32C",
        version: String(cString: vitrine_crc32c_implementation()),
        check: {
            let expected = vitrine_crc32c_portable(0, input, input.count)
            let sum = sums.ours.load(ordering: .relaxed)
            guard sum == expected else { throw WrongResult("CRC-32C is \(sum), by the tables \(expected)") }
        },
        work: { operations, _ in
            for _ in 0..<operations { sums.ours.store(vitrine_crc32c(0, input, input.count), ordering: .relaxed) }
        }
    )
    let peer = Contender(
        "zlib crc32",
        version: String(cString: zlibVersion()),
        check: {
            let expected = referenceCRC32(input)
            let sum = sums.peer.load(ordering: .relaxed)
            guard sum == expected else { throw WrongResult("CRC-32 is \(sum), bit by bit \(expected)") }
        },
        work: { operations, _ in
            for _ in 0..<operations {
                sums.peer.store(UInt32(truncatingIfNeeded: crc32(0, input, UInt32(input.count))), ordering: .relaxed)
            }
        }
    )
    let threads = if case .twoThreadsCPU = measure { ", 2 threads" } else { "" }
    return Comparison(
        "checksum of \(byteCount) bytes\(threads)",
        measure: measure,
        operations: operations,
        bytesPerOperation: byteCount,
        ours: ours,
        peer: peer,
        ratioMin: ratioMin
    )
}

/// CRC-32 (ISO-HDLC) a bit at a time, to hold the peer's figure to its result too.
func referenceCRC32(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
}
