internal import Glibc
internal import VitrineSync

/// How far a write has got when a call returns.
package enum WriteDurability: Sendable {
    /// On disk: it survives a loss of power.
    case synced
    /// With the operating system: it survives the end of the process, not of the machine.
    case buffered
}

/// Appends to one file and flushes in groups: all who wait share one write and one flush.
///
/// `append` copies bytes behind those of others and returns where they will stand, without touching the disk;
/// `commit` suspends until they are there. A thread of the writer's own takes whatever has gathered, writes it in one
/// piece, flushes once if anyone asked for it, and wakes all who waited; what arrives meanwhile makes the next group.
/// The first failure is final: the system may have dropped what it could not write, so every later call throws it,
/// except a `commit` of what was safe before. Bytes that were appended and never committed are gone when the writer is
/// dropped without `close`.
package final class AppendWriter: Sendable {
    private let file: any StorageFile
    private let state: Locked<State>
    private let thread: Locked<WorkerThread?> = Locked(nil)

    /// Appends to `file` from `end` on; bytes that stand there already are overwritten.
    ///
    /// Bytes before `end` count as flushed, and a file that is longer keeps its tail: whoever found them in a file that
    /// may not have been flushed, or wants no tail, flushes and truncates first.
    ///
    /// - Throws: `IOError` with `EAGAIN` when the system has no thread to give, `EINVAL` for a negative `end`.
    package init(file: any StorageFile, end: Int64, threadName: String) throws(IOError) {
        guard end >= 0 else { throw IOError(.write, path: file.path, offset: end, errno: EINVAL) }
        self.file = file
        state = Locked(State(end: end))
        do {
            // The thread must not keep the writer alive: it ends with it.
            let worker = try WorkerThread(name: threadName) { [weak self] in self?.writeGroup() }
            thread.withLock { $0 = worker }
        } catch {
            throw IOError(.open, path: file.path, errno: error.errno, detail: "no thread for its writer")
        }
    }

    deinit {
        thread.withLock { $0.take() }?.stop()
    }

    /// Where the next byte will stand.
    package var end: Int64 { state.withLock { $0.end } }

    /// Everything before this offset is as safe as `durability` says.
    package func end(reached durability: WriteDurability) -> Int64 { state.withLock { $0.reached(durability) } }

    /// Flushes that succeeded so far.
    package var flushCount: Int { state.withLock { $0.flushCount } }

    /// Puts `bytes` at the end, in memory; returns the offset at which they will stand in the file.
    ///
    /// Memory holds what is appended until a `commit` has it written: callers bound it by waiting for theirs.
    ///
    /// - Throws: the failure that ended an earlier write; `EBADF` once the writer is closed; `EFBIG` when the file would
    ///   end beyond what an offset can say.
    package func append(_ bytes: Span<UInt8>) throws(IOError) -> Int64 {
        try state.withLock { state throws(IOError) in
            if let failure = state.failure { throw failure }
            if state.isClosed { throw IOError(.write, path: file.path, errno: EBADF, detail: "closed") }
            let offset = state.end
            let (end, overflow) = offset.addingReportingOverflow(Int64(bytes.count))
            if overflow { throw IOError(.write, path: file.path, offset: offset, errno: EFBIG) }
            unsafe bytes.withUnsafeBufferPointer { unsafe state.pending.append(contentsOf: $0) }
            state.end = end
            return offset
        }
    }

    /// Suspends until all bytes before `end` are as safe as `durability` says.
    ///
    /// Cancellation is not observed: the bytes are on their way, and the caller must learn what became of them.
    ///
    /// - Throws: the `IOError` of the write or flush that failed, now or earlier; `EINVAL` when nothing has been appended
    ///   up to `end`, for then nobody would ever wake the caller.
    package func commit(through end: Int64, _ durability: WriteDurability) async throws(IOError) {
        try state.withLock { state throws(IOError) in
            guard end <= state.end else {
                throw IOError(.write, path: file.path, offset: end, errno: EINVAL, detail: "the end is \(state.end)")
            }
        }
        try await settle(end, durability)
    }

    /// Writes and flushes what is left and ends the thread; the file stays open.
    ///
    /// From its start on `append` throws. A second call does the same again: nothing, or throw the same failure.
    package func close() async throws(IOError) {
        defer { thread.withLock { $0.take() }?.stop() }
        let end = state.withLock { state in
            state.isClosed = true
            return state.end
        }
        try await settle(end, .synced)
    }

    /// Suspends until the bytes before `end` are safe.
    private func settle(_ end: Int64, _ durability: WriteDurability) async throws(IOError) {
        // Who is woken looks up under the lock what became of the bytes, rather than being handed a result:
        // ThreadSanitizer sees the lock, and does not see what a continuation carries from thread to thread.
        while try !state.withLock({ state throws(IOError) in try state.isSettled(end, durability) }) {
            await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                let mustWait = state.withLock { state in
                    if state.failure != nil || state.reached(durability) >= end { return false }
                    state.waiting.append(unsafe Waiter(end: end, durability: durability, continuation: continuation))
                    return true
                }
                if mustWait {
                    // The thread is there: it ends only after a close, and that flushed up to the last end there can be.
                    signal()
                } else {
                    unsafe continuation.resume()
                }
            }
        }
    }

    private func signal() {
        thread.withLock { $0 }?.signal()
    }

    /// One turn of the thread: everything gathered so far in one write, and at most one flush.
    private func writeGroup() {
        let group = state.withLock { $0.takeGroup() }
        guard let group else { return }
        let outcome: Result<Void, IOError>
        do throws(IOError) {
            if !group.bytes.isEmpty { try file.writeAll(group.bytes.span, at: group.offset) }
            if group.wantsFlush { try file.synchronize() }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        let ready = state.withLock { $0.finish(group, outcome) }
        for waiter in ready { unsafe waiter.continuation.resume() }
    }
}

