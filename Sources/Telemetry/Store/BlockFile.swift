internal import VitrineIO

/// A block file that is there, mapped; what it holds is read and checked when it is asked for.
final class BlockFile: Sendable {
    let header: BlockHeader
    let path: String
    let byteCount: Int
    let pointCount: UInt64
    /// Series in the block.
    let seriesCount: Int
    private let mapping: FileMapping
    private let indexOffset: Int

    /// Maps the file and checks header, footer and index.
    ///
    /// - Throws: `BlockProblem` when it is damaged, `IOError` when it cannot be read.
    init(_ path: String, on disk: any FileSystem) throws {
        let file = try disk.open(path, .read)
        defer { try? file.close() }
        let size = Int(try file.size())
        guard size >= BlockHeader.byteCount + BlockFooter.byteCount else { throw BlockProblem("it is too short") }
        let mapping = try file.map(count: size)
        let header = try BlockHeader.decode(mapping.bytes).get()
        guard let footer = BlockFooter.decode(mapping.bytes) else {
            throw BlockProblem("its end is missing or damaged")
        }
        let index = mapping.bytes.extracting(footer.indexOffset..<size - BlockFooter.byteCount)
        guard CRC32C.checksum(of: index) == footer.indexChecksum else {
            throw BlockProblem("its index's checksum is wrong")
        }
        guard path.hasSuffix("/" + header.name) else { throw BlockProblem("it stands under another's name") }
        self.header = header
        self.path = path
        self.mapping = mapping
        byteCount = size
        pointCount = footer.pointCount
        seriesCount = footer.seriesCount
        indexOffset = footer.indexOffset
    }

    /// The number of the series at a place of the index.
    func id(at place: Int) -> UInt32 { entryWord(place, 0) }

    private func entryWord(_ place: Int, _ offset: Int) -> UInt32 {
        precondition(place >= 0 && place < seriesCount, "the index has no such place")
        let start = indexOffset + place * BlockFooter.entryByteCount + offset
        let mapping = mapping
        let bytes = mapping.bytes
        // The index was found to be whole when the file was opened, and an entry has sixteen bytes.
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
        }
    }

    /// The place of a series in the index, or `nil` when the block has none of it; `guess` is looked at first.
    func place(of id: UInt32, guess: Int = 0) -> Int? {
        if guess < seriesCount, self.id(at: guess) == id { return guess }
        var low = 0
        var high = seriesCount
        while low < high {
            let middle = (low + high) / 2
            if self.id(at: middle) < id { low = middle + 1 } else { high = middle }
        }
        return low < seriesCount && self.id(at: low) == id ? low : nil
    }

    /// Reads a series' points; `times` carries the times over to the next series, which often has the same.
    ///
    /// - Throws: `TelemetryError` with `storeIsDamaged`.
    func read(
        at place: Int,
        times cached: inout CachedTimes,
        columns: RolledColumns = .all
    ) throws(TelemetryError) -> BlockPoints {
        let id = id(at: place)
        let length = Int(entryWord(place, 4))
        let offset = UInt64(entryWord(place, 8)) | UInt64(entryWord(place, 12)) << 32
        let mapping = mapping
        let bytes = mapping.bytes
        guard offset >= UInt64(BlockHeader.byteCount), offset <= UInt64(indexOffset),
            length <= indexOffset - Int(offset),
            let body = SeriesChunk.verified(bytes.extracting(Int(offset)..<Int(offset) + length), id: id)
        else { throw damaged(id) }
        let points: BlockPoints? = unsafe body.withUnsafeBytes { body in
            var reader = unsafe ColumnReader(body)
            guard let head = SeriesChunk.head(&reader), let times = times(at: head.timesOffset, &cached),
                times.count == head.count
            else { return nil }
            return switch head.kind {
            case .raw: SeriesChunk.raw(&reader, times: times).map { .raw($0) }
            case .rolled: SeriesChunk.rolled(&reader, times: times, columns).map { .rolled($0) }
            case .histogram: SeriesChunk.histograms(&reader, times: times).map { .histogram($0) }
            }
        }
        guard let points else { throw damaged(id) }
        return points
    }

    private func times(at offset: Int, _ cached: inout CachedTimes) -> [Int64]? {
        if cached.offset == offset, cached.path == path { return cached.times }
        guard offset >= BlockHeader.byteCount, offset < indexOffset else { return nil }
        let mapping = mapping
        let times = unsafe mapping.bytes.extracting(offset..<indexOffset).withUnsafeBytes {
            unsafe SeriesChunk.times(in: $0)
        }
        guard let times, isValid(times) else { return nil }
        cached = CachedTimes(path: path, offset: offset, times: times)
        return times
    }

    /// Whether times ascend within those of the block, as readers rely on.
    private func isValid(_ times: [Int64]) -> Bool {
        guard let first = times.first, let last = times.last, first >= header.start, last < header.end else {
            return false
        }
        for index in times.indices.dropFirst() where times[index - 1] >= times[index] { return false }
        return true
    }

    private func damaged(_ id: UInt32) -> TelemetryError {
        TelemetryError(
            .storeIsDamaged,
            "series \(id) of \(path) is not what was written; it is left out when blocks are next put together"
        )
    }
}

/// The times that were read last.
struct CachedTimes {
    var path = ""
    var offset = 0
    var times: [Int64] = []
}

/// A series' points of one block.
enum BlockPoints {
    case raw(RawPoints)
    case rolled(RolledPoints)
    case histogram(HistogramPoints)
}
