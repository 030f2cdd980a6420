import CatalogKV
import VitrineTestSupport

/// Random steps on a catalog of the simulated disk, and what must hold of whatever a crash makes of it.
struct CrashTrial: Sendable {
    static let startTime: Int64 = 1_780_000_000_000

    let timeline: ModelTimeline
    /// Whether the change stream keeps all there ever was, which compaction must respect then.
    let keepsChanges: Bool

    init(seed: UInt64, groupCount: Int, keepsChanges: Bool) {
        timeline = ModelTimeline(seed: seed, groupCount: groupCount, startTime: CrashTrial.startTime)
        self.keepsChanges = keepsChanges
    }

    /// Does all steps, each group at once.
    ///
    /// - Parameter goesOn: whether a step that throws ends it, or the next is tried.
    func perform(on disk: SimulatedFileSystem, _ record: SweepRecord<StepID>, goesOn: Bool = false) async throws {
        let clock = ManualClock(sinceEpoch: .milliseconds(CrashTrial.startTime))
        var catalog = try await CatalogUnderTest.open(disk, clock: clock, keepsChanges: keepsChanges)
        for (group, steps) in timeline.groups.enumerated() {
            do {
                if steps.count == 1, case .reopen = steps[0] {
                    let id = StepID(group: group, index: 0)
                    record.attempt(id)
                    try await catalog.close()
                    catalog = try await CatalogUnderTest.open(disk, clock: clock, keepsChanges: keepsChanges)
                    record.acknowledge(id)
                } else {
                    try await perform(group, on: catalog, clock, record)
                }
            } catch {
                if !goesOn { throw error }
            }
        }
        try await catalog.close()
    }

    private func perform(
        _ group: Int,
        on catalog: CatalogUnderTest,
        _ clock: ManualClock,
        _ record: SweepRecord<StepID>
    ) async throws {
        let steps = timeline.groups[group]
        var model = timeline.states[group]
        // The steps of a group look at different items, so each answers as if it were alone.
        let expected = steps.map { model.apply($0) }
        let ids = steps.indices.map { StepID(group: group, index: $0) }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for id in ids {
                let step = steps[id.index]
                record.attempt(id)
                if case .advance(let milliseconds) = step { clock.advance(by: .milliseconds(milliseconds)) }
                tasks.addTask {
                    let answer = try await catalog.perform(step)
                    record.acknowledge(id)
                    try hold(answer == expected[id.index], "\(step) answered \(answer)")
                }
            }
            try await tasks.waitForAll()
        }
    }

    /// Opens what a crash left and holds it against the model.
    func check(_ disk: SimulatedFileSystem, _ record: SweepRecord<StepID>) async throws {
        let time = record.attempted.last.map { timeline.states[$0.group + 1].time } ?? CrashTrial.startTime
        let clock = ManualClock(sinceEpoch: .milliseconds(time))
        let catalog = try await CatalogUnderTest.open(disk, clock: clock, keepsChanges: keepsChanges)
        var found = try await catalog.items()
        // A check of this disk that crashed itself may have left it.
        found[.probe] = nil
        // Recovery must leave a catalog that takes writes.
        let version = try await catalog.putProbe()
        let changes = keepsChanges ? try await catalog.changes(through: version) : nil
        var violation: SweepViolation?
        do {
            // Two states can hold the same items, of which the changes tell which it is.
            try timeline.checkSurvivor(record) { state in
                guard state.living(at: time) == found else { return false }
                guard let changes else { return true }
                do throws(SweepViolation) {
                    try check(changes, state, found, time)
                    return true
                } catch {
                    violation = error
                    return false
                }
            }
        } catch {
            throw violation ?? error
        }
        try await catalog.close()
        // And that opens again; tried on some, for it takes its time.
        guard (record.attempted.count + found.count) % 4 == 0 else { return }
        let again = try await CatalogUnderTest.open(disk, clock: clock, keepsChanges: keepsChanges)
        var foundAgain = try await again.items()
        let probe = foundAgain.removeValue(forKey: .probe)
        try hold(probe?.value == [42], "the probe is \(probe.map { "\($0)" } ?? "gone")")
        try hold(foundAgain == found, "after another write, other items than before it")
        try await again.close()
    }

    /// Holds that the stream tells every put and delete once and in order, each expiry at most once, and after it.
    ///
    /// Steps of one group have no order among each other, and touch different items.
    private func check(
        _ changes: [ModelChange],
        _ survivor: ModelCatalog,
        _ found: [ItemName: ModelItem],
        _ time: Int64
    ) throws(SweepViolation) {
        var expected: [ItemName: [(group: Int, change: ModelChange)]] = [:]
        for (group, change) in zip(timeline.groups(ofChanges: survivor.changes.count), survivor.changes).reversed() {
            expected[change.name, default: []].append((group: group, change: change))
        }
        var items: [ItemName: ModelItem] = [:]
        var newestGroup = 0
        for change in changes where change.name != .probe {
            if change.kind == .expire {
                let old = items.removeValue(forKey: change.name)
                try hold(
                    old?.lives(at: time) == false,
                    "\(change), when \(old.map { "\($0)" } ?? "nothing") was there at \(time)"
                )
                try hold(
                    change.old?.value == old?.value,
                    "\(change), but \(old.map { "\($0)" } ?? "nothing") was there"
                )
                continue
            }
            guard let (group, next) = expected[change.name]?.popLast() else {
                throw SweepViolation("\(change), which nobody made")
            }
            try hold(group >= newestGroup, "\(change) of step \(group) comes after step \(newestGroup)")
            newestGroup = group
            try hold(
                change.kind == next.kind && change.new?.value == next.new?.value
                    && change.old?.value == next.old?.value,
                "\(change) in place of \(next)"
            )
            items[change.name] = next.new
        }
        let missing = expected.values.flatMap { $0.map(\.change) }
        try hold(missing.isEmpty, "\(missing.count) changes are missing: \(missing.prefix(3))")
        try hold(items.filter { $0.value.lives(at: time) } == found, "the stream leads to other items than there are")
    }
}
