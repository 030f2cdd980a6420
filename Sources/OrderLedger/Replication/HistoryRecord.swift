internal import VitrineSQLite

/// The database's own row about where in its history it stands; it changes in the transactions that it counts, so that
/// every copy of the database says by itself which version it is.
///
/// It costs a page for each commit, so it is written only from the moment on that somebody can have a copy: the first
/// commit of an opening writes it, for the epoch, and from the first sink or snapshot on every one does. In between
/// `isExact` is false, and a file with such a row is no replica's beginning.
struct HistoryRecord: Sendable, Equatable {
    var version: LedgerVersion
    /// When the last transaction was committed, in milliseconds since 1970; never less than that of the one before.
    var committedAt: Int64
    var isExact: Bool

    /// Reads the row.
    ///
    /// - Throws: `corrupted` when it is missing, and what SQLite said.
    init(reading connection: Connection) throws(LedgerError) {
        let row = try connection.first(.selectHistory) { row throws(LedgerError) in
            HistoryRecord(
                version: LedgerVersion(
                    ledger: UInt64(bitPattern: row.int64(0)),
                    writer: UInt64(bitPattern: row.int64(1)),
                    position: LedgerPosition(
                        epoch: UInt64(bitPattern: row.int64(2)),
                        transaction: UInt64(bitPattern: row.int64(3))
                    )
                ),
                committedAt: row.int64(4),
                isExact: row.int64(5) != 0
            )
        }
        guard let row else {
            throw LedgerError(.corrupted, "\(connection.path) lacks the row of its history; restore it from a snapshot")
        }
        self = row
    }

    init(version: LedgerVersion, committedAt: Int64, isExact: Bool) {
        self.version = version
        self.committedAt = committedAt
        self.isExact = isExact
    }

    /// Writes the row, in the transaction that is open.
    func write(to connection: Connection) throws(LedgerError) {
        try connection.run(
            .updateHistory,
            Int64(bitPattern: version.ledger),
            Int64(bitPattern: version.writer),
            Int64(bitPattern: version.position.epoch),
            Int64(bitPattern: version.position.transaction),
            committedAt,
            isExact ? 1 : 0
        )
    }
}

/// Counts a writer's transactions on from what its database says.
struct History {
    /// The version that the database is at now.
    private(set) var version: LedgerVersion
    /// When it was committed, in milliseconds since 1970.
    private(set) var committedAt: Int64
    /// Whether every transaction is to be recorded from now on.
    private(set) var isTracked = false
    /// Whether the row in the database names the version that it is at.
    private(set) var isRecorded: Bool
    private let ledger: UInt64
    private let writer: UInt64
    private let epoch: UInt64

    /// - Parameters:
    ///   - record: what the database says.
    ///   - epoch: the one to write in, above the record's.
    ///   - writer: identifies this opening.
    init(after record: HistoryRecord, epoch: UInt64, writer: UInt64) {
        ledger = record.version.ledger == 0 ? writer : record.version.ledger
        self.epoch = epoch
        self.writer = writer
        // Of what was not recorded nobody has a copy: no writer has the identifier 0, so that nothing follows it.
        version =
            record.isExact
            ? record.version
            : LedgerVersion(ledger: ledger, writer: 0, position: record.version.position)
        committedAt = record.committedAt
        isRecorded = record.isExact
    }

    /// The record of the next commit, of so many transactions, at this time of the ledger's clock.
    func next(_ transactions: Int, at now: Int64) -> HistoryRecord {
        HistoryRecord(
            version: LedgerVersion(
                ledger: ledger,
                writer: writer,
                position: LedgerPosition(
                    epoch: epoch,
                    transaction: version.position.transaction + UInt64(max(1, transactions))
                )
            ),
            committedAt: max(committedAt, now),
            isExact: isTracked
        )
    }

    /// Whether the next commit has to write its record.
    var mustRecord: Bool { isTracked || version.writer != writer }

    /// Notes that `record` was committed, and whether the row says so.
    mutating func advance(to record: HistoryRecord) {
        isRecorded = isTracked
        version = record.version
        committedAt = record.committedAt
    }

    /// Has every commit recorded from now on.
    mutating func track() {
        isTracked = true
    }
}

extension Query {
    static let selectHistory = Query(
        """
        SELECT ledger, writer, epoch, transaction_count, committed_ms, is_exact FROM history WHERE id = 1
        """
    )
    static let updateHistory = Query(
        """
        UPDATE history
        SET ledger = ?1, writer = ?2, epoch = ?3, transaction_count = ?4, committed_ms = ?5, is_exact = ?6
        WHERE id = 1
        """
    )
    static let ofHistory = [selectHistory, updateHistory]
}
