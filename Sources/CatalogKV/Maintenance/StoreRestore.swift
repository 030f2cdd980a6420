internal import VitrineIO

/// What a restore did.
public struct RestoreReport: Sendable, Equatable {
    /// Bytes that were written.
    public var byteCount = 0
    /// What reading the restored store found: nothing, or it would not be there.
    public var verification = VerificationReport()

    /// Describes a restore of nothing.
    public init() {}
}

/// Makes a store out of a backup: copies the files, reads the copies whole, and only then puts the manifest in its
/// place, without which there is no store.
struct StoreRestore {
    private static let chunkByteCount = 1 << 20

    let disk: any FileSystem
    let source: StoreReader
    let target: StoreReader

    /// Copies and verifies; blocks.
    ///
    /// - Throws: `CatalogError` with `isCorrupt` when the backup or its copy is damaged; `invalidArgument` when there is
    ///   something at the target, or no backup at the source; `ioFailed` or `diskFull`.
    func run(_ work: BlockingWork, progress: (MaintenanceProgress) -> Void) throws -> RestoreReport {
        try target.checkIsEmpty()
        try source.checkIsThere()
        let path = source.directory.appendingPath(Manifest.fileName)
        let bytes = try onDisk("reading the backup") { () throws(IOError) in
            try disk.contents(of: path, byteCountMax: Manifest.byteCountMax)
        }
        let manifest = try Manifest(bytes.span, path: path)
        let files = StoreFiles(storeID: manifest.storeID, segments: manifest.segments, checkpoint: nil)
        let total = 2 * source.byteCount(of: manifest.segments)
        let journal = target.directory.appendingPath("journal")
        try target.makeDirectories()
        var report = RestoreReport()
        for number in manifest.segments {
            try copy(number, work) { count in
                report.byteCount += count
                progress(MaintenanceProgress(byteCount: report.byteCount, byteCountTotal: total))
            }
        }
        try onDisk("restoring the journal") { () throws(IOError) in try disk.synchronizeDirectory(journal) }
        var walk = StoreWalk(target, files)
        let copied = report.byteCount
        try walk.run(work) { step in
            progress(MaintenanceProgress(byteCount: copied + step.byteCount, byteCountTotal: total))
        }
        report.verification = walk.report
        if let first = walk.report.findings.first {
            throw CatalogError(
                .isCorrupt,
                "the backup at \(source.directory) is damaged, \(walk.report.findings.count) findings, the first: "
                    + "\(first); nothing was handed over; use another backup, or repair this one"
            )
        }
        var restored = manifest
        restored.checkpoint = nil
        try onDisk("finishing the restore") { () throws(IOError) in
            try disk.replaceFile(
                at: target.directory.appendingPath(Manifest.fileName),
                with: restored.encoded().span
            )
        }
        return report
    }

    private func copy(_ number: UInt32, _ work: BlockingWork, progress: (Int) -> Void) throws {
        let (from, to, size) = try onDisk("restoring the journal") { () throws(IOError) in
            let from = try disk.open(source.path(ofSegment: number), .read)
            return (from, try disk.open(target.path(ofSegment: number), .createNew), Int(try from.size()))
        }
        defer {
            try? from.close()
            try? to.close()
        }
        var offset = 0
        while offset < size {
            try work.checkCancellation()
            let count = min(StoreRestore.chunkByteCount, size - offset)
            try onDisk("restoring the journal") { () throws(IOError) in
                let bytes = try from.readBytes(count, at: Int64(offset))
                try to.writeAll(bytes.span, at: Int64(offset))
            }
            offset += count
            progress(count)
        }
        try onDisk("restoring the journal") { () throws(IOError) in try to.synchronize() }
    }
}
