/// A few threads for calls that block, so that a task can wait for one without holding a thread of Swift's
/// cooperative pool.
///
/// Jobs start in the order in which they came. The queue holds one job per suspended task and so is bounded by
/// whoever bounds those.
package final class BlockingPool: Sendable {
    private let core: PoolCore
    private let threads: Locked<[WorkerThread]>

    /// Starts `threadCount` threads under `name`.
    ///
    /// - Throws: `WorkerThreadError` when the system has no thread to give.
    package init(name: String, threadCount: Int) throws(WorkerThreadError) {
        precondition(threadCount > 0, "a pool of \(threadCount) threads")
        let core = PoolCore(threadCount: threadCount)
        var started: [WorkerThread] = []
        for index in 0..<threadCount {
            // The threads hold the core, not the pool, and so end with the pool.
            started.append(try WorkerThread(name: name) { core.work(index) })
        }
        self.core = core
        threads = Locked(started)
    }

    /// Runs `body` on one of the threads and returns what it returned.
    ///
    /// Cancellation is not observed once the call is made: the caller must learn what became of its job.
    ///
    /// - Throws: what `body` threw; `BlockingPoolClosed` after `close`.
    @concurrent
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            let turn = core.enqueue { continuation.resume(returning: Result(catching: body)) }
            switch turn {
            case .refused: continuation.resume(returning: .failure(BlockingPoolClosed()))
            case .wake(let index): signal(index)
            case .queued: break
            }
        }
        return try result.get()
    }

    /// Refuses new jobs, suspends until those it has are done, and ends the threads.
    package func close() async {
        await withCheckedContinuation { continuation in
            if core.close(continuation) { continuation.resume() }
        }
        for thread in threads.withLock({ threads in exchange(&threads, with: []) }) { thread.stop() }
    }

    private func signal(_ index: Int) {
        // Empty once closed, when no job is left to wake anybody for.
        threads.withLock { $0.indices.contains(index) ? $0[index] : nil }?.signal()
    }
}

/// The pool was closed before the job came.
package struct BlockingPoolClosed: Error {}

private typealias Job = @Sendable () -> Void

/// What the threads share.
private final class PoolCore: Sendable {
    enum Turn: Sendable {
        case refused
        case queued
        case wake(Int)
    }

    private struct State {
        /// The jobs not yet taken are those from `head` on.
        var jobs: [Job?] = []
        var head = 0
        var running = 0
        var idle: [Int]
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []

        var isDone: Bool { running == 0 && head == jobs.count }
    }

    private let state: Locked<State>

    init(threadCount: Int) {
        state = Locked(State(idle: Array(0..<threadCount)))
    }

    func enqueue(_ job: @escaping Job) -> Turn {
        state.withLock { state in
            if state.isClosed { return .refused }
            state.jobs.append(job)
            // A thread that is at work looks for the next job itself.
            return state.idle.popLast().map { .wake($0) } ?? .queued
        }
    }

    /// Whether all is done already; if not, `continuation` is resumed when it is.
    func close(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        state.withLock { state in
            state.isClosed = true
            if state.isDone { return true }
            state.closing.append(continuation)
            return false
        }
    }

    /// One turn of thread `index`: all the jobs that it can get.
    func work(_ index: Int) {
        while let job = next(index) {
            job()
            let finished = state.withLock { state in
                state.running -= 1
                return state.isDone ? exchange(&state.closing, with: []) : []
            }
            for continuation in finished { continuation.resume() }
        }
    }

    private func next(_ index: Int) -> Job? {
        state.withLock { state in
            guard state.head < state.jobs.count, let job = state.jobs[state.head] else {
                if !state.idle.contains(index) { state.idle.append(index) }
                return nil
            }
            state.jobs[state.head] = nil
            state.head += 1
            if state.head == state.jobs.count {
                state.jobs.removeAll(keepingCapacity: true)
                state.head = 0
            }
            state.running += 1
            return job
        }
    }
}

private func exchange<Value>(_ place: inout Value, with value: Value) -> Value {
    let old = place
    place = value
    return old
}
