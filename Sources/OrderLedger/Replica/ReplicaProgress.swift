internal import VitrineSync

/// How far a replica is, for those who ask and those who wait.
final class ReplicaProgress: Sendable {
    private struct State {
        var status = ReplicaStatus()
        var readers: ReaderPool?
        var ending: LedgerError?
        var lastTicket: UInt64 = 0
        var waiting: [UInt64: (position: LedgerPosition, continuation: CheckedContinuation<Bool, Never>)] = [:]
        /// Given up before they could start to wait.
        var givenUp: Set<UInt64> = []
    }

    private let state = Locked(State())
    private let now: @Sendable () -> Duration

    init(now: @escaping @Sendable () -> Duration) {
        self.now = now
    }

    var status: ReplicaStatus { state.withLock { $0.status } }
    var readers: ReaderPool? { state.withLock { $0.readers } }

    func replaceReaders(_ readers: ReaderPool?) -> ReaderPool? {
        state.withLock { state in
            let old = state.readers
            state.readers = readers
            return old
        }
    }

    /// Why nothing is applied any more: it was closed, or promoted.
    var ending: LedgerError? { state.withLock { $0.ending } }

    func end(_ ending: LedgerError) {
        state.withLock { $0.ending = ending }
    }

    func note(primary position: LedgerPosition) {
        state.withLock { $0.status.primary = max($0.status.primary ?? position, position) }
    }

    /// Notes the version that the copy is at now, and wakes those who waited for it.
    func note(_ version: LedgerVersion, committedAt: Int64, segments: Int) {
        let time = now()
        let woken = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            state.status.version = version
            state.status.committedAt = .milliseconds(committedAt)
            if segments > 0 { state.status.lag = max(.zero, time - .milliseconds(committedAt)) }
            state.status.segments += segments
            state.status.primary = max(state.status.primary ?? version.position, version.position)
            if state.waiting.isEmpty { return [] }
            let done = state.waiting.filter { $0.value.position <= version.position }
            for ticket in done.keys { state.waiting[ticket] = nil }
            return done.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: true) }
    }

    /// - Throws: `replicaBehind`; `CancellationError`.
    func wait(for position: LedgerPosition, atMost limit: Duration) async throws {
        if let version = status.version, version.position >= position { return }
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let isReached = await withTaskGroup(of: Bool?.self) { group in
            group.addTask { await self.suspend(ticket, position) }
            group.addTask {
                try? await Task.sleep(for: limit)  // Cancelled once the other is done.
                self.giveUp(ticket)
                return nil
            }
            var isReached = false
            for await outcome in group {
                guard let outcome else { continue }
                isReached = outcome
                group.cancelAll()
            }
            return isReached
        }
        state.withLock { _ = $0.givenUp.remove(ticket) }
        if isReached { return }
        try Task.checkCancellation()
        let here = status.version.map { "\($0.position)" } ?? "nowhere"
        throw LedgerError(.replicaBehind, "the replica is at \(here) and did not reach \(position) within \(limit)")
    }

    private func suspend(_ ticket: UInt64, _ position: LedgerPosition) async -> Bool {
        await withCheckedContinuation { continuation in
            let settled = state.withLock { state -> Bool? in
                if let version = state.status.version, version.position >= position { return true }
                if state.givenUp.contains(ticket) { return false }
                state.waiting[ticket] = (position, continuation)
                return nil
            }
            if let settled { continuation.resume(returning: settled) }
        }
    }

    private func giveUp(_ ticket: UInt64) {
        let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            if let waiting = state.waiting.removeValue(forKey: ticket) { return waiting.continuation }
            state.givenUp.insert(ticket)
            return nil
        }
        continuation?.resume(returning: false)
    }
}
