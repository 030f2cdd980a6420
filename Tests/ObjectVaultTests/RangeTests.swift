import ObjectVault
import Testing
import VitrineTestSupport

@Suite("Ranges and streams")
struct RangeTests {
    private static let size = 200_000

    private func vaultWithObject() async throws -> (vault: Vault, id: ObjectID, bytes: [UInt8]) {
        var random = SeededGenerator(seed: 21)
        let bytes = random.bytes(RangeTests.size)
        let disk = SimulatedFileSystem(seed: 4, hasShortTransfers: true)
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        return (vault, try await vault.put(bytes), bytes)
    }

    @Test(
        "a range within the object gives its bytes",
        arguments: [
            0..<0, 0..<1, 0..<65_536, 65_535..<65_537, 65_536..<131_072, 1..<199_999, 199_999..<200_000,
            200_000..<200_000, 70_000..<70_000, 131_072..<200_000, 0..<200_000,
        ] as [Range<Int64>]
    )
    func readsRanges(range: Range<Int64>) async throws {
        let (vault, id, bytes) = try await vaultWithObject()
        let expected = Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
        #expect(try vault.read(id, range: range) == expected)
        #expect(try await vault.stream(id, range: range, pieceSize: 10_007).collected().reduce([], +) == expected)
        try await vault.close()
    }

    @Test(
        "a range that does not lie within the object is refused",
        arguments: [
            -1..<1, -5 ..< -1, 0..<200_001, 200_000..<200_001, 300_000..<400_000, .min ..< .max, 5..<(.max),
            .min..<5, 200_001..<200_001,
        ] as [Range<Int64>]
    )
    func refusesRanges(range: Range<Int64>) async throws {
        let (vault, id, _) = try await vaultWithObject()
        #expect(try await code { try vault.read(id, range: range) } == .invalidRange)
        #expect(try await code { try vault.stream(id, range: range) } == .invalidRange)
        try await vault.close()
    }

    @Test("random ranges give the right bytes")
    func readsRandomRanges() async throws {
        let seed: UInt64 = 77
        var random = SeededGenerator(seed: seed)
        let (vault, id, bytes) = try await vaultWithObject()
        for _ in 0..<150 {
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = Int.random(in: start...bytes.count, using: &random)
            let found = try vault.read(id, range: Int64(start)..<Int64(end))
            #expect(found == Array(bytes[start..<end]), "range \(start)..<\(end), seed \(seed)")
        }
        try await vault.close()
    }

    @Test(
        "a stream's pieces are as long as asked, save the last",
        arguments: [1, 4_099, 65_536, 65_537, 199_999, 1 << 26]
    )
    func cutsPieces(pieceSize: Int) async throws {
        let (vault, id, bytes) = try await vaultWithObject()
        let range: Range<Int64>? = pieceSize == 1 ? 65_000..<66_000 : nil
        let stream = try vault.stream(id, range: range, pieceSize: pieceSize)
        let expected = range.map { Array(bytes[Int($0.lowerBound)..<Int($0.upperBound)]) } ?? bytes
        let pieces = try await stream.collected()
        #expect(pieces.dropLast().allSatisfy { $0.count == pieceSize })
        #expect(pieces.count == (expected.count + pieceSize - 1) / pieceSize)
        #expect(pieces.reduce([], +) == expected)
        #expect(stream.byteCount == Int64(expected.count))
        #expect(try await stream.collected() == pieces, "a stream can be read twice")
        try await vault.close()
    }

    @Test("a piece size out of bounds is refused", arguments: [0, -1, .min, (1 << 26) + 1])
    func refusesPieceSizes(pieceSize: Int) async throws {
        let (vault, id, _) = try await vaultWithObject()
        #expect(try await code { try vault.stream(id, pieceSize: pieceSize) } == .invalidArgument)
        try await vault.close()
    }

    @Test("a stream of one vault fills a put of another")
    func copies() async throws {
        let (vault, id, _) = try await vaultWithObject()
        let other = try await Vault.open(at: "/other", on: SimulatedFileSystem(), configuration: smallPieces)
        #expect(try await other.put(try vault.stream(id)) == id)
        #expect(try await other.verify().isIntact)
        try await vault.close()
        try await other.close()
    }
}
