internal import Glibc

extension FileSystem {
    /// Gives the file at `path` new contents, whole or not at all, safe from a crash when it returns.
    ///
    /// Writes `path` + ".new" beside it, flushes it, renames it over `path` and flushes the directory: leave out the
    /// first flush and a crash can leave an empty file under the right name; leave out the second and the old file
    /// can come back. A ".new" that an earlier crash left is overwritten. Two calls for one path must not overlap.
    ///
    /// - Throws: what failed. The old contents are then still there, unless only the last flush failed: then either may
    ///   be after a crash.
    package func replaceFile(at path: String, with contents: Span<UInt8>) throws(IOError) {
        let aside = path + ".new"
        let file = try open(aside, .createIfMissing)
        do throws(IOError) {
            try file.truncate(to: 0)
            try file.writeAll(contents, at: 0)
            try file.synchronize()
        } catch {
            try? file.close()
            throw error
        }
        try file.close()
        try rename(aside, to: path)
        try synchronizeDirectory(path.parentDirectory)
    }

    /// The whole contents of the file at `path`.
    ///
    /// - Throws: `IOError` with `EFBIG` when it holds more than `byteCountMax`.
    package func contents(of path: String, byteCountMax: Int) throws(IOError) -> [UInt8] {
        let file = try open(path, .read)
        defer { try? file.close() }
        let size = try file.size()
        guard size <= Int64(byteCountMax) else {
            throw IOError(
                .read,
                path: path,
                errno: EFBIG,
                detail: "\(size) bytes, at most \(byteCountMax) expected"
            )
        }
        return try file.readBytes(Int(size), at: 0)
    }

    /// Makes a directory and those above it that are missing, all safe from a crash.
    ///
    /// The name of a directory that is there already is flushed too, for a process that was killed may have made it and
    /// not got as far; not where we may not read the directory above it, which is then none that we made a name in.
    package func createDirectories(_ path: String) throws(IOError) {
        let parent = path.parentDirectory
        if let info = try info(path), info.isDirectory {
            do throws(IOError) {
                try synchronizeDirectory(parent)
            } catch {
                if error.errno != EACCES { throw error }
            }
            return
        }
        if parent != path { try createDirectories(parent) }
        try createDirectory(path)
        try synchronizeDirectory(parent)
    }
}

extension String {
    /// The directory that holds the file of this path: all before the last "/", "." for a bare name.
    package var parentDirectory: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }

    /// This path's entry `name`.
    package func appendingPath(_ name: String) -> String {
        hasSuffix("/") ? self + name : self + "/" + name
    }
}
