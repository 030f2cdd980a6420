internal import VitrineSQLite
internal import VitrineSync

/// Flushes the log for groups that were committed, beside the writer, which commits the next one meanwhile.
///
/// One flush serves all groups that were committed when it began. A flush that failed is never tried again, for the
/// system may have dropped what it could not write and would then report success: every group from then on fails.
/// For a lone caller the writer flushes by itself, which saves two changes of thread; callers of a group are resumed by
/// this thread, so that the first of them find the writer ready.
final class GroupFlusher: Sendable {
    private let log: LogFile
    private let durability: Durability
    private let signal: CommitSignal
    private let state = Locked(State())
    private let thread = Locked<WorkerThread?>(nil)

    private struct State {
        var groups: [CommittedGroup] = []
        var isBusy = false
        var failure: LedgerError?
        var whenIdle: [Semaphore] = []

        var isIdle: Bool { !isBusy && groups.isEmpty }
    }

    /// Starts the thread.
    ///
    /// - Throws: `ioFailed` when the system has no thread to give.
    init(log: LogFile, durability: Durability, signal: CommitSignal) throws(LedgerError) {
        self.log = log
        self.durability = durability
        self.signal = signal
        do {
            let worker = try WorkerThread(name: "ledger flusher") { [weak self] in self?.work() }
            thread.withLock { $0 = worker }
        } catch {
            throw LedgerError(.ioFailed, "no thread for the ledger's flushes; end some of the process's", cause: error)
        }
    }

    /// Why no flush is tried any more.
    var failure: LedgerError? { state.withLock { $0.failure } }

    /// Takes a committed group over: flushes it and resumes its callers.
    ///
    /// - Parameter isAlone: whether nothing else waits to be written, so that the calling thread may do it itself for a
    ///   single caller.
    func submit(_ group: CommittedGroup, isAlone: Bool) {
        let isMine = state.withLock { state in
            state.groups.append(group)
            if state.isBusy || (group.needsFlush && !(isAlone && group.count <= 1)) { return false }
            state.isBusy = true
            return true
        }
        if isMine { flushAll() } else { thread.withLock { $0 }?.signal() }
    }

    /// Blocks until every group that was submitted is flushed.
    ///
    /// - Throws: what a flush said.
    func drain() throws(LedgerError) {
        let idle = Semaphore()
        if signalWhenIdle(idle) { idle.wait() }
        if let failure { throw failure }
    }

    /// Whether every group that was submitted is flushed.
    var isIdle: Bool { state.withLock { $0.isIdle } }

    /// Has `semaphore` signalled when every group that was submitted is flushed; returns whether there is one that is not.
    func signalWhenIdle(_ semaphore: Semaphore) -> Bool {
        state.withLock { state in
            if state.isIdle { return false }
            if !state.whenIdle.contains(where: { $0 === semaphore }) { state.whenIdle.append(semaphore) }
            return true
        }
    }

    /// Ends the thread once what was submitted is done.
    func stop() {
        thread.withLock { $0.take() }?.stop()
    }

    private func work() {
        let isMine = state.withLock { state in
            if state.isBusy || state.groups.isEmpty { return false }
            state.isBusy = true
            return true
        }
        if isMine { flushAll() }
    }

    /// Flushes until nothing is left; whoever calls it has set `isBusy`.
    private func flushAll() {
        while true {
            let next: (groups: [CommittedGroup], failure: LedgerError?)? = state.withLock { state in
                if state.groups.isEmpty {
                    state.isBusy = false
                    for semaphore in state.whenIdle { semaphore.signal() }
                    state.whenIdle = []
                    return nil
                }
                let groups = state.groups
                state.groups = []
                return (groups, state.failure)
            }
            guard let next else { return }
            settle(next.groups, failure: next.failure ?? flush(next.groups))
        }
    }

    /// Flushes once for all groups; returns what went wrong.
    private func flush(_ groups: [CommittedGroup]) -> LedgerError? {
        guard groups.contains(where: \.needsFlush) else { return nil }
        do throws(DatabaseError) {
            try log.flush()
        } catch {
            let failure = LedgerError(error)
            state.withLock { $0.failure = failure }
            return failure
        }
        return nil
    }

    private func settle(_ groups: [CommittedGroup], failure: LedgerError?) {
        if failure != nil {
            durability.fail()
        } else if let last = groups.last {
            durability.settle(upTo: last.number)
            if groups.contains(where: \.needsFlush) { signal.raise() }
        }
        for group in groups { group.note(failure) }
    }
}
