internal import VitrineSync

/// Makes segments of what was committed, on a thread of its own, beside the writer and the flush.
///
/// A commit that reads back wrong ends shipping for good: no sink gets it, and its callers are not told that it is
/// theirs.
final class Shipper: Sendable {
    private let hub: ReplicationHub
    private let builder: Locked<SegmentBuilder>
    private let state = Locked(State())
    private let thread = Locked<WorkerThread?>(nil)

    private struct Job {
        let commit: CommittedFrames
        let group: CommittedGroup
    }

    private struct State {
        var jobs: [Job] = []
        var isBusy = false
        var failure: LedgerError?
        var whenIdle: [Semaphore] = []
    }

    /// Starts the thread.
    ///
    /// - Throws: `ioFailed` when the system has no thread to give.
    init(_ builder: sending SegmentBuilder, hub: ReplicationHub) throws(LedgerError) {
        self.hub = hub
        self.builder = Locked(builder)
        do {
            let worker = try WorkerThread(name: "ledger shipper", interval: .milliseconds(50)) { [weak self] in
                self?.work()
            }
            thread.withLock { $0 = worker }
        } catch {
            throw LedgerError(.ioFailed, "no thread for the ledger's segments; end some of the process's", cause: error)
        }
    }

    /// Why nothing is shipped any more.
    var failure: LedgerError? { state.withLock { $0.failure } }

    /// Takes a commit over; `group` is told when its segment is with the links.
    func submit(_ commit: CommittedFrames, for group: CommittedGroup) {
        state.withLock { $0.jobs.append(Job(commit: commit, group: group)) }
        thread.withLock { $0 }?.signal()
    }

    /// Blocks until everything that was submitted is with the links: the log may be overwritten then.
    ///
    /// - Throws: what reading a commit back said.
    func drain() throws(LedgerError) {
        let semaphore = state.withLock { state -> Semaphore? in
            if !state.isBusy && state.jobs.isEmpty { return nil }
            let semaphore = Semaphore()
            state.whenIdle.append(semaphore)
            return semaphore
        }
        semaphore?.wait()
        if let failure { throw failure }
    }

    /// Ends the thread once what was submitted is done.
    func stop() {
        thread.withLock { $0.take() }?.stop()
        builder.withLock { $0.close() }
    }

    private func work() {
        while let jobs = take() {
            for job in jobs {
                var failure = self.failure
                if failure == nil {
                    do throws(LedgerError) {
                        let segment = try builder.withLock { builder throws(LedgerError) in
                            try builder.segment(of: job.commit)
                        }
                        hub.append(segment)
                    } catch {
                        failure = error
                        state.withLock { $0.failure = error }
                    }
                }
                job.group.note(failure)
            }
        }
        hub.expire()
    }

    private func take() -> [Job]? {
        let (jobs, idle) = state.withLock { state in
            let jobs = state.jobs
            state.jobs = []
            state.isBusy = !jobs.isEmpty
            var idle: [Semaphore] = []
            if jobs.isEmpty {
                idle = state.whenIdle
                state.whenIdle = []
            }
            return (jobs, idle)
        }
        for semaphore in idle { semaphore.signal() }
        return jobs.isEmpty ? nil : jobs
    }
}
