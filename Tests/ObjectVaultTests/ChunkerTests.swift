import Crypto
import ObjectVault
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Content-defined chunks")
struct ChunkerTests {
    private func cuts(_ bytes: [UInt8], _ sizes: ChunkSizes) -> [Int] {
        let chunker = Chunker(sizes)
        var (position, cuts): (Int, [Int]) = (0, [])
        while position < bytes.count {
            position += chunker.firstCut(in: bytes.span.extracting(position..<bytes.count))
            cuts.append(position)
        }
        return cuts
    }

    @Test("sizes keep their bounds and gather around the average", arguments: [1_024, 16_384, 65_536])
    func sizes(average: Int) {
        var random = SeededGenerator(seed: UInt64(average))
        let bytes = random.bytes(average * 200)
        let sizes = ChunkSizes(average: average)
        let cuts = cuts(bytes, sizes)
        let lengths = zip(cuts, [0] + cuts).map { $0 - $1 }
        #expect(lengths.allSatisfy { $0 <= sizes.max })
        #expect(lengths.dropLast().allSatisfy { $0 >= sizes.min })
        let mean = bytes.count / cuts.count
        #expect((average * 3 / 4...average * 3 / 2).contains(mean), "\(mean)")
        #expect(cuts.last == bytes.count)
    }

    @Test("an edit changes the chunks around it and no others")
    func locality() {
        var random = SeededGenerator(seed: 5)
        let bytes = random.bytes(400_000)
        let sizes = ChunkSizes(average: 4_096)
        func chunks(_ bytes: [UInt8]) -> Set<[UInt8]> {
            let cuts = cuts(bytes, sizes)
            return Set(zip([0] + cuts, cuts).map { Array(bytes[$0..<$1]) })
        }
        let before = chunks(bytes)
        for place in [0, 1, 200_000, 399_999] {
            for edit in 0..<3 {
                var edited = bytes
                switch edit {
                case 0: edited.insert(contentsOf: [1, 2, 3], at: place)
                case 1: edited.remove(at: place)
                default: edited[place] ^= 1
                }
                #expect(chunks(edited).subtracting(before).count <= 4, "edit \(edit) at \(place)")
            }
        }
    }

    @Test("the same bytes are cut at the same places on every machine and in every release")
    func isStable() {
        // From SHA-256 in counter mode, so that the bytes hang on no generator of ours.
        var bytes: [UInt8] = []
        for counter in UInt32(0)..<3_200 {
            var block: [UInt8] = []
            block.appendLittleEndian(counter)
            bytes += Array(SHA256.hash(data: block))
        }
        let first = cuts(bytes, ChunkSizes(average: 8_192))
        #expect(first == cuts(bytes, ChunkSizes(average: 8_192)))
        print("stable cuts: \(first)")
    }

    @Test("what is all alike is cut at the largest size")
    func uniform() {
        let sizes = ChunkSizes(average: 4_096)
        let cuts = cuts([UInt8](repeating: 0, count: 100_000), sizes)
        #expect(Set(zip(cuts, [0] + cuts).map { $0 - $1 }.dropLast()).count == 1)
    }
}
