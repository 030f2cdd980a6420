internal import VitrineIO

/// Writes one block file, series by series, in constant memory but for the index.
///
/// The file stands under another name until `finish` has flushed it, so that a block is whole or not there.
struct BlockWriter: ~Copyable {
    private static let pieceBytes = 1 << 20

    private struct Entry {
        let id: UInt32
        let byteCount: UInt32
        let offset: UInt64
    }

    let header: BlockHeader
    private let disk: any FileSystem
    private let directory: String
    private let file: any StorageFile
    private let headerBytes: [UInt8]
    private var buffer: ColumnWriter
    private var written: Int64 = 0
    private var entries: [Entry] = []
    private var pointCount: UInt64 = 0
    /// The times that were stored last, and where: series that are sampled together have the same.
    private var recentTimes: [(times: [Int64], offset: Int)] = []

    init(_ header: BlockHeader, in directory: String, on disk: any FileSystem) throws(IOError) {
        let file = try disk.open(directory.appendingPath(header.name) + ".new", .createIfMissing)
        try file.truncate(to: 0)
        self.header = header
        self.disk = disk
        self.directory = directory
        self.file = file
        headerBytes = header.encoded()
        buffer = ColumnWriter(capacity: 2 * Self.pieceBytes)
        buffer.append(headerBytes)
    }

    mutating func append(_ points: RawPoints, id: UInt32) throws(IOError) {
        if points.count == 0 { return }
        let times = offset(of: points.times)
        let start = buffer.count
        SeriesChunk.append(points, id: id, timesOffset: times, to: &buffer)
        try note(id, from: start, count: points.count)
    }

    mutating func append(_ points: RolledPoints, id: UInt32) throws(IOError) {
        if points.count == 0 { return }
        let times = offset(of: points.times)
        let start = buffer.count
        SeriesChunk.append(points, id: id, timesOffset: times, to: &buffer)
        try note(id, from: start, count: points.count)
    }

    mutating func append(_ points: HistogramPoints, id: UInt32) throws(IOError) {
        if points.count == 0 { return }
        let times = offset(of: points.times)
        let start = buffer.count
        SeriesChunk.append(points, id: id, timesOffset: times, to: &buffer)
        try note(id, from: start, count: points.count)
    }

    private mutating func note(_ id: UInt32, from start: Int, count: Int) throws(IOError) {
        entries.append(Entry(id: id, byteCount: UInt32(buffer.count - start), offset: UInt64(Int(written) + start)))
        pointCount += UInt64(count)
        if buffer.count >= Self.pieceBytes { try drain() }
    }

    private mutating func offset(of times: [Int64]) -> Int {
        for recent in recentTimes where recent.times == times { return recent.offset }
        let offset = Int(written) + buffer.count
        SeriesChunk.appendTimes(times, to: &buffer)
        if recentTimes.count == 4 { recentTimes.removeLast() }
        recentTimes.insert((times, offset), at: 0)
        return offset
    }

    private mutating func drain() throws(IOError) {
        try file.writeAll(buffer.span, at: written)
        written += Int64(buffer.count)
        buffer.removeAll()
    }

    /// Writes index and footer, flushes, and gives the file its name, safe from a crash when it returns.
    mutating func finish() throws(IOError) {
        entries.sort { $0.id < $1.id }
        var index: [UInt8] = []
        index.reserveCapacity(entries.count * BlockFooter.entryByteCount)
        for entry in entries {
            index.appendLittleEndian(entry.id)
            index.appendLittleEndian(entry.byteCount)
            index.appendLittleEndian(entry.offset)
        }
        let footer = BlockFooter(
            indexOffset: Int(written) + buffer.count,
            seriesCount: entries.count,
            indexChecksum: CRC32C.checksum(of: index.span),
            pointCount: pointCount
        )
        buffer.append(index)
        buffer.append(footer.encoded(after: headerBytes))
        try file.writeAll(buffer.span, at: written)
        try file.synchronize()
        try file.close()
        let path = directory.appendingPath(header.name)
        try disk.rename(path + ".new", to: path)
        try disk.synchronizeDirectory(directory)
    }

    /// Gives up: removes what was written.
    func abandon() {
        // What cannot be removed is removed when the store is opened again.
        try? file.close()
        try? disk.remove(directory.appendingPath(header.name) + ".new")
    }
}
