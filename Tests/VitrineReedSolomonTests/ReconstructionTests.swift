import Testing
import VitrineReedSolomon
import VitrineTestSupport

@Suite("Losing shards")
struct ReconstructionTests {
    @Test(
        "every loss of up to as many shards as there is parity is made good",
        arguments: ReedSolomon.Implementation.all,
        [(1, 1), (1, 3), (2, 1), (2, 2), (3, 4), (4, 2), (5, 5), (6, 3), (8, 3)]
    )
    func everyPattern(implementation: ReedSolomon.Implementation, counts: (data: Int, parity: Int)) throws {
        let code = try ReedSolomon(data: counts.data, parity: counts.parity, implementation: implementation)
        var generator = SeededGenerator(seed: TestEnvironment.seed(70))
        let stripe = try Stripe(code, length: 37, &generator)
        for count in 0...code.parityCount {
            for lost in combinations(count, below: code.shardCount) {
                let isWhole = try stripe.comesBack(after: lost)
                if !isWhole { Issue.record("lost \(lost), seed \(generator.seed)") }
            }
        }
    }

    @Test("every loss of up to four of 12 + 4 is made good")
    func everyPatternOfSixteen() throws {
        let code = try ReedSolomon(data: 12, parity: 4)
        var generator = SeededGenerator(seed: TestEnvironment.seed(71))
        let stripe = try Stripe(code, length: 35, &generator)
        for count in 1...4 {
            for lost in combinations(count, below: 16) {
                let isWhole = try stripe.comesBack(after: lost)
                if !isWhole { Issue.record("lost \(lost), seed \(generator.seed)") }
            }
        }
    }

    @Test("random losses of random codes of up to 256 shards are made good, in whatever order they are named")
    func random() throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(72))
        for _ in 0..<TestEnvironment.count(30, soak: 3_000, brief: 10) {
            let count = Int.random(in: 2...256, using: &generator)
            let parity = Int.random(in: 1...min(count - 1, 20), using: &generator)
            let code = try ReedSolomon(data: count - parity, parity: parity)
            let stripe = try Stripe(code, length: Int.random(in: 0...300, using: &generator), &generator)
            let loss = Int.random(in: 0...parity, using: &generator)
            let lost = Array((0..<count).shuffled(using: &generator).prefix(loss))
            #expect(try stripe.comesBack(after: lost), "\(count - parity) + \(parity), seed \(generator.seed)")
        }
    }

    @Test("the largest codes make good as many losses as they may", arguments: [(1, 255), (255, 1), (128, 128)])
    func largest(data: Int, parity: Int) throws {
        let code = try ReedSolomon(data: data, parity: parity)
        var generator = SeededGenerator(seed: TestEnvironment.seed(73))
        let stripe = try Stripe(code, length: 5, &generator)
        #expect(try stripe.comesBack(after: Array(0..<parity)))
        #expect(try stripe.comesBack(after: Array(data..<data + parity)))
    }

    @Test("a reader can have one lost shard, or a range of it, without the others")
    func oneOfThem() throws {
        let code = try ReedSolomon()
        var generator = SeededGenerator(seed: TestEnvironment.seed(74))
        let stripe = try Stripe(code, length: 400, &generator)
        for lost in combinations(3, below: 11) {
            for wanted in lost {
                let reconstruction = try code.reconstruction(lost: lost, rebuilding: [wanted])
                #expect(reconstruction.targets == [wanted])
                #expect(reconstruction.sources.count == 8 && Set(reconstruction.sources).isDisjoint(with: lost))
                var part = [UInt8](repeating: 0, count: 101)
                let sources = reconstruction.sources.flatMap { stripe[$0][150..<251] }
                try unsafe sources.withUnsafeBytes { sources in
                    try unsafe part.withUnsafeMutableBytes { part in
                        try unsafe reconstruction.apply(
                            to: (0..<8).map {
                                unsafe UnsafeRawBufferPointer(rebasing: sources[$0 * 101..<$0 * 101 + 101])
                            },
                            writing: [part]
                        )
                    }
                }
                #expect(part == Array(stripe[wanted][150..<251]), "lost \(lost), wanted \(wanted)")
            }
        }
    }

    @Test("without a loss nothing is read and nothing is written")
    func noLoss() throws {
        let code = try ReedSolomon(data: 4, parity: 2)
        var generator = SeededGenerator(seed: TestEnvironment.seed(75))
        let stripe = try Stripe(code, length: 10, &generator)
        #expect(try stripe.comesBack(after: []))
        let reconstruction = try code.reconstruction(lost: [1, 5], rebuilding: [])
        #expect(reconstruction.sources.isEmpty && reconstruction.targets.isEmpty)
        try unsafe reconstruction.apply(to: [], writing: [])
    }

    @Test("a flipped bit anywhere makes a stripe fail its check", arguments: ReedSolomon.Implementation.all)
    func verify(implementation: ReedSolomon.Implementation) throws {
        let code = try ReedSolomon(data: 3, parity: 2, implementation: implementation)
        var generator = SeededGenerator(seed: TestEnvironment.seed(76))
        var stripe = try Stripe(code, length: 19, &generator)
        #expect(try stripe.isConsistent)
        for bit in 0..<stripe.bytes.count * 8 {
            stripe.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            if try stripe.isConsistent { Issue.record("bit \(bit) is not seen") }
            stripe.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        #expect(try Stripe(code, length: 0, &generator).isConsistent)
    }

    @Test("a flipped bit is seen in every piece of a long stripe")
    func verifyLong() throws {
        let code = try ReedSolomon(data: 2, parity: 2)
        var generator = SeededGenerator(seed: TestEnvironment.seed(77))
        let length = 40_000
        var stripe = try Stripe(code, length: length, &generator)
        #expect(try stripe.isConsistent)
        for shard in 0..<4 {
            for offset in [0, 16_383, 16_384, 32_767, 32_768, 39_999] {
                stripe.bytes[shard * length + offset] ^= 0x10
                #expect(try !stripe.isConsistent, "shard \(shard), offset \(offset)")
                stripe.bytes[shard * length + offset] ^= 0x10
            }
        }
    }
}
