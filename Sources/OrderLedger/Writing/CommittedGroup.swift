internal import VitrineSync

/// A group that was committed: its callers go on when it is flushed and, where there are sinks, when its segment is
/// made and as many of them have it as the configuration asks for.
final class CommittedGroup: Sendable {
    /// Its number, see `Durability`.
    let number: UInt64
    /// Whether it wrote anything.
    ///
    /// One that did not still waits for those before it: it may have read them.
    let needsFlush: Bool
    private let writes: [PendingWrite]
    private let fence: Fence
    private let progress: Locked<Progress>

    private struct Progress {
        /// What is still to be done: the flush, the segment, the quorum; 0 once the callers were told.
        var left: Int
    }

    /// A group for which so many things are still to be done, of each of which `note` tells.
    init(number: UInt64, needsFlush: Bool, steps: Int, writes: [PendingWrite], fence: Fence) {
        self.number = number
        self.needsFlush = needsFlush
        self.writes = writes
        self.fence = fence
        progress = Locked(Progress(left: steps))
    }

    /// How many callers wait for it.
    var count: Int { writes.count }

    /// Notes that one of the things is done, or that it failed: then the callers need not wait for the others.
    func note(_ failure: LedgerError?) {
        let isDone = progress.withLock { progress in
            if progress.left == 0 { return false }
            progress.left = failure == nil ? progress.left - 1 : 0
            return progress.left == 0
        }
        guard isDone else { return }
        // Asked last: whoever took over meanwhile may not know of this group.
        let refusal = failure ?? fence.refusal
        for write in writes { write.finish(refusal) }
    }
}
