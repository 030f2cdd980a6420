internal import Glibc
internal import VitrineIO

/// A fresh directory that is removed, with all in it, when the value goes away.
package struct TemporaryDirectory: ~Copyable, Sendable {
    /// Its absolute path, without a slash at the end.
    package let path: String

    /// Makes a directory under TMPDIR, or /tmp.
    package init() throws {
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/vitrine-test-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { template -> String? in
            guard let base = template.baseAddress, let name = unsafe mkdtemp(base) else { return nil }
            return unsafe String(cString: name)
        }
        guard let made else { throw TemporaryDirectoryError(parent: parent, errno: errno) }
        path = made
    }

    deinit {
        removeTree(path)
    }
}

/// No directory could be made under `parent`.
package struct TemporaryDirectoryError: Error {
    /// Where it was tried.
    package let parent: String
    /// What mkdtemp(3) said.
    package let errno: Int32
}

private func removeTree(_ path: String) {
    let disk = PosixFileSystem()
    for name in (try? disk.list(path)) ?? [] {
        let entry = path.appendingPath(name)
        // What cannot be removed is left to whoever empties the temporary directory.
        if (try? disk.remove(entry)) == nil { removeTree(entry) }
    }
    try? disk.removeDirectory(path)
}
