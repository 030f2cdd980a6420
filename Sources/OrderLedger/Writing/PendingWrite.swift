/// Something that a task waits for and the writer's thread does.
class PendingWrite: @unchecked Sendable {
    // Unchecked: the task makes it and gives it to the queue, from where the writer's thread alone has it, and then
    // the one that flushed it.

    /// Whether it is done outside of any transaction, between two groups.
    let isMaintenance: Bool

    /// Whether it may be done anew after what it did was taken back: not a host's code, which does what it likes.
    let isRepeatable: Bool

    init(isMaintenance: Bool, isRepeatable: Bool) {
        self.isMaintenance = isMaintenance
        self.isRepeatable = isRepeatable
    }

    /// Does the work and keeps the result.
    ///
    /// - Throws: what ends this work alone, and is kept too.
    func perform(on core: WriterCore) throws(LedgerError) {}

    /// Lets the task go on: with the result, or with `failure` if there is one.
    func finish(_ failure: LedgerError?) {}
}

/// Work with a result.
@safe final class PendingResult<Value: Sendable>: PendingWrite, @unchecked Sendable {
    private let body: @Sendable (WriterCore) throws(LedgerError) -> Value
    private let continuation: UnsafeContinuation<Result<Value, LedgerError>, Never>
    private var outcome: Result<Value, LedgerError>?

    init(
        isMaintenance: Bool,
        isRepeatable: Bool,
        continuation: UnsafeContinuation<Result<Value, LedgerError>, Never>,
        body: @escaping @Sendable (WriterCore) throws(LedgerError) -> Value
    ) {
        self.body = body
        unsafe self.continuation = continuation
        super.init(isMaintenance: isMaintenance, isRepeatable: isRepeatable)
    }

    override func perform(on core: WriterCore) throws(LedgerError) {
        do throws(LedgerError) {
            outcome = .success(try body(core))
        } catch {
            outcome = .failure(error)
            throw error
        }
    }

    override func finish(_ failure: LedgerError?) {
        if case .failure(let own) = outcome {
            unsafe continuation.resume(returning: .failure(own))  // Its own reason says more than the group's.
        } else if let failure {
            unsafe continuation.resume(returning: .failure(failure))
        } else if let outcome {
            unsafe continuation.resume(returning: outcome)
        }
    }
}
