internal import Glibc
internal import Synchronization

/// Runs a task on the calling thread, so that the thread's clock counts what the task costs, and nothing else.
final class ThreadExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isFinished = false
    }
    private let state = Mutex(State())
    // A semaphore has no copy and stays at its address; any thread may post it.
    nonisolated(unsafe) private let wakeup: UnsafeMutablePointer<sem_t>

    private init() {
        wakeup = .allocate(capacity: 1)
        sem_init(wakeup, 0, 0)
    }

    deinit {
        sem_destroy(wakeup)
        wakeup.deallocate()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        sem_post(wakeup)
    }

    /// Runs `work` to its end; blocks where it waits.
    static func run(_ work: @escaping @Sendable () async throws -> Void) throws {
        let executor = ThreadExecutor()
        let box = FailureBox()
        Task(executorPreference: executor) {
            do { try await work() } catch { box.failure.withLock { $0 = error } }
            executor.finish()
        }
        executor.drain()
        if let error = box.failure.withLock({ $0 }) { throw error }
    }

    private func finish() {
        state.withLock { $0.isFinished = true }
        sem_post(wakeup)
    }

    private func drain() {
        while true {
            while sem_wait(wakeup) != 0 {}
            let (job, isFinished) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isFinished)
            }
            if let job { job.runSynchronously(on: asUnownedTaskExecutor()) } else if isFinished { return }
        }
    }
}

private final class FailureBox: Sendable {
    let failure = Mutex<(any Error)?>(nil)
}
