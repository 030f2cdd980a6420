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
        let outcome = Outcome(comparison: comparison, ours: [10, 20, 40], peers: [[20, 40, 80]])
        #expect(outcome.ratios(0) == [2, 2, 2])
        #expect(outcome.isMet)
        #expect(!Outcome(comparison: comparison, ours: [10], peers: [[19]]).isMet)
    }

    @Test("each peer's ratio and our own limit are judged apart")
    func severalPeers() {
        let idle = Contender("idle", version: "1", figure: { 1 })
        let comparison = Comparison(
            "several",
            measure: .figure(.bytes),
            ours: idle,
            rivals: [.init(idle, ratioMin: 2), .init(idle), .init(idle, ratioMin: 4)],
            oursMax: 10
        )
        let outcome = Outcome(comparison: comparison, ours: [10], peers: [[20], [1], [30]])
        #expect([0, 1, 2].map(outcome.isMet) == [true, true, false])
        #expect(outcome.isWithinLimit)
        #expect(!outcome.isMet)
        #expect(!Outcome(comparison: comparison, ours: [11], peers: [[99], [99], [99]]).isMet)
    }

    @Test("all contenders run in each round, and asynchronous work is timed where it runs")
    func rounds() async throws {
        let task = Contender("task", version: "1", check: {}, task: { _, _ in await Task.yield() })
        let thread = Contender("thread", version: "1", check: {}, work: { _, _ in })
        let comparison = Comparison(
            "turns",
            measure: .twoThreadsCPU,
            operations: 20,
            ours: task,
            rivals: [.init(thread), .init(task)],
            roundsMax: 3
        )
        let outcome = try await comparison.run(rounds: 5)
        #expect(outcome.ours.count == 3)
        #expect(outcome.peers.map(\.count) == [3, 3])
        #expect(outcome.ours.allSatisfy { $0 > 0 })
    }

    @Test("a module's own options are taken beside the common ones")
    func ownOptions() throws {
        let options = try Options.parse(["--items", "5", "--rounds", "3"], extra: ["--items"]).get()
        #expect(options.extra == ["--items": "5"])
        #expect(options.rounds == 3)
    }

    @Test("a filter takes one of several texts")
    func filterOfSeveral() throws {
        let options = try Options.parse(["--filter", "get|YCSB E"]).get()
        #expect(["get, uniform", "YCSB E, 2 threads", "YCSB A"].map(options.includes) == [true, true, false])
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
