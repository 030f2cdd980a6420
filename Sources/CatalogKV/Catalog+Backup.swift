package import VitrineIO

extension Catalog {
    /// Copies everything that is written by now into the directory at `backup`, while reading and writing go on.
    ///
    /// The copy is consistent: it has every write up to one moment and none after. A backup to where there is one
    /// already is incremental: only files that are not there with the same bytes are written. Every file is held against
    /// its checksums first, so damage never replaces a sound backup. One that is broken off, or for which there is no room,
    /// leaves the one before, or one of a moment between the two. After `ioFailed` take the next to another directory: what
    /// the disk has of this one is not known. Compaction and checkpoints wait meanwhile.
    ///
    /// - Parameters:
    ///   - backup: A directory that is empty, is not there yet, or holds an earlier backup of this store.
    ///   - progress: told after every file.
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly`, `ioFailed` or `diskFull`, `isCorrupt` when the catalog's files are
    ///   damaged (the earlier backup stays), `invalidArgument` when `backup` holds another store's or is a catalog itself;
    ///   `CancellationError` when the task is cancelled.
    @discardableResult
    public func backUp(
        to backup: String,
        progress: (@Sendable (MaintenanceProgress) -> Void)? = nil
    ) async throws -> BackupReport {
        try await engine.backUp(to: backup, progress: progress)
    }

    /// Makes a catalog at `path`, where there must be nothing, out of the backup at `backup`.
    ///
    /// Every byte of the copy is verified before there is a catalog: a damaged backup leaves none.
    ///
    /// - Throws: `CatalogError` with `isCorrupt` when the backup is damaged, `invalidArgument` when there is none, or
    ///   something at `path`, `unsupportedFormat`, `ioFailed` or `diskFull`; `CancellationError` when the task is cancelled.
    @discardableResult
    public static func restore(
        from backup: String,
        to path: String,
        progress: (@Sendable (MaintenanceProgress) -> Void)? = nil
    ) async throws -> RestoreReport {
        try await restore(from: backup, to: path, disk: PosixFileSystem(), progress: progress)
    }

    /// Makes a catalog on a disk of the caller's.
    @discardableResult
    package static func restore(
        from backup: String,
        to path: String,
        disk: any FileSystem,
        progress: (@Sendable (MaintenanceProgress) -> Void)? = nil
    ) async throws -> RestoreReport {
        let restore = StoreRestore(
            disk: disk,
            source: StoreReader(disk: disk, directory: backup),
            target: StoreReader(disk: disk, directory: path)
        )
        return try await BlockingWork.run(named: "restore") { work in try restore.run(work) { progress?($0) } }
    }

    /// Copies all that can be read of the damaged catalog or backup at `path` into a new catalog at `newPath`, where
    /// there must be nothing; the damaged one is not touched.
    ///
    /// Items keep their versions. The report lists what was lost by file and offset, and by key where that is known. Of
    /// an item whose newest version was lost the newest that can be read is there, and one whose delete was lost is
    /// there again: look at the findings before the new catalog is put to use. Needs memory for every key.
    ///
    /// - Throws: `CatalogError` with `isLocked` when the catalog is open, `isCorrupt` when nothing of it can be read,
    ///   `invalidArgument` when there is nothing at `path` or something at `newPath`, `ioFailed` or `diskFull`; `CancellationError`
    ///   when the task is cancelled.
    public static func repair(
        at path: String,
        into newPath: String,
        progress: (@Sendable (MaintenanceProgress) -> Void)? = nil
    ) async throws -> RepairReport {
        var generator = SystemRandomNumberGenerator()
        return try await repair(
            at: path,
            into: newPath,
            segmentByteCountMax: CatalogConfiguration().segmentByteCountMax,
            disk: PosixFileSystem(),
            freshStoreID: generator.next(),
            progress: progress
        )
    }

    /// Repairs on a disk of the caller's.
    package static func repair(
        at path: String,
        into newPath: String,
        segmentByteCountMax: Int,
        disk: any FileSystem,
        freshStoreID: UInt64,
        progress: (@Sendable (MaintenanceProgress) -> Void)? = nil
    ) async throws -> RepairReport {
        let source = StoreReader(disk: disk, directory: path)
        let lock = try source.lockIfStore()
        defer { lock?.release() }
        let repair = StoreRepair(disk: disk, source: source, files: try source.files())
        return try await repair.run(
            into: newPath,
            segmentByteCount: segmentByteCountMax,
            freshStoreID: freshStoreID,
            progress: progress
        )
    }
}

extension StoreReader {
    /// Keeps a catalog from being opened meanwhile; a backup has no lock file and needs none.
    func lockIfStore() throws -> (any FileLock)? {
        let path = directory.appendingPath("lock")
        return try onDisk("locking the catalog") { () throws(IOError) -> (any FileLock)? in
            try disk.info(path) == nil ? nil : try disk.lock(path)
        }
    }
}
