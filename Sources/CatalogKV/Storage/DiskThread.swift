internal import VitrineSync

/// A thread for disk work that blocks and is not the append writer's: opening, and starting a new segment.
final class DiskThread: Sendable {
    private let jobs: Shared
    private let thread: WorkerThread

    private final class Shared: Sendable {
        let waiting = Locked<[@Sendable () -> Void]>([])

        func runAll() {
            let jobs = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for job in jobs { job() }
        }
    }

    init(name: String) throws {
        let jobs = Shared()
        self.jobs = jobs
        do {
            thread = try WorkerThread(name: name) { jobs.runAll() }
        } catch {
            throw CatalogError(.ioFailed, "the system has no thread to give; end some or raise the limit", cause: error)
        }
    }

    /// Runs `body` on the thread, after what was asked for before, and suspends until it is done.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            jobs.waiting.withLock { waiting in
                waiting.append { continuation.resume(with: Result { try body() }) }
            }
            thread.signal()
        }
    }
}
