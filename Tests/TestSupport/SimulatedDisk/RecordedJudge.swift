internal import VitrineSync

/// Checks the disks that crashes at recorded moments leave, from several tasks at once, and keeps the report.
final class RecordedJudge<Entry: Sendable>: Sendable {
    typealias Check = @Sendable (SimulatedFileSystem, SweepRecord<Entry>) async throws -> Void

    private struct Progress: Sendable {
        var report: SweepReport
        var known: Set<UInt64> = []
    }

    private let seed: UInt64
    private let rounds: Int
    private let recoveryInterval: Int
    private let check: Check
    private let progress: Locked<Progress>

    init(seed: UInt64, rounds: Int, recoveryInterval: Int, check: @escaping Check) {
        self.seed = seed
        self.rounds = rounds
        self.recoveryInterval = recoveryInterval
        self.check = check
        progress = Locked(Progress(report: SweepReport(seed: seed)))
    }

    var report: SweepReport { progress.withLock { $0.report } }
    var isFull: Bool { progress.withLock { $0.report.isFull } }

    func begin(operationCount: Int, misuses: [String]) {
        progress.withLock { progress in
            progress.report.operationCount = operationCount
            progress.report.runCount = 1
        }
        for misuse in misuses { note(misuse, "nothing", outcome: nil, seed: seed) }
    }

    /// Checks every disk that a crash right after `moment` can leave.
    func examine(_ moment: CrashMoment<Entry>, recoveryDepth: Int, after earlier: String) async {
        let disturbance = "\(earlier)crash after \(moment.operation)"
        for outcome in CrashOutcome.recordedCases {
            if outcome == .interrupted, !moment.operation.transfersBytes { continue }
            if outcome != .kept, !moment.state.hasUnflushedChanges { continue }
            for round in 0..<(outcome.isSeeded ? rounds : 1) {
                let seed = mixed(moment.operation.index, round, outcome, recoveryDepth)
                let state = moment.state.restarted(after: outcome, seed: seed)
                let record = moment.told(
                    isInterrupted: outcome == .interrupted,
                    hasLostPower: outcome != .kept && outcome != .interrupted
                )
                guard isNew(state.fingerprint(outcome), record) else { continue }
                await examine(state, record, disturbance, outcome, seed, recoveryDepth)
            }
        }
    }

    private func examine(
        _ state: SimulatedState,
        _ record: SweepRecord<Entry>,
        _ disturbance: String,
        _ outcome: CrashOutcome,
        _ seed: UInt64,
        _ recoveryDepth: Int
    ) async {
        let disk = SimulatedFileSystem(state)
        let count = progress.withLock { progress in
            progress.report.checkCount += 1
            return progress.report.checkCount
        }
        var recorder: MomentRecorder<Entry>?
        if recoveryDepth == 0, recoveryInterval > 0, count % recoveryInterval == 0 {
            let fresh = MomentRecorder(record)
            disk.observe { state, operation in fresh.note(state, after: operation) }
            recorder = fresh
        }
        do {
            try await check(disk, record)
            disk.observe(nil)
            for misuse in disk.misuses { note(misuse, disturbance, outcome: outcome, seed: seed) }
        } catch {
            return note("\(error)", disturbance, outcome: outcome, seed: seed)
        }
        guard let recorder else { return }
        let twice = "\(disturbance) (\(outcome.rawValue), seed \(seed)), then in recovery "
        for moment in recorder.moments {
            if isFull { return }
            await examine(moment, recoveryDepth: recoveryDepth + 1, after: twice)
        }
    }

    private func note(_ error: String, _ disturbance: String, outcome: CrashOutcome?, seed: UInt64) {
        progress.withLock { progress in
            progress.report.failures.append(
                SweepReport.Failure(disturbance: disturbance, outcome: outcome, seed: seed, error: error)
            )
        }
    }

    /// Whether no disk like this was checked against the same promises.
    private func isNew(_ fingerprint: UInt64, _ record: SweepRecord<Entry>) -> Bool {
        var generator = SeededGenerator(seed: fingerprint)
        let counts = record.counts
        let whole = generator.next() ^ UInt64(counts.attempted) << 32 ^ UInt64(counts.acknowledged)
        return progress.withLock { $0.known.insert(whole).inserted }
    }

    private func mixed(_ index: Int, _ round: Int, _ outcome: CrashOutcome, _ depth: Int) -> UInt64 {
        let place = UInt64(index) << 20 | UInt64(round) << 8 | UInt64(depth) << 4 | outcome.number
        var generator = SeededGenerator(seed: seed ^ place &* 0xD6E8_FEB8_6659_FD93)
        return generator.next()
    }
}

extension CrashOutcome {
    /// What is tried at a recorded moment.
    fileprivate static var recordedCases: [CrashOutcome] { allCases + [.interrupted] }

    fileprivate var number: UInt64 {
        switch self {
        case .lost: 0
        case .kept: 1
        case .torn: 2
        case .reordered: 3
        case .interrupted: 4
        }
    }
}

extension SimulatedOperation {
    /// Whether a process can be killed when a part of its bytes has got through.
    fileprivate var transfersBytes: Bool { kind == .write || kind == .store }
}
