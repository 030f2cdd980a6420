internal import VitrineIO

/// A pack that is filled from the front to its end in one go, by moves between tiers and by compaction.
///
/// Nothing refers to it before `finish` returned; a crash before that leaves files that the next opening removes.
final class BatchPack: Sendable {
    private let content: any PackFiller

    init(_ row: PackRow, files: [any StorageFile]) throws {
        content =
            row.isErasureCoded ? try ErasureFiller(row, files: files) : CopyFiller(files: files)
    }

    /// Bytes so far.
    var end: Int64 { content.end }

    /// Puts a record at the end and returns where it stands.
    func append(_ record: [UInt8]) throws -> Int64 { try content.append(record) }

    /// Writes what is left and flushes every shard.
    func finish() throws { try content.finish() }

    /// Gives the files back.
    func close() { content.close() }
}

/// Brings the bytes of a pack onto its shards; used by one thread at a time.
protocol PackFiller: AnyObject, Sendable {
    var end: Int64 { get }
    func append(_ record: [UInt8]) throws -> Int64
    func finish() throws
    func close()
}
