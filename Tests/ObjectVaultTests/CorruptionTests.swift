import ObjectVault
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Damaged files")
struct CorruptionTests {
    private let disk = SimulatedFileSystem()

    private func vault(holding bytes: [UInt8]) async throws -> (vault: Vault, id: ObjectID, path: String) {
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        let id = try await vault.put(bytes)
        return (vault, id, Vault.filePath(of: id, in: "/vault"))
    }

    @Test("each flipped bit of a small object's file is noticed by whole reads, streams and verify")
    func noticesEachBit() async throws {
        let (vault, id, path) = try await vault(holding: Array("a small object".utf8))
        let size = try #require(disk.contents(ofFile: path)?.count)
        for offset in 0..<size {
            for bit in 0..<8 {
                disk.flipBit(bit, ofByte: offset, in: path)
                #expect(try await code { try vault.read(id) } == .isCorrupt, "bit \(bit) of byte \(offset)")
                if bit == offset % 8 {
                    let streamed = try await code { try await vault.stream(id).collected() }
                    #expect(streamed == .isCorrupt, "bit \(bit) of byte \(offset)")
                    let report = try await vault.verify()
                    #expect(report.problems.map(\.id) == [id], "bit \(bit) of byte \(offset)")
                    #expect(report.problems.first?.path == path)
                }
                disk.flipBit(bit, ofByte: offset, in: path)
            }
        }
        #expect(try vault.read(id) == Array("a small object".utf8))
        try await vault.close()
    }

    @Test("a range read notices a flip in the frames it touches, and no others disturb it")
    func rangeNoticesItsFrames() async throws {
        let seed: UInt64 = 31
        var random = SeededGenerator(seed: seed)
        let bytes = random.bytes(200_000)
        let (vault, id, path) = try await vault(holding: bytes)
        let middle: Range<Int64> = 70_000..<71_000
        for _ in 0..<200 {
            let position = Int.random(in: 0..<bytes.count, using: &random)
            let bit = Int.random(in: 0..<8, using: &random)
            disk.flipBit(bit, ofByte: 64 + position, in: path)
            let isTouched = (65_536..<131_072).contains(position)
            let found = try await code { try vault.read(id, range: middle) }
            #expect(found == (isTouched ? .isCorrupt : nil), "byte \(position), seed \(seed)")
            #expect(try await code { try vault.read(id) } == .isCorrupt, "byte \(position), seed \(seed)")
            disk.flipBit(bit, ofByte: 64 + position, in: path)
        }
        // The frame's own entry in the table, and its neighbours'.
        for frame in 0..<4 {
            disk.flipBit(3, ofByte: 64 + bytes.count + 4 * frame, in: path)
            #expect(try await code { try vault.read(id, range: middle) } == (frame == 1 ? .isCorrupt : nil))
            disk.flipBit(3, ofByte: 64 + bytes.count + 4 * frame, in: path)
        }
        try await vault.close()
    }

    @Test("two frames that changed places are noticed")
    func noticesSwappedFrames() async throws {
        var random = SeededGenerator(seed: 2)
        let (vault, id, path) = try await vault(holding: random.bytes(131_072))
        let file = try #require(disk.contents(ofFile: path))
        let first = file[64..<64 + 65_536]
        let second = file[64 + 65_536..<64 + 131_072]
        let table = Array(file[(64 + 131_072)...])
        // Data and entries swapped alike: only the number that each checksum begins with tells.
        let entries: [UInt8] = Array(table[4..<8]) + Array(table[0..<4]) + Array(table[8...])
        try disk.install(file[..<64] + second + first + entries, at: path)
        #expect(try await code { try vault.read(id, range: 0..<10) } == .isCorrupt)
        try await vault.close()
    }

    @Test("a file cut at any length is noticed")
    func noticesTruncation() async throws {
        let (vault, id, path) = try await vault(holding: Array("some words".utf8))
        let file = try #require(disk.contents(ofFile: path))
        for length in file.indices {
            try disk.install(Array(file[..<length]), at: path)
            #expect(try await code { try vault.read(id) } == .isCorrupt, "length \(length)")
            #expect(try await code { try vault.read(id, range: 2..<5) } == .isCorrupt, "length \(length)")
            #expect(try await code { try vault.info(id) } == .isCorrupt, "length \(length)")
        }
        try disk.install(file + [0], at: path)
        #expect(try await code { try vault.read(id) } == .isCorrupt)
        try await vault.close()
    }

