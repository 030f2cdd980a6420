internal import Synchronization
internal import VitrineSync

/// Which groups are on disk, for those who must not show what is not.
///
/// Groups are numbered in the order of their commits. A group is announced before it commits, and so before a reader
/// can see it, and settled when its flush is done, or when there was nothing to flush.
final class Durability: Sendable {
    /// The last group that was announced; whatever a reader sees of it comes after that.
    private let announced = Atomic<UInt64>(0)
    /// The last group that is settled, and all before it.
    private let settled = Atomic<UInt64>(0)
    private let state = Locked(State())

    private struct State {
        var waiting: [(group: UInt64, semaphore: Semaphore)] = []
        var hasFailed = false
    }

    /// Gives the next group its number.
    func announce() -> UInt64 {
        announced.add(1, ordering: .acquiringAndReleasing).newValue
    }

    /// Notes that all groups up to this one are on disk, or wrote nothing.
    func settle(upTo group: UInt64) {
        settled.store(group, ordering: .releasing)
        wake { $0 <= group }
    }

    /// Notes that a flush failed: nobody will ever know, so nobody waits.
    func fail() {
        state.withLock { $0.hasFailed = true }
        wake { _ in true }
    }

    /// Blocks the thread until all that a read can have seen so far is on disk: for one flush at most, while a write
    /// is under way, and not at all otherwise.
    func waitForWhatIsVisible() {
        let group = announced.load(ordering: .acquiring)
        if settled.load(ordering: .acquiring) >= group { return }
        let semaphore = state.withLock { state -> Semaphore? in
            if state.hasFailed || settled.load(ordering: .acquiring) >= group { return nil }
            let semaphore = Semaphore()
            state.waiting.append((group, semaphore))
            return semaphore
        }
        semaphore?.wait()
    }

    private func wake(_ isDone: (UInt64) -> Bool) {
        let woken = state.withLock { state -> [Semaphore] in
            if state.waiting.isEmpty { return [] }
            let woken = state.waiting.filter { isDone($0.group) }.map(\.semaphore)
            state.waiting.removeAll { isDone($0.group) }
            return woken
        }
        for semaphore in woken { semaphore.signal() }
    }
}
