internal import Metrics
internal import VitrineIO
internal import VitrineSync

/// A change of what a vault holds.
enum Change: Sendable {
    /// Write a whole object's file at `staged`, flush it, and give it its name.
    case write(ObjectID, file: [UInt8], staged: String)
    /// Give a file that is written and flushed its name.
    case publish(ObjectID, staged: String)
    /// Make sure that the name of an object is safe from a crash, without changing anything.
    case confirm(ObjectID)
    /// Remove an object.
    case remove(ObjectID)

    var id: ObjectID {
        switch self {
        case .write(let id, _, _), .publish(let id, _), .confirm(let id), .remove(let id): id
        }
    }
}

/// What became of a change that is on disk.
enum Outcome: Sendable {
    case done
    /// `confirm` and `remove`: there is no such object.
    case isMissing
}

/// Takes the changes of all tasks and carries them out in groups, one group after the other, on a thread of its own.
///
/// A group's files are written, then flushed, then named, then the directories that were touched are flushed once
/// each. On a journaling file system the first flush of each step takes the others with it, so that a group costs
/// little more than a single change; what arrives meanwhile makes the next group.
final class CommitQueue: Sendable {
    private struct Request {
        let change: Change
        let continuation: CheckedContinuation<Result<Outcome, VaultError>, Never>
    }

    private struct State {
        var waiting: [Request] = []
        var isBusy = false
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    /// So that nobody waits for a thousand others.
    private static let groupMax = 256

    private let health: VaultHealth
    private let metrics: VaultMetrics
    private let state: Locked<State> = Locked(State())
    private let thread: Locked<WorkerThread?> = Locked(nil)
    /// Only the thread uses it; the lock is there for the compiler and never contended.
    private let names: Locked<NameTable>

    /// - Throws: `VaultError.Code.ioFailed` when the system has no thread to give.
    init(
        directory: VaultDirectory,
        fanOut: Set<UInt8>,
        health: VaultHealth,
        metrics: VaultMetrics
    ) throws(VaultError) {
        self.health = health
        self.metrics = metrics
        names = Locked(NameTable(directory: directory, present: fanOut))
        do {
            // The thread must not keep the queue alive: it ends with it.
            let worker = try WorkerThread(name: "vault-commit") { [weak self] in self?.commitAll() }
            thread.withLock { $0 = worker }
        } catch {
            throw VaultError(
                .ioFailed,
                "the vault at \(directory.path) cannot be opened without a thread",
                cause: error
            )
        }
    }

    deinit {
        thread.withLock { $0.take() }?.stop()
    }

    /// Suspends until the change is on disk.
    ///
    /// Cancellation is not observed: the change is on its way, and the caller must learn what became of it.
    func commit(_ change: Change) async throws(VaultError) -> Outcome {
        let result: Result<Outcome, VaultError> = await withCheckedContinuation { continuation in
            let isQueued = state.withLock { state in
                if !state.isClosed { state.waiting.append(Request(change: change, continuation: continuation)) }
                return !state.isClosed
            }
            if isQueued {
                thread.withLock { $0 }?.signal()
            } else {
                continuation.resume(returning: .failure(health.closedError))
            }
        }
        return try result.get()
    }

    /// Refuses new changes, suspends until those it has are done, and ends the thread.
    func close() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                state.isClosed = true
                if state.waiting.isEmpty && !state.isBusy { return true }
                state.closing.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
        thread.withLock { $0.take() }?.stop()
    }

    /// One turn of the thread: group after group until nobody waits.
    private func commitAll() {
        while let group = takeGroup() {
            metrics.commitGroup.record(Int64(group.count))
            let results = names.withLock { names in
                var run = CommitGroup(changes: group.map(\.change), names: names, health: health)
                let results = run.commit()
                names = run.names
                return results
            }
            for (request, result) in zip(group, results) { request.continuation.resume(returning: result) }
        }
    }

    private func takeGroup() -> [Request]? {
        let (group, finished) = state.withLock { state -> ([Request]?, [CheckedContinuation<Void, Never>]) in
            state.isBusy = !state.waiting.isEmpty
            guard state.isBusy else {
                defer { state.closing = [] }
                return (nil, state.closing)
            }
            let group = Array(state.waiting.prefix(CommitQueue.groupMax))
            state.waiting.removeFirst(group.count)
            return (group, [])
        }
        for continuation in finished { continuation.resume() }
        return group
    }
}
