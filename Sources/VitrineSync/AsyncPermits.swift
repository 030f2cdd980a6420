/// A fixed number of permits that tasks wait for in the order in which they asked.
package final class AsyncPermits: Sendable {
    private let state: Locked<PermitState>

    /// Starts with `count` permits to give.
    package init(count: Int) {
        precondition(count > 0, "\(count) permits")
        state = Locked(PermitState(free: count))
    }

    /// Takes a permit, suspending until there is one; give it back with `release`.
    ///
    /// - Throws: `CancellationError` when the task was cancelled before it got one.
    package func acquire() async throws {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let isGranted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let settled = state.withLock { $0.start(PermitWaiter(ticket: ticket, continuation: continuation)) }
                if let settled { continuation.resume(returning: settled) }
            }
        } onCancel: {
            state.withLock { $0.cancel(ticket) }?.resume(returning: false)
        }
        state.withLock { state in
            _ = state.cancelled.remove(ticket)
        }
        guard isGranted else { throw CancellationError() }
    }

    /// Takes a permit, suspending until there is one, also when the task was cancelled: for what must be done in any case.
    package func acquireRegardless() async {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        _ = await withCheckedContinuation { continuation in
            let settled = state.withLock { $0.start(PermitWaiter(ticket: ticket, continuation: continuation)) }
            if let settled { continuation.resume(returning: settled) }
        }
    }

    /// Takes a permit if there is one now, and returns whether it did; give it back with `release`.
    package func acquireNow() -> Bool {
        state.withLock { state in
            if state.free == 0 { return false }
            state.free -= 1
            return true
        }
    }

    /// Gives a permit back, to whoever has waited longest.
    package func release() {
        state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }?.resume(returning: true)
    }
}

private struct PermitWaiter {
    let ticket: UInt64
    let continuation: CheckedContinuation<Bool, Never>
}

private struct PermitState {
    /// More than none only while nobody waits.
    var free: Int
    var lastTicket: UInt64 = 0
    var waiting: [PermitWaiter] = []
    /// Cancelled before they could start to wait.
    var cancelled: Set<UInt64> = []

    init(free: Int) {
        self.free = free
    }

    /// Grants (`true`), refuses (`false`), or has the waiter wait (`nil`).
    mutating func start(_ waiter: PermitWaiter) -> Bool? {
        if cancelled.contains(waiter.ticket) { return false }
        if free > 0 {
            free -= 1
            return true
        }
        waiting.append(waiter)
        return nil
    }

    /// Takes the waiter out of the queue, or notes that it must not enter it.
    mutating func cancel(_ ticket: UInt64) -> CheckedContinuation<Bool, Never>? {
        if let index = waiting.firstIndex(where: { $0.ticket == ticket }) {
            return waiting.remove(at: index).continuation
        }
        cancelled.insert(ticket)
        return nil
    }
}
