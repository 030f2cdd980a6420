import Testing

@testable import Harness

@Suite("The harness")
struct HarnessTests {
    @Test("the median of an even number of rounds lies between the middle two")
    func medianOfRounds() {
        #expect(median([4, 1, 3, 2]) == 2.5)
        #expect(median([9, 1, 5]) == 5)
        #expect(median([]).isNaN)
    }

    @Test("a ratio is taken round by round, so that a drift of the machine cancels out")
    func ratiosByRound() {
        let idle = Contender("idle", version: "1", check: {}, work: { _, _ in })
        let comparison = Comparison("drift", operations: 1, ours: idle, peer: idle, ratioMin: 2)
        let outcome = Outcome(comparison: comparison, ours: [10, 20, 40], peer: [20, 40, 80])
        #expect(outcome.ratios == [2, 2, 2])
        #expect(outcome.isMet)
        #expect(!Outcome(comparison: comparison, ours: [10], peer: [19]).isMet)
    }

    @Test("a contender whose result is wrong gives an error, not a figure")
    func wrongResult() async {
        let right = Contender("right", version: "1", check: {}, work: { _, _ in })
        let wrong = Contender("wrong", version: "1", check: { throw WrongResult("2 is not 1") }, work: { _, _ in })
        let comparison = Comparison("check", operations: 1, ours: right, peer: wrong)
        await #expect(throws: WrongResult.self) { _ = try await comparison.run(rounds: 1) }
    }

    @Test(
        "arguments that are unknown or incomplete are refused with what there is",
        arguments: ["--rounds", "--rounds=3", "-x"]
    )
    func refusedArguments(argument: String) {
        guard case .failure(let problem) = Options.parse([argument]) else {
            Issue.record("\(argument) was taken")
            return
        }
        #expect(!problem.description.isEmpty)
    }
}
