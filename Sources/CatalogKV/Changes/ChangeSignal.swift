internal import Synchronization
internal import VitrineSync

/// Wakes those who wait for something to be published, and costs the publisher a fence and a load while nobody waits.
package final class ChangeSignal: Sendable {
    /// How many wait; relaxed, because the fences order it against what is published.
    private let waiterCount = Atomic(0)
    private let waiters = Locked(ChangeWaiters())

    /// Nobody waits yet.
    package init() {}

    /// Wakes everybody; call it after each publication.
    package func notify() {
        // Of a publisher and one who begins to wait, at least one sees what the other stored before its fence.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if waiterCount.load(ordering: .relaxed) == 0 { return }
        for continuation in takeAll() { continuation.resume() }
    }

    /// Suspends until the next `notify`, unless `isReady` says that what it is about has happened already.
    ///
    /// - Throws: `CancellationError`.
    package func wait(unless isReady: () -> Bool) async throws {
        let ticket = waiters.withLock { $0.makeTicket() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = waiters.withLock { state in
                    guard state.start(ticket, continuation) else { return false }
                    waiterCount.store(state.waiting.count, ordering: .relaxed)
                    return true
                }
                guard isWaiting else {
                    continuation.resume()
                    return
                }
                atomicMemoryFence(ordering: .sequentiallyConsistent)
                if isReady() { take(ticket)?.resume() }
            }
        } onCancel: {
            take(ticket, isCancelled: true)?.resume()
        }
        waiters.withLock { state in
            _ = state.cancelled.remove(ticket)
        }
        try Task.checkCancellation()
    }

    private func take(_ ticket: UInt64, isCancelled: Bool = false) -> CheckedContinuation<Void, Never>? {
        waiters.withLock { state in
            let continuation = state.waiting.removeValue(forKey: ticket)
            if continuation == nil, isCancelled { state.cancelled.insert(ticket) }
            waiterCount.store(state.waiting.count, ordering: .relaxed)
            return continuation
        }
    }

    private func takeAll() -> [CheckedContinuation<Void, Never>] {
        waiters.withLock { state in
            defer { state.waiting.removeAll(keepingCapacity: true) }
            waiterCount.store(0, ordering: .relaxed)
            return Array(state.waiting.values)
        }
    }
}

private struct ChangeWaiters {
    private var lastTicket: UInt64 = 0
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    /// Cancelled before they could start to wait.
    var cancelled: Set<UInt64> = []

    mutating func makeTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    /// Lets the continuation wait, unless its task was cancelled.
    mutating func start(_ ticket: UInt64, _ continuation: CheckedContinuation<Void, Never>) -> Bool {
        if cancelled.contains(ticket) { return false }
        waiting[ticket] = continuation
        return true
    }
}
