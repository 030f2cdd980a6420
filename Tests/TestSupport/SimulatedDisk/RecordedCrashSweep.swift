internal import VitrineSync

/// Runs a scenario once, keeps the disk as it was after each operation that changed it, and checks what a crash at each
/// of these moments leaves: many thousand disks in the time in which `CrashSweep` runs the scenario a hundred times.
///
/// Scenario and check are those of `CrashSweep`. What is different:
/// - The scenario need not make the same calls in the same order each time; threads of the store's own may meet.
/// - The check runs in several tasks at once, on a disk of its own each.
/// - It is told by `SweepRecord.hasLostPower` whether the machine stopped, or only the process.
/// - A process that is killed in the midst of a write or of a store through a mapping leaves a part of it.
/// - Disks that are the same to the byte are checked once: `SweepReport.checkCount` counts different ones.
package enum RecordedCrashSweep {
    /// Sweeps `scenario`.
    ///
    /// - Parameters:
    ///   - seed: decides everything that is not given; print it.
    ///   - base: the disk that the run starts from; by default an empty one.
    ///   - rounds: seeds tried for each outcome that depends on one, at each moment.
    ///   - recoveryInterval: of so many checks one is itself recorded, and each moment of its recovery crashes too;
    ///     0 for none.
    ///   - workerCount: checks that run at a time.
    ///   - scenario: what is disturbed.
    ///   - check: what must hold afterwards.
    /// - Throws: what the scenario throws.
    package static func run<Entry: Sendable>(
        seed: UInt64,
        base: SimulatedFileSystem? = nil,
        rounds: Int = 2,
        recoveryInterval: Int = 50,
        workerCount: Int = 2,
        scenario: (SimulatedFileSystem, SweepRecord<Entry>) async throws -> Void,
        check: @escaping @Sendable (SimulatedFileSystem, SweepRecord<Entry>) async throws -> Void
    ) async throws -> SweepReport {
        let disk = (base ?? SimulatedFileSystem(seed: seed)).restarted(after: .kept, seed: seed)
        let record = SweepRecord<Entry>(attempted: [], acknowledged: [], hasLostPower: false)
        let recorder = MomentRecorder(record)
        disk.observe { state, operation in recorder.note(state, after: operation) }
        try await scenario(disk, record)
        disk.observe(nil)
        recorder.finish()

        let judge = RecordedJudge(seed: seed, rounds: rounds, recoveryInterval: recoveryInterval, check: check)
        judge.begin(operationCount: disk.operationCount, misuses: disk.misuses)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<workerCount {
                group.addTask {
                    while !judge.isFull, let moment = recorder.take() {
                        await judge.examine(moment, recoveryDepth: 0, after: "")
                    }
                }
            }
        }
        return judge.report
    }
}

/// The disk after one operation, and what the scenario had begun and was promised before the next one ended.
struct CrashMoment<Entry: Sendable>: Sendable {
    let state: SimulatedState
    let operation: SimulatedOperation
    /// What had been begun and promised before the operation ended: what holds however much of it was done.
    let countsBefore: (attempted: Int, acknowledged: Int)
    /// What had been begun and promised before the next operation ended.
    var counts: (attempted: Int, acknowledged: Int)
    let record: SweepRecord<Entry>

    /// What the check is told.
    func told(isInterrupted: Bool, hasLostPower: Bool) -> SweepRecord<Entry> {
        let counts = isInterrupted ? countsBefore : counts
        return SweepRecord(
            attempted: Array(record.attempted.prefix(counts.attempted)),
            acknowledged: Array(record.acknowledged.prefix(counts.acknowledged)),
            hasLostPower: hasLostPower || record.hasLostPower
        )
    }
}

/// Collects the moments of one run.
final class MomentRecorder<Entry: Sendable>: Sendable {
    private let record: SweepRecord<Entry>
    private let list: Locked<[CrashMoment<Entry>]> = Locked([])

    init(_ record: SweepRecord<Entry>) {
        self.record = record
    }

    /// All moments, in order.
    var moments: [CrashMoment<Entry>] { list.withLock { $0 } }

    /// The last moment, which is no longer kept then.
    func take() -> CrashMoment<Entry>? {
        list.withLock { $0.popLast() }
    }

    /// Keeps the disk after `operation`, whose caller has not heard of it yet.
    func note(_ state: borrowing SimulatedState, after operation: SimulatedOperation) {
        let frozen = state.frozen()
        let counts = record.counts
        list.withLock { moments in
            // All that was promised until now was promised on what the disk was before this operation.
            Self.close(&moments, counts)
            moments.append(
                CrashMoment(
                    state: frozen,
                    operation: operation,
                    countsBefore: counts,
                    counts: counts,
                    record: record
                )
            )
        }
    }

    /// The run has ended: the last moment has all its promises.
    func finish() {
        let counts = record.counts
        list.withLock { Self.close(&$0, counts) }
    }

    private static func close(_ moments: inout [CrashMoment<Entry>], _ counts: (attempted: Int, acknowledged: Int)) {
        guard !moments.isEmpty else { return }
        moments[moments.count - 1].counts = counts
    }
}
