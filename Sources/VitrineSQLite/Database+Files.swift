package import VitrineCSQLite
internal import VitrineSync

// The write-ahead log and the main file
extension Database {
    /// How far a checkpoint goes.
    package enum CheckpointMode: Sendable {
        /// As far as readers allow, without waiting.
        case passive
        /// Waits until readers let the whole log be copied and be started over by the next commit.
        case restart
        /// As `restart`, and cuts the log to nothing: the database file is then all there is.
        case truncate
    }

    /// What a checkpoint found and did.
    package struct CheckpointResult: Sendable {
        /// Frames in the log.
        package let frames: Int
        /// Frames that are in the database file too.
        package let copied: Int
        /// Whether the log holds nothing that the database file lacks.
        package var isComplete: Bool { frames == copied }
    }

    /// Copies the log into the database file; only the writer may.
    ///
    /// A restart that readers held up for longer than `patience` is no error: the result then says how far it got.
    package func checkpoint(_ mode: CheckpointMode, patience: Duration) throws(DatabaseError) -> CheckpointResult {
        unsafe sqlite3_busy_timeout(handle, Int32(clamping: patience.wholeMilliseconds))
        defer { unsafe sqlite3_busy_timeout(handle, busyMilliseconds) }
        var frames: Int32 = 0
        var copied: Int32 = 0
        let code =
            switch mode {
            case .passive: SQLITE_CHECKPOINT_PASSIVE
            case .restart: SQLITE_CHECKPOINT_RESTART
            case .truncate: SQLITE_CHECKPOINT_TRUNCATE
            }
        let status = unsafe sqlite3_wal_checkpoint_v2(handle, "main", code, &frames, &copied)
        guard status == SQLITE_OK || status & 0xFF == SQLITE_BUSY else {
            throw unsafe DatabaseError.last(on: handle, path: path, sql: "")
        }
        return CheckpointResult(frames: Int(max(0, frames)), copied: Int(max(0, copied)))
    }

    /// Bytes of the database file.
    package func mainFileSize() throws(DatabaseError) -> Int64 {
        let file = unsafe try mainFile()
        var size: Int64 = 0
        let status = unsafe file.pointee.pMethods.pointee.xFileSize(file, &size)
        guard status == SQLITE_OK else { throw mainFileFailure(status, "size") }
        return size
    }

    /// Reads `count` bytes of the database file at `offset`, by SQLite's own descriptor.
    ///
    /// A second descriptor must never be opened in this process: closing it would drop the POSIX locks that SQLite
    /// holds on the file (fcntl(2)).
    package func readMainFile(_ count: Int, at offset: Int64) throws(DatabaseError) -> [UInt8] {
        let file = unsafe try mainFile()
        var bytes = [UInt8](repeating: 0, count: count)
        let status = unsafe bytes.withUnsafeMutableBytes { bytes in
            unsafe file.pointee.pMethods.pointee.xRead(file, bytes.baseAddress, Int32(bytes.count), offset)
        }
        guard status == SQLITE_OK else { throw mainFileFailure(status, "\(count) bytes at offset \(offset)") }
        return bytes
    }

    /// The write-ahead log's file, for flushing it.
    package func logFile() throws(DatabaseError) -> LogFile {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let status = unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file)
        guard status == SQLITE_OK, let file = unsafe file, unsafe file.pointee.pMethods != nil else {
            throw mainFileFailure(status, "the log's handle")
        }
        return unsafe LogFile(file, path: path + "-wal")
    }

    /// The database file as SQLite itself has it open.
    package func mainFile() throws(DatabaseError) -> UnsafeMutablePointer<sqlite3_file> {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let status = unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file)
        guard status == SQLITE_OK, let file = unsafe file, unsafe file.pointee.pMethods != nil else {
            throw mainFileFailure(status, "its handle")
        }
        return unsafe file
    }

    private func mainFileFailure(_ status: Int32, _ what: String) -> DatabaseError {
        .file("cannot read \(what) of \(path)", path: path, status: status)
    }
}
