internal import Logging
internal import Synchronization
package import VitrineIO
internal import VitrineSync

/// A partitioned key-value store in a directory: named tables of items, found by partition key and sort key.
///
/// Every write is a record of one checksummed journal; an ordered index of all keys is kept in memory, and values are
/// read from the journal's files where they stand. Reads are plain calls that wait for nobody. A write suspends until it
/// is as safe as asked; all who wait share a flush. A call that threw changed nothing that a reader can see.
///
/// One catalog at a time can have a directory open, whichever process it is in. All methods may be called from any task
/// or thread. Sweeping of expired items, compaction and checkpoints happen while `run()` runs: give it a task.
public final class Catalog: Sendable {
    /// The most bytes that an item may have.
    public static let itemByteCountMax = 16 << 20
    /// The most segments that a scan can be divided into.
    public static let scanSegmentCountMax = 1_000_000

    let engine: Engine
    private let opening: CatalogStatistics.Opening

    /// Opens the catalog in the directory at `path`, which is created if it is not there.
    ///
    /// Loads the newest checkpoint of the index and replays the journal behind it; takes time in proportion to both,
    /// and calls `progress` now and then, on a thread of its own. A write that a crash broke off is cut from the
    /// journal's end; see `CatalogStatistics.Opening.tornByteCount`.
    ///
    /// - Throws: `CatalogError` with `isLocked` when the catalog is open elsewhere, with `isCorrupt` when the journal
    ///   was damaged, `unsupportedFormat`, `invalidArgument`, or `ioFailed`.
    public static func open(
        at path: String,
        configuration: CatalogConfiguration = .init(),
        progress: (@Sendable (OpeningProgress) -> Void)? = nil
    ) async throws -> Catalog {
        var generator = SystemRandomNumberGenerator()
        return try await open(
            at: path,
            configuration: configuration,
            disk: PosixFileSystem(),
            freshStoreID: generator.next(),
            progress: progress
        )
    }

    /// Opens a catalog on a disk of the caller's.
    package static func open(
        at path: String,
        configuration: CatalogConfiguration,
        disk: any FileSystem,
        freshStoreID: UInt64,
        progress: (@Sendable (OpeningProgress) -> Void)? = nil
    ) async throws -> Catalog {
        try configuration.check()
        let pool = try openingPool()
        do {
            let catalog = try await pool.run {
                let lock = try onDisk("opening the catalog") { () throws(IOError) in
                    try disk.createDirectories(path.appendingPath("journal"))
                    return try disk.lock(path.appendingPath("lock"))
                }
                do {
                    try onDisk("making the catalog's directories safe") { () throws(IOError) in
                        try disk.synchronizeDirectory(path.appendingPath("journal"))
                        try disk.synchronizeDirectory(path)
                        try disk.synchronizeDirectory(path.parentDirectory)
                    }
                    let opener = EngineOpener(
                        path: path,
                        configuration: configuration,
                        disk: disk,
                        freshStoreID: freshStoreID,
                        lock: lock,
                        progress: progress
                    )
                    let (engine, opening) = try opener.open()
                    return Catalog(engine, opening)
                } catch {
                    lock.release()
                    throw error
                }
            }
            await pool.close()
            return catalog
        } catch {
            await pool.close()
            throw error
        }
    }

    /// Opening reads files and must not hold a thread of the cooperative pool.
    private static func openingPool() throws -> BlockingPool {
        do {
            return try BlockingPool(name: "catalog-open", threadCount: 1)
        } catch {
            throw CatalogError(.ioFailed, "the system has no thread to give; end some or raise the limit", cause: error)
        }
    }

    private init(_ engine: Engine, _ opening: CatalogStatistics.Opening) {
        self.engine = engine
        self.opening = opening
        engine.configuration.logger?.info(
            "catalog opened",
            metadata: [
                "path": "\(engine.path)", "checkpointItems": "\(opening.checkpointItemCount)",
                "records": "\(opening.recordCount)", "tornBytes": "\(opening.tornByteCount)",
                "wasClosed": "\(opening.wasClosed)",
            ]
        )
    }

    /// The catalog's directory.
    public var path: String { engine.path }

    /// Flushes what is under way, writes a checkpoint so that the next opening is quick, marks the journal as closed
    /// and lets others open the directory.
    ///
    /// Waits for compaction, a backup or a verification that is under way to come to the end of a step: they then throw
    /// `isClosed`, as later calls do. A second `close` waits for the first and does nothing. A catalog that is dropped
    /// without it, with its tables, streams and snapshots, lets go of its directory too, and loses no acknowledged write.
    ///
    /// - Throws: `CatalogError` with `ioFailed` when the last flush failed; the catalog is closed all the same.
    public func close() async throws {
        try await engine.close()
        engine.configuration.logger?.info("catalog closed", metadata: ["path": "\(path)"])
    }

    /// What the catalog holds and has done.
    public var statistics: CatalogStatistics {
        let segments = engine.journal.segmentList()
        let usage = engine.writer.withLock { _ in engine.index.usage }
        return CatalogStatistics(
            keyCount: usage.keyCount,
            indexByteCount: usage.byteCount,
            residentValueByteCount: usage.residentByteCount,
            liveByteCount: engine.liveByteCount(of: segments),
            journalByteCount: segments.reduce(0) { $0 + $1.byteCount },
            segmentCount: segments.count,
            compactedByteCount: engine.compaction.compactedByteCount.load(ordering: .relaxed),
            movedByteCount: engine.compaction.movedByteCount.load(ordering: .relaxed),
            isCompacting: engine.compaction.isAtWork.load(ordering: .relaxed),
            flushCount: engine.journal.flushCount,
            sequence: engine.index.visible,
            opening: opening,
            readOnlyReason: engine.journal.failure.map { String(describing: $0) }
        )
    }
}
