internal import Glibc
internal import Synchronization
internal import VitrineCSQLite
package import VitrineIO
internal import VitrineSync

/// A SQLite file system (sqlite.org/vfs.html) that stands on a `FileSystem`: databases then live on whatever disk a
/// store was handed, and meet the same crashes, full disks and flipped bits in its tests.
///
/// Locks and the shared index of the write-ahead log are kept in this process's memory. That is sound for databases
/// that one process at a time opens, through one `FileSystemVFS`: the store that owns the directory holds its lock.
/// Every connection must be closed before the last reference goes.
@safe package final class FileSystemVFS: @unchecked Sendable {
    // Unchecked: what the pointers lead to is written before the file system is registered, and read-only then.

    /// What to open a `Database` with.
    package let name: String
    let disk: any FileSystem
    private let cName: UnsafeMutablePointer<CChar>
    private let vfs: UnsafeMutablePointer<sqlite3_vfs>
    private let methods: UnsafeMutablePointer<sqlite3_io_methods>
    private let indexes: Locked<[String: SharedIndex]> = Locked([:])
    private let failure: Locked<IOError?> = Locked(nil)
    // Relaxed: the numbers need only differ.
    private static let lastNumber = Atomic<Int>(0)

    /// Registers a file system under a name that no other has.
    package init(disk: any FileSystem) {
        self.disk = disk
        name = "vitrine-\(Self.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue)"
        unsafe cName = .allocate(capacity: name.utf8.count + 1)
        for (index, byte) in name.utf8.enumerated() { unsafe cName[index] = CChar(bitPattern: byte) }
        unsafe cName[name.utf8.count] = 0
        unsafe methods = .allocate(capacity: 1)
        unsafe methods.initialize(to: makeFileMethods())
        unsafe vfs = .allocate(capacity: 1)
        unsafe vfs.initialize(to: makeVFS(name: cName))
        unsafe vfs.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
        // Fails only where SQLite cannot be initialised, and then every open of a database says so.
        unsafe sqlite3_vfs_register(vfs, 0)
    }

    deinit {
        unsafe sqlite3_vfs_unregister(vfs)
        unsafe vfs.deallocate()
        unsafe methods.deallocate()
        unsafe cName.deallocate()
    }

    /// The last refusal of the disk that SQLite was told of as a number, for the error that follows.
    package var lastFailure: IOError? { failure.withLock { $0 } }

    func note(_ error: IOError) {
        failure.withLock { $0 = error }
    }

    /// Opens a file for SQLite into the memory that it set aside.
    func open(_ path: String, flags: Int32, into memory: UnsafeMutablePointer<sqlite3_file>) -> Int32 {
        do throws(IOError) {
            let mode: OpenMode =
                flags & SQLITE_OPEN_CREATE != 0
                ? .createIfMissing : flags & SQLITE_OPEN_READWRITE != 0 ? .readWrite : .read
            let file = try disk.open(path, mode)
            let bridged = BridgedFile(
                file,
                vfs: self,
                index: flags & SQLITE_OPEN_MAIN_DB == 0 ? nil : index(of: path),
                isRemovedOnClose: flags & SQLITE_OPEN_DELETEONCLOSE != 0,
                // One that is there may be of a process that ended before its name was safe.
                isNameSafe: flags & SQLITE_OPEN_CREATE == 0
            )
            unsafe UnsafeMutableRawPointer(memory).assumingMemoryBound(to: FileMemory.self).initialize(
                to: FileMemory(base: sqlite3_file(pMethods: methods), file: Unmanaged.passRetained(bridged))
            )
            return SQLITE_OK
        } catch {
            note(error)
            unsafe memory.pointee.pMethods = nil
            return SQLITE_CANTOPEN
        }
    }

    private func index(of path: String) -> SharedIndex {
        indexes.withLock { indexes in
            if let index = indexes[path] { return index }
            let index = SharedIndex()
            indexes[path] = index
            return index
        }
    }
}

/// What SQLite sets aside for each open file.
@unsafe struct FileMemory {
    var base: sqlite3_file
    var file: Unmanaged<BridgedFile>
}

