internal import VitrineSQLite
internal import VitrineSync

/// The queue in front of the one thread that writes.
///
/// Tasks put their work in and suspend. The thread takes what has gathered, at most `groupOrdersMax` at a time, and
/// commits it under one transaction and one flush; what arrives meanwhile makes the next group. A queue that is full
/// refuses, because work that waits for minutes is of use to nobody.
final class LedgerWriter: Sendable {
    private let pendingMax: Int
    private let groupOrdersMax: Int
    /// Nanoseconds between two rounds of what is to be done although nobody writes.
    private let upkeepInterval: Int64
    private let state = Locked(State())
    private let thread = Locked<WorkerThread?>(nil)
    private let core: WriterCore
    private let readers: ReaderPool

    /// Starts the thread.
    ///
    /// - Throws: `ioFailed` when the system has no thread to give.
    init(_ core: WriterCore, readers: ReaderPool, configuration: LedgerConfiguration) throws(LedgerError) {
        self.core = core
        self.readers = readers
        pendingMax = configuration.pendingWritesMax
        groupOrdersMax = configuration.groupOrdersMax
        upkeepInterval = configuration.expiryInterval.wholeMilliseconds * 1_000_000
        do {
            // The thread must not keep the writer alive: it ends with it.
            let worker = try WorkerThread(name: "ledger writer", interval: configuration.expiryInterval) {
                [weak self] in self?.drain()
            }
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
    ///
    /// - Parameter isRepeatable: whether `body` may run again after what it did was taken back.
    func write<Value: Sendable>(
        isRepeatable: Bool = true,
        _ body: @escaping @Sendable (WriterCore) throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        try await submit(isMaintenance: false, isRepeatable: isRepeatable, isLast: false, body)
    }

    /// Has the thread run `body` between two groups.
    ///
    /// - Parameter isLast: whether the queue refuses all that comes later.
    func maintain<Value: Sendable>(
        isLast: Bool = false,
        _ body: @escaping @Sendable (WriterCore) throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        try await submit(isMaintenance: true, isRepeatable: false, isLast: isLast, body)
    }

    /// Does what is left to do and ends the thread.
    func stop() {
        state.withLock { $0.isClosed = true }
        thread.withLock { $0.take() }?.stop()
    }

    private func submit<Value: Sendable>(
        isMaintenance: Bool,
        isRepeatable: Bool,
        isLast: Bool,
        _ body: @escaping @Sendable (WriterCore) throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        let result: Result<Value, LedgerError> = await unsafe withUnsafeContinuation { continuation in
            let work = unsafe PendingResult(
                isMaintenance: isMaintenance,
                isRepeatable: isRepeatable,
                continuation: continuation,
                body: body
            )
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
            let (group, isAlone) = state.withLock { state in
                let group = state.takeGroup(max: groupOrdersMax)
                return (group, state.isEmpty)
            }
            guard let first = group.first else { break }
            if first.isMaintenance { core.maintain(first) } else { core.commit(group, isAlone: isAlone) }
        }
        let now = monotonicNanoseconds()
        let isDue = state.withLock { $0.isUpkeepDue(at: now, interval: upkeepInterval) }
        guard isDue else { return }
        core.expireWhatIsDue()
        core.recordGauges(readers.reap())
    }
}

private struct State {
    /// The oldest first, from `taken` on.
    private var queue: [PendingWrite] = []
    private var taken = 0
    var isClosed = false
    private var upkeepDue: Int64 = 0

    /// Whether holds and readers are to be looked at; never once it is closed, for then there are no files.
    mutating func isUpkeepDue(at now: Int64, interval: Int64) -> Bool {
        if isClosed || now < upkeepDue { return false }
        upkeepDue = now + interval
        return true
    }

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

    /// Whether nothing waits.
    var isEmpty: Bool { taken == queue.count }

    /// One piece of maintenance, or the writes that stand in front of the next one, at most so many.
    mutating func takeGroup(max: Int) -> [PendingWrite] {
        let waiting = queue[taken...]
        guard let first = waiting.first else { return [] }
        let group =
            first.isMaintenance
            ? waiting.prefix(1) : waiting.prefix(max).prefix { !$0.isMaintenance }
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
