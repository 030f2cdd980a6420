internal import VitrineIO

/// The catalogue's file, open for additions.
final class CatalogFile {
    private let directory: StoreDirectory
    private var file: any StorageFile
    private(set) var end: Int64
    /// Records that were added and not written yet, and where each ends.
    private var added: [UInt8] = []
    private var ends: [Int] = []
    private var isSynchronized = true
    /// Whether records were written that the log was to have as well, and has not: they must be flushed before samples of
    /// their series are logged.
    private(set) var isOwedFlush = false

    var pendingByteCount: Int { added.count }

    /// Each record that was added and not written yet.
    var pending: [ArraySlice<UInt8>] { zip([0] + ends, ends).map { added[$0..<$1] } }

    /// Bytes of the file once all that was added is written.
    var byteCount: Int64 { end + Int64(pendingByteCount) }

    init(_ directory: StoreDirectory, end: Int64) throws(IOError) {
        self.directory = directory
        self.end = end
        file = try directory.disk.open(directory.catalogPath, .readWrite)
    }

    /// Adds a record, in memory.
    func add(_ record: [UInt8]) {
        added += record
        ends.append(added.count)
    }

    /// Writes what was added.
    func write() throws(IOError) {
        if added.isEmpty { return }
        isSynchronized = false
        let bytes = added
        try file.appendAll(bytes.span, at: end)
        end += Int64(bytes.count)
        clear()
    }

    /// Writes what was added and makes all of it safe from a crash.
    func synchronize() throws(IOError) {
        try write()
        if !isSynchronized { try file.synchronize() }
        isSynchronized = true
        isOwedFlush = false
    }

    /// Takes note that the log could not take the names that were written last.
    func oweFlush() { isOwedFlush = !isSynchronized }

    /// Puts a file of the series of `table` in place of this one.
    func replace(with table: SeriesTable) throws(IOError) {
        let bytes = SeriesCatalog.file(of: table)
        try directory.disk.replaceFile(at: directory.catalogPath, with: bytes.span)
        let new = try directory.disk.open(directory.catalogPath, .readWrite)
        // The old file has no name any more.
        try? file.close()
        file = new
        end = Int64(bytes.count)
        clear()
        isSynchronized = true
        isOwedFlush = false
    }

    private func clear() {
        added = []
        ends = []
    }

    func close() {
        // All that matters was flushed.
        try? file.close()
    }
}
