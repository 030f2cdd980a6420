internal import VitrineSync

/// A replica at the other end of a connection, as a sink.
final class SocketSink: ReplicationSink {
    private let channel: MessageChannel
    private let mode: ReplicationMode
    private let state = Locked(State())

    private struct State {
        var received: LedgerPosition?
        var durable: LedgerPosition?
        var sent: LedgerPosition?
        var failure: (any Error)?
        var waiting: [Waiter] = []
    }

    private struct Waiter {
        let position: LedgerPosition
        let isDurable: Bool
        let continuation: CheckedContinuation<(any Error)?, Never>
    }

    init(_ channel: MessageChannel, mode: ReplicationMode) {
        self.channel = channel
        self.mode = mode
    }

    /// Sends the segment; in mode `received` waits until it was applied there.
    func receive(_ segment: WALSegment) async throws {
        let position = segment.after.position
        state.withLock { $0.sent = position }
        try await channel.send(.segment(segment.encoded))
        if mode == .received { try await wait(for: position, isDurable: false) }
    }

    /// Waits until all that was sent is flushed there.
    func flush() async throws {
        guard let position = state.withLock({ $0.sent }) else { return }
        try await wait(for: position, isDurable: true)
    }

    /// Waits until the replica has `position`, and has flushed it if asked to.
    func wait(for position: LedgerPosition, isDurable: Bool) async throws {
        let failure: (any Error)? = await withCheckedContinuation { continuation in
            let settled = state.withLock { state -> ((any Error)?)? in
                if let failure = state.failure { return .some(failure) }
                let reached = isDurable ? state.durable : state.received
                if let reached, reached >= position { return .some(nil) }
                state.waiting.append(Waiter(position: position, isDurable: isDurable, continuation: continuation))
                return nil
            }
            if let settled { continuation.resume(returning: settled) }
        }
        if let failure { throw failure }
    }

    /// Reads what the replica acknowledges, until it is gone.
    ///
    /// - Throws: `connectionFailed`; what the replica refused with.
    func listen() async throws {
        do {
            while true {
                for message in try await channel.receive() { try note(message) }
            }
        } catch {
            fail(error)
            throw error
        }
    }

    /// Has everyone who waits for the replica fail.
    func fail(_ error: any Error) {
        let woken = state.withLock { state in
            state.failure = state.failure ?? error
            let woken = state.waiting
            state.waiting = []
            return woken
        }
        for waiter in woken { waiter.continuation.resume(returning: error) }
    }

    private func note(_ message: Message) throws {
        switch message {
        case .received(let position): note(received: position, durable: nil)
        case .durable(let position): note(received: position, durable: position)
        case .refused(let code, let words):
            throw LedgerError(code == LedgerError.Code.fenced.name ? .fenced : .connectionFailed, "\(code): \(words)")
        default: throw LedgerError(.connectionFailed, "a replica said what only a ledger says")
        }
    }

    private func note(received: LedgerPosition, durable: LedgerPosition?) {
        let woken = state.withLock { state in
            state.received = max(state.received ?? received, received)
            if let durable { state.durable = max(state.durable ?? durable, durable) }
            let isDone = { (waiter: Waiter) in
                (waiter.isDurable ? state.durable : state.received).map { $0 >= waiter.position } ?? false
            }
            let woken = state.waiting.filter(isDone)
            state.waiting.removeAll(where: isDone)
            return woken
        }
        for waiter in woken { waiter.continuation.resume(returning: nil) }
    }
}
