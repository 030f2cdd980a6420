internal import VitrineIO
internal import VitrineSQLite

/// The database file while it stays as it is: all of one version, see `WriterCore.beginSnapshot`.
@safe package final class DatabaseSnapshot: @unchecked Sendable {
    // Unchecked: the connection is only asked for bytes of its file, by one task or thread at a time.

    /// The version that the file is of.
    package let version: LedgerVersion
    /// When that was committed, in milliseconds since 1970.
    let committedAt: Int64
    /// Bytes of the file.
    package let byteCount: Int64
    private let connection: Connection

    /// What the writer says of the file when it lets it be.
    struct Begun: Sendable {
        let version: LedgerVersion
        let committedAt: Int64
        let byteCount: Int64
    }

    init(_ path: String, _ begun: Begun, vfs: String?) throws(LedgerError) {
        version = begun.version
        committedAt = begun.committedAt
        byteCount = begun.byteCount
        connection = try Connection(path: path, role: .reader, vfs: vfs, cacheBytesMax: 65_536)
    }

    func close() {
        connection.close()
    }

    /// At most `count` bytes at `offset`; fewer at the end.
    package func read(_ count: Int, at offset: Int64) throws(LedgerError) -> [UInt8] {
        try connection.readMainFile(Int(min(Int64(count), byteCount - offset)), at: offset)
    }

    /// Writes a copy to a new file and flushes it and its name.
    ///
    /// - Throws: `snapshotFailed` for the copy; what reading said.
    func write(to path: String, on fileSystem: any FileSystem) throws(LedgerError) {
        do {
            let target = try fileSystem.open(path, .createNew)
            defer { try? target.close() }  // It was flushed, or the copy failed anyway.
            for offset in stride(from: 0, to: byteCount, by: 1 << 20) {
                let bytes = try read(1 << 20, at: offset)
                try target.writeAll(bytes.span, at: offset)
            }
            try target.synchronize()
            try fileSystem.synchronizeDirectory(path.parentDirectory)
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError(
                .snapshotFailed,
                "\(path) could not be written; remove it and take another snapshot",
                cause: error
            )
        }
    }
}
