internal import Synchronization

/// What can end a read from outside while its statement runs: its age, or its task's cancellation.
///
/// SQLite asks every few thousand steps of its virtual machine (sqlite3_progress_handler).
package final class ReadLimit: Sendable {
    /// Nanoseconds of the machine's monotonic clock; relaxed, for nothing else hangs on it.
    private let deadline = Atomic<Int64>(.max)
    private let wasCancelled = Atomic(false)

    /// A new read begins, which may last until `deadline`.
    package func begin(deadline: Int64) {
        wasCancelled.store(false, ordering: .relaxed)
        self.deadline.store(deadline, ordering: .relaxed)
    }

    /// The read's task was cancelled.
    package func cancel() {
        wasCancelled.store(true, ordering: .relaxed)
    }

    /// Whether the read's task was cancelled.
    package var isCancelled: Bool { wasCancelled.load(ordering: .relaxed) }

    /// Whether the read has lasted too long.
    package var isOverdue: Bool {
        let deadline = deadline.load(ordering: .relaxed)
        return deadline != .max && monotonicNanoseconds() > deadline
    }

    /// Whether the statement that runs must end.
    var mustStop: Bool { isCancelled || isOverdue }
}

private let clockStart = ContinuousClock.now

/// The machine's monotonic clock, from some moment of this process on.
package func monotonicNanoseconds() -> Int64 {
    let (seconds, attoseconds) = (ContinuousClock.now - clockStart).components
    return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
}
