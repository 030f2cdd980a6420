internal import VitrineSQLite
internal import VitrineSync

/// The queue in front of the one thread that writes.
///
/// Tasks put their work in and suspend. The thread takes what has gathered, at most `groupOrdersMax` at a time, and
/// commits it under one transaction and one flush. What arrives meanwhile makes the next group, which is written beside
/// that flush and takes in all that comes before it ends: committed sooner it would wait for it too. A queue that is full
/// refuses, because work that waits for minutes is of use to nobody.
final class LedgerWriter: Sendable {
    private let pendingMax: Int
    private let groupOrdersMax: Int
    /// Nanoseconds between two rounds of what is to be done although nobody writes.
    private let upkeepInterval: Int64
    private let state = Locked(State())
    private let thread = Locked<WorkerThread?>(nil)
    /// Signalled when work arrives, or the flusher comes to rest, while a group waits for either.
    private let gathering = Semaphore()
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
            let (refusal, isGathering) = state.withLock { state in
                let refusal = state.add(work, isLast: isLast, max: pendingMax)
                return (refusal, refusal == nil && state.endGathering())
            }
            if let refusal {
                unsafe continuation.resume(returning: .failure(refusal))
            } else if isGathering {
                gathering.signal()
            } else {
                thread.withLock { $0 }?.signal()
            }
        }
        return try result.get()
    }

    /// What a group of `count` takes in besides; nothing when it is to be committed.
    ///
    /// - Parameter isRepeatable: whether it takes in only what may run again.
    private func gather(beside count: Int, isRepeatable: Bool) -> [PendingWrite] {
        let room = groupOrdersMax - count
        while room > 0, !core.flusher.isIdle {
            if let arrived = state.withLock({ $0.gather(max: room, isRepeatable: isRepeatable) }) { return arrived }
            // Asked for only before a wait, so that signals that nobody waited for do not add up.
            if core.flusher.signalWhenIdle(gathering) { gathering.wait() }
        }
        return []
    }

    private func drain() {
        while true {
            let (group, isAlone) = state.withLock { state in
                let group = state.takeGroup(max: groupOrdersMax)
                return (group, state.isEmpty)
            }
            guard let first = group.first else { break }
            if first.isMaintenance {
                core.maintain(first)
            } else {
                core.commit(group, isAlone: isAlone) { [self] in gather(beside: $0, isRepeatable: $1) }
            }
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
    /// Whether a group waits for what arrives next.
    private var isGathering = false

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

    /// Whether a group waited for what has arrived; it no longer does.
    mutating func endGathering() -> Bool {
        defer { isGathering = false }
        return isGathering
    }

    /// Whether nothing waits.
    var isEmpty: Bool { taken == queue.count }

    /// One piece of maintenance, or the writes that stand in front of the next one, at most so many.
    mutating func takeGroup(max: Int) -> [PendingWrite] {
        isGathering = false
        let waiting = queue[taken...]
        guard let first = waiting.first else { return [] }
        return take(
            first.isMaintenance ? waiting.prefix(1) : waiting.prefix(max).prefix { !$0.isMaintenance }
        )
    }

    /// Writes for a group that has begun, at most so many; none when others are in front; `nil` when nothing waits, and
    /// from then on it is gathering.
    mutating func gather(max: Int, isRepeatable: Bool) -> [PendingWrite]? {
        isGathering = isEmpty
        if isEmpty { return nil }
        return take(
            queue[taken...].prefix(max).prefix { !$0.isMaintenance && ($0.isRepeatable || !isRepeatable) }
        )
    }

    private mutating func take(_ group: ArraySlice<PendingWrite>) -> [PendingWrite] {
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
