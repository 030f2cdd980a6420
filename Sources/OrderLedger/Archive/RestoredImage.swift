internal import VitrineIO
internal import VitrineSQLite

/// A database file that a restore makes: written aside, and under its name only when it was verified.
///
/// Confined to the restore's thread.
final class RestoredImage: @unchecked Sendable {
    // Unchecked: see above.

    private let path: String
    private let aside: String
    private let fileSystem: any FileSystem
    private let vfs: String?
    private var file: (any StorageFile)?

    init(_ path: String, _ fileSystem: any FileSystem, vfs: String?) {
        self.path = path
        aside = path + ".restoring"
        self.fileSystem = fileSystem
        self.vfs = vfs
    }

    /// Removes what earlier databases have left under either name, and begins a new file.
    func create() throws {
        try naming { () throws(IOError) in
            if try fileSystem.info(path) != nil {
                throw IOError(.open, path: path, errno: 17, detail: "restore into a file that is not there yet")
            }
            // The log of another database would be taken for this one's.
            try removeDatabase(path, on: fileSystem)
            try removeDatabase(aside, on: fileSystem)
            file = try fileSystem.open(aside, .createNew)
        }
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws {
        guard let file else { return }
        try naming { () throws(IOError) in try file.writeAll(bytes.span, at: offset) }
    }

    /// Applies a segment in place.
    func apply(_ segment: WALSegment) throws {
        guard let file else { return }
        let size = segment.pageSize
        let fileSize = try naming { () throws(IOError) in try file.size() }
        let pages = try segment.images { numbers in
            var bytes: [UInt8] = []
            for number in numbers {
                let offset = Int64(number - 1) * Int64(size)
                var page = offset < fileSize ? try file.readBytes(size, at: offset) : []
                page.append(contentsOf: repeatElement(0, count: size - page.count))
                bytes += page
            }
            return WALPages(numbers: numbers, pageSize: size, bytes: bytes)
        }
        try naming { () throws(IOError) in
            for (index, number) in pages.numbers.enumerated() {
                try file.writeAll(
                    pages.bytes.span.extracting(index * size..<(index + 1) * size),
                    at: Int64(number - 1) * Int64(size)
                )
            }
            try file.truncate(to: Int64(segment.databasePages) * Int64(size))
        }
    }

    /// Flushes, verifies and names the file.
    ///
    /// - Throws: `snapshotCorrupted` when it is not what it should be.
    func finish(_ version: LedgerVersion) throws {
        try naming { () throws(IOError) in
            try file?.synchronize()
            try file?.close()
            file = nil
        }
        let found = try inspectDatabase(aside, vfs: vfs)
        guard found == version else {
            throw LedgerError(.snapshotCorrupted, "what was restored is of \(found), and should be of \(version)")
        }
        try audit()
        try naming { () throws(IOError) in
            try removeLog(of: aside, on: fileSystem)
            try fileSystem.rename(aside, to: path)
            do throws(IOError) {
                try fileSystem.synchronizeDirectory(path.parentDirectory)
            } catch {
                // A name that a loss of power may take back is none: the next restore must find it free.
                try? fileSystem.remove(path)
                throw error
            }
        }
    }

    private func audit() throws(LedgerError) {
        let connection = try Connection(path: aside, role: .reader, vfs: vfs, cacheBytesMax: 8 << 20)
        defer { connection.close() }
        let report = try Audit(connection: connection).run()
        if let finding = report.firstDiscrepancy {
            throw LedgerError(
                .snapshotCorrupted,
                "what was restored does not add up: \(finding.rule): \(finding.finding)"
            )
        }
    }

    /// Removes what there is of it.
    func discard() {
        try? file?.close()
        file = nil
        try? removeDatabase(aside, on: fileSystem)
    }

    private func naming<Value>(_ body: () throws(IOError) -> Value) throws(LedgerError) -> Value {
        do throws(IOError) {
            return try body()
        } catch {
            throw LedgerError(.snapshotFailed, "\(path) could not be restored", cause: error)
        }
    }
}
