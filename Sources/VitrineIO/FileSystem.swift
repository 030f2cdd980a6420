internal import Glibc

/// The few operations on files that the stores need, so that a test can hand them a disk that fails.
///
/// Every call blocks; none may be made from a task of the cooperative pool unless it is known to be short. What a
/// crash leaves follows POSIX and no more: bytes are safe after `StorageFile.synchronize`, names (created, renamed,
/// removed) after `synchronizeDirectory` of the directory that holds them.
package protocol FileSystem: Sendable {
    /// Opens a file.
    func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any StorageFile
    /// What `path` names, or `nil` when there is nothing.
    func info(_ path: String) throws(IOError) -> FileInfo?
    /// The absolute path that `path` leads to, with every symbolic link on the way followed.
    func canonicalPath(of path: String) throws(IOError) -> String
    /// The names in a directory, sorted, without "." and "..".
    func list(_ directory: String) throws(IOError) -> [String]
    /// Makes one directory; its parent must be there. One that is there already is no error.
    func createDirectory(_ path: String) throws(IOError)
    /// Gives a file another name in one step, replacing what had that name.
    func rename(_ path: String, to newPath: String) throws(IOError)
    /// Removes a file's name. Who has the file open or mapped keeps it.
    func remove(_ path: String) throws(IOError)
    /// Removes an empty directory.
    func removeDirectory(_ path: String) throws(IOError)
    /// Makes the names in a directory safe from a crash.
    func synchronizeDirectory(_ path: String) throws(IOError)
    /// Takes the advisory lock of the file at `path`, creating the file, and writes this process's id into it.
    ///
    /// - Throws: `IOError` with `EWOULDBLOCK` and the holder's process id in `detail` when somebody has it.
    func lock(_ path: String) throws(IOError) -> any FileLock
}

extension FileSystem {
    /// The path itself: right for file systems without symbolic links and working directory.
    package func canonicalPath(of path: String) throws(IOError) -> String { path }
}

/// How to open a file.
package enum OpenMode: Sendable {
    /// For reading; it must be there.
    case read
    /// For reading and writing; it must be there.
    case readWrite
    /// For reading and writing; created if it is not there.
    case createIfMissing
    /// For reading and writing; it must not be there yet.
    case createNew
}

/// What a path names.
package struct FileInfo: Sendable, Equatable {
    /// Bytes in the file; of no meaning for a directory.
    package var size: Int64
    /// Whether it is a directory.
    package var isDirectory: Bool

    /// Describes a file or directory.
    package init(size: Int64, isDirectory: Bool) {
        self.size = size
        self.isDirectory = isDirectory
    }
}

/// An open file, read and written at positions that the caller states, from any thread.
package protocol StorageFile: AnyObject, Sendable {
    /// The name that it was opened under.
    var path: String { get }
    /// Bytes in the file now.
    func size() throws(IOError) -> Int64
    /// Where the last bytes end that may be anything but zeros, in a file of `size` bytes: `size`, unless the system
    /// knows better.
    func dataEnd(size: Int64) throws(IOError) -> Int64
    /// Reads at most as many bytes as `buffer` holds and returns how many: fewer near the end or when the system
    /// gives fewer, none at the end.
    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int64) throws(IOError) -> Int
    /// Writes at most all of `bytes` and returns how many were taken.
    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(IOError) -> Int
    /// Cuts the file, or extends it with zeros.
    func truncate(to size: Int64) throws(IOError)
    /// Has the disk set aside room for the first `size` bytes; a shorter file grows to `size`, with zeros.
    ///
    /// Writes within it, and stores through a mapping, then never find the disk full.
    ///
    /// - Throws: `ENOSPC` when the disk has no such room.
    func preallocate(to size: Int64) throws(IOError)
    /// Gives the disk's room for the bytes from `offset` on back, where the system can, all of which are zeros; the file
    /// keeps its size, and they stay zeros.
    ///
    /// Nothing may be stored there through a mapping before they are set aside again.
    func giveBack(from offset: Int64) throws(IOError)
    /// Makes what was written, and the size needed to read it, safe from a crash.
    ///
    /// Never call it again after it threw: the system may have dropped what it could not write, and a second call
    /// would then report success. The store goes read-only instead.
    func synchronize() throws(IOError)
    /// Maps the first `count` bytes for reading, seeing later writes to them.
    func map(count: Int) throws(IOError) -> FileMapping
    /// Maps the first `count` bytes for reading and writing; what is stored counts as written, and is safe from a
    /// crash after `synchronize`.
    func mapWritable(count: Int) throws(IOError) -> WritableMapping
    /// Gives the descriptor back. Later calls on the file throw; a second `close` does nothing.
    func close() throws(IOError)
}

/// A held lock; released by `release` or with the last reference, and by the system when the process ends.
package protocol FileLock: AnyObject, Sendable {
    /// Gives the lock back. A second call does nothing.
    func release()
}

extension StorageFile {
    package func dataEnd(size: Int64) throws(IOError) -> Int64 { size }

    /// Keeps the room: right for files that have no holes.
    package func giveBack(from offset: Int64) throws(IOError) {}

    /// Reads exactly `count` bytes, or fewer only where the file ends.
    ///
    /// - Throws: `EINVAL` for a negative `count` or `offset`, which a damaged file can hold.
    package func readBytes(_ count: Int, at offset: Int64) throws(IOError) -> [UInt8] {
        guard count >= 0, offset >= 0 else {
            throw IOError(.read, path: path, offset: offset, errno: EINVAL, detail: "\(count) bytes")
        }
        var available = count
        // A length out of a damaged file must not cost its weight in memory.
        if count > 1 << 16 { available = Int(max(0, min(Int64(count), try size() - offset))) }
        var bytes = [UInt8](repeating: 0, count: available)
        let filled = try fill(&bytes, at: offset)
        bytes.removeLast(available - filled)
        return bytes
    }

    /// Fills `bytes` from `offset` and returns how many there were before the end of the file.
    package func fill(_ bytes: inout [UInt8], at offset: Int64) throws(IOError) -> Int {
        var filled = 0
        while filled < bytes.count {
            var span = bytes.mutableSpan
            var window = span._mutatingExtracting(filled..<span.count)
            let count = try read(into: &window, at: offset + Int64(filled))
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Writes all of `bytes`, however few the system takes at a time.
    package func writeAll(_ bytes: Span<UInt8>, at offset: Int64) throws(IOError) {
        var written = 0
        while written < bytes.count {
            let count = try write(bytes.extracting(written..<bytes.count), at: offset + Int64(written))
            // No system that we know does; to ask again forever would be worse than to say so.
            if count == 0 { throw IOError(.write, path: path, offset: offset, errno: EIO, detail: "no byte was taken") }
            written += count
        }
    }
}
