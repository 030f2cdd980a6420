internal import VitrineIO

/// Reads what SQLite has committed out of its write-ahead log, each frame once, and checks it on the way.
///
/// Confined to the writer's thread. It opens the `-wal` file itself, which is allowed because SQLite holds no POSIX
/// lock on that one, and reads it only between commits, when nobody writes it.
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

    /// What a commit wrote.
    struct Commit {
        let salts: WALSalts
        let firstFrame: Int
        let pageSize: Int
        let databasePages: Int
        let frames: [WALFrame]
    }

    /// Bytes that the frames so far take in the log.
    var bytesUsed: Int { cursor.map { Int($0.offset) } ?? 0 }

    /// Notes that the whole log is in the database file now.
    func allowStartingOver() {
        mayStartOver = true
    }

    /// Goes on to the commit that made the log `end` frames long.
    ///
    /// - Parameter wantsFrames: whether anyone takes the pages; without, only the commit's last frame is looked at.
    /// - Throws: `walCorrupted` or `foreignWriter`, after which the database must not be written any more; `ioFailed`.
    func advance(to end: Int, wantsFrames: Bool) throws(LedgerError) -> Commit? {
        do {
            let file = try openedFile()
            var cursor = try currentCursor(file)
            let first = cursor.frames
            guard end > first else {
                throw foreign("it says \(end) frames after a commit, \(first) were there before")
            }
            var commit: Commit?
            if wantsFrames {
                let bytes = try file.readBytes((end - first) * cursor.frameBytes, at: cursor.offset)
                let (pageNumbers, databasePages) = try cursor.advance(over: bytes.span)
                guard cursor.frames == end else { throw WALFault(offset: cursor.offset, reason: "the log ends here") }
                commit = Commit(
                    salts: cursor.salts,
                    firstFrame: first,
                    pageSize: cursor.pageSize,
                    databasePages: Int(databasePages),
                    frames: frames(pageNumbers, in: bytes, pageSize: cursor.pageSize)
                )
            } else {
                let position = Int64(walHeaderBytes) + Int64(end - 1) * Int64(cursor.frameBytes)
                let header = try file.readBytes(walFrameHeaderBytes, at: position)
                try cursor.skip(to: end, lastHeader: header.span)
            }
            self.cursor = cursor
            framesOfLastCommit = end - first
            mayStartOver = false
            return commit
        } catch let error as WALFault {
            throw LedgerError(
                .walCorrupted,
                "\(path), offset \(error.offset): \(error.reason); check the disk, then restore from a snapshot"
            )
        } catch let error as IOError {
            throw LedgerError(.ioFailed, "cannot read back what was committed", cause: error)
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

    private func frames(_ pageNumbers: [UInt32], in bytes: [UInt8], pageSize: Int) -> [WALFrame] {
        let frameBytes = walFrameHeaderBytes + pageSize
        return pageNumbers.enumerated().map { index, pageNumber in
            let start = index * frameBytes + walFrameHeaderBytes
            return WALFrame(pageNumber: pageNumber, bytes: bytes[start..<start + pageSize])
        }
    }

    private func foreign(_ what: String) -> LedgerError {
        LedgerError(
            .foreignWriter,
            "\(path): \(what); somebody else writes to this database, which only the ledger may"
        )
    }
}
