internal import VitrineIO
internal import VitrineSync

/// A pack of the hot tier that puts append to; all who wait for the disk share its flushes.
final class ActivePack: Sendable {
    let row: PackRow
    private let files: [any StorageFile]
    private let writers: [AppendWriter]
    /// Every copy must have each record at the same offset.
    private let order = Locked(())
    private let whenUnused: @Sendable () -> Void

    /// Takes over the shards of a new pack, whose headers are written and flushed.
    ///
    /// - Parameter whenUnused: called when the set, and every put that has appended, has let go of the pack: only then is
    ///   each of its records named in the metadata or dead.
    init(_ row: PackRow, files: [any StorageFile], whenUnused: @escaping @Sendable () -> Void) throws(IOError) {
        self.row = row
        self.whenUnused = whenUnused
        self.files = files
        var writers: [AppendWriter] = []
        for file in files {
            writers.append(
                try AppendWriter(file: file, end: Int64(ShardHeader.byteCount), threadName: "vault-pack")
            )
        }
        self.writers = writers
    }

    deinit {
        whenUnused()
    }

    /// Bytes so far.
    var end: Int64 { writers.first?.end ?? 0 }

    /// Puts a record at the end, in memory; returns where it will stand.
    func append(_ record: [UInt8]) throws(IOError) -> Int64 {
        try order.withLock { _ throws(IOError) in
            var offset: Int64 = 0
            for writer in writers { offset = try writer.append(record.span) }
            return offset
        }
    }

    /// Suspends until all before `end` is as safe as asked, in every copy.
    func commit(through end: Int64, _ durability: WriteDurability) async throws(IOError) {
        // One after the other: a first copy that fails makes the others needless.
        for writer in writers { try await writer.commit(through: end, durability) }
    }

    /// Ends the pack: no more is appended.
    func close() async throws(IOError) {
        for writer in writers { try await writer.close() }
        for file in files { try file.close() }
    }
}
