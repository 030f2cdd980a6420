package import VitrineIO

/// How far the writing or loading of a checkpoint has got.
package struct CheckpointProgress: Sendable {
    /// Entries written, or bytes loaded.
    package var done: Int
    /// How many there are about; as many as `done` at the end.
    package var total: Int
}

/// Writes what a snapshot of the index shows into a file, beside everything else that goes on.
///
/// It blocks: run it on a thread of its own. It holds the index's epoch only for short pages.
///
/// The order in which a store takes a checkpoint:
///
/// 1. Take the place where the journal goes on, under the writer lock.
/// 2. Wait until readers see all before the place, then take the snapshot, which may show more: the replay skips what
///    the checkpoint has already.
/// 3. `write`.
/// 4. Flush the journal, for compaction may have put moved frames, which entries now lead to, into its unflushed end.
/// 5. Name the checkpoint in the manifest, and remove the one before.
package struct CheckpointWriter {
    private static let pageEntryCount = 512

    private let disk: any FileSystem
    private let directory: String

    /// A writer into the store at `directory`.
    package init(disk: any FileSystem, directory: String) {
        self.disk = disk
        self.directory = directory
    }

    /// Writes the checkpoint and returns its completed header; the file is safe from a crash then.
    ///
    /// `step` is called after every page; what it throws (a cancellation, for one) ends the writing, and so does a disk
    /// that fails. Nothing is left then but, at the worst, a file that the next checkpoint of that number overwrites.
    package func write(
        _ header: CheckpointHeader,
        of index: VersionedIndex,
        at snapshot: IndexSnapshot,
        keyCount: Int,
        step: (CheckpointProgress) throws -> Void
    ) throws -> CheckpointHeader {
        let path = directory.appendingPath(CheckpointHeader.fileName(header.number))
        let aside = path + ".new"
        let file = try onDisk("beginning a checkpoint") { () throws(IOError) in
            try disk.open(aside, .createIfMissing)
        }
        do {
            try onDisk("beginning a checkpoint") { () throws(IOError) in try file.truncate(to: 0) }
            var header = header
            header.partitionCount = index.partitionCount
            var sink = CheckpointSink(file: file, header: header)
            for partition in 0..<index.partitionCount {
                try write(partition, of: index, at: snapshot, to: &sink) { done in
                    try step(CheckpointProgress(done: done, total: max(done, keyCount)))
                }
            }
            let completed = try onDisk("writing a checkpoint") { () throws(IOError) in
                let completed = try sink.finish()
                try file.synchronize()
                try file.close()
                try disk.rename(aside, to: path)
                try disk.synchronizeDirectory(directory)
                return completed
            }
            try step(CheckpointProgress(done: completed.entryCount, total: completed.entryCount))
            return completed
        } catch {
            // The failure that ended the writing is the one to report.
            try? file.close()
            try? disk.remove(aside)
            throw error
        }
    }

    private func write(
        _ partition: Int,
        of index: VersionedIndex,
        at snapshot: IndexSnapshot,
        to sink: inout CheckpointSink,
        step: (Int) throws -> Void
    ) throws {
        // Above every stored key: no table has the highest number with such a length.
        let upper = [UInt8](repeating: 0xFF, count: 8)
        var lower: [UInt8] = []
        var isFirst = true
        while true {
            var count = 0
            var failure: IOError?
            var last: [UInt8] = []
            index.scan(
                partition,
                from: lower.span,
                to: upper.span,
                at: snapshot.sequence,
                reversed: false
            ) { key, version in
                do throws(IOError) {
                    if isFirst { try sink.begin(partition) }
                    isFirst = false
                    try sink.append(key, version)
                } catch {
                    failure = error
                    return false
                }
                count += 1
                if count < CheckpointWriter.pageEntryCount { return true }
                last = unsafe key.withUnsafeBufferPointer { unsafe [UInt8]($0) }
                return false
            }
            if let failure { throw CatalogError.wrapping(failure, while: "writing a checkpoint") }
            if count < CheckpointWriter.pageEntryCount { break }
            // The least key above the last one.
            lower = last
            lower.append(0)
            try step(sink.header.entryCount)
        }
        if !isFirst { sink.endPartition() }
    }
}

/// Gathers entries into blocks and writes them.
private struct CheckpointSink: ~Copyable {
    /// Blocks end at the next partition from this size on, so that most partitions are whole in a block.
    private static let blockByteCountWanted = 1 << 19

    private(set) var header: CheckpointHeader
    private let file: any StorageFile
    private let seed: UInt32
    private var encoder = CheckpointBlockEncoder()
    private var places: [CheckpointBlockPlace] = []
    private var offset = Int64(CheckpointHeader.byteCount)
    private var partition = 0
    private var isContinued = false

    init(file: any StorageFile, header: CheckpointHeader) {
        self.file = file
        self.header = header
        seed = header.blockSeed
    }

    mutating func begin(_ partition: Int) throws(IOError) {
        if encoder.byteCount >= CheckpointSink.blockByteCountWanted { try writeBlock() }
        self.partition = partition
        encoder.beginRun(partition)
    }

    mutating func endPartition() {
        encoder.endRun()
    }

    mutating func append(_ key: Span<UInt8>, _ version: ItemVersion) throws(IOError) {
        if !encoder.hasRoom {
            encoder.endRun()
            try writeBlock()
            isContinued = true
            encoder.beginRun(partition)
        }
        encoder.append(key, version)
        header.entryCount += 1
        if version.expiry != ItemVersion.never { header.expiringCount += 1 }
    }

    /// Writes what is left, the directory and the header.
    mutating func finish() throws(IOError) -> CheckpointHeader {
        if encoder.entryCount > 0 { try writeBlock() }
        var directory: [UInt8] = []
        for place in places {
            directory.appendLittleEndian(place.offset)
            directory.appendLittleEndian(place.byteCount)
            directory.appendLittleEndian(UInt32(place.isContinued ? 1 : 0))
        }
        try file.writeAll(directory.span, at: offset)
        header.directoryOffset = UInt64(offset)
        header.directoryChecksum = CRC32C.checksum(of: directory.span)
        header.blockCount = UInt32(places.count)
        try file.writeAll(header.encoded().span, at: 0)
        return header
    }

    private mutating func writeBlock() throws(IOError) {
        places.append(
            CheckpointBlockPlace(
                offset: UInt64(offset),
                byteCount: UInt32(encoder.byteCount),
                isContinued: isContinued
            )
        )
        isContinued = false
        let place = offset
        offset += Int64(encoder.byteCount)
        let file = file
        try encoder.finish(ordinal: UInt32(places.count - 1), seed: seed) { bytes throws(IOError) in
            try file.writeAll(bytes, at: place)
        }
        encoder.clear()
    }
}
