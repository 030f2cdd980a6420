package import VitrineIO

extension Catalog {
    /// Gives back the space of replaced and deleted items until little more can be won, or twice as much is gone as there
    /// was at the start, for others may go on writing.
    ///
    /// `run()` does the same, a little at a time, once the journal is larger than the configuration allows. Reading and
    /// writing go on meanwhile. Files that a snapshot still reads from are removed later, by the next call or by `run()`.
    ///
    /// - Parameters:
    ///   - isPaced: whether to move no more bytes a second than `CatalogConfiguration.compactionBytesPerSecond`.
    ///   - progress: told what was done so far, after every file.
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly`, `diskFull` or `ioFailed`; `CancellationError` when the task
    ///   is cancelled: what was moved by then stays moved.
    @discardableResult
    public func compact(
        isPaced: Bool = false,
        progress: (@Sendable (CompactionReport) -> Void)? = nil
    ) async throws -> CompactionReport {
        var total = CompactionReport()
        total.spaceAmplification = statistics.spaceAmplification
        // With a busy writer there would be no end otherwise.
        let enough = 2 * statistics.journalByteCount
        while total.removedByteCount <= enough,
            let step = try await engine.compactIfDue(isPaced: isPaced, .resting)
        {
            total.add(step)
            progress?(total)
            try Task.checkCancellation()
        }
        total.heldSegmentCount = engine.heldSegmentCount
        return total
    }

    /// Reads every byte of the open catalog's files and holds it against its checksum.
    ///
    /// Reading and writing go on meanwhile; what is written after it began is not looked at. Compaction and checkpoints
    /// wait.
    ///
    /// - Parameter progress: told after every file.
    /// - Returns: everything that is not as it was written, by file and offset.
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly` or `ioFailed`; `CancellationError` when the task is
    ///   cancelled.
    public func verify(
        progress: (@Sendable (MaintenanceProgress) -> Void)? = nil
    ) async throws -> VerificationReport {
        try await engine.verify(progress: progress)
    }

    /// Reads every byte of the files of the closed catalog, or the backup, at `path`, and holds it against its checksum;
    /// changes nothing.
    ///
    /// - Throws: `CatalogError` with `isLocked` when the catalog is open, `invalidArgument` when there is none, `isCorrupt`
    ///   when nothing of it can be read, `unsupportedFormat` or `ioFailed`; `CancellationError` when the task is cancelled.
    public static func verify(
        at path: String,
        progress: (@Sendable (MaintenanceProgress) -> Void)? = nil
    ) async throws -> VerificationReport {
        try await verify(at: path, disk: PosixFileSystem(), progress: progress)
    }

    /// Verifies on a disk of the caller's.
    package static func verify(
        at path: String,
        disk: any FileSystem,
        progress: (@Sendable (MaintenanceProgress) -> Void)? = nil
    ) async throws -> VerificationReport {
        let reader = StoreReader(disk: disk, directory: path)
        let lock = try reader.lockIfStore()
        defer { lock?.release() }
        return try await BlockingWork.run(named: "verify") { work in
            var walk = StoreWalk(reader, try reader.files())
            try walk.run(work) { progress?($0) }
            walk.verifyCheckpoint()
            return walk.report
        }
    }
}

extension Catalog {
    /// Writes a checkpoint if the journal has grown by as much as the configuration says; returns whether it did.
    package func checkpointIfDue() async throws -> Bool {
        try await engine.checkpointIfDue()
    }

    /// Suspends until everything written so far is on disk.
    package func flush() async throws {
        try await engine.flush()
    }
}
