internal import Synchronization
internal import VitrineSync

/// Wakes the streams that wait for something new, and costs a write next to nothing while none does.
package final class ChangeSignal: Sendable {
    private let hasWaiters = Atomic(false)
    private let waiters = Locked<[Int: CheckedContinuation<Void, Never>]>([:])
    private let nextTicket = Atomic(0)

    /// Nobody waits yet.
    package init() {}

    /// Wakes everybody; called after the new sequence became visible.
    package func raise() {
        // Whoever registers looks at what is visible afterwards. With a fence between each side's store and load, one
        // of the two sees the other.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if hasWaiters.load(ordering: .relaxed) { wakeAll() }
    }

    /// Suspends until the signal is raised or the task is cancelled, unless `isDone` already holds.
    package func wait(unless isDone: @Sendable () -> Bool) async {
        let ticket = nextTicket.add(1, ordering: .relaxed).newValue
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters.withLock { waiters in
                    waiters[ticket] = continuation
                    hasWaiters.store(true, ordering: .relaxed)
                }
                atomicMemoryFence(ordering: .sequentiallyConsistent)
                if isDone() || Task.isCancelled { wake(ticket) }
            }
        } onCancel: {
            wake(ticket)
        }
    }

    /// Wakes everybody, also when nothing is new: the catalog was closed.
    package func wakeAll() {
        let woken = waiters.withLock { waiters in
            hasWaiters.store(false, ordering: .relaxed)
            defer { waiters = [:] }
            return Array(waiters.values)
        }
        for continuation in woken { continuation.resume() }
    }

    private func wake(_ ticket: Int) {
        waiters.withLock { $0.removeValue(forKey: ticket) }?.resume()
    }
}
