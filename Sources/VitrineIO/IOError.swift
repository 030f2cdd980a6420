internal import Glibc

/// A failed operation on a file: what was tried, on which file, where, and what the system answered.
package struct IOError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The system call's plain name.
    package enum Operation: String, Sendable {
        case open, read, write, truncate, allocate, synchronize, map, close
        case info, list, createDirectory, rename, remove, synchronizeDirectory, lock
    }

    /// What was tried.
    package var operation: Operation
    /// The file or directory it was tried on.
    package var path: String
    /// Where in the file, for reads and writes.
    package var offset: Int64?
    /// The system's error number, as `errno(3)` names them.
    package var errno: Int32
    /// What to know beyond the error number, such as who holds a lock.
    package var detail: String?

    /// Describes a failure.
    package init(_ operation: Operation, path: String, offset: Int64? = nil, errno: Int32, detail: String? = nil) {
        self.operation = operation
        self.path = path
        self.offset = offset
        self.errno = errno
        self.detail = detail
    }

    /// One line: operation, file, offset, the system's words, and the detail.
    package var description: String {
        var line = "\(operation.rawValue) \(path)"
        if let offset { line += " at offset \(offset)" }
        line += ": " + IOError.words(for: errno)
        if let detail { line += " (\(detail))" }
        return line
    }

    private static func words(for number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        // The XSI variant, which fills the buffer, is the one that the importer sees.
        let status = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return EINVAL }
            return unsafe strerror_r(number, base, buffer.count)
        }
        let words = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return status == 0 ? "\(words) (errno \(number))" : "errno \(number)"
    }
}
