import VitrineIO
import VitrineSync

/// The real file system, one of whose changes can be made to fail.
final class FailingFileSystem: FileSystem {
    private struct State {
        /// Changes to go before the one that fails; `nil` when none does.
        var left: Int?
        var errno: Int32 = 0
        var wasMet = false
    }
    private let base = PosixFileSystem()
    private let state = Locked(State())

    /// Has a change fail with `errno`: the first, or the one after so many.
    func arm(skip: Int, errno: Int32) {
        state.withLock { $0 = State(left: skip, errno: errno) }
    }

    /// Has nothing fail any more; returns whether something did.
    @discardableResult
    func disarm() -> Bool {
        state.withLock { state in
            let wasMet = state.wasMet
            state = State()
            return wasMet
        }
    }

    fileprivate func change(_ operation: IOError.Operation, _ path: String) throws(IOError) {
        let errno = state.withLock { state -> Int32? in
            guard let left = state.left else { return nil }
            state.left = left == 0 ? nil : left - 1
            if left == 0 { state.wasMet = true }
            return left == 0 ? state.errno : nil
        }
        if let errno { throw IOError(operation, path: path, errno: errno, detail: "as the test asked for") }
    }

    func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any StorageFile {
        switch mode {
        case .read, .readWrite: break
        case .createIfMissing, .createNew: try change(.open, path)
        }
        return FailingFile(try base.open(path, mode), self)
    }

    func info(_ path: String) throws(IOError) -> FileInfo? { try base.info(path) }
    func canonicalPath(of path: String) throws(IOError) -> String { try base.canonicalPath(of: path) }
    func list(_ directory: String) throws(IOError) -> [String] { try base.list(directory) }

    func createDirectory(_ path: String) throws(IOError) {
        try change(.createDirectory, path)
        try base.createDirectory(path)
    }

    func rename(_ path: String, to newPath: String) throws(IOError) {
        try change(.rename, path)
        try base.rename(path, to: newPath)
    }

    func remove(_ path: String) throws(IOError) {
        try change(.remove, path)
        try base.remove(path)
    }

    func removeDirectory(_ path: String) throws(IOError) {
        try change(.remove, path)
        try base.removeDirectory(path)
    }

    func synchronizeDirectory(_ path: String) throws(IOError) {
        try change(.synchronizeDirectory, path)
        try base.synchronizeDirectory(path)
    }

    func lock(_ path: String) throws(IOError) -> any FileLock { try base.lock(path) }
}

private final class FailingFile: StorageFile {
    private let base: any StorageFile
    private let fileSystem: FailingFileSystem

    init(_ base: any StorageFile, _ fileSystem: FailingFileSystem) {
        self.base = base
        self.fileSystem = fileSystem
    }

    var path: String { base.path }
    func size() throws(IOError) -> Int64 { try base.size() }

    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int64) throws(IOError) -> Int {
        try base.read(into: &buffer, at: offset)
    }

    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(IOError) -> Int {
        try fileSystem.change(.write, path)
        return try base.write(bytes, at: offset)
    }

    func truncate(to size: Int64) throws(IOError) {
        try fileSystem.change(.truncate, path)
        try base.truncate(to: size)
    }

    func preallocate(to size: Int64) throws(IOError) {
        try fileSystem.change(.allocate, path)
        try base.preallocate(to: size)
    }

    func synchronize() throws(IOError) {
        try fileSystem.change(.synchronize, path)
        try base.synchronize()
    }

    func map(count: Int) throws(IOError) -> FileMapping { try base.map(count: count) }
    func mapWritable(count: Int) throws(IOError) -> WritableMapping { try base.mapWritable(count: count) }
    func close() throws(IOError) { try base.close() }
}
