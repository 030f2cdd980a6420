internal import VitrineSQLite
internal import VitrineSync

/// Connections that only read: opened when first needed, at most so many, lent to whoever came first.
///
/// A plain read that finds none free blocks its thread until one is given back; a `read { … }` suspends its task, and
/// can be cancelled while it waits and while it runs. Both stand in one queue. As long as there are at least as many
/// connections as the machine has cores, tasks of the cooperative pool hardly ever meet the queue.
package final class ReaderPool: Sendable {
    private let path: String
    private let vfs: String?
    private let durability: Durability
    private let configuration: LedgerConfiguration
    private let state = Locked(ReaderQueue())
    /// Threads for the bodies of `read { … }`, made when first needed.
    private let threads = Locked<BlockingPool?>(nil)

    init(path: String, vfs: String?, durability: Durability, configuration: LedgerConfiguration) {
        self.path = path
        self.vfs = vfs
        self.durability = durability
        self.configuration = configuration
    }

    /// Lends a connection to `body`, and returns when all that it can have seen is durable.
    ///
    /// - Throws: what `body` throws; `isClosed`; what opening a connection said.
    package func read<Result>(_ body: (Connection) throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        let lease = try borrow(ageMax: nil)
        defer { giveBack(lease) }
        let result = try body(lease.connection)
        durability.waitForWhatIsVisible()
        return result
    }

    /// Lends a connection to `body`, whose statements all see the same state of the database.
    ///
    /// - Throws: as `read` does.
    package func readSnapshot<Result>(
        _ body: (Connection) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        try read { connection throws(LedgerError) in
            try connection.run(.beginRead)
            let outcome: Swift.Result<Result, LedgerError>
            do throws(LedgerError) {
                outcome = .success(try body(connection))
            } catch {
                outcome = .failure(error)
            }
            // A damaged database can end the transaction by itself.
            if connection.isInTransaction { try connection.run(.rollback) }
            return try outcome.get()
        }
    }

    /// Lends a connection to a host's `body` at one snapshot, on a thread that may block, for as long as a reader may
    /// last.
    ///
    /// - Throws: what `body` throws; `CancellationError`; `readExpired`; `isClosed`; what opening a connection said.
    func readForHost<Value: Sendable>(
        _ body: @escaping @Sendable (ReadTransaction) throws -> Value
    ) async throws -> Value {
        let lease = try await borrowAsync()
        defer { giveBack(lease) }
        let durability = durability
        return try await withTaskCancellationHandler {
            try await blockingThreads().run {
                let transaction = try ReadTransaction(lease)
                lease.watch(transaction)
                defer { transaction.end() }
                do {
                    let value = try body(transaction)
                    try transaction.check()
                    durability.waitForWhatIsVisible()
                    return value
                } catch {
                    if lease.connection.limit.isCancelled { throw CancellationError() }
                    throw error
                }
            }
        } onCancel: {
            lease.connection.limit.cancel()
        }
    }

    /// Who reads at the moment.
    struct Figures: Sendable {
        /// Reads under way.
        var count = 0
        /// How long the oldest has lasted.
        var oldestAge: Duration = .zero
    }

    /// Who reads at the moment.
    var figures: Figures {
        let now = monotonicNanoseconds()
        return state.withLock { state in
            let oldest = state.leases.map(\.start).min() ?? now
            return Figures(count: state.leases.count, oldestAge: .nanoseconds(max(0, now - oldest)))
        }
    }

    /// How many stand in the queue.
    package var waitingCount: Int { state.withLock { $0.waitingCount } }

    /// Ends the transactions of readers that are too old and in the middle of nothing; a statement that runs ends by
    /// itself.
    func reap() -> Figures {
        let overdue = state.withLock { $0.leases.filter { $0.connection.limit.isOverdue } }
        for lease in overdue { lease.expire() }
        return figures
    }

    /// Refuses new reads, waits until those under way are done, and closes all connections.
    func close() {
        let last = Semaphore()
        let mustWait = state.withLock { state in
            state.isClosed = true
            state.free = []
            if state.lent == 0 { return false }
            state.whenAllBack = last
            return true
        }
        if mustWait { last.wait() }
        threads.withLock { $0 = nil }
    }

    private func blockingThreads() throws(LedgerError) -> BlockingPool {
        do throws(WorkerThreadError) {
            return try threads.withLock { threads throws(WorkerThreadError) in
                if let threads { return threads }
                let made = try BlockingPool(name: "ledger reader", threadCount: configuration.readersMax)
                threads = made
                return made
            }
        } catch {
            throw LedgerError(.ioFailed, "no threads for the ledger's readers; end some of the process's", cause: error)
        }
    }
}

// Borrowing
extension ReaderPool {
    private func borrow(ageMax: Duration?) throws(LedgerError) -> ReaderLease {
        let next = state.withLock { state in
            state.borrow(max: configuration.readersMax) { ReaderWaiter(.thread(Semaphore()), ticket: 0) }
        }
        guard case .waiting(let waiter) = next, case .thread(let semaphore) = waiter.kind else {
            return try lease(next, ageMax: ageMax)
        }
        semaphore.wait()
        return try lease(waiter.turn.withLock { $0.take() } ?? .closed, ageMax: ageMax)
    }

    private func borrowAsync() async throws -> ReaderLease {
        let ticket = state.withLock { $0.nextTicket() }
        let turn: ReaderTurn = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let next = state.withLock { state -> ReaderTurn in
                    if state.cancelled.contains(ticket) { return .cancelled }
                    return state.borrow(max: configuration.readersMax) {
                        ReaderWaiter(.task(continuation), ticket: ticket)
                    }
                }
                if case .waiting = next { return }
                continuation.resume(returning: next)
            }
        } onCancel: {
            state.withLock { $0.cancel(ticket) }?.resume(returning: .cancelled)
        }
        state.withLock { _ = $0.cancelled.remove(ticket) }
        if case .cancelled = turn { throw CancellationError() }
        return try lease(turn, ageMax: configuration.readerAgeMax)
    }

    private func lease(_ turn: ReaderTurn, ageMax: Duration?) throws(LedgerError) -> ReaderLease {
        let connection: Connection
        switch turn {
        case .ready(let kept): connection = kept
        case .open: connection = try open()
        case .closed, .cancelled, .waiting:
            throw LedgerError(.isClosed, "\(path): the ledger was closed; open it anew")
        }
        let start = monotonicNanoseconds()
        connection.limit.begin(deadline: ageMax.map { start + $0.wholeMilliseconds * 1_000_000 } ?? .max)
        let lease = ReaderLease(connection: connection, start: start)
        state.withLock { $0.leases.append(lease) }
        return lease
    }

    /// Opens a connection in the place that was already counted.
    private func open() throws(LedgerError) -> Connection {
        do throws(LedgerError) {
            return try Connection(
                path: path,
                role: .reader,
                vfs: vfs,
                cacheBytesMax: configuration.cacheBytesMax
            )
        } catch {
            returnPlace(nil)
            throw error
        }
    }

    private func giveBack(_ lease: ReaderLease) {
        state.withLock { $0.leases.removeAll { $0 === lease } }
        returnPlace(lease.connection)
    }

    private func returnPlace(_ connection: Connection?) {
        state.withLock { $0.giveBack(connection) }?()
    }
}
