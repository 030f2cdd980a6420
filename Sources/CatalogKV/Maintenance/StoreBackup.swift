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
/// The copy has a store's own layout, without a checkpoint. A file that was sealed never changes, and no number is used
/// twice, so one of the same store, number and size is there already. Files come first and the manifest last: until it
/// is replaced the backup is the one before.
struct StoreBackup {
    private static let chunkByteCount = 1 << 20

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
            if try isThere(number, byteCount) {
                report.reusedSegmentCount += 1
            } else {
                try copy(number, byteCount, work)
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

    /// Refuses a directory that holds another store.
    private func checkIdentity() throws {
        let path = target.directory.appendingPath(Manifest.fileName)
        let isThere = try onDisk("looking for an earlier backup") { () throws(IOError) in try disk.info(path) != nil }
        guard isThere else { return }
        let found = try target.files()
        guard found.storeID == manifest.storeID else {
            throw CatalogError(.invalidArgument, "\(target.directory) holds a backup of another store")
        }
    }

    /// Whether the segment is there already, and as it was written.
    private func isThere(_ number: UInt32, _ byteCount: Int) throws -> Bool {
        let path = target.path(ofSegment: number)
        let bytes = try onDisk("looking for an earlier backup") { () throws(IOError) -> [UInt8]? in
            guard try disk.info(path)?.size == Int64(byteCount) else { return nil }
            let file = try disk.open(path, .read)
            defer { try? file.close() }
            return try file.readBytes(byteCount, at: 0)
        }
        guard let bytes, bytes.count == byteCount else { return false }
        do {
            let header = try SegmentHeader.read(bytes.span, storeID: manifest.storeID, number: number, path: path)
            guard let header else { return false }
            var scan = SegmentScan(
                header,
                path: path,
                start: 0,
                from: SegmentHeader.byteCount,
                sequence: header.baseSequence
            )
            try scan.read(bytes.span) { _, _, _, _ in }
            return scan.end == byteCount
        } catch let error as CatalogError where error.code == .isCorrupt {
            return false
        }
    }

    private func copy(_ number: UInt32, _ byteCount: Int, _ work: BlockingWork) throws {
        let path = target.path(ofSegment: number)
        let (from, to) = try onDisk("copying the journal") { () throws(IOError) in
            (try disk.open(source.path(ofSegment: number), .read), try disk.open(path + ".new", .createIfMissing))
        }
        defer {
            try? from.close()
            try? to.close()
        }
        try onDisk("copying the journal") { () throws(IOError) in try to.truncate(to: 0) }
        var offset = 0
        while offset < byteCount {
            try work.checkCancellation()
            let count = min(StoreBackup.chunkByteCount, byteCount - offset)
            try onDisk("copying the journal") { () throws(IOError) in
                let bytes = try from.readBytes(count, at: Int64(offset))
                try to.writeAll(bytes.span, at: Int64(offset))
            }
            offset += count
        }
        try onDisk("copying the journal") { () throws(IOError) in
            try to.synchronize()
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
