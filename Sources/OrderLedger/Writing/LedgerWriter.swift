internal import VitrineSync

/// The queue in front of the one thread that writes.
///
/// Tasks put their work in and suspend. The thread takes what has gathered, at most `groupOrdersMax` at a time, and
/// commits it under one transaction and one flush; what arrives meanwhile makes the next group. A queue that is full
/// refuses, because work that waits for minutes is of use to nobody.
final class LedgerWriter: Sendable {
    private let pendingMax: Int
    private let groupMax: Int
    private let state = Locked(State())
    private let thread = Locked<WorkerThread?>(nil)
    private let core: WriterCore

    /// Starts the thread.
    ///
    /// - Throws: `ioFailed` when the system has no thread to give.
    init(_ core: WriterCore, configuration: LedgerConfiguration) throws(LedgerError) {
        self.core = core
        pendingMax = configuration.pendingWritesMax
        groupMax = configuration.groupOrdersMax
        do {
            // The thread must not keep the writer alive: it ends with it.
            let worker = try WorkerThread(name: "ledger writer") { [weak self] in self?.drain() }
            thread.withLock { $0 = worker }
        } catch {
            throw LedgerError(.ioFailed, "no thread for the ledger's writer; end some of the process's", cause: error)
        }
    }

    deinit {
        thread.withLock { $0.take() }?.stop()
    }

    /// Has the thread run `body` in a savepoint of its own, and suspends until the commit that has it is durable.
    ///
    /// Cancellation is not observed: the work is on its way, and the caller must learn what became of it.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (WriterCore) throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        try await submit(isMaintenance: false, isLast: false, body)
    }

    /// Has the thread run `body` between two groups.
    ///
    /// - Parameter isLast: whether the queue refuses all that comes later.
    func maintain<Value: Sendable>(
        isLast: Bool = false,
        _ body: @escaping @Sendable (WriterCore) throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        try await submit(isMaintenance: true, isLast: isLast, body)
    }

    /// Does what is left to do and ends the thread.
    func stop() {
        state.withLock { $0.isClosed = true }
        thread.withLock { $0.take() }?.stop()
    }

    private func submit<Value: Sendable>(
        isMaintenance: Bool,
        isLast: Bool,
        _ body: @escaping @Sendable (WriterCore) throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        let result: Result<Value, LedgerError> = await unsafe withUnsafeContinuation { continuation in
            let work = PendingResult(isMaintenance: isMaintenance, body: body) { result in
                unsafe continuation.resume(returning: result)
            }
            let refusal = state.withLock { $0.add(work, isLast: isLast, max: pendingMax) }
            if let refusal {
                unsafe continuation.resume(returning: .failure(refusal))
            } else {
                thread.withLock { $0 }?.signal()
            }
        }
        return try result.get()
    }

    private func drain() {
        while true {
            let group = state.withLock { $0.takeGroup(max: groupMax) }
            guard let first = group.first else { return }
            if first.isMaintenance { core.maintain(first) } else { core.commit(group) }
        }
    }
}

private struct State {
    /// The oldest first, from `taken` on.
    private var queue: [PendingWrite] = []
    private var taken = 0
    var isClosed = false

    mutating func add(_ work: PendingWrite, isLast: Bool, max: Int) -> LedgerError? {
        if isClosed { return LedgerError(.isClosed, "the ledger was closed; open it anew") }
        let waiting = queue.count - taken
        guard waiting < max || isLast else {
            return LedgerError(.isOverloaded, "\(waiting) writes wait already; try again when some are done")
        }
        queue.append(work)
        if isLast { isClosed = true }
        return nil
    }

    /// One piece of maintenance, or as many writes as stand in front of the next one.
    mutating func takeGroup(max: Int) -> [PendingWrite] {
        let waiting = queue[taken...]
        guard let first = waiting.first else { return [] }
        let group = first.isMaintenance ? waiting.prefix(1) : waiting.prefix(max).prefix { !$0.isMaintenance }
        taken = group.endIndex
        if taken == queue.count {
            queue.removeAll(keepingCapacity: queue.capacity <= 4_096)
            taken = 0
        } else if taken >= 4_096 {
            queue.removeFirst(taken)
            taken = 0
        }
        return Array(group)
    }
}
