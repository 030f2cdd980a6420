import Glibc
import Telemetry
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("Label patterns")
struct LabelPatternTests {
    @Test(
        "a pattern matches whole values, as RE2 does",
        arguments: [
            ("a|bc", ["a", "bc"], ["", "b", "abc"]), ("a*", ["", "aaa"], ["b", "ab"]),
            ("(ab)+c?", ["ab", "ababc"], ["", "abcc"]),
            ("[a-c]{2,3}", ["ab", "abc"], ["a", "abca", "ad"]), ("\\d+\\.\\w", ["12.x"], ["12x", "a.b"]),
            (".*", ["", "été"], ["a\nb"]),
            ("[^x]", ["y", "é"], ["x", "", "yy"]), ("(?i)gET", ["get", "GET"], ["ge"]), ("a{2}", ["aa"], ["a", "aaa"]),
            ("^a$", ["a"], ["b"]), ("(a|b)*abb", ["abb", "babb"], ["ab"]), ("a{,3}", ["a{,3}"], ["aa"]),
            ("x{2,}", ["xx", "xxxx"], ["x"]),
            ("(a*)*b", ["b", "aab"], ["a"]), ("[]a]", ["]", "a"], ["b"]), ("", [""], ["a"]),
            ("a||b", ["a", "", "b"], ["ab"]), ("a{2}?", ["aa"], ["", "a"]), ("a{2,3}?b", ["aab"], ["b"]),
            ("(?i)[^a]", ["b"], ["a", "A", ""]), ("(?i)[^a-z]+", ["12"], ["abc", "ABC"]), ("a+?", ["a", "aa"], [""]),
        ]
    )
    func matching(pattern: String, accepted: [String], refused: [String]) async throws {
        let store = try await SeriesStore.open(
            at: "/m",
            on: SimulatedFileSystem(),
            clock: ManualClock(sinceEpoch: moment(0)).now
        )
        for value in accepted + refused {
            try await store.add(1, to: store.series("m", labels: [("v", value)]), at: moment(0))
        }
        let matched = try store.evaluate(Series("m", where: .matching("v", pattern)).latest, at: moment(0))
        #expect(Set(matched.series.map { $0.labels.first?.value ?? "" }) == Set(accepted), "\(pattern)")
        let others = try store.evaluate(Series("m", where: .notMatching("v", pattern)).latest, at: moment(0))
        #expect(Set(others.series.map { $0.labels.first?.value ?? "" }) == Set(refused), "\(pattern)")
        try await store.close()
    }

    @Test(
        "what is not known of a pattern has its place",
        arguments: [
            ("a)", 1), ("(a", 2), ("[a", 2), ("*a", 0), ("a\\", 2), ("\\b", 1), ("(?=a)", 2), ("a{3,2}", 6),
            ("((a{900}){900})", 9),
        ]
    )
    func refusals(pattern: String, offset: Int) throws {
        do {
            _ = try LabelMatcher.matching("x", pattern)
            Issue.record("\(pattern) is read")
        } catch {
            #expect(pattern.contains("900") || error.offset == offset, "\(pattern): \(error)")
        }
    }

    // An engine that backtracks would take two to the power of 5,000 steps, so that the limit is no measure.
    @Test("no pattern takes more than linear time", .timeLimit(.minutes(5)))
    func linear() async throws {
        let store = try await SeriesStore.open(
            at: "/m",
            on: SimulatedFileSystem(),
            clock: ManualClock(sinceEpoch: moment(0)).now
        )
        let value = String(repeating: "x", count: 5_000)
        try await store.add(1, to: store.series("m", labels: [("v", value)]), at: moment(0))
        let refused = try Series("m", where: .matching("v", "(x+x+)+y"))
        #expect(try store.evaluate(refused.latest, at: moment(0)).series.isEmpty)
        let accepted = try Series("m", where: .matching("v", "((x*)*)*|(x|xx|x?)+"))
        #expect(try store.evaluate(accepted.latest, at: moment(0)).series.count == 1)
        try await store.close()
    }
}