    @Test("verify names every damaged object with file and offset, and counts the rest")
    func verifyNames() async throws {
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        var ids: [ObjectID] = []
        for number in UInt8(0)..<20 { ids.append(try await vault.put([UInt8](repeating: number, count: 70_000))) }
        let flipped = Vault.filePath(of: ids[4], in: "/vault")
        let cut = Vault.filePath(of: ids[9], in: "/vault")
        disk.flipBit(0, ofByte: 64 + 65_600, in: flipped)
        try disk.install(Array((disk.contents(ofFile: cut) ?? []).prefix(1_000)), at: cut)
        let unreadable = Vault.filePath(of: ids[2], in: "/vault")
        disk.fail(errno: 5, .fromThenOn) { $0.kind == .read && $0.path == unreadable }
        let seen = ProgressLog()
        let report = try await vault.verify { seen.append($0) }
        #expect(report.objectCount == 20)
        #expect(report.byteCount == 17 * 70_000)
        #expect(!report.isIntact)
        let damaged = Dictionary(uniqueKeysWithValues: report.problems.map { ($0.id, $0) })
        #expect(Set(damaged.keys) == [ids[2], ids[4], ids[9]])
        #expect(damaged[ids[4]]?.path == flipped)
        #expect(damaged[ids[4]]?.offset == 65_600)
        #expect(damaged[ids[9]]?.offset == 1_000)
        #expect(damaged[ids[2]]?.offset == nil)
        #expect(damaged[ids[2]]?.error.code == .ioFailed)
        #expect(seen.all.map(\.objectsDone) == Array(1...20))
        #expect(seen.all.allSatisfy { $0.objectsTotal == 20 })
        try await vault.close()
    }

    @Test("putting the same bytes again mends a damaged object", arguments: [3, 70_000])
    func putMends(size: Int) async throws {
        let bytes = [UInt8](repeating: 6, count: size)
        let (vault, id, path) = try await vault(holding: bytes)
        disk.flipBit(2, ofByte: 65, in: path)
        #expect(try await code { try vault.read(id) } == .isCorrupt)
        #expect(try await vault.put(bytes) == id)
        #expect(try vault.read(id) == bytes)
        try disk.install([], at: path)
        #expect(try await vault.put(PieceSource(bytes: bytes, sizes: [1_000])) == id)
        #expect(try vault.read(id) == bytes)
        #expect(try disk.list("/vault/staging").isEmpty)
        try await vault.close()
    }

    @Test("an object of a later format, or under a wrong name, is refused as such")
    func refusesOtherFormats() async throws {
        let (vault, id, path) = try await vault(holding: [1, 2, 3])
        let file = try #require(disk.contents(ofFile: path))
        var later = file
        later[8] = 2
        later.replaceUInt32(at: 60, with: CRC32C.checksum(of: later.span.extracting(0..<60)))
        try disk.install(later, at: path)
        #expect(try await code { try vault.read(id) } == .unsupportedFormat)
        #expect(try await code { try await vault.put([1, 2, 3]) } == .unsupportedFormat)
        #expect(disk.contents(ofFile: path) == later, "what a later release wrote stays")

        let other = try await vault.put([4, 5])
        try disk.install(file, at: Vault.filePath(of: other, in: "/vault"))
        #expect(try await code { try vault.read(other) } == .isCorrupt)
        try await vault.close()
    }

    @Test("impossible sizes in a header with a right checksum are damage, not a trap")
    func refusesImpossibleSizes() async throws {
        let (vault, id, path) = try await vault(holding: [1, 2, 3])
        let file = try #require(disk.contents(ofFile: path))
        let cases: [(offset: Int, bytes: [UInt8])] = [
            (12, [0, 0, 0, 0]), (12, [1, 0, 1, 0]), (12, [0, 0, 0, 0x80]), (12, [0xFF, 0xFF, 0xFF, 0xFF]),
            (16, [UInt8](repeating: 0xFF, count: 8)), (16, [0, 0, 0, 0, 0, 0, 1, 0]), (16, [4, 0, 0, 0, 0, 0, 0, 0]),
        ]
        for (offset, bytes) in cases {
            var changed = file
            changed.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            changed.replaceUInt32(at: 60, with: CRC32C.checksum(of: changed.span.extracting(0..<60)))
            try disk.install(changed, at: path)
            #expect(try await code { try vault.read(id) } == .isCorrupt, "\(bytes) at \(offset)")
        }
        try await vault.close()
    }
}
