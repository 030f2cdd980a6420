internal import VitrineIO

/// One call that the simulated disk received, as its log keeps it.
package struct SimulatedOperation: Sendable, Equatable, CustomStringConvertible {
    /// Which call it was.
    package enum Kind: String, Sendable, CaseIterable {
        case open, info, list, createDirectory, rename, remove, removeDirectory, synchronizeDirectory, lock
        case size, read, write, truncate, preallocate, synchronize, map, mapWritable, store, close
    }

    /// Its place in the log, counted from 0 since the disk was made.
    package let index: Int
    /// Which call it was.
    package let kind: Kind
    /// The file or directory that it named.
    package let path: String
    /// Where in the file, for reads and writes; the new size, for a truncation.
    package let offset: Int64?
    /// Bytes asked for, for reads, writes and mappings.
    package let count: Int?
    /// The error number it ended with, `nil` when it succeeded.
    package internal(set) var errno: Int32?
    /// Whether a crash just before it and one just after it can leave different disks.
    package internal(set) var changesDisk = false

    /// One line: index, call, path, place and result.
    package var description: String {
        var line = "#\(index) \(kind.rawValue) \(path)"
        if let offset { line += " at \(offset)" }
        if let count { line += " count \(count)" }
        if let errno { line += " -> errno \(errno)" }
        return line
    }
}

extension SimulatedOperation.Kind {
    /// What the real file system calls the same operation in its errors.
    var errorOperation: IOError.Operation {
        switch self {
        case .open: .open
        case .info, .size: .info
        case .list: .list
        case .createDirectory: .createDirectory
        case .rename: .rename
        case .remove, .removeDirectory: .remove
        case .synchronizeDirectory: .synchronizeDirectory
        case .lock: .lock
        case .read: .read
        case .write, .store: .write
        case .truncate: .truncate
        case .preallocate: .allocate
        case .synchronize: .synchronize
        case .map, .mapWritable: .map
        case .close: .close
        }
    }
}

/// Why a call on the simulated disk failed, before it is known which call it was.
struct SimulatedErrno: Error {
    let number: Int32
    var detail: String?

    init(_ number: Int32, detail: String? = nil) {
        self.number = number
        self.detail = detail
    }
}
