package import VitrineCSQLite

/// The write-ahead log's file as SQLite itself has it open, to be flushed from any thread.
///
/// By SQLite's own handle, so that whatever file system SQLite is on sees the flush. Beside the writer's calls this is
/// sound: the handle stays open for as long as the writer's connection is, and xSync of a file changes nothing in it
/// but the number of the last error.
@safe package struct LogFile: @unchecked Sendable {
    // Unchecked: see above.

    /// The file itself; its methods are SQLite's to call.
    package let file: UnsafeMutablePointer<sqlite3_file>
    /// Where it lies.
    package let path: String

    init(_ file: UnsafeMutablePointer<sqlite3_file>, path: String) {
        unsafe self.file = file
        self.path = path
    }

    /// Flushes what was written (fdatasync on the default file system).
    ///
    /// Never call it again after it threw.
    package func flush() throws(DatabaseError) {
        let status = unsafe file.pointee.pMethods.pointee.xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY)
        guard status == SQLITE_OK else { throw failure(status, "flushed") }
    }

    /// Bytes of the file, in use or not.
    package func size() throws(DatabaseError) -> Int64 {
        var size: Int64 = 0
        let status = unsafe file.pointee.pMethods.pointee.xFileSize(file, &size)
        guard status == SQLITE_OK else { throw failure(status, "measured") }
        return size
    }

    /// Appends zeros until the file has `size` bytes.
    ///
    /// Frames written over them later need no new place on the disk, which makes their flush about three times as fast.
    /// SQLite takes zeros for the end of the log.
    ///
    /// - Throws: `fileFailed`, with SQLITE_FULL when there is no room for it.
    package func extend(to size: Int64) throws(DatabaseError) {
        let zeros = [UInt8](repeating: 0, count: 64 << 10)  // Below the 128 KiB that one xWrite can take.
        for offset in stride(from: try self.size(), to: size, by: zeros.count) {
            let status = unsafe zeros.withUnsafeBytes { zeros in
                unsafe file.pointee.pMethods.pointee.xWrite(file, zeros.baseAddress, Int32(zeros.count), offset)
            }
            guard status == SQLITE_OK else { throw failure(status, "extended") }
        }
    }

    private func failure(_ status: Int32, _ what: String) -> DatabaseError {
        .file("\(path) could not be \(what)", path: path, status: status)
    }
}
