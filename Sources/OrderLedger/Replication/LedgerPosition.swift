/// How far a ledger or a copy of it has come: the epoch of its last writer, and its transactions, counted from the
/// first.
///
/// Hand it to a reader of a replica as a token (its `description`), and have the replica wait for it: read your writes.
/// Positions of one history are ordered; an epoch that took over from another contains what that one had handed on.
public struct LedgerPosition: Sendable, Hashable, Comparable, LosslessStringConvertible {
    /// Grows by at least one each time that somebody opens the ledger to write.
    public let epoch: UInt64
    /// Transactions since the ledger was made: one for each write that changed something.
    public let transaction: UInt64

    /// Names a position.
    public init(epoch: UInt64, transaction: UInt64) {
        self.epoch = epoch
        self.transaction = transaction
    }

    /// Reads a token, such as "3.1200"; `nil` for anything else.
    public init?(_ description: String) {
        let parts = description.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt64(parts[0]), let transaction = UInt64(parts[1]) else { return nil }
        self.init(epoch: epoch, transaction: transaction)
    }

    /// The token: epoch and transaction in decimal, with a dot between.
    public var description: String { "\(epoch).\(transaction)" }

    /// Whether `one` comes before `other`.
    public static func < (one: LedgerPosition, other: LedgerPosition) -> Bool {
        (one.epoch, one.transaction) < (other.epoch, other.transaction)
    }
}

/// Which bytes a copy of a ledger holds: two copies of one version are equal, byte for byte.
///
/// Numbers alone do not say so: a writer that lost power counts on from what its disk kept, and may give a number again
/// to other bytes. Each opening to write therefore draws an identifier of its own.
public struct LedgerVersion: Sendable, Hashable, CustomStringConvertible {
    /// The ledger's own identifier, drawn when it was made.
    public let ledger: UInt64
    /// The identifier of the opening that wrote the last transaction.
    public let writer: UInt64
    /// How far it has come.
    public let position: LedgerPosition

    /// Names a version.
    public init(ledger: UInt64, writer: UInt64, position: LedgerPosition) {
        self.ledger = ledger
        self.writer = writer
        self.position = position
    }

    /// The position, and the identifiers in hexadecimal.
    public var description: String {
        "\(position) of writer \(String(writer, radix: 16)), ledger \(String(ledger, radix: 16))"
    }
}
