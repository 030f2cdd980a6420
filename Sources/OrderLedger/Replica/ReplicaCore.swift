internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// The replica's copy: the database, its log, and where it stands.
///
/// Confined to the replica's thread.
final class ReplicaCore {
    private let connection: Connection
    private let appender: WALAppender
    private let configuration: LedgerConfiguration
    /// The version that the copy is at.
    private(set) var version: LedgerVersion
    /// When its last transaction was committed, in milliseconds since 1970.
    private(set) var committedAt: Int64
    /// Why nothing is applied any more.
    private var failure: LedgerError?
    /// Bytes of the log at which the next checkpoint is due.
    private var checkpointDue: Int

    /// Opens the copy at `path`, recovering what an earlier process has applied.
    ///
    /// - Throws: `needsSnapshot` when the file does not say exactly which version it is; what a ledger throws.
    init(path: String, vfs: String?, configuration: LedgerConfiguration) throws(LedgerError) {
        self.configuration = configuration
        connection = try Connection(path: path, role: .writer, vfs: vfs, cacheBytesMax: 65_536)
        do throws(LedgerError) {
            try Schema.check(connection)
            try connection.startLogging()
            let record = try Self.record(connection)
            version = record.version
            committedAt = record.committedAt
            let makeIdentifier = configuration.makeIdentifier
            appender = try WALAppender(connection) { UInt32(truncatingIfNeeded: makeIdentifier()) }
            checkpointDue = configuration.walBytesMax
        } catch {
            connection.close()
            throw error
        }
    }

    private static func record(_ connection: Connection) throws(LedgerError) -> HistoryRecord {
        guard try connection.scalar("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'history'") == "1" else {
            throw LedgerError(
                .needsSnapshot,
                "\(connection.path) does not say which version it is; begin from a snapshot"
            )
        }
        let record = try HistoryRecord(reading: connection)
        guard record.isExact else {
            throw LedgerError(.needsSnapshot, "\(connection.path) is of no version exactly; begin from a snapshot")
        }
        return record
    }

    /// Whether the copy has the segment already.
    func contains(_ segment: WALSegment) -> Bool {
        segment.after.ledger == version.ledger && segment.after.writer == version.writer
            && segment.after.position <= version.position
    }

    /// Applies a segment, so that readers see it; it is not flushed.
    ///
    /// - Parameter fence: segments of an epoch below this one are refused.
    /// - Throws: `foreignWriter`, `fenced`, `gap`, `diverged`, `segmentCorrupted`: then the copy stays as it is; what
    ///   the disk said: then too, and nothing more is applied after `ioFailed` and its like.
    func apply(_ segment: WALSegment, fence: UInt64) throws(LedgerError) {
        if let failure { throw failure }
        try check(segment, fence: fence)
        do {
            let pages = try segment.images { numbers in
                try appender.pages(numbers, pageSize: segment.pageSize)
            }
            try appender.append(pages, databasePages: segment.databasePages)
        } catch let error as LedgerError {
            note(error)
            throw error
        } catch {
            throw LedgerError(.ioFailed, "\(connection.path): a segment could not be applied", cause: error)
        }
        version = segment.after
        committedAt = segment.committedAt.wholeMilliseconds
    }

    private func check(_ segment: WALSegment, fence: UInt64) throws(LedgerError) {
        guard segment.after.ledger == version.ledger else {
            throw LedgerError(
                .foreignWriter,
                "a segment of \(segment.after) came to a copy of \(version); connect each to its own"
            )
        }
        guard segment.epoch >= fence, segment.epoch >= version.position.epoch else {
            let newest = max(fence, version.position.epoch)
            throw LedgerError(
                .fenced,
                "a segment of epoch \(segment.epoch) came after epoch \(newest) had begun: its writer was deposed"
            )
        }
        if segment.before == version { return }
        guard segment.before.position.transaction > version.position.transaction else {
            throw LedgerError(
                .diverged,
                "\(connection.path) is at \(version), the segment goes on from \(segment.before): not one history"
            )
        }
        throw LedgerError(
            .gap,
            "\(connection.path) is at \(version), the segment goes on from \(segment.before): others are missing"
        )
    }

    /// The bytes of the whole database.
    func image() throws(LedgerError) -> [UInt8] {
        let size = Int(try connection.scalar("PRAGMA page_size")) ?? 0
        let count = try appender.databasePages(pageSize: size)
        return try appender.pages((0..<count).map { UInt32($0 + 1) }, pageSize: size).bytes
    }

    /// Makes what was applied safe from a loss of power.
    func flush() throws(LedgerError) {
        if let failure { throw failure }
        do throws(LedgerError) {
            try appender.flush()
        } catch {
            note(error)
            throw error
        }
    }

    /// Copies the log into the database file when it has grown; readers go on.
    func checkpointIfDue() throws(LedgerError) {
        guard failure == nil, appender.bytesUsed >= checkpointDue else { return }
        do throws(LedgerError) {
            let mode: Database.CheckpointMode =
                appender.bytesUsed >= 2 * configuration.walBytesMax ? .restart : .passive
            let result = try connection.checkpoint(mode, patience: .milliseconds(20))
            checkpointDue = configuration.walBytesMax + (result.isComplete ? 0 : appender.bytesUsed)
        } catch {
            note(error)
            throw error
        }
    }

    /// Copies all of the log into the database file, if nobody reads, and closes both.
    func close() throws(LedgerError) {
        defer { connection.close() }
        if failure == nil { _ = try connection.checkpoint(.truncate, patience: .seconds(2)) }
    }

    private func note(_ error: LedgerError) {
        guard failure == nil, error.code.endsWriting else { return }
        failure = LedgerError(
            .isReadOnly,
            "\(connection.path): an earlier segment could not be written; close the replica and open it anew",
            cause: error
        )
    }
}
