import Testing
import VitrineReedSolomon

@Suite("What a code refuses")
struct ReedSolomonErrorTests {
    @Test(
        "counts that make no code",
        arguments: [(0, 3), (8, 0), (-1, 3), (8, -1), (254, 3), (256, 1), (1, 256), (.max, .max), (.min, 5)]
    )
    func counts(data: Int, parity: Int) {
        #expect(throws: ReedSolomonError.invalidShardCounts(data: data, parity: parity)) {
            try ReedSolomon(data: data, parity: parity)
        }
    }

    @Test(
        "bytes that do not divide into shards of one length",
        arguments: [(7, 3), (8, 2), (9, 3), (16, 3), (8, 6), (0, 3)]
    )
    func lengths(data: Int, parity: Int) throws {
        let code = try ReedSolomon()
        let bytes = [UInt8](repeating: 1, count: data)
        var room = [UInt8](repeating: 2, count: parity)
        var span = room.mutableSpan
        // A closure cannot take the span along.
        do {
            try code.encode(bytes.span, into: &span)
            Issue.record("encoded \(data) bytes into \(parity)")
        } catch { #expect(error == .unequalLengths) }
        #expect(room.allSatisfy { $0 == 2 })
        #expect(throws: ReedSolomonError.unequalLengths) {
            try code.verify([UInt8](repeating: 0, count: 12).span)
        }
        var stripe = [UInt8](repeating: 3, count: 12)
        var stripeSpan = stripe.mutableSpan
        do {
            try code.reconstruct(&stripeSpan, lost: [0])
            Issue.record("reconstructed 12 bytes")
        } catch { #expect(error == .unequalLengths) }
        #expect(stripe.allSatisfy { $0 == 3 })
    }

    @Test("more losses than parity, and shards that there are not")
    func lost() throws {
        let code = try ReedSolomon(data: 4, parity: 2)
        #expect(throws: ReedSolomonError.tooManyLost([0, 2, 5], parity: 2)) {
            try code.reconstruction(lost: [5, 2, 0])
        }
        #expect(throws: ReedSolomonError.invalidShard(6, shardCount: 6)) { try code.reconstruction(lost: [1, 6]) }
        #expect(throws: ReedSolomonError.invalidShard(-1, shardCount: 6)) { try code.reconstruction(lost: [-1]) }
        #expect(throws: ReedSolomonError.invalidShard(9, shardCount: 6)) {
            try code.reconstruction(lost: [1], rebuilding: [9])
        }
        #expect(throws: ReedSolomonError.notLost(3)) { try code.reconstruction(lost: [1], rebuilding: [3]) }
        // Named twice is lost once.
        #expect(try code.reconstruction(lost: [1, 1, 5, 5]).targets == [1, 5])
    }

    @Test("too few buffers, too many, and some of another length")
    func buffers() throws {
        let code = try ReedSolomon(data: 2, parity: 1)
        var bytes = [UInt8](repeating: 0, count: 40)
        unsafe bytes.withUnsafeMutableBytes { bytes in
            let (first, second) = unsafe (UnsafeRawBufferPointer(rebasing: bytes[0..<10]), bytes[10..<20])
            let parity = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[20..<30])
            let longer = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[20..<31])
            let other = unsafe UnsafeRawBufferPointer(rebasing: second)
            #expect(throws: ReedSolomonError.invalidBufferCount(1, needed: 2)) {
                try unsafe code.encode([first], into: [parity])
            }
            #expect(throws: ReedSolomonError.invalidBufferCount(0, needed: 1)) {
                try unsafe code.encode([first, other], into: [])
            }
            #expect(throws: ReedSolomonError.unequalLengths) {
                try unsafe code.encode([first, other], into: [longer])
            }
            #expect(throws: Never.self) { try unsafe code.encode([first, other], into: [parity]) }
        }
    }

    @Test("its words name the numbers and what would be right")
    func words() {
        #expect(
            ReedSolomonError.tooManyLost([0, 2, 5], parity: 2).description
                == "3 shards are lost (0, 2, 5), and 2 parity shards make up for as many at the most"
        )
        #expect(ReedSolomonError.invalidShardCounts(data: 0, parity: 3).description.contains("at most 256 in all"))
        #expect(ReedSolomonError.invalidShard(6, shardCount: 6).description.contains("none of the 6"))
        #expect(ReedSolomonError.notLost(3).description.contains("shard 3"))
        #expect(
            ReedSolomonError.invalidBufferCount(1, needed: 2).description == "1 buffers were given and 2 are needed"
        )
        #expect(ReedSolomonError.unequalLengths.description.contains("one length"))
    }
}
