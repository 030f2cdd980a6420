/// Runs a scenario again and again, each time with another operation failing, then stops the machine and checks every
/// disk that this can leave.
///
/// The scenario and the check are those of `CrashSweep`, with one difference: the scenario goes on after a failure as
/// far as the store allows, so that a store which takes writes after a failed flush is found out. It may end with an
/// error or without one; what it acknowledged must be there after the crash either way.
package enum FaultSweep {
    /// Sweeps `scenario`: every operation, reads included, fails with every errno, once and from then on.
    ///
    /// - Parameters:
    ///   - seed: decides everything that is not given; print it.
    ///   - base: the disk that each run starts from; by default an empty one.
    ///   - errnos: what a failing operation answers.
    ///   - extents: how long a fault lasts.
    ///   - outcomes: what may become of unflushed data when the machine stops afterwards.
    ///   - kinds: the operations that fail in turn; by default all.
    ///   - scenario: what is disturbed.
    ///   - check: what must hold afterwards.
    /// - Throws: what the scenario throws when nothing disturbs it.
    package static func run<Entry: Sendable>(
        seed: UInt64,
        base: SimulatedFileSystem? = nil,
        errnos: [Int32],
        extents: [FaultExtent] = FaultExtent.allCases,
        outcomes: [CrashOutcome] = CrashOutcome.allCases,
        kinds: [SimulatedOperation.Kind] = SimulatedOperation.Kind.allCases,
        scenario: (SimulatedFileSystem, SweepRecord<Entry>) async throws -> Void,
        check: (SimulatedFileSystem, SweepRecord<Entry>) async throws -> Void
    ) async throws -> SweepReport {
        let base = base ?? SimulatedFileSystem(seed: seed)
        var judge = CrashJudge(seed: seed, outcomes: outcomes, rounds: 1, recoveryCrashes: 0)

        let undisturbed = base.restarted(after: .kept, seed: seed)
        try await scenario(undisturbed, SweepRecord<Entry>())
        judge.report.operationCount = undisturbed.operationCount
        judge.report.runCount += 1
        judge.noteMisuses(of: undisturbed, disturbance: "nothing")

        for operation in undisturbed.log where kinds.contains(operation.kind) {
            for errno in errnos {
                for extent in extents {
                    if judge.report.isFull { return judge.report }
                    let disk = base.restarted(after: .kept, seed: seed)
                    disk.fail(at: operation.index, errno: errno, extent)
                    let record = SweepRecord<Entry>()
                    let disturbance = "errno \(errno) \(extent) at \(operation)"
                    // Which error the store makes of it is for other tests: here it may end the scenario or not.
                    try? await scenario(disk, record)
                    judge.report.runCount += 1
                    judge.noteMisuses(of: disk, disturbance: disturbance)
                    disk.crash()
                    try await judge.examine(disk, record, disturbance: disturbance, check)
                }
            }
        }
        return judge.report
    }
}
