internal import Glibc
package import VitrineIO
internal import VitrineSync

/// A disk in memory that keeps POSIX's promises and no others, and breaks when it is told to.
///
/// - A file's bytes and size are safe from a crash after `synchronize` of the file; names (created, renamed, removed)
///   after `synchronizeDirectory` of the directory that holds them, for a rename the one with the new name. Flushing a
///   file does not make its name safe, nor the other way round.
/// - `crash(at:)` stops the machine before or after any operation; every later call throws an `IOError` whose
///   `isSimulatedCrash` is true. `restarted(after:seed:)` is the disk that the next process finds.
/// - `fail(at:)` and `fail(where:)` make operations fail. A failed `synchronize` drops what it was to save, as Linux
///   does: readers see it until the machine stops, a later `synchronize` succeeds, and it never reaches the disk.
/// - A capacity, short transfers and flipped bits are settings.
///
/// The same seed and the same calls give the same log and the same disks. Safe to use from any thread.
package final class SimulatedFileSystem: FileSystem {
    let state: Locked<SimulatedState>

    /// An empty disk, with only the root directory.
    ///
    /// - Parameters:
    ///   - seed: decides where transfers are short.
    ///   - capacity: bytes that all files together can hold; a write past it is short, or fails with `ENOSPC`.
    ///   - hasShortTransfers: whether one read and write in four moves fewer bytes than asked, at least one.
    package init(seed: UInt64 = 1, capacity: Int64? = nil, hasShortTransfers: Bool = false) {
        state = Locked(SimulatedState(seed: seed, capacity: capacity, hasShortTransfers: hasShortTransfers))
    }

    init(_ state: SimulatedState) {
        self.state = Locked(state)
    }

    /// Runs `body` as the next operation, under the lock, and gives its failure the file's name.
    func perform<Result: Sendable>(
        _ kind: SimulatedOperation.Kind,
        _ path: String,
        offset: Int64? = nil,
        count: Int? = nil,
        detail: String? = nil,
        onFailure: (inout SimulatedState) -> Void = { _ in },
        _ body: (inout SimulatedState) throws(SimulatedErrno) -> Result
    ) throws(IOError) -> Result {
        do throws(SimulatedErrno) {
            return try state.withLock { state throws(SimulatedErrno) in
                let operation = SimulatedOperation(
                    index: state.log.count,
                    kind: kind,
                    path: path,
                    offset: offset,
                    count: count
                )
                return try state.perform(operation, onFailure: onFailure, body)
            }
        } catch {
            throw IOError(
                kind.errorOperation,
                path: path,
                offset: offset,
                errno: error.number,
                detail: error.detail ?? detail
            )
        }
    }

    /// Opens a file.
    package func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any StorageFile {
        let node = try perform(.open, path) { state throws(SimulatedErrno) in
            let place = try state.names.resolve(path)
            let node: NodeID
            if let found = place.node {
                if mode == .createNew { throw SimulatedErrno(EEXIST) }
                if state.names.isDirectory(found) { throw SimulatedErrno(EISDIR) }
                node = found
            } else {
                guard mode == .createIfMissing || mode == .createNew else { throw SimulatedErrno(ENOENT) }
                node = try state.create(place, isDirectory: false)
            }
            state.files[node]?.openCount += 1
            return node
        }
        return SimulatedFile(disk: self, node: node, path: path, isWritable: mode != .read)
    }

    /// What `path` names.
    package func info(_ path: String) throws(IOError) -> FileInfo? {
        try perform(.info, path) { state throws(SimulatedErrno) in
            let place: SimulatedPlace
            do throws(SimulatedErrno) {
                place = try state.names.resolve(path)
            } catch {
                if error.number == ENOENT || error.number == ENOTDIR { return nil }
                throw error
            }
            guard let node = place.node else { return nil }
            return FileInfo(size: Int64(state.files[node]?.size ?? 0), isDirectory: state.names.isDirectory(node))
        }
    }

    /// The names in a directory, sorted.
    package func list(_ directory: String) throws(IOError) -> [String] {
        try perform(.list, directory) { state throws(SimulatedErrno) in
            let node = try state.directory(directory)
            return (state.names.seen[node] ?? [:]).keys.sorted()
        }
    }

    /// Makes one directory.
    package func createDirectory(_ path: String) throws(IOError) {
        try perform(.createDirectory, path) { state throws(SimulatedErrno) in
            let place = try state.names.resolve(path)
            if let node = place.node {
                if !state.names.isDirectory(node) { throw SimulatedErrno(EEXIST) }
            } else {
                _ = try state.create(place, isDirectory: true)
            }
        }
    }

    /// Gives a file or directory another name.
    package func rename(_ path: String, to newPath: String) throws(IOError) {
        try perform(.rename, path, detail: "to \(newPath)") { state throws(SimulatedErrno) in
            if path.utf8.contains(0) || newPath.utf8.contains(0) { throw SimulatedErrno(EINVAL) }
            // Both directories first, then both names, as the kernel does.
            let directories = (try state.names.resolveParent(path), try state.names.resolveParent(newPath))
            if directories.0.parent == nil || directories.1.parent == nil { throw SimulatedErrno(EBUSY) }
            let place = try state.names.resolve(path)
            guard let node = place.node else { throw SimulatedErrno(ENOENT) }
            let target = try state.names.resolve(newPath)
            if try state.leads(newPath, through: node) { throw SimulatedErrno(EINVAL) }
            if let replaced = target.node, replaced != node {
                if try state.leads(path, through: replaced) { throw SimulatedErrno(ENOTEMPTY) }
                switch (state.names.isDirectory(node), state.names.isDirectory(replaced)) {
                case (true, false): throw SimulatedErrno(ENOTDIR)
                case (false, true): throw SimulatedErrno(EISDIR)
                case (true, true):
                    if state.names.seen[replaced]?.isEmpty == false { throw SimulatedErrno(ENOTEMPTY) }
                case (false, false): break
                }
            }
            try state.rename(place, to: target)
        }
    }

    /// Removes a file's name.
    package func remove(_ path: String) throws(IOError) {
        try perform(.remove, path) { state throws(SimulatedErrno) in
            let place = try state.names.resolve(path)
            guard let node = place.node else { throw SimulatedErrno(ENOENT) }
            if state.names.isDirectory(node) { throw SimulatedErrno(EISDIR) }
            try state.unlink(place)
        }
    }

    /// Removes an empty directory.
    package func removeDirectory(_ path: String) throws(IOError) {
        try perform(.removeDirectory, path) { state throws(SimulatedErrno) in
            let place = try state.names.resolve(path)
            guard let node = place.node else { throw SimulatedErrno(ENOENT) }
            guard state.names.isDirectory(node) else { throw SimulatedErrno(ENOTDIR) }
            if place.parent == nil { throw SimulatedErrno(EBUSY) }
            if state.names.seen[node]?.isEmpty == false { throw SimulatedErrno(ENOTEMPTY) }
            try state.unlink(place)
        }
    }

    /// Makes the names in a directory safe from a crash.
    package func synchronizeDirectory(_ path: String) throws(IOError) {
        let onFailure: (inout SimulatedState) -> Void = { state in
            if let node = try? state.directory(path) { state.names.dropPending(of: node) }
        }
        try perform(.synchronizeDirectory, path, onFailure: onFailure) { state throws(SimulatedErrno) in
            state.commitNames(of: try state.directory(path))
        }
    }

    /// Takes the lock of the file at `path`.
    package func lock(_ path: String) throws(IOError) -> any FileLock {
        let holder = getpid()
        let (node, token) = try perform(.lock, path) { state throws(SimulatedErrno) in
            let place = try state.names.resolve(path)
            if let node = place.node, state.lockHolders[node] != nil {
                throw SimulatedErrno(EWOULDBLOCK, detail: "held by process \(holder)")
            }
            let node = try state.fileNode(at: place)
            let token = state.takeSequence()
            try state.writeLockFile(node, holder: holder)
            state.lockHolders[node] = token
            return (node, token)
        }
        return SimulatedLock(disk: self, node: node, token: token)
    }
}

extension SimulatedState {
    /// The directory that `path` names.
    fileprivate mutating func directory(_ path: String) throws(SimulatedErrno) -> NodeID {
        guard let node = try names.resolve(path).node else { throw SimulatedErrno(ENOENT) }
        guard names.isDirectory(node) else { throw SimulatedErrno(ENOTDIR) }
        return node
    }

    /// Whether the directory that holds `path` is `node` or lies under it.
    fileprivate mutating func leads(_ path: String, through node: NodeID) throws(SimulatedErrno) -> Bool {
        var directory = try names.resolve(path).parent
        while let current = directory {
            if current == node { return true }
            directory = names.seen.first { $0.value.values.contains(current) }?.key
        }
        return false
    }

    fileprivate mutating func writeLockFile(_ node: NodeID, holder: Int32) throws(SimulatedErrno) {
        let text = Array("\(holder)\n".utf8)
        var sequence = takeSequence()
        try files[node]?.resize(to: 0, sequence: sequence)
        sequence = takeSequence()
        try unsafe text.withUnsafeBufferPointer { bytes throws(SimulatedErrno) in
            unsafe try files[node]?.write(bytes, at: 0, sequence: sequence)
        }
    }
}
