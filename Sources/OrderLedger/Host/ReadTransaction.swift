internal import VitrineSQLite
internal import VitrineSync

/// The database at one moment, for a host's own queries: what ``Ledger/read(_:)`` hands to its body.
///
/// Every statement sees the same state, that of the first one. Tables are those of `Docs/formats/orderledger.md`, and the
/// host's own. It is of use inside the body only.
public final class ReadTransaction {
    /// What the pool shares with the body: to end a transaction that lasts too long.
    final class Shared: Sendable {
        /// The connection, as long as the transaction is open.
        private let connection: Locked<Connection?>

        init(_ connection: Connection) {
            self.connection = Locked(connection)
        }

        /// Runs `body` while nobody else can end the transaction.
        func withConnection<Value: Sendable>(
            _ body: (Connection) throws(LedgerError) -> Value
        ) throws(LedgerError) -> Value {
            try connection.withLock { connection throws(LedgerError) in
                guard let connection, !connection.limit.isOverdue else {
                    throw LedgerError(.readExpired, "the read has ended, or lasted longer than it may")
                }
                return try body(connection)
            }
        }

        /// Ends the transaction; a statement that runs meanwhile keeps it.
        func expire() {
            connection.withLockIfAvailable { Self.end(&$0) }
        }

        /// Ends the transaction.
        func end() {
            connection.withLock { Self.end(&$0) }
        }

        private static func end(_ connection: inout Connection?) {
            // It ends with the connection if it cannot end here.
            if let connection, connection.isInTransaction { try? connection.run(.rollback) }
            connection = nil
        }
    }

    let shared: Shared

    init(_ lease: ReaderLease) throws(LedgerError) {
        try lease.connection.run(.beginRead)
        shared = Shared(lease.connection)
    }

    /// All rows of one SELECT, with values for its parameters `?1`, `?2`, ….
    ///
    /// - Throws: ``LedgerError`` with `sqlRefused` for a statement that writes or sets something, `readExpired`,
    ///   `databaseFailed` for what is not SQL, `invalidRequest` for a wrong number of values.
    public func rows(_ sql: String, _ values: SQLiteValue...) throws -> [SQLiteRow] {
        try shared.withConnection { connection throws(LedgerError) in try connection.hostRows(sql, values) }
    }

    /// The order of `id` at this moment, or `nil` when there is none.
    public func order(_ id: OrderID) throws -> Order? {
        try shared.withConnection { connection throws(LedgerError) in
            try OrderReader(connection: connection).order(id)
        }
    }

    /// - Throws: `readExpired` when the transaction was ended from outside.
    func check() throws(LedgerError) {
        try shared.withConnection { _ in () }
    }

    func end() {
        shared.end()
    }
}
