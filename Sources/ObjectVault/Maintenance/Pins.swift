internal import VitrineSync

/// What collection must leave alone although no name leads to it: chunks that puts have found and not yet named, and
/// contents that somebody reads.
///
/// Whoever looks something up notes the generation before, and pins what he found under it. Collection dooms in the
/// transaction that deletes: what is doomed cannot be pinned. Once the transaction is over, nothing is doomed and the
/// generation is another one; so that a pin of what was seen before fails too, and the caller looks again. What is pinned while a collection runs stays until the next one, for it may have got its name after the marks
/// were made and let go of before the sweep.
final class Pins: Sendable {
    private struct State {
        var counts: [Int64: Int] = [:]
        var generation = 0
        /// About to be deleted.
        var doomed: Set<Int64> = []
        /// Pinned since collection began; `nil` when none runs.
        var touched: Set<Int64>?
    }

    private let state = Locked(State())

    var generation: Int { state.withLock { $0.generation } }

    /// What became of a pin.
    enum Outcome {
        case pinned
        /// It is about to be deleted.
        case doomed
        /// Something was deleted since the generation was asked for: look again.
        case stale
    }

    /// Holds `id`, if it is certain to be there.
    func pin(_ id: Int64, generation: Int) -> Outcome {
        state.withLock { state in
            if state.doomed.contains(id) { return .doomed }
            guard state.generation == generation else { return .stale }
            state.counts[id, default: 0] += 1
            state.touched?.insert(id)
            return .pinned
        }
    }

    /// Notes that `id` is about to get a name; for the metadata's writer alone.
    func touch(_ id: Int64) {
        state.withLock { state in
            _ = state.touched?.insert(id)
        }
    }

    /// Lets go of `id`.
    func unpin(_ id: Int64) {
        state.withLock { state in
            guard let count = state.counts[id] else { return }
            state.counts[id] = count == 1 ? nil : count - 1
        }
    }

    /// From here on, notes what is pinned.
    func beginCollection() {
        state.withLock { state in state.touched = Set(state.counts.keys) }
    }

    func endCollection() {
        state.withLock { $0.touched = nil }
    }

    /// Those of `ids` that may be deleted in the transaction that is under way; `endDooming` must follow its end.
    func doom(_ ids: [Int64]) -> [Int64] {
        state.withLock { state in
            let doomed = ids.filter { state.counts[$0] == nil && state.touched?.contains($0) != true }
            state.doomed.formUnion(doomed)
            return doomed
        }
    }

    /// What was doomed is deleted, or stays after all.
    func endDooming() {
        state.withLock { state in
            state.doomed = []
            state.generation += 1
        }
    }
}

/// Holds a content for as long as somebody reads it.
final class ContentPin: Sendable {
    let id: Int64
    private let pins: Pins

    /// Takes over what was pinned.
    init(pinned id: Int64, _ pins: Pins) {
        self.id = id
        self.pins = pins
    }

    deinit {
        pins.unpin(id)
    }
}
