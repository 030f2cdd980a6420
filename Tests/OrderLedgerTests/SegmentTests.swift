import OrderLedger
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Segments")
struct SegmentTests {
    /// A segment of a real commit, and the copy that it goes on from.
    private func sample() async throws -> (WALSegment, Follower) {
        let test = try await TestLedger()
        let collector = Collector()
        let attached = try await Attached(collector, to: test.ledger, .received)
        let path = test.directory.path + "/copy"
        let version = try await test.ledger.snapshot(to: path)
        _ = try await test.ledger.place(request("k1", [("a", 1)]))
        let segment = try #require(collector.segments.last)
        try await test.ledger.close()
        try await attached.end()
        return (segment, Follower(image: try bytes(of: path), version: version))
    }

    @Test("a segment comes back from its bytes, also from the front of more")
    func roundTrip() async throws {
        let (segment, _) = try await sample()
        #expect(try WALSegment(decoding: segment.encoded, name: "s") == segment)
        #expect(try WALSegment(decoding: segment.encoded + [1, 2, 3], name: "s") == segment)
        #expect(segment.epoch == 1 && segment.transactions.count == 1 && segment.pageSize == 4_096)
        let differences = try segment.differences()
        #expect(differences.numbers.count == segment.frameCount && segment.frameCount > 3)
        #expect(differences.bytes.contains { $0 != 0 })
        let checked = Array(segment.encoded.dropLast(4))
        #expect(CRC32C.checksum(of: checked.span) == segment.checksum)
    }

    @Test("each flipped bit and each missing byte of a segment is found, named by file and offset")
    func damage() async throws {
        let (segment, _) = try await sample()
        let whole = segment.encoded
        for bit in 0..<whole.count * 8 {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            do throws(LedgerError) {
                _ = try WALSegment(decoding: damaged, name: "x.seg", at: 1_000)
                Issue.record("bit \(bit) was not missed")
            } catch {
                #expect(
                    error.code == .segmentCorrupted && error.message.contains("x.seg, offset 1"),
                    "\(bit): \(error)"
                )
            }
        }
        for count in 0..<whole.count {
            #expect(throws: LedgerError.self, "\(count) bytes") {
                try WALSegment(decoding: Array(whole.prefix(count)), name: "x")
            }
        }
    }

    @Test("a format that is newer is refused by that name")
    func newer() async throws {
        let (segment, _) = try await sample()
        var bytes = segment.encoded
        bytes[8] = 2
        bytes.replaceUInt32(at: 116, with: CRC32C.checksum(of: bytes.span.extracting(0..<116)))
        let error = await expectError(.newerSegment) { try WALSegment(decoding: bytes, name: "x") }
        #expect(error?.message.contains("format 2") == true)
    }

    @Test("a segment is not applied to other pages than it was made from, nor does it lead to others")
    func wrongBase() async throws {
        let (segment, follower) = try await sample()
        var right = follower
        try right.apply([segment])
        #expect(right.version == segment.after && right.image != follower.image)
        let pages = try segment.differences().numbers
        for page in pages {
            var wrong = follower
            let place = (Int(page) - 1) * 4_096 + 99
            guard place < wrong.image.count else { continue }
            wrong.image[place] ^= 1
            await expectError(.diverged) { try wrong.apply([segment]) }
        }
    }

    @Test("pages of any kind come back from their packed form")
    func packing() throws {
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        for size in [512, 4_096, 65_536] {
            for density in [0, 1, 10, size] {
                let numbers: [UInt32] = [1, 2, 700, 70_000, 4_000_000_000]
                var bytes = [UInt8](repeating: 0, count: numbers.count * size)
                for _ in 0..<density {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                let pages = WALPages(numbers: numbers, pageSize: size, bytes: bytes)
                let packed = pages.packed()
                let back = WALPages(unpacking: packed, count: 5, pageSize: size, pageMax: 4_000_000_000)
                #expect(back == pages, "seed \(random.seed)")
                #expect(WALPages(unpacking: packed, count: 5, pageSize: size, pageMax: 3_999_999_999) == nil)
                #expect(WALPages(unpacking: packed, count: 4, pageSize: size, pageMax: 4_000_000_000) == nil)
                #expect(WALPages(unpacking: packed + [0], count: 5, pageSize: size, pageMax: 4_000_000_000) == nil)
            }
        }
    }

    @Test("positions are ordered by epoch first, and come back from their tokens")
    func positions() {
        let one = LedgerPosition(epoch: 1, transaction: 500)
        let two = LedgerPosition(epoch: 2, transaction: 3)
        #expect(one < two && LedgerPosition("2.3") == two && LedgerPosition(one.description) == one)
        for text in ["", "2", "2.", ".3", "2.3.4", "a.3", "-1.2", "2.99999999999999999999"] {
            #expect(LedgerPosition(text) == nil, "\(text)")
        }
    }
}
