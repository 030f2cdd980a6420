internal import VitrineIO

/// A file of the journal, as readers of values see it.
///
/// A sealed segment never changes and is read from its mapping; the one that is being written is read with a system
/// call, because a mapping cannot be longer than the file.
final class Segment: Sendable {
    let number: UInt32
    let file: any StorageFile
    private let mapping: FileMapping?

    init(number: UInt32, file: any StorageFile, mapping: FileMapping? = nil) {
        self.number = number
        self.file = file
        self.mapping = mapping
    }

    /// The same segment, read from a mapping of its first `byteCount` bytes.
    func mapped(byteCount: Int) throws(IOError) -> Segment {
        Segment(number: number, file: file, mapping: try file.map(count: byteCount))
    }

    /// The value that `entry` points to, compared with the checksum that it was written with.
    ///
    /// - Throws: `CatalogError` with `ioFailed`, or with `isCorrupt` when the bytes are no longer those.
    func value(of entry: IndexEntry) throws -> [UInt8] {
        let bytes = try bytes(at: Int(entry.offset), count: Int(entry.byteCount))
        guard bytes.count == Int(entry.byteCount), CRC32C.checksum(of: bytes.span) == entry.checksum else {
            throw CatalogError.corrupt(
                file.path,
                at: Int(entry.offset),
                "the value of \(entry.key.key) has changed since it was written"
            )
        }
        return bytes
    }

    private func bytes(at offset: Int, count: Int) throws -> [UInt8] {
        guard let mapping, offset <= mapping.count - count else {
            return try onDisk("reading a value") { () throws(IOError) in
                try file.readBytes(count, at: Int64(offset))
            }
        }
        // The pointer stays inside the closure, and the mapping lives as long as self.
        return unsafe mapping.bytes.extracting(offset..<offset + count).withUnsafeBufferPointer { unsafe Array($0) }
    }
}
