internal import VitrineSQLite
internal import VitrineSync

/// Remembers which request made what, so that a request that comes again makes nothing new.
struct KeyWriter {
    let core: WriterCore

    /// What a request made: the number of an order, cart or entry, and of a payment, shipment or refund within it.
    struct Outcome {
        let id: Int64
        var number = 0
    }

    /// Does `body` unless the same request was done within the lifetime of its key; returns what it made, then or now.
    ///
    /// - Throws: `idempotencyConflict` when the key stands for another request; what `body` throws, which leaves the
    ///   key unused.
    func once(
        _ request: KeyedRequest,
        _ body: () throws(LedgerError) -> Outcome
    ) throws(LedgerError) -> (outcome: Outcome, isNew: Bool) {
        let now = core.now
        var isStale = false
        if let known = try known(request.key) {
            if known.expires > now {
                guard known.digest == request.digest else { throw conflict(request.key) }
                return (known.outcome, false)
            }
            isStale = true
        }
        let outcome = try body()
        let lifetime = core.configuration.keyLifetime.wholeMilliseconds
        let (expires, overflow) = now.addingReportingOverflow(lifetime)
        try core.connection.run(
            isStale ? .replaceKey : .insertKey,
            request.key,
            request.digest,
            outcome.id,
            outcome.number,
            overflow ? .max : expires
        )
        return (outcome, true)
    }

    private struct Known {
        let digest: [UInt8]
        let outcome: Outcome
        let expires: Int64
    }

    private func known(_ key: String) throws(LedgerError) -> Known? {
        try core.connection.first(.selectKey, key) { row throws(LedgerError) in
            Known(
                digest: row.bytes(0),
                outcome: Outcome(id: row.int64(1), number: row.int(2)),
                expires: row.int64(3)
            )
        }
    }

    private func conflict(_ key: String) -> LedgerError {
        LedgerError(
            .idempotencyConflict,
            "key \(key) stands for another request: use a new key for a new intent",
            details: .idempotencyConflict(key: key)
        )
    }
}
