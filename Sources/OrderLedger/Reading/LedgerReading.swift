/// What can be read from a ledger, and from a replica just so.
///
/// Every read is at one consistent state. On a ledger it returns what is durable only; on a replica what has arrived.
public protocol LedgerReading: Sendable {
    /// The connections that reads are made on.
    var reader: LedgerReader { get }
}

/// The connections that reads are made on; of use to the module alone.
public struct LedgerReader: Sendable {
    /// `nil` for a replica that has no copy yet.
    let pool: ReaderPool?

    init(_ pool: ReaderPool?) {
        self.pool = pool
    }
}

extension LedgerReading {
    /// - Throws: `needsSnapshot` when there is nothing to read yet.
    var pool: ReaderPool {
        get throws(LedgerError) {
            guard let pool = reader.pool else {
                throw LedgerError(.needsSnapshot, "the replica has no copy yet; have it catch up first")
            }
            return pool
        }
    }
}

extension Ledger: LedgerReading {
    /// The connections that reads are made on.
    public var reader: LedgerReader { LedgerReader(readers) }
}
