import Synchronization

/// A wall clock that a test turns.
final class ManualTime: Sendable {
    private let nanoseconds: Atomic<Int64>

    init(seconds: Int64 = 1_700_000_000) {
        nanoseconds = Atomic(seconds * 1_000_000_000)
    }

    var now: Duration { .nanoseconds(nanoseconds.load(ordering: .relaxed)) }

    func advance(seconds: Int64) {
        nanoseconds.add(seconds * 1_000_000_000, ordering: .relaxed)
    }
}
