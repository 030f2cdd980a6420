import Testing
import VitrineTestSupport

@testable import Telemetry

@Suite("Values of a batch")
struct BatchValuesTests {
    private static let special: [Double] = [
        0, -0.0, 1, -1, 0.5, 2_147_483_647, 2_147_483_648, -2_147_483_648, -2_147_483_649, 4_294_967_296, 0x1p51,
        0x1p53,
        1e300, -1e300, .infinity, -.infinity, .nan, .signalingNaN, .leastNonzeroMagnitude, .absent,
    ]

    @Test("come back the same to the bit, whichever of a block are fractions, and however many there are")
    func comeBack() {
        let seed = TestEnvironment.seed(29)
        var random = SeededGenerator(seed: seed)
        for round in 0..<TestEnvironment.count(120, soak: 5_000) {
            let count = round < 4 ? round : Int.random(in: 1...(round % 10 == 0 ? 30_000 : 1_200), using: &random)
            let oddity = Int.random(in: 1...2_000, using: &random)
            let values = (0..<count).map { _ -> Double in
                Int.random(in: 0..<oddity, using: &random) == 0
                    ? Self.special.randomElement(using: &random) ?? 0
                    : Double(Int.random(in: -1_000_000...1_000_000, using: &random))
            }
            let kept = BatchValues(values)
            #expect(kept.count == count)
            #expect(
                (0..<count).allSatisfy { kept[$0].bitPattern == values[$0].bitPattern },
                "seed \(seed), round \(round)"
            )
        }
    }

    @Test("each of the values that four bytes cannot hold is told apart from those that they can")
    func special() {
        for value in Self.special {
            let values = [Double](repeating: 7, count: 300) + [value]
            let kept = BatchValues(values)
            #expect(kept[300].bitPattern == value.bitPattern)
            #expect(kept[299] == 7)
        }
    }

    @Test("whole numbers take half of the room that fractions take")
    func room() {
        let whole = BatchValues((0..<10_000).map { Double($0) - 5_000 })
        let real = BatchValues((0..<10_000).map { Double($0) + 0.25 })
        #expect(whole.byteCount == 40_000 && real.byteCount == 80_000)
    }
}
