import CISAL
import ErasureTrials
import Harness

/// The erasure code of the cold tier, 8 + 3, against Intel's ISA-L with the same matrix: parity of eight shards, and
/// three data shards from the other five and the parity.
///
/// Both sides prepare their tables before they are timed, as a tier does that codes many stripes alike.
struct ErasureCoding {
    private let stripe: Stripe
    private let library: Library
    private let isLong: Bool

    init(shardBytes: Int) throws {
        isLong = shardBytes > 65_536
        stripe = Stripe(length: shardBytes)
        library = try Library(ErasureTrial(data: 8, parity: 3, lost: Stripe.lost, inSwift: false))
        // What is decoded, on either side, is decoded from the parity that ISA-L computed.
        library.encode(stripe)
    }

    /// Encoding and decoding with what is fastest here, or in Swift alone.
    func comparisons(inSwift: Bool, encodeMin: Double, decodeMin: Double?) throws -> [Comparison] {
        let trial = try ErasureTrial(data: 8, parity: 3, lost: Stripe.lost, inSwift: inSwift)
        let (stripe, library) = (stripe, library)
        let suffix = (isLong ? " of 1 MiB" : "") + (inSwift ? ", Swift alone" : "")
        return [
            comparison(
                "encode 8+3\(suffix)",
                trial,
                check: stripe.checkParity,
                ours: { try trial.encode(stripe.data, into: stripe.ourParity) },
                peer: { library.encode(stripe) },
                ratioMin: encodeMin
            ),
            comparison(
                "decode 3 lost of 8+3\(suffix)",
                trial,
                check: stripe.checkRebuilt,
                ours: { try trial.reconstruct(from: stripe.survivors, into: stripe.ourRebuilt) },
                peer: { library.reconstruct(stripe) },
                ratioMin: decodeMin
            ),
        ]
    }

    private func comparison(
        _ name: String,
        _ trial: ErasureTrial,
        check: @escaping @Sendable () throws -> Void,
        ours: @escaping @Sendable () throws -> Void,
        peer: @escaping @Sendable () -> Void,
        ratioMin: Double?
    ) -> Comparison {
        let settings = ["shard": "\(stripe.length) bytes"]
        return Comparison(
            name,
            operations: max(1, (100 << 20) / (8 * stripe.length)),
            bytesPerOperation: 8 * stripe.length,
            ours: Contender(
                "Vitrine",
                version: trial.implementation,
                settings: settings.merging(["by": trial.implementation]) { first, _ in first },
                check: check,
                work: { operations, _ in for _ in 0..<operations { try ours() } }
            ),
            peer: Contender(
                "ISA-L",
                version: "Debian 2.30",
                settings: settings,
                check: check,
                work: { operations, _ in for _ in 0..<operations { peer() } }
            ),
            ratioMin: ratioMin
        )
    }
}

/// The shards, and room for what each side computes.
private final class Stripe: @unchecked Sendable {
    // Each comparison runs on one thread at a time; the buffers live as long as the process.
    static let lost = [0, 3, 6]

    let length: Int
    let data: [UnsafeRawBufferPointer]
    let ourParity: [UnsafeMutableRawBufferPointer]
    let peerParity: [UnsafeMutableRawBufferPointer]
    let ourRebuilt: [UnsafeMutableRawBufferPointer]
    let peerRebuilt: [UnsafeMutableRawBufferPointer]

    init(length: Int) {
        self.length = length
        func room(_ count: Int) -> [UnsafeMutableRawBufferPointer] {
            (0..<count).map { _ in
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 64)
                buffer.initializeMemory(as: UInt8.self, repeating: 0)
                return buffer
            }
        }
        var state: UInt64 = 1
        data = room(8).map { buffer in
            for index in buffer.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                buffer[index] = UInt8(truncatingIfNeeded: state >> 56)
            }
            return UnsafeRawBufferPointer(buffer)
        }
        (ourParity, peerParity) = (room(3), room(3))
        (ourRebuilt, peerRebuilt) = (room(3), room(3))
    }

    /// The five data shards that are left and the three parity shards.
    var survivors: [UnsafeRawBufferPointer] {
        data.indices.filter { !Self.lost.contains($0) }.map { data[$0] } + peerParity.map { UnsafeRawBufferPointer($0) }
    }

    @Sendable func checkParity() throws {
        for (ours, peer) in zip(ourParity, peerParity) {
            guard ours.elementsEqual(peer) else { throw WrongResult("the parity is not ISA-L's") }
        }
    }

    @Sendable func checkRebuilt() throws {
        for (index, shard) in Self.lost.enumerated() {
            guard ourRebuilt[index].elementsEqual(data[shard]) else { throw WrongResult("shard \(shard) is wrong") }
            guard peerRebuilt[index].elementsEqual(data[shard]) else { throw WrongResult("ISA-L's \(shard) is wrong") }
        }
    }
}

/// ISA-L's tables for the same matrix, and for the rows of its own inverse.
private struct Library: Sendable {
    private let encodeTables: [UInt8]
    private let decodeTables: [UInt8]

    init(_ trial: ErasureTrial) throws {
        encodeTables = Self.tables(trial.matrix)
        var kept: [UInt8] = []
        for shard in trial.survivors {
            kept +=
                shard < 8
                ? (0..<8).map { $0 == shard ? 1 : 0 } : Array(trial.matrix[(shard - 8) * 8..<(shard - 7) * 8])
        }
        var inverse = kept
        guard gf_invert_matrix(&kept, &inverse, 8) == 0 else { throw WrongResult("ISA-L finds no inverse") }
        decodeTables = Self.tables(Stripe.lost.flatMap { inverse[$0 * 8..<($0 + 1) * 8] })
    }

    private static func tables(_ matrix: [UInt8]) -> [UInt8] {
        var matrix = matrix
        var tables = [UInt8](repeating: 0, count: 32 * matrix.count)
        ec_init_tables(8, 3, &matrix, &tables)
        return tables
    }

    func encode(_ stripe: Stripe) {
        run(encodeTables, stripe.length, stripe.data, stripe.peerParity)
    }

    func reconstruct(_ stripe: Stripe) {
        run(decodeTables, stripe.length, stripe.survivors, stripe.peerRebuilt)
    }

    private func run(
        _ tables: [UInt8],
        _ length: Int,
        _ sources: [UnsafeRawBufferPointer],
        _ outputs: [UnsafeMutableRawBufferPointer]
    ) {
        // ISA-L writes neither to the tables nor to the sources.
        var sources = sources.map { source in
            UnsafeMutablePointer(mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        var outputs = outputs.map { $0.baseAddress?.assumingMemoryBound(to: UInt8.self) }
        tables.withUnsafeBufferPointer { tables in
            ec_encode_data(Int32(length), 8, 3, UnsafeMutablePointer(mutating: tables.baseAddress), &sources, &outputs)
        }
    }
}
