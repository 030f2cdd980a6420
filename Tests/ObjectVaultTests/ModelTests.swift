import ObjectVault
import Testing
import VitrineTestSupport

@Suite("Against a model")
struct ModelTests {
    @Test(
        "random puts, reads, ranges, removes and reopenings agree with a dictionary",
        arguments: [1, 2, 3] as [UInt64]
    )
    func agreesWithDictionary(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let disk = SimulatedFileSystem(seed: seed, hasShortTransfers: true)
        var vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        var model: [ObjectID: [UInt8]] = [:]
        var removed: [ObjectID] = []
        for step in 0..<250 {
            let comment: Comment = "seed \(seed), step \(step)"
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<7:
                // Few distinct contents, so that many puts meet what is there.
                let size = [0, 1, 100, 5_000, 65_536, 90_000, 140_000].randomElement(using: &random) ?? 0
                var contents = SeededGenerator(seed: UInt64.random(in: 0..<4, using: &random))
                let bytes = contents.bytes(size)
                let sizes = [Int.random(in: 1...80_000, using: &random), 1_000]
                let id =
                    Bool.random(using: &random)
                    ? try await vault.put(bytes) : try await vault.put(PieceSource(bytes: bytes, sizes: sizes))
                #expect(model[id] == nil || model[id] == bytes, comment)
                model[id] = bytes
            case 7..<14:
                guard let (id, bytes) = model.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else {
                    break
                }
                let start = Int.random(in: 0...bytes.count, using: &random)
                let end = Int.random(in: start...bytes.count, using: &random)
                #expect(try vault.read(id, range: Int64(start)..<Int64(end)) == Array(bytes[start..<end]), comment)
                #expect(try vault.read(id) == bytes, comment)
                #expect(try vault.info(id)?.byteCount == Int64(bytes.count), comment)
            case 14..<17:
                let known = (model.keys + removed).sorted()
                guard let id = known.randomElement(using: &random) else { break }
                #expect(try await vault.remove(id) == (model.removeValue(forKey: id) != nil), comment)
                removed.append(id)
            case 17..<19:
                #expect(try vault.list() == model.keys.sorted(), comment)
                for id in removed where model[id] == nil { #expect(try !vault.contains(id), comment) }
            default:
                try await vault.close()
                vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
            }
        }
        let report = try await vault.verify()
        #expect(report.isIntact && report.objectCount == model.count, "seed \(seed)")
        #expect(report.byteCount == model.values.reduce(0) { $0 + Int64($1.count) }, "seed \(seed)")
        try await vault.close()
        #expect(disk.openFileCount == 0)
        #expect(disk.misuses.isEmpty, "seed \(seed): \(disk.misuses)")
    }
}
