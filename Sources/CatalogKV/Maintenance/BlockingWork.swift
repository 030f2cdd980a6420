internal import Synchronization
internal import VitrineSync

/// Work on files that takes long: on a thread of its own, and ended when the task that waits for it is cancelled.
struct BlockingWork: Sendable {
    private let flag: CancellationMark
    private let checkOther: @Sendable () throws -> Void

    /// Runs `body` on a thread of that name and returns what it returned; `check` throws when there is another reason
    /// than cancellation to end it.
    ///
    /// - Throws: what `body` threw; `CatalogError` with `ioFailed` when there is no thread to give.
    static func run<Value: Sendable>(
        named name: String,
        unless check: @escaping @Sendable () throws -> Void = {},
        _ body: @escaping @Sendable (BlockingWork) throws -> Value
    ) async throws -> Value {
        let pool: BlockingPool
        do {
            pool = try BlockingPool(name: name, threadCount: 1)
        } catch {
            throw CatalogError(.ioFailed, "the system has no thread to give; end some or raise the limit", cause: error)
        }
        let work = BlockingWork(flag: CancellationMark(), checkOther: check)
        let outcome: Result<Value, any Error>
        do {
            let value = try await withTaskCancellationHandler {
                try await pool.run { try body(work) }
            } onCancel: {
                // Relaxed: it is looked at again and again.
                work.flag.isSet.store(true, ordering: .relaxed)
            }
            outcome = .success(value)
        } catch {
            outcome = .failure(error)
        }
        await pool.close()
        return try outcome.get()
    }

    /// - Throws: `CancellationError` once the task was cancelled; what else is a reason to end.
    func checkCancellation() throws {
        try checkOther()
        if flag.isSet.load(ordering: .relaxed) { throw CancellationError() }
    }
}

private final class CancellationMark: Sendable {
    let isSet = Atomic(false)
}
