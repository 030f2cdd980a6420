internal import VitrineIO

/// Keeps count of what SQLite has committed to its write-ahead log, and finds a writer that is not ours.
///
/// Confined to the writer's thread. It opens the `-wal` file itself, which is allowed because SQLite holds no POSIX
/// lock on that one, and reads only the header and the last frame's: `SegmentBuilder` reads the pages.
final class WALFollower {
    private let path: String
    private let fileSystem: any FileSystem
    private var file: (any StorageFile)?
    private var cursor: WALCursor?
    /// Frames that the last `advance` went over.
    private(set) var framesOfLastCommit = 0
    /// Whether the log may start over with the next commit: only after a checkpoint that copied all of it.
    private var mayStartOver = true

    init(path: String, fileSystem: any FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    /// Bytes that the frames so far take in the log.
    var bytesUsed: Int { cursor.map { Int($0.offset) } ?? 0 }

    /// Notes that the whole log is in the database file now.
    func allowStartingOver() {
        mayStartOver = true
    }

    /// Goes on to the commit that made the log `end` frames long; returns where that commit begins.
    ///
    /// - Throws: `walCorrupted` or `foreignWriter`, after which the database must not be written any more; `ioFailed`.
    func advance(to end: Int) throws(LedgerError) -> WALCursor {
        do {
            let file = try openedFile()
            let start = try currentCursor(file)
            guard end > start.frames else {
                throw foreign("it says \(end) frames after a commit, \(start.frames) were there before")
            }
            var cursor = start
            let position = Int64(walHeaderBytes) + Int64(end - 1) * Int64(cursor.frameBytes)
            let header = try file.readBytes(walFrameHeaderBytes, at: position)
            try cursor.skip(to: end, lastHeader: header.span)
            self.cursor = cursor
            framesOfLastCommit = end - start.frames
            mayStartOver = false
            return start
        } catch let error as WALFault {
            throw error.asLedgerError(path: path)
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError(.ioFailed, "cannot read back what was committed", cause: error)
        }
    }

    func close() {
        try? file?.close()  // It was only read.
        file = nil
    }

    private func openedFile() throws(IOError) -> any StorageFile {
        if let file { return file }
        let opened = try fileSystem.open(path, .read)
        file = opened
        return opened
    }

    /// The cursor to go on from: the last one, or the front of the log when it has started over since.
    private func currentCursor(_ file: any StorageFile) throws -> WALCursor {
        let bytes = try file.readBytes(walHeaderBytes, at: 0)
        let header = try WALHeader(decoding: bytes.span)
        if let cursor, cursor.salts == header.salts { return cursor }
        guard mayStartOver else { throw foreign("it started over although not all of it was copied") }
        if let cursor, header.salts.first != cursor.salts.first &+ 1 {
            throw foreign("its salt jumped from \(cursor.salts.first) to \(header.salts.first)")
        }
        return WALCursor(header)
    }

    private func foreign(_ what: String) -> LedgerError {
        LedgerError(
            .foreignWriter,
            "\(path): \(what); somebody else writes to this database, which only the ledger may"
        )
    }
}

extension WALFault {
    /// The fault in the log at `path`, as the ledger's own error.
    func asLedgerError(path: String) -> LedgerError {
        LedgerError(
            .walCorrupted,
            "\(path), offset \(offset): \(reason); check the disk, then restore from a snapshot"
        )
    }
}