/// A task that waits for the bytes before `end`.
@safe private struct Waiter {
    let end: Int64
    let durability: WriteDurability
    let continuation: UnsafeContinuation<Void, Never>
}

/// What the thread takes in one turn.
private struct Group {
    let bytes: [UInt8]
    let offset: Int64
    let wantsFlush: Bool
    var end: Int64 { offset + Int64(bytes.count) }
}

private struct State {
    /// Appended, not yet written; its first byte belongs at `written`.
    var pending: [UInt8] = []
    var end: Int64
    var written: Int64
    var flushed: Int64
    var flushCount = 0
    var waiting: [Waiter] = []
    var failure: IOError?
    var isClosed = false

    init(end: Int64) {
        self.end = end
        written = end
        flushed = end
    }

    func reached(_ durability: WriteDurability) -> Int64 {
        switch durability {
        case .synced: flushed
        case .buffered: written
        }
    }

    /// Whether the bytes before `end` are as safe as asked; throws when they never will be.
    func isSettled(_ end: Int64, _ durability: WriteDurability) throws(IOError) -> Bool {
        if reached(durability) >= end { return true }
        if let failure { throw failure }
        return false
    }

    mutating func takeGroup() -> Group? {
        guard failure == nil, !waiting.isEmpty else { return nil }
        let wantsFlush = waiting.contains { $0.durability == .synced }
        let group = Group(bytes: pending, offset: written, wantsFlush: wantsFlush)
        pending = []
        // The next group is likely as large: spare it the growing.
        pending.reserveCapacity(min(group.bytes.count, 1 << 20))
        return group
    }

    /// Notes what became of a group and returns who can go on.
    mutating func finish(_ group: Group, _ outcome: Result<Void, IOError>) -> [Waiter] {
        switch outcome {
        case .failure(let error):
            failure = error
            pending = []
            defer { waiting = [] }
            return waiting
        case .success:
            written = group.end
            if group.wantsFlush {
                flushed = group.end
                flushCount += 1
            }
            let ready = waiting.filter { reached($0.durability) >= $0.end }
            waiting = waiting.filter { reached($0.durability) < $0.end }
            return ready
        }
    }
}
