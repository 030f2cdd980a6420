import Testing
import VitrineCTelemetry
import VitrineTestSupport

/// The loop that finds a column's form, which compilers turn into instructions for several numbers at once.
@Suite("Extents of columns")
struct ExtentTests {
    @Test("are those of a walk over the numbers one by one, wherever they wrap around")
    func agree() {
        let seed = TestEnvironment.seed(31)
        var random = SeededGenerator(seed: seed)
        for round in 0..<TestEnvironment.count(300, soak: 50_000) {
            let count = Int.random(in: 2...140, using: &random)
            let bound = Int64(1) << Int64.random(in: 0...62, using: &random)
            let numbers = (0..<count).map { _ -> Int64 in
                Int.random(in: 0..<30, using: &random) == 0
                    ? [Int64.min, .max, 0].randomElement(using: &random) ?? 0
                    : Int64.random(in: -bound...bound, using: &random)
            }
            var found = Self.none
            // The two numbers before the first that is taken in are the array's own.
            unsafe numbers.withUnsafeBufferPointer { numbers in
                guard let base = numbers.baseAddress else { return }
                unsafe vitrine_extents_add(&found, base + 2, Int64(count - 2))
            }
            let steps: [Int64] = zip(numbers.dropFirst(), numbers).map { $0 &- $1 }
            let differences = Array(steps.dropFirst())
            let turns: [Int64] = zip(steps.dropFirst(), steps).map { $0 &- $1 }
            for (extent, expected) in [
                (found.numbers, Array(numbers[2...])), (found.differences, differences), (found.turns, turns),
            ] {
                #expect(extent.low == expected.min() ?? .max, "seed \(seed), round \(round)")
                #expect(extent.high == expected.max() ?? .min, "seed \(seed), round \(round)")
            }
            #expect(found.difference_count == Int64(differences.count { $0 != 0 }), "seed \(seed), round \(round)")
            #expect(found.turn_count == Int64(turns.count { $0 != 0 }), "seed \(seed), round \(round)")
        }
    }

    private static let none = vitrine_extents(
        numbers: vitrine_extent(low: .max, high: .min),
        differences: vitrine_extent(low: .max, high: .min),
        turns: vitrine_extent(low: .max, high: .min),
        difference_count: 0,
        turn_count: 0
    )
}
