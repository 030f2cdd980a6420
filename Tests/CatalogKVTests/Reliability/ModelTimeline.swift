import CatalogKV
import VitrineTestSupport

/// Which step of a timeline.
struct StepID: Hashable, Sendable {
    let group: Int
    let index: Int
}

/// Steps that are done in groups, one group after the other, the steps of one group at the same time; and what a model
/// is before each.
struct ModelTimeline: Sendable {
    let groups: [[ModelStep]]
    /// One more than there are groups.
    let states: [ModelCatalog]
    /// The steps after whose acknowledgement a loss of power can take neither them nor anything before them.
    private let barriers: Set<StepID>

    /// Random groups, of which one in six has several steps.
    init(seed: UInt64, groupCount: Int, startTime: Int64) {
        var maker = StepMaker(seed: seed)
        var groups: [[ModelStep]] = []
        var state = ModelCatalog(time: startTime)
        var states = [state]
        var barriers: Set<StepID> = []
        for number in 0..<groupCount {
            let group = maker.pick(6) == 0 ? maker.apart(5) : [maker.step()]
            for (index, step) in group.enumerated() {
                let changeCount = state.changes.count
                let answer = state.apply(step)
                // A write that was refused, or had nothing to do, has flushed nothing; one that was asked for before
                // has made sure.
                let hasWritten = state.changes.count > changeCount || step.names.isEmpty
                let isRepeated = if case .transact(_, _, .some, _) = step { answer == .done } else { false }
                if hasWritten || isRepeated, step.isBarrier { barriers.insert(StepID(group: number, index: index)) }
            }
            groups.append(group)
            states.append(state)
        }
        self.groups = groups
        self.states = states
        self.barriers = barriers
    }

    /// The group that each of the first `count` changes is of.
    func groups(ofChanges count: Int) -> [Int] {
        var group = 0
        return (0..<count).map { place in
            while group + 1 < states.count, states[group + 1].changes.count <= place { group += 1 }
            return group
        }
    }

    subscript(_ id: StepID) -> ModelStep { groups[id.group][id.index] }

    /// Holds that `isFound` accepts one of the models that a crash may leave when these steps had been begun and these
    /// done.
    func checkSurvivor(
        _ record: SweepRecord<StepID>,
        where isFound: (ModelCatalog) -> Bool
    ) throws(SweepViolation) {
        let attempted = record.attempted
        let acknowledged = record.acknowledged
        guard let last = attempted.map(\.group).max() else {
            return try hold(isFound(states[0]), "something was found though nothing had been begun")
        }
        let certain = record.hasLostPower ? acknowledged.filter { barriers.contains($0) } : acknowledged
        // Groups follow one another in the journal, so one that is safe makes all before it safe.
        let first = record.hasLostPower ? certain.map(\.group).max() ?? 0 : last
        for group in first...last {
            // What had not been begun cannot be there; of earlier groups all was.
            let begun = group == last ? attempted.filter { $0.group == last } : groups[group].ids(group)
            let required = Set(certain.filter { $0.group == group })
            if isThere(begun, required, from: states[group], where: isFound) { return }
        }
        throw SweepViolation(
            "what was found is no state between step \(first) and step \(last) of \(groups.count), "
                + "with \(acknowledged.count) of \(attempted.count) acknowledged; the last is \(groups[last])"
        )
    }

    /// Whether the state after some part of the steps begun, with all that is required, is accepted.
    private func isThere(
        _ begun: [StepID],
        _ required: Set<StepID>,
        from state: ModelCatalog,
        where isFound: (ModelCatalog) -> Bool
    ) -> Bool {
        let optional = begun.filter { !required.contains($0) }
        for chosen in (0..<1 << optional.count).reversed() {
            var candidate = state
            for id in begun {
                let place = optional.firstIndex(of: id)
                if place.map({ chosen >> $0 & 1 == 1 }) ?? true { candidate.apply(self[id]) }
            }
            if isFound(candidate) { return true }
        }
        return false
    }
}

extension [ModelStep] {
    fileprivate func ids(_ group: Int) -> [StepID] {
        indices.map { StepID(group: group, index: $0) }
    }
}
