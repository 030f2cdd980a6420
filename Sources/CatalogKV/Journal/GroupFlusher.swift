internal import Synchronization
package import VitrineIO
internal import VitrineSync

/// Flushes the journal on a thread of its own: all who wait at a time share one flush.
///
/// What is to be flushed already stands in the segments' mappings. The thread asks how far the journal has got, flushes
/// the files up to there, older ones first, and wakes all whose place that passed; who comes meanwhile waits for the
/// next turn. The first failure is final, for the system may have dropped what it could not write.
package final class GroupFlusher: Sendable {
    /// Up to which position to flush, and the files that have to be, oldest first.
    package struct Work: Sendable {
        var position: UInt64
        var files: [any StorageFile]
    }

    // Released after a flush, acquired by who skips the wait because of it.
    private let flushed: Atomic<UInt64>
    // A count that is only ever shown.
    private let flushes = Atomic<Int>(0)
    private let state = Locked(WaitState())
    private let thread: Locked<WorkerThread?> = Locked(nil)
    private let onFailure: @Sendable (CatalogError) -> Void

    /// Counts everything before `position` as flushed; `takeWork` says what there is to do, or `nil` for nothing.
    package init(
        position: UInt64,
        takeWork: @escaping @Sendable () -> Work?,
        onFailure: @escaping @Sendable (CatalogError) -> Void
    ) throws(IOError) {
        flushed = Atomic(position)
        self.onFailure = onFailure
        do throws(WorkerThreadError) {
            // The thread must not keep its owner alive: it ends with it.
            let worker = try WorkerThread(name: "catalog-flush") { [weak self] in self?.turn(takeWork) }
            thread.withLock { $0 = worker }
        } catch {
            throw IOError(.open, path: "catalog-flush", errno: error.errno, detail: "no thread to flush the journal")
        }
    }

    deinit {
        stop()
    }

    /// Everything before this position of the journal is on disk.
    package var position: UInt64 { flushed.load(ordering: .acquiring) }
    /// Flushes that succeeded.
    package var flushCount: Int { flushes.load(ordering: .relaxed) }

    /// Suspends until everything before `position` is on disk.
    ///
    /// Cancellation is not observed: the bytes are on their way, and the caller must learn what became of them.
    package func settle(_ position: UInt64) async throws {
        // Who is woken looks up under the lock what became of the bytes, rather than being handed a result:
        // ThreadSanitizer sees the lock, and does not see what a continuation carries from thread to thread.
        while self.position < position {
            try state.withLock { state throws(CatalogError) in
                if let failure = state.failure { throw failure }
                if state.isStopped { throw CatalogError.closed() }
            }
            await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                let mustWait = state.withLock { state in
                    if state.failure != nil || state.isStopped || self.position >= position { return false }
                    state.waiting.append(unsafe FlushWaiter(position: position, continuation: continuation))
                    return true
                }
                if mustWait {
                    signal()
                } else {
                    unsafe continuation.resume()
                }
            }
        }
    }

    /// Has what there is flushed although nobody waits for it.
    package func flushSoon() {
        state.withLock { $0.isWanted = true }
        signal()
    }

    /// Refuses further waits, because of a failure elsewhere, and wakes all who wait.
    package func fail(_ error: CatalogError) {
        let waiting = state.withLock { state in
            if state.failure == nil { state.failure = error }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { unsafe waiter.continuation.resume() }
    }

    /// Ends the thread, once nobody waits any more; blocks until it did.
    package func stop() {
        let waiting = state.withLock { state in
            state.isStopped = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { unsafe waiter.continuation.resume() }
        thread.withLock { $0.take() }?.stop()
    }

    private func signal() {
        thread.withLock { $0 }?.signal()
    }

    /// One run of the thread: flushes until nobody waits.
    private func turn(_ takeWork: @Sendable () -> Work?) {
        while state.withLock({ $0.takeWish() }) {
            guard let work = takeWork() else {
                return fail(CatalogError(.isReadOnly, "the journal failed, so nothing more is flushed"))
            }
            do throws(IOError) {
                for file in work.files { try file.synchronize() }
            } catch {
                let failure = CatalogError.wrapping(error, while: "flushing the journal")
                onFailure(failure)
                return fail(failure)
            }
            flushes.wrappingAdd(work.files.count, ordering: .relaxed)
            flushed.store(work.position, ordering: .releasing)
            let ready = state.withLock { $0.takeReady(work.position) }
            for waiter in ready { unsafe waiter.continuation.resume() }
        }
    }
}

/// A task that waits for everything before a position.
@safe private struct FlushWaiter {
    package let position: UInt64
    package let continuation: UnsafeContinuation<Void, Never>
}

private struct WaitState {
    package var waiting: [FlushWaiter] = []
    package var isWanted = false
    package var isStopped = false
    package var failure: CatalogError?

    package mutating func takeWish() -> Bool {
        defer { isWanted = false }
        return failure == nil && (isWanted || !waiting.isEmpty)
    }

    package mutating func takeReady(_ position: UInt64) -> [FlushWaiter] {
        let pivot = waiting.partition { $0.position > position }
        let ready = Array(waiting[..<pivot])
        waiting.removeSubrange(..<pivot)
        return ready
    }
}