/// The Swift side of an open file.
func bridged(_ file: UnsafeMutablePointer<sqlite3_file>?) -> BridgedFile? {
    guard let file = unsafe file else { return nil }
    return unsafe UnsafeMutableRawPointer(file).assumingMemoryBound(to: FileMemory.self).pointee.file
        .takeUnretainedValue()
}

private func fileSystem(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> FileSystemVFS? {
    guard let vfs = unsafe vfs, let context = unsafe vfs.pointee.pAppData else { return nil }
    return unsafe Unmanaged<FileSystemVFS>.fromOpaque(context).takeUnretainedValue()
}

private func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
}

private func makeVFS(name: UnsafePointer<CChar>) -> sqlite3_vfs {
    var vfs = unsafe sqlite3_vfs()
    unsafe vfs.iVersion = 2
    unsafe vfs.szOsFile = Int32(MemoryLayout<FileMemory>.size)
    unsafe vfs.mxPathname = 4_096
    unsafe vfs.zName = name
    unsafe vfs.xOpen = { vfs, name, file, flags, outFlags in
        guard let disk = unsafe fileSystem(vfs), let file = unsafe file else { return SQLITE_CANTOPEN }
        // Without a name SQLite asks for a temporary file, and ours keep what is temporary in memory.
        guard let path = unsafe text(name) else {
            unsafe file.pointee.pMethods = nil
            return SQLITE_CANTOPEN
        }
        if let outFlags = unsafe outFlags { unsafe outFlags.pointee = flags }
        return unsafe disk.open(path, flags: flags, into: file)
    }
    unsafe vfs.xDelete = { vfs, name, mustSync in
        guard let disk = unsafe fileSystem(vfs), let path = unsafe text(name) else {
            return vitrine_sqlite_ioerr_delete()
        }
        return disk.remove(path, mustSync: mustSync != 0)
    }
    unsafe vfs.xAccess = { vfs, name, _, result in
        guard let disk = unsafe fileSystem(vfs), let path = unsafe text(name) else {
            return vitrine_sqlite_ioerr_access()
        }
        let (status, isThere) = disk.access(path)
        unsafe result?.pointee = isThere ? 1 : 0
        return status
    }
    unsafe vfs.xFullPathname = { _, name, capacity, result in
        guard let name = unsafe name, let result = unsafe result else { return SQLITE_CANTOPEN }
        let count = unsafe strlen(name) + 1
        guard count <= Int(capacity) else { return SQLITE_CANTOPEN }
        unsafe result.update(from: name, count: count)
        return SQLITE_OK
    }
    unsafe vfs.xRandomness = { _, count, bytes in
        guard let bytes = unsafe bytes else { return 0 }
        var random = SystemRandomNumberGenerator()
        for index in 0..<Int(count) { unsafe bytes[index] = CChar(truncatingIfNeeded: random.next()) }
        return count
    }
    unsafe vfs.xSleep = { _, microseconds in
        usleep(UInt32(clamping: microseconds))
        return microseconds
    }
    unsafe vfs.xCurrentTimeInt64 = { _, result in
        // Milliseconds of the Julian day that SQLite counts from; 1970-01-01 00:00 UTC is day 2440587.5.
        unsafe result?.pointee = 210_866_760_000_000 + WallClock.sinceEpoch().wholeMilliseconds
        return SQLITE_OK
    }
    unsafe vfs.xGetLastError = { _, _, _ in 0 }
    return unsafe vfs
}

extension FileSystemVFS {
    fileprivate func remove(_ path: String, mustSync: Bool) -> Int32 {
        do throws(IOError) {
            try disk.remove(path)
            if mustSync { try disk.synchronizeDirectory(path.parentDirectory) }
            return SQLITE_OK
        } catch {
            if error.errno == ENOENT { return vitrine_sqlite_delete_missing() }
            note(error)
            return vitrine_sqlite_ioerr_delete()
        }
    }

    fileprivate func access(_ path: String) -> (status: Int32, isThere: Bool) {
        do throws(IOError) {
            return (SQLITE_OK, try disk.info(path) != nil)
        } catch {
            note(error)
            return (vitrine_sqlite_ioerr_access(), false)
        }
    }
}
