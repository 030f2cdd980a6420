internal import VitrineSync

/// Whether this ledger may still acknowledge: not when somebody with a newer epoch is known, nor without its lease.
final class Fence: Sendable {
    private let raised = Locked<LedgerError?>(nil)
    private let lease: LedgerLease?

    init(lease: LedgerLease?) {
        self.lease = lease
    }

    /// Notes that somebody with a newer epoch writes.
    func raise(_ error: LedgerError) {
        raised.withLock { $0 = $0 ?? error }
    }

    /// Why nothing may be acknowledged now; `nil` when it may.
    var refusal: LedgerError? {
        if let error = raised.withLock({ $0 }) { return error }
        guard let lease, !lease.isHeld else { return nil }
        let error = LedgerError(
            .fenced,
            "the lease of epoch \(lease.epoch) has run out; another may write now, and this ledger is to be opened anew"
        )
        // For good, whatever a later renewal says: somebody may have had it in between.
        raise(error)
        return error
    }
}
