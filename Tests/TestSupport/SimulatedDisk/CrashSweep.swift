/// Runs a scenario again and again, each time with the machine stopping at another operation, and checks every disk
/// that such a crash can leave.
///
/// How to use it for a store:
/// - `scenario` opens the store on the disk it is given, works with it, and notes in the record what it attempts just
///   before each call and what it was promised just after. It lets errors through: a crash reaches it as one.
/// - `check` opens the store again on what the crash left and throws (see `hold`) unless all that was acknowledged is
///   there and everything else is whole or absent. It must not use `#expect`: the sweep could not say which crash it was.
/// - The test says `#expect(report.failures.isEmpty, "\(report)")`.
///
/// The scenario should make the same calls in the same order each time: wait for each write before the next one, or let
/// few tasks meet. Crashes are placed before and after each operation that changes what a crash can leave, and at the
/// end. The store's own use of the disk is watched too: `SimulatedFileSystem.misuses` are failures.
package enum CrashSweep {
    /// Sweeps `scenario`.
    ///
    /// - Parameters:
    ///   - seed: decides everything that is not given; print it.
    ///   - base: the disk that each run starts from; by default an empty one.
    ///   - outcomes: what may become of unflushed data.
    ///   - rounds: seeds tried for each outcome that depends on one, at each crash.
    ///   - recoveryCrashes: crashes, each at a seeded operation of `check` itself, that every disk must survive as well.
    ///   - scenario: what is disturbed.
    ///   - check: what must hold afterwards.
    /// - Throws: what the scenario throws when nothing disturbs it.
    package static func run<Entry: Sendable>(
        seed: UInt64,
        base: SimulatedFileSystem? = nil,
        outcomes: [CrashOutcome] = CrashOutcome.allCases,
        rounds: Int = 1,
        recoveryCrashes: Int = 0,
        scenario: (SimulatedFileSystem, SweepRecord<Entry>) async throws -> Void,
        check: (SimulatedFileSystem, SweepRecord<Entry>) async throws -> Void
    ) async throws -> SweepReport {
        let base = base ?? SimulatedFileSystem(seed: seed)
        var judge = CrashJudge(seed: seed, outcomes: outcomes, rounds: rounds, recoveryCrashes: recoveryCrashes)

        let undisturbed = base.restarted(after: .kept, seed: seed)
        let record = SweepRecord<Entry>()
        try await scenario(undisturbed, record)
        judge.report.operationCount = undisturbed.operationCount
        judge.report.runCount += 1
        judge.noteMisuses(of: undisturbed, disturbance: "nothing")
        try await judge.examine(undisturbed, record, disturbance: "crash at the end", check)

        for operation in undisturbed.log where operation.changesDisk {
            for point in [CrashPoint.before(operation.index), .after(operation.index)] {
                if judge.report.isFull { return judge.report }
                let disk = base.restarted(after: .kept, seed: seed)
                disk.crash(at: point)
                let record = SweepRecord<Entry>()
                let side = point == .before(operation.index) ? "before" : "after"
                let disturbance = "crash \(side) \(operation)"
                do {
                    try await scenario(disk, record)
                } catch {
                    // Only the crash may end the scenario early.
                    if !disk.hasCrashed { judge.note(error, disturbance: disturbance) }
                }
                judge.report.runCount += 1
                judge.noteMisuses(of: disk, disturbance: disturbance)
                try await judge.examine(disk, record, disturbance: disturbance, check)
            }
        }
        return judge.report
    }
}

/// Examines the disks that one crash can leave, and keeps the report.
struct CrashJudge {
    let outcomes: [CrashOutcome]
    let rounds: Int
    let recoveryCrashes: Int
    var report: SweepReport
    private var seeds: SeededGenerator

    init(seed: UInt64, outcomes: [CrashOutcome], rounds: Int, recoveryCrashes: Int) {
        self.outcomes = outcomes
        self.rounds = rounds
        self.recoveryCrashes = recoveryCrashes
        report = SweepReport(seed: seed)
        seeds = SeededGenerator(seed: seed)
    }

    mutating func note(_ error: any Error, disturbance: String, outcome: CrashOutcome? = nil, seed: UInt64? = nil) {
        report.failures.append(
            SweepReport.Failure(
                disturbance: disturbance,
                outcome: outcome,
                seed: seed ?? report.seed,
                error: "\(error)"
            )
        )
    }

    mutating func noteMisuses(of disk: SimulatedFileSystem, disturbance: String) {
        for misuse in disk.misuses { note(SweepViolation(misuse), disturbance: disturbance) }
    }

    /// Checks what every outcome makes of the crashed `disk`.
    mutating func examine<Entry>(
        _ disk: SimulatedFileSystem,
        _ record: SweepRecord<Entry>,
        disturbance: String,
        _ check: (SimulatedFileSystem, SweepRecord<Entry>) async throws -> Void
    ) async throws {
        for outcome in outcomes {
            for _ in 0..<(outcome.isSeeded ? rounds : 1) {
                let seed = seeds.next()
                let found = disk.restarted(after: outcome, seed: seed)
                guard await checks(found, record, disturbance, outcome, seed, check) else { continue }
                let changing = found.log.filter(\.changesDisk)
                for _ in 0..<recoveryCrashes {
                    guard let operation = changing.randomElement(using: &seeds) else { break }
                    // The same disk as `found` was, and a crash in the midst of its recovery.
                    let again = disk.restarted(after: outcome, seed: seed)
                    again.crash(at: Bool.random(using: &seeds) ? .before(operation.index) : .after(operation.index))
                    let twice = "\(disturbance) (\(outcome.rawValue), seed \(seed)), then in recovery at \(operation)"
                    do {
                        try await check(again, record)
                    } catch {
                        // The check passed on the same disk a moment ago: only the crash may end it now.
                        if !again.hasCrashed { note(error, disturbance: twice, outcome: outcome, seed: seed) }
                    }
                    let secondOutcome = outcomes.randomElement(using: &seeds) ?? outcome
                    let secondSeed = seeds.next()
                    let last = again.restarted(after: secondOutcome, seed: secondSeed)
                    _ = await checks(last, record, twice, secondOutcome, secondSeed, check)
                }
            }
        }
    }

    /// Runs the check and notes its failure; returns whether it passed.
    private mutating func checks<Entry>(
        _ disk: SimulatedFileSystem,
        _ record: SweepRecord<Entry>,
        _ disturbance: String,
        _ outcome: CrashOutcome,
        _ seed: UInt64,
        _ check: (SimulatedFileSystem, SweepRecord<Entry>) async throws -> Void
    ) async -> Bool {
        report.checkCount += 1
        do {
            try await check(disk, record)
            noteMisuses(of: disk, disturbance: disturbance)
            return true
        } catch {
            note(error, disturbance: disturbance, outcome: outcome, seed: seed)
            return false
        }
    }
}
