internal import Logging
internal import VitrineIO
internal import VitrineSync

/// Whether a vault still takes reads and writes, and if not, why.
final class VaultHealth: Sendable {
    private struct State {
        var flushFailure: VaultError?
        var isClosed = false
    }

    private let path: String
    private let logger: Logger?
    private let state: Locked<State> = Locked(State())

    init(path: String, logger: Logger?) {
        self.path = path
        self.logger = logger
    }

    /// - Throws: `VaultError.Code.isClosed`.
    func checkReadable() throws(VaultError) {
        if state.withLock({ $0.isClosed }) { throw closedError }
    }

    /// - Throws: `VaultError.Code.isClosed`, or `.isReadOnly` with the first reason.
    func checkWritable() throws(VaultError) {
        try checkReadable()
        try checkFlushes()
    }

    /// - Throws: `VaultError.Code.isReadOnly` with the first reason.
    func checkFlushes() throws(VaultError) {
        if let failure = state.withLock({ $0.flushFailure }) { throw failure }
    }

    /// Refuses all writes from now on, because a flush failed: the system may have dropped what it could not write,
    /// and a second flush would then report success.
    ///
    /// - Returns: what to throw.
    func flushFailed(_ cause: IOError) -> VaultError {
        let error = VaultError(
            .isReadOnly,
            "the vault at \(path) takes no more writes since a flush failed, and what was being written may or may "
                + "not be there: look after the disk, then open the vault anew",
            cause: cause
        )
        let (first, isFirst) = state.withLock { state in
            let isFirst = state.flushFailure == nil
            let first = state.flushFailure ?? error
            state.flushFailure = first
            return (first, isFirst)
        }
        if isFirst { logger?.info("vault is read-only", metadata: ["path": "\(path)", "cause": "\(cause)"]) }
        return first
    }

    /// Refuses everything from now on; returns whether it was the first call.
    func close() -> Bool {
        state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
    }

    /// What is thrown after `close`.
    var closedError: VaultError {
        VaultError(.isClosed, "the vault at \(path) was closed: open it anew")
    }
}
