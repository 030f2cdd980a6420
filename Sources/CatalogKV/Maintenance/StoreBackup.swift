internal import VitrineIO
internal import VitrineSync

/// What a backup did.
public struct BackupReport: Sendable, Equatable {
    /// Journal files that were written to the backup.
    public var copiedSegmentCount = 0
    /// Journal files that were there already, from an earlier backup.
    public var reusedSegmentCount = 0
    /// Bytes that were written.
    public var copiedByteCount = 0
    /// Bytes of the whole backup.
    public var byteCount = 0
    /// The number of the last operation that is in it.
    public var sequence: UInt64 = 0

    /// Describes a backup of nothing.
    public init() {}
}

/// Copies a store's journal up to some flushed place, file by file.
///
/// The copy has a store's own layout, without a checkpoint. Each file is held against its checksums before it is copied,
/// so that damage never takes the place of a sound backup; one whose bytes are there already is not written again. Bytes
/// are compared, not names: a store that was restored from an older backup goes on under the same numbers with other
/// contents. Files come first and the manifest last: until it is replaced the backup is the one before.
struct StoreBackup {
    let disk: any FileSystem
    let source: StoreReader
    let target: StoreReader
    let manifest: Manifest
    /// The segments to copy, with the bytes of each.
    let segments: [(number: UInt32, byteCount: Int)]

    /// Copies what is missing; blocks.
    func run(_ work: BlockingWork, progress: (MaintenanceProgress) -> Void) throws -> BackupReport {
        let total = segments.reduce(0) { $0 + $1.byteCount }
        let journal = target.directory.appendingPath("journal")
        try target.makeDirectories()
        try checkIdentity()
        var report = BackupReport()
        for (number, byteCount) in segments {
            try work.checkCancellation()
            let bytes = try soundBytes(number, byteCount)
            if try isThere(number, bytes) {
                report.reusedSegmentCount += 1
            } else {
                try write(number, bytes)
                report.copiedSegmentCount += 1
                report.copiedByteCount += byteCount
            }
            report.byteCount += byteCount
            progress(MaintenanceProgress(byteCount: report.byteCount, byteCountTotal: total))
        }
        try onDisk("finishing the backup") { () throws(IOError) in
            try disk.synchronizeDirectory(journal)
            try disk.replaceFile(
                at: target.directory.appendingPath(Manifest.fileName),
                with: manifest.encoded().span
            )
            let listed = Set(manifest.segments)
            for name in try disk.list(journal) {
                guard let number = SegmentHeader.number(ofFile: name), !listed.contains(number) else { continue }
                try disk.remove(target.path(ofSegment: number))
            }
        }
        return report
    }

    /// Refuses a directory that holds another store, or a catalog: this one or one that was restored from its backups.
    private func checkIdentity() throws {
        let (isBackup, isCatalog) = try onDisk("looking for an earlier backup") { () throws(IOError) in
            (
                try disk.info(target.directory.appendingPath(Manifest.fileName)) != nil,
                try disk.info(target.directory.appendingPath("lock")) != nil
            )
        }
        guard !isCatalog else {
            throw CatalogError(
                .invalidArgument,
                "\(target.directory) is a catalog; back up to a directory of its own"
            )
        }
        guard isBackup else { return }
        let found = try target.files()
        guard found.storeID == manifest.storeID else {
            throw CatalogError(.invalidArgument, "\(target.directory) holds a backup of another store")
        }
    }

    /// The bytes of a segment of the store, held against their checksums.
    ///
    /// - Throws: `CatalogError` with `isCorrupt`, which names the file and the place.
    private func soundBytes(_ number: UInt32, _ byteCount: Int) throws -> [UInt8] {
        let path = source.path(ofSegment: number)
        let bytes = try onDisk("reading the journal") { () throws(IOError) in
            let file = try disk.open(path, .read)
            defer { try? file.close() }
            return try file.readBytes(byteCount, at: 0)
        }
        let header = try SegmentHeader.read(bytes.span, storeID: manifest.storeID, number: number, path: path)
        guard let header else { throw CatalogError.corrupt(path, at: 0, "the segment does not begin as one") }
        var scan = SegmentScan(
            header,
            path: path,
            start: 0,
            from: SegmentHeader.byteCount,
            sequence: header.baseSequence
        )
        try scan.read(bytes.span) { _, _, _, _ in }
        guard scan.end == byteCount else {
            throw CatalogError.corrupt(path, at: scan.end, "records that were written are not there")
        }
        return bytes
    }

    /// Whether an earlier backup has these bytes.
    private func isThere(_ number: UInt32, _ bytes: [UInt8]) throws -> Bool {
        let path = target.path(ofSegment: number)
        let found = try onDisk("looking for an earlier backup") { () throws(IOError) -> [UInt8]? in
            guard try disk.info(path)?.size == Int64(bytes.count) else { return nil }
            let file = try disk.open(path, .read)
            defer { try? file.close() }
            return try file.readBytes(bytes.count, at: 0)
        }
        return found == bytes
    }

    private func write(_ number: UInt32, _ bytes: [UInt8]) throws {
        let path = target.path(ofSegment: number)
        try onDisk("copying the journal") { () throws(IOError) in
            let file = try disk.open(path + ".new", .createIfMissing)
            defer { try? file.close() }
            try file.truncate(to: 0)
            try file.writeAll(bytes.span, at: 0)
            try file.synchronize()
            try disk.rename(path + ".new", to: path)
        }
    }
}

extension Engine {
    /// Copies everything that is written by now into a directory; reading and writing go on meanwhile.
    func backUp(
        to directory: String,
        progress: (@Sendable (MaintenanceProgress) -> Void)?
    ) async throws -> BackupReport {
        try checkOpen()
        // Compaction must take away no file that is to be copied.
        _ = try await acquirePermit()
        defer { checkpoints.permit.release() }
        let (place, position) = writer.withLock { state in journal.place(nextSequence: state.nextSequence) }
        try await journal.settle(position)
        let segments = journal.segmentList().filter { $0.number <= place.segment }.map { segment in
            (
                number: segment.number,
                byteCount: segment.number == place.segment ? Int(place.offset) : segment.byteCount
            )
        }
        var manifest = journal.manifest
        manifest.segments = segments.map(\.number)
        manifest.checkpoint = nil
        let backup = StoreBackup(
            disk: disk,
            source: StoreReader(disk: disk, directory: path),
            target: StoreReader(disk: disk, directory: directory),
            manifest: manifest,
            segments: segments
        )
        var report = try await BlockingWork.run(named: "backup", unless: checkOpen) { work in
            try backup.run(work) { progress?($0) }
        }
        report.sequence = place.sequence - 1
        return report
    }
}
