internal import Glibc

/// The file system of the machine.
package struct PosixFileSystem: FileSystem {
    /// The file system of the machine.
    package init() {}

    /// open(2), with O_CLOEXEC so that no child process inherits a store's files.
    package func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any StorageFile {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR
            case .createIfMissing: O_RDWR | O_CREAT
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            }
        let file = PosixFile(path: path, descriptor: try posixOpen(path, flags, for: .open))
        // open(2) lets a directory be opened for reading; the error is clearer here than at the first read.
        if mode == .read, try file.isDirectory() { throw IOError(.open, path: path, errno: EISDIR) }
        return file
    }

    /// stat(2).
    package func info(_ path: String) throws(IOError) -> FileInfo? {
        try requireNoNul(path, for: .info)
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            let number = errno
            if number == ENOENT || number == ENOTDIR { return nil }
            throw IOError(.info, path: path, errno: number)
        }
        return FileInfo(size: Int64(status.st_size), isDirectory: status.st_mode & S_IFMT == S_IFDIR)
    }

    /// realpath(3).
    package func canonicalPath(of path: String) throws(IOError) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw IOError(.info, path: path, errno: errno) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// opendir(3), readdir(3).
    package func list(_ directory: String) throws(IOError) -> [String] {
        try requireNoNul(directory, for: .list)
        guard let stream = unsafe opendir(directory) else { throw IOError(.list, path: directory, errno: errno) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: Int(entry.pointee.d_reclen)) { name in
                    unsafe String(cString: name)
                }
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw IOError(.list, path: directory, errno: errno) }
        return names.sorted()
    }

    /// mkdir(2).
    package func createDirectory(_ path: String) throws(IOError) {
        try requireNoNul(path, for: .createDirectory)
        guard unsafe mkdir(path, 0o777) != 0 else { return }
        let number = errno
        if number == EEXIST, let info = try info(path), info.isDirectory { return }
        throw IOError(.createDirectory, path: path, errno: number)
    }

    /// rename(2).
    package func rename(_ path: String, to newPath: String) throws(IOError) {
        if newPath.utf8.contains(0) { throw IOError(.rename, path: path, errno: EINVAL, detail: "to \(newPath)") }
        try requireNoNul(path, for: .rename)
        guard unsafe Glibc.rename(path, newPath) == 0 else {
            throw IOError(.rename, path: path, errno: errno, detail: "to \(newPath)")
        }
    }

    /// unlink(2).
    package func remove(_ path: String) throws(IOError) {
        try requireNoNul(path, for: .remove)
        guard unsafe unlink(path) == 0 else { throw IOError(.remove, path: path, errno: errno) }
    }

    /// rmdir(2).
    package func removeDirectory(_ path: String) throws(IOError) {
        try requireNoNul(path, for: .remove)
        guard unsafe rmdir(path) == 0 else { throw IOError(.remove, path: path, errno: errno) }
    }

    /// fsync(2) of the directory.
    package func synchronizeDirectory(_ path: String) throws(IOError) {
        let descriptor = try posixOpen(path, O_RDONLY | O_DIRECTORY, for: .synchronizeDirectory)
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw IOError(.synchronizeDirectory, path: path, errno: errno) }
    }

    /// flock(2), which also holds between two descriptors of one process.
    ///
    /// Nobody may remove or rename the file: whoever made it anew would hold a lock of his own.
    package func lock(_ path: String) throws(IOError) -> any FileLock {
        let descriptor = try posixOpen(path, O_RDWR | O_CREAT, for: .lock)
        let file = PosixFile(path: path, descriptor: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            var detail: String?
            if number == EWOULDBLOCK {
                let holder = (try? file.readBytes(32, at: 0)).map {
                    String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self)
                }
                detail = "held by process \(holder.flatMap { $0.isEmpty ? nil : $0 } ?? "unknown")"
            }
            try? file.close()
            throw IOError(.lock, path: path, errno: number, detail: detail)
        }
        try file.truncate(to: 0)
        try file.writeAll(Array("\(getpid())\n".utf8).span, at: 0)
        return PosixFileLock(file: file)
    }
}

/// The system would take a zero byte for the end of the path, and use another file than the caller named.
private func requireNoNul(_ path: String, for operation: IOError.Operation) throws(IOError) {
    if path.utf8.contains(0) { throw IOError(operation, path: path, errno: EINVAL, detail: "zero byte in the path") }
}

private func posixOpen(_ path: String, _ flags: Int32, for operation: IOError.Operation) throws(IOError) -> Int32 {
    try requireNoNul(path, for: operation)
    while true {
        let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o666)
        if descriptor >= 0 { return descriptor }
        let number = errno
        if number != EINTR { throw IOError(operation, path: path, errno: number) }
    }
}

/// Holds the lock by keeping the locked descriptor open.
private final class PosixFileLock: FileLock {
    private let file: PosixFile

    init(file: PosixFile) {
        self.file = file
    }

    deinit {
        release()
    }

    /// Unlocks before it closes: a child of fork(2) that has not come to its exec(2) yet has the descriptor too, and
    /// would hold the lock until then.
    func release() {
        file.unlock()
        try? file.close()  // The descriptor is gone whatever close says.
    }
}
