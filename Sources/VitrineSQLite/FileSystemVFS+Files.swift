internal import Glibc
internal import VitrineCSQLite
internal import VitrineIO

/// A file that SQLite has open on a `FileSystem`; one connection's, so one thread uses it at a time.
final class BridgedFile {
    let file: any StorageFile
    let vfs: FileSystemVFS
    /// Locks and shared memory; `nil` for what is no database.
    let index: SharedIndex?
    let isRemovedOnClose: Bool
    /// Whether the file's name is known to be safe from a crash: until then a flush of the file is one of its directory too.
    private var isNameSafe: Bool
    var holder = SharedIndex.Holder()
    /// What was asked by SQLITE_FCNTL_PERSIST_WAL.
    var keepsLog: Int32 = 0

    init(
        _ file: any StorageFile,
        vfs: FileSystemVFS,
        index: SharedIndex?,
        isRemovedOnClose: Bool,
        isNameSafe: Bool
    ) {
        self.file = file
        self.isNameSafe = isNameSafe
        self.vfs = vfs
        self.index = index
        self.isRemovedOnClose = isRemovedOnClose
    }

    /// Runs a call on the file; returns SQLite's number for what the disk said.
    func run(orElse status: Int32, _ body: () throws(IOError) -> Void) -> Int32 {
        do throws(IOError) {
            try body()
            return SQLITE_OK
        } catch {
            vfs.note(error)
            // A flush that failed is that, whatever the reason: it must not be tried again.
            let isFull = error.errno == ENOSPC || error.errno == EDQUOT
            let isFlush = error.operation == .synchronize || error.operation == .synchronizeDirectory
            return isFull && !isFlush ? SQLITE_FULL : status
        }
    }

    func read(into memory: UnsafeMutableRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        var filled = 0
        let status = run(orElse: vitrine_sqlite_ioerr_read()) { () throws(IOError) in
            let bytes = unsafe UnsafeMutableBufferPointer(
                start: memory.assumingMemoryBound(to: UInt8.self),
                count: count
            )
            while filled < count {
                var span = unsafe MutableSpan(_unsafeElements: UnsafeMutableBufferPointer(rebasing: bytes[filled...]))
                let got = try file.read(into: &span, at: offset + Int64(filled))
                if got == 0 { break }
                filled += got
            }
        }
        guard status == SQLITE_OK, filled < count else { return status }
        // SQLite relies on zeros behind the end (sqlite.org/c3ref/io_methods.html).
        unsafe memset(memory + filled, 0, count - filled)
        return vitrine_sqlite_ioerr_short_read()
    }

    func write(_ memory: UnsafeRawPointer, _ count: Int, at offset: Int64) -> Int32 {
        run(orElse: vitrine_sqlite_ioerr_write()) { () throws(IOError) in
            let bytes = unsafe UnsafeBufferPointer(start: memory.assumingMemoryBound(to: UInt8.self), count: count)
            unsafe try file.writeAll(Span(_unsafeElements: bytes), at: offset)
        }
    }

    /// Flushes the file, and with the first flush its name: a journal that a crash takes as a whole undoes nothing.
    func synchronize() -> Int32 {
        run(orElse: vitrine_sqlite_ioerr_fsync()) { () throws(IOError) in
            try file.synchronize()
            if isNameSafe { return }
            try vfs.disk.synchronizeDirectory(file.path.parentDirectory)
            isNameSafe = true
        }
    }

    func close() -> Int32 {
        index?.release(&holder)
        let path = file.path
        return run(orElse: vitrine_sqlite_ioerr_close()) { () throws(IOError) in
            try file.close()
            if isRemovedOnClose { try vfs.disk.remove(path) }
        }
    }
}

/// The calls that SQLite makes on an open file.
func makeFileMethods() -> sqlite3_io_methods {
    var methods = sqlite3_io_methods()
    methods.iVersion = 2
    unsafe methods.xClose = { memory in
        guard let memory = unsafe memory else { return SQLITE_OK }
        let place = unsafe UnsafeMutableRawPointer(memory).assumingMemoryBound(to: FileMemory.self)
        return unsafe place.pointee.file.takeRetainedValue().close()
    }
    unsafe methods.xRead = { file, bytes, count, offset in
        guard let file = unsafe bridged(file), let bytes = unsafe bytes else { return SQLITE_IOERR }
        return unsafe file.read(into: bytes, Int(count), at: offset)
    }
    unsafe methods.xWrite = { file, bytes, count, offset in
        guard let file = unsafe bridged(file), let bytes = unsafe bytes else { return SQLITE_IOERR }
        return unsafe file.write(bytes, Int(count), at: offset)
    }
    unsafe methods.xTruncate = { file, size in
        guard let file = unsafe bridged(file) else { return SQLITE_IOERR }
        return file.run(orElse: vitrine_sqlite_ioerr_truncate()) { () throws(IOError) in
            try file.file.truncate(to: size)
        }
    }
    unsafe methods.xSync = { file, _ in
        guard let file = unsafe bridged(file) else { return SQLITE_IOERR }
        return file.synchronize()
    }
    unsafe methods.xFileSize = { file, result in
        guard let file = unsafe bridged(file) else { return SQLITE_IOERR }
        return file.run(orElse: vitrine_sqlite_ioerr_fstat()) { () throws(IOError) in
            let size = try file.file.size()
            unsafe result?.pointee = size
        }
    }
    unsafe methods.xFileControl = { file, operation, argument in
        guard let file = unsafe bridged(file), operation == SQLITE_FCNTL_PERSIST_WAL, let argument = unsafe argument
        else { return SQLITE_NOTFOUND }
        let value = unsafe argument.assumingMemoryBound(to: Int32.self)
        if unsafe value.pointee < 0 {
            unsafe value.pointee = file.keepsLog
        } else {
            unsafe file.keepsLog = value.pointee
        }
        return SQLITE_OK
    }
    unsafe methods.xSectorSize = { _ in 4_096 }
    // A write that a crash tears leaves the bytes beside it alone.
    unsafe methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    addLocking(&methods)
    return methods
}
