internal import VitrineSQLite
internal import VitrineSync

// The host's own writes
extension Ledger {
    /// Runs a host's own statements and calls of the ledger in one transaction: all of it is durable when it returns,
    /// or none of it happened.
    ///
    /// It shares its commit with whatever else is written at the moment, and takes back only itself when it fails.
    /// - Throws: what `body` throws; ``LedgerError`` as any write does.
    @discardableResult
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (WriteTransaction) throws -> Value
    ) async throws -> Value {
        let keep = HostFailure()
        do {
            return try await submit(isRepeatable: false) { core throws(LedgerError) in
                let transaction = WriteTransaction(core: core)
                defer { transaction.end() }
                do {
                    return try body(transaction)
                } catch let error as LedgerError {
                    throw error
                } catch {
                    keep.error = error
                    throw LedgerError(.hostFailed, "the host's code failed inside a write", cause: error)
                }
            }
        } catch let error as LedgerError where error.code == .hostFailed {
            throw keep.error ?? (error as any Error)
        }
    }
}

// Events
extension Ledger {
    /// The subscriber of that name, whose position stands in the database; a new one begins where it is told to.
    ///
    /// - Parameters:
    ///   - name: under which it is known, also after a restart.
    ///   - start: where it begins when it is new.
    /// - Throws: ``LedgerError`` with `invalidRequest`, and as any write does.
    public func subscriber(_ name: String, startingAt start: EventStart = .first) async throws -> EventSubscriber {
        try configuration.checkText(name, "subscriber")
        try await submit { core throws(LedgerError) in
            let connection = core.connection
            guard try connection.first(.selectSubscriber, name, read: { _ in true }) == nil else { return }
            let last = try connection.first(.selectLastEntry, read: { $0.int64(0) }) ?? 0
            try connection.run(.insertSubscriber, name, start == .first ? 0 : last)
        }
        return EventSubscriber(name: name, ledger: self)
    }

    /// Forgets a subscriber and its position; one that is not there is no error.
    public func removeSubscriber(_ name: String) async throws {
        try await submit { core throws(LedgerError) in try core.connection.run(.deleteSubscriber, name) }
    }

    func position(of subscriber: String) throws(LedgerError) -> Int64 {
        let position = try readers.read { connection throws(LedgerError) in
            try connection.first(.selectSubscriber, subscriber, read: { $0.int64(0) })
        }
        guard let position else {
            throw LedgerError(.unknownSubscriber, "there is no subscriber \"\(subscriber)\"")
        }
        return position
    }
}

/// Where a new subscriber begins.
@nonexhaustive
public enum EventStart: Sendable, Hashable {
    /// With the first event that there ever was.
    case first
    /// With what happens from now on.
    case now
}

/// What a host's code threw inside a write, on its way back to the caller.
private final class HostFailure: Sendable {
    private let kept = Locked<(any Error)?>(nil)
    var error: (any Error)? {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }
}
