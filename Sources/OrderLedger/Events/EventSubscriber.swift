internal import VitrineSQLite
internal import VitrineSync

/// Somebody who reads the ledger's events, each at least once and in order, across restarts.
///
/// Its position, the last event that it has acknowledged, stands in the database under its name. A loop over `events`
/// begins after it and waits for what comes; it ends with the task's cancellation, or by an error when the ledger is
/// closed. What was not acknowledged comes again in the next loop. Several loops over one subscriber each get all.
public struct EventSubscriber: Sendable {
    /// The name under which the position is kept.
    public let name: String
    let ledger: Ledger

    /// The events after the position, without end.
    public var events: LedgerEvents { LedgerEvents(ledger: ledger, name: name) }

    /// Notes that all events up to this one are done with, durably; an earlier one than before changes nothing.
    ///
    /// - Throws: ``LedgerError`` as any write does.
    public func acknowledge(_ event: LedgerEvent) async throws {
        let name = name
        try await ledger.submit { core throws(LedgerError) in
            try core.connection.run(.advanceSubscriber, name, event.id)
        }
    }
}

/// Events of a ledger in order; see ``EventSubscriber``.
public struct LedgerEvents: AsyncSequence, Sendable {
    /// What the sequence gives.
    public typealias Element = LedgerEvent
    /// What it can fail with; a ``LedgerError``.
    public typealias Failure = any Error

    let ledger: Ledger
    let name: String

    /// Begins after the position that stands in the database then.
    public func makeAsyncIterator() -> Iterator {
        Iterator(ledger: ledger, name: name)
    }

    /// Goes through the events, a batch of at most 256 in memory at a time.
    public struct Iterator: AsyncIteratorProtocol {
        let ledger: Ledger
        let name: String
        private var position: Int64?
        private var batch: ArraySlice<LedgerEvent> = []

        init(ledger: Ledger, name: String) {
            self.ledger = ledger
            self.name = name
        }

        /// The next event, as soon as there is one; `nil` once the task is cancelled.
        ///
        /// - Throws: ``LedgerError`` with `isClosed`, `unknownSubscriber`, or what reading said.
        public mutating func next() async throws -> LedgerEvent? {
            while batch.isEmpty {
                if Task.isCancelled { return nil }
                let position = try self.position ?? ledger.position(of: name)
                self.position = position
                // Asked before reading: what is committed in between wakes the wait at once.
                let seen = ledger.commitsSeen
                batch = try ledger.events(after: position, limit: 256)[...]
                if batch.isEmpty, await !ledger.waitForCommit(after: seen) { return nil }
            }
            let event = batch.removeFirst()
            position = event.id
            return event
        }
    }
}

/// Wakes tasks that wait for the next commit.
final class CommitSignal: Sendable {
    private struct State {
        var count: UInt64 = 0
        var lastTicket: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        /// Cancelled before they could start to wait.
        var cancelled: Set<UInt64> = []
    }

    private let state = Locked(State())

    /// How many times it was raised.
    var count: UInt64 { state.withLock { $0.count } }

    /// Wakes everyone.
    func raise() {
        let woken = state.withLock { state in
            state.count += 1
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Waits until it was raised more than `count` times; returns `false` when the task was cancelled.
    func wait(after count: UInt64) async -> Bool {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    if state.cancelled.contains(ticket) || state.count > count { return false }
                    state.waiting[ticket] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state in
                state.cancelled.insert(ticket)
                return state.waiting.removeValue(forKey: ticket)
            }?.resume()
        }
        state.withLock { _ = $0.cancelled.remove(ticket) }
        return !Task.isCancelled
    }
}
