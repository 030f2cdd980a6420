internal import VitrineSync

/// A group that was committed: its callers go on when it is flushed and its frames were handed over, both.
final class CommittedGroup: Sendable {
    /// Its number, see `Durability`.
    let number: UInt64
    /// Whether it wrote anything.
    ///
    /// One that did not still waits for those before it: it may have read them.
    let needsFlush: Bool
    private let writes: [PendingWrite]
    private let progress: Locked<Progress>

    private struct Progress {
        /// What is still to be done: the flush, the hand-over.
        var left: Int
        var failure: LedgerError?
    }

    /// A group that waits for its flush, and for its hand-over too if that is still to come.
    init(number: UInt64, needsFlush: Bool, isHandedOver: Bool, writes: [PendingWrite]) {
        self.number = number
        self.needsFlush = needsFlush
        self.writes = writes
        progress = Locked(Progress(left: isHandedOver ? 1 : 2))
    }

    /// How many callers wait for it.
    var count: Int { writes.count }

    /// Notes that the flush is done, or that it failed.
    func noteFlushed(_ failure: LedgerError?) {
        note(failure)
    }

    /// Notes that its frames were handed over, or that they could not be.
    func noteHandedOver(_ failure: LedgerError?) {
        note(failure)
    }

    private func note(_ failure: LedgerError?) {
        let (isDone, first) = progress.withLock { progress in
            progress.left -= 1
            progress.failure = progress.failure ?? failure
            return (progress.left == 0, progress.failure)
        }
        guard isDone else { return }
        for write in writes { write.finish(first) }
    }
}
