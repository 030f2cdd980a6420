internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// A replica's files: the copy, the fence, and the change from one copy to another.
///
/// Confined to the replica's thread, but for `progress`.
final class ReplicaStore: @unchecked Sendable {
    // Unchecked: see above.

    let progress: ReplicaProgress
    private let directory: String
    private let configuration: ReplicaConfiguration
    private let fileSystem: any FileSystem
    private let vfs: String?
    private var core: ReplicaCore?
    private var fenceFile: FenceFile
    private var ending: LedgerError? { progress.ending }

    private var path: String { directory.appendingPath("ledger.sqlite3") }
    private var incoming: String { directory.appendingPath("incoming.sqlite3") }
    /// Stands while one copy takes another's place: what is under the name then may be either, or half of one.
    private var marker: String { directory.appendingPath(Self.markerName) }
    static let markerName = "REPLACING"

    init(
        _ directory: String,
        _ configuration: ReplicaConfiguration,
        _ fileSystem: any FileSystem,
        vfs: String?
    ) throws(LedgerError) {
        self.directory = directory
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.vfs = vfs
        progress = ReplicaProgress(now: configuration.ledger.now)
        fenceFile = try FenceFile(in: directory, fileSystem)
        do throws(IOError) {
            if try fileSystem.info(marker) != nil {
                try removeCopy()
                try fileSystem.remove(marker)
            }
            guard try fileSystem.info(path) != nil else { return }
        } catch {
            throw LedgerError(.ioFailed, "\(directory) cannot be used", cause: error)
        }
        do throws(LedgerError) {
            try openCopy()
        } catch {
            // It stays until a snapshot takes its place.
            guard error.code == .needsSnapshot, configuration.replacesCopy, !configuration.sources.isEmpty else {
                throw error
            }
        }
    }

    private func openCopy() throws(LedgerError) {
        let core = try ReplicaCore(path: path, vfs: vfs, configuration: configuration.ledger)
        self.core = core
        let pool = ReaderPool(path: path, vfs: vfs, durability: Durability(), configuration: configuration.ledger)
        _ = progress.replaceReaders(pool)
        progress.note(core.version, committedAt: core.committedAt, segments: 0)
    }

    // Applying

    func apply(_ segments: [WALSegment]) throws(LedgerError) {
        if let ending { throw ending }
        guard let core else {
            throw LedgerError(.needsSnapshot, "\(directory) has no copy yet that segments could be applied to")
        }
        var count = 0
        defer { if count > 0 { progress.note(core.version, committedAt: core.committedAt, segments: count) } }
        for segment in segments where !core.contains(segment) {
            try core.apply(segment, fence: fenceFile.epoch)
            count += 1
            try core.checkpointIfDue()
        }
        _ = progress.readers?.reap()
    }

    func flush() throws(LedgerError) {
        if let ending { throw ending }
        try core?.flush()
    }

    /// The bytes of the whole database.
    func image() throws(LedgerError) -> [UInt8] {
        if let ending { throw ending }
        return try core?.image() ?? []
    }

    // The change of copies

    /// Makes room for a snapshot; returns where it goes.
    func prepareIncoming() throws(LedgerError) -> String {
        if let ending { throw ending }
        do throws(IOError) {
            try removeDatabase(incoming, on: fileSystem)
        } catch {
            throw LedgerError(.ioFailed, "\(incoming) could not be removed", cause: error)
        }
        return incoming
    }

    /// Has the snapshot take the copy's place; reads wait meanwhile, and those under way are waited for.
    ///
    /// - Throws: `snapshotCorrupted` when it is not the version that it should be; `fenced` when it is of an epoch that
    ///   is over: then the copy stays.
    func install(_ snapshot: String, _ version: LedgerVersion) throws(LedgerError) {
        if let ending { throw ending }
        try inspect(snapshot, version)
        do throws(IOError) {
            // Beside a new database file an old log would be taken for its own: it has to go first, and while neither
            // copy is whole the marker says so.
            try fileSystem.replaceFile(at: marker, with: Array("\(version)\n".utf8).span)
            progress.replaceReaders(nil)?.close()
            try? core?.close()  // It is given up.
            core = nil
            try removeCopy()
            try removeLog(of: snapshot, on: fileSystem)
            try fileSystem.rename(snapshot, to: path)
            try fileSystem.synchronizeDirectory(directory)
            try fileSystem.remove(marker)
            try fileSystem.synchronizeDirectory(directory)
        } catch {
            throw LedgerError(.ioFailed, "\(directory): a snapshot could not take the copy's place", cause: error)
        }
        try openCopy()
    }

    private func inspect(_ snapshot: String, _ version: LedgerVersion) throws(LedgerError) {
        guard version.position.epoch >= fenceFile.epoch else {
            throw LedgerError(.fenced, "the snapshot is of \(version), and epoch \(fenceFile.epoch) has begun")
        }
        let found = try inspectDatabase(snapshot, vfs: vfs)
        guard found == version else {
            throw LedgerError(.snapshotCorrupted, "\(snapshot) is of \(found), and should be of \(version)")
        }
    }

    private func removeCopy() throws(IOError) {
        try removeDatabase(path, on: fileSystem)
    }

    // Failing over

    func fence(below epoch: UInt64) throws(LedgerError) {
        if let ending { throw ending }
        try fenceFile.raise(to: epoch)
    }

    /// Ends following, with the database file complete.
    func promote() throws(LedgerError) {
        if let ending { throw ending }
        guard let core else { throw LedgerError(.needsSnapshot, "\(directory) has no copy that could be promoted") }
        progress.end(
            LedgerError(
                .fenced,
                "\(directory) was promoted after \(core.version): a newer epoch has begun, and the old ledger's is over"
            )
        )
        progress.replaceReaders(nil)?.close()
        defer { self.core = nil }
        try core.close()
    }

    func close() throws(LedgerError) {
        if let ending {
            if ending.code == .isClosed { throw ending }
            return
        }
        progress.end(LedgerError(.isClosed, "\(directory) was closed; open it anew"))
        progress.replaceReaders(nil)?.close()
        defer { core = nil }
        try core?.close()
    }
}

/// Removes a database with its log and index, the log first: it must not outlive the file that it belongs to.
func removeDatabase(_ path: String, on fileSystem: any FileSystem) throws(IOError) {
    try removeLog(of: path, on: fileSystem)
    if try fileSystem.info(path) != nil { try fileSystem.remove(path) }
    try fileSystem.synchronizeDirectory(path.parentDirectory)
}

/// Removes what SQLite keeps beside a database.
func removeLog(of path: String, on fileSystem: any FileSystem) throws(IOError) {
    for suffix in ["-wal", "-shm", "-journal"] where try fileSystem.info(path + suffix) != nil {
        try fileSystem.remove(path + suffix)
    }
}

/// Opens a database that nobody follows yet, looks whether its pages and indexes are whole, and returns the version
/// that it says it is.
///
/// - Throws: `snapshotCorrupted`, `needsSnapshot` when it is of no version exactly.
func inspectDatabase(_ path: String, vfs: String?) throws(LedgerError) -> LedgerVersion {
    let connection = try Connection(path: path, role: .reader, vfs: vfs, cacheBytesMax: 8 << 20)
    defer { connection.close() }
    let finding = try connection.scalar("PRAGMA quick_check(1)")
    guard finding == "ok" else { throw LedgerError(.snapshotCorrupted, "\(path): \(finding)") }
    let record = try HistoryRecord(reading: connection)
    guard record.isExact else { throw LedgerError(.needsSnapshot, "\(path) is of no version exactly") }
    return record.version
}
