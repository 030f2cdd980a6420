/// What a sweep tried and what it found; its description says how to see a failure again.
package struct SweepReport: Sendable, CustomStringConvertible {
    /// A disturbance after which the check failed.
    package struct Failure: Sendable, CustomStringConvertible {
        /// Where the scenario was disturbed, such as "crash after #12 write /store/log at 96 count 40".
        package let disturbance: String
        /// What became of unflushed data, `nil` when nothing crashed.
        package let outcome: CrashOutcome?
        /// The seed of that outcome.
        package let seed: UInt64
        /// What the check said.
        package let error: String

        /// One line.
        package var description: String {
            "\(disturbance), \(outcome.map { "outcome \($0.rawValue), " } ?? "")seed \(seed): \(error)"
        }
    }

    /// The sweep's own seed.
    package let seed: UInt64
    /// Operations of the undisturbed scenario.
    package internal(set) var operationCount = 0
    /// Times that the scenario ran.
    package internal(set) var runCount = 0
    /// Times that the check ran: once for each disk that a crash left.
    package internal(set) var checkCount = 0
    /// What went wrong; a sweep ends early once there are `failureCountMax`.
    package internal(set) var failures: [Failure] = []

    /// After so many failures a sweep stops: they have one cause, as a rule.
    package static let failureCountMax = 20

    var isFull: Bool { failures.count >= SweepReport.failureCountMax }

    /// A summary and the first failures.
    package var description: String {
        let summary =
            "sweep of \(operationCount) operations, seed \(seed): "
            + "\(runCount) runs, \(checkCount) checks, \(failures.count) failures"
        return ([summary] + failures.prefix(5).map(\.description)).joined(separator: "\n  ")
    }
}
