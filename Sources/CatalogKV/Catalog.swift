internal import Logging
package import VitrineIO
internal import VitrineSync

/// A key-value store in a directory: items of bytes, found by partition key and sort key.
///
/// Every write is a record of one checksummed journal; an index of all keys is kept in memory, and values are read
/// from the journal's files. Reads are plain calls that wait for no writer's flush. A write suspends until it is as
/// safe as asked; all who wait share a flush. A call that threw changed nothing that a reader can see.
///
/// One catalog at a time can have a directory open, whichever process it is in. All methods may be called from any
/// task or thread.
public final class Catalog: Sendable {
    /// The most bytes that a value may have.
    public static let valueByteCountMax = 16 << 20

    /// The catalog's directory.
    public let path: String
    let configuration: CatalogConfiguration
    let index: CatalogIndex
    let metrics: CatalogMetrics
    private let journal: Journal
    private let replay: CatalogStatistics.Replay
    private let lock: Locked<(any FileLock)?>

    /// Opens the catalog in the directory at `path`, which is created if it is not there, and replays its journal.
    ///
    /// Takes time in proportion to the journal. A write that a crash broke off is cut from its end; see
    /// `CatalogStatistics.Replay.tornByteCount`.
    ///
    /// - Throws: `CatalogError` with `isLocked` when the catalog is open elsewhere, with `isCorrupt` when the journal
    ///   was damaged, `unsupportedFormat`, `invalidArgument`, or `ioFailed`.
    public static func open(at path: String, configuration: CatalogConfiguration = .init()) async throws -> Catalog {
        var generator = SystemRandomNumberGenerator()
        return try await open(
            at: path,
            configuration: configuration,
            disk: PosixFileSystem(),
            freshStoreID: generator.next()
        )
    }

    /// Opens a catalog on a disk of the caller's.
    package static func open(
        at path: String,
        configuration: CatalogConfiguration,
        disk: any FileSystem,
        freshStoreID: UInt64
    ) async throws -> Catalog {
        try configuration.check()
        let thread = try DiskThread(name: "catalog-files")
        let metrics = CatalogMetrics()
        return try await thread.run {
            let lock = try onDisk("opening the catalog") { () throws(IOError) in
                try disk.createDirectories(path.appendingPath("journal"))
                return try disk.lock(path.appendingPath("lock"))
            }
            try onDisk("making the catalog's directories safe") { () throws(IOError) in
                // A process that was killed may have left names that it had not flushed yet.
                try disk.synchronizeDirectory(path.appendingPath("journal"))
                try disk.synchronizeDirectory(path)
                try disk.synchronizeDirectory(path.parentDirectory)
            }
            do {
                let recovery = Recovery(
                    disk: disk,
                    directory: path.appendingPath("journal"),
                    index: CatalogIndex(partitionCount: configuration.indexPartitionCount),
                    freshStoreID: freshStoreID
                )
                let (journal, replay) = try Journal.open(
                    recovery,
                    segmentByteCountMax: configuration.segmentByteCountMax,
                    thread: thread,
                    metrics: metrics
                )
                return Catalog(path, configuration, journal, replay, metrics: metrics, lock: lock)
            } catch {
                lock.release()
                throw error
            }
        }
    }

    private init(
        _ path: String,
        _ configuration: CatalogConfiguration,
        _ journal: Journal,
        _ replay: CatalogStatistics.Replay,
        metrics: CatalogMetrics,
        lock: any FileLock
    ) {
        self.path = path
        self.configuration = configuration
        self.journal = journal
        self.replay = replay
        self.metrics = metrics
        self.lock = Locked(lock)
        index = journal.index
        configuration.logger?.info(
            "catalog opened",
            metadata: [
                "path": "\(path)", "records": "\(replay.recordCount)", "tornBytes": "\(replay.tornByteCount)",
                "wasClosed": "\(replay.wasClosed)",
            ]
        )
    }

    /// Puts an item in the place of what had its key.
    ///
    /// An item with a `lifetime` is returned by no read from the millisecond on in which that has passed, restarts
    /// included; without one it stays until it is deleted. A lifetime of zero or less has passed at once.
    ///
    /// - Throws: `CatalogError` with `keyTooLong`, `valueTooLarge`, `isReadOnly`, `isClosed`, or with `ioFailed` when
    ///   the write itself failed: then no reader of this catalog sees it, it may be there when the catalog is opened
    ///   again, and nothing more is written until then.
    public func put(
        _ value: [UInt8],
        for key: Key,
        lifetime: Duration? = nil,
        durability: Durability = .synced
    ) async throws {
        try check(value, for: key)
        let expiry = lifetime.map(expiry(after:)) ?? IndexEntry.never
        _ = try await write([.put(value, for: StoredKey(.items, key), expiry: expiry)], durability)
    }

    /// The value of an item, or `nil` when there is none or its time has come.
    ///
    /// Its checksum is verified at each read. Costs a search in memory, and a system call while the value stands in
    /// the newest file of the journal.
    ///
    /// - Throws: `CatalogError` with `keyTooLong`, `isClosed`, `ioFailed`, or `isCorrupt` when the bytes on disk have
    ///   changed since they were written.
    public func value(for key: Key) throws -> [UInt8]? {
        try key.check()
        metrics.noteGet()
        return try located(StoredKey(.items, key))?.value()
    }

    /// An item with its version and expiry, or `nil`; otherwise as `value(for:)`.
    public func entry(for key: Key) throws -> Entry? {
        try key.check()
        metrics.noteGet()
        return try located(StoredKey(.items, key)).map(Entry.init)
    }

    /// Deletes an item and returns whether there was one; when there was none, nothing is written.
    ///
    /// - Throws: as `put(_:for:lifetime:durability:)`.
    @discardableResult
    public func delete(_ key: Key, durability: Durability = .synced) async throws -> Bool {
        try key.check()
        switch try await write([.delete(StoredKey(.items, key), if: .exists)], durability) {
        case .written(let existed): return existed == [true]
        case .refused: return false
        }
    }

    /// Writes all of a batch in one record, or nothing; an empty batch is no work.
    ///
    /// A range over one partition sees either all of the batch's items in that partition or none; two reads of their
    /// own may stand before and after it.
    ///
    /// - Throws: as `put(_:for:lifetime:durability:)`, and `CatalogError` with `batchTooLarge`.
    public func write(_ batch: WriteBatch, durability: Durability = .synced) async throws {
        guard batch.count > 0 else { return }
        guard batch.count <= WriteBatch.operationCountMax else {
            throw CatalogError(
                .batchTooLarge,
                "the batch has \(batch.count) operations; it may have at most \(WriteBatch.operationCountMax)"
            )
        }
        var byteCount = 0
        let operations = try batch.steps.map { step -> Operation in
            try check(step.value ?? [], for: step.key)
            byteCount += step.key.partition.count + step.key.sort.count + (step.value?.count ?? 0)
            let key = StoredKey(.items, step.key)
            guard let value = step.value else { return .delete(key) }
            return .put(value, for: key, expiry: step.lifetime.map(expiry(after:)) ?? IndexEntry.never)
        }
        guard byteCount <= WriteBatch.byteCountMax else {
            throw CatalogError(
                .batchTooLarge,
                "the batch has \(byteCount) bytes of keys and values; it may have at most \(WriteBatch.byteCountMax)"
            )
        }
        _ = try await write(operations, durability)
    }

    /// Flushes what is under way, marks the journal as closed and lets others open the directory.
    ///
    /// Later calls throw `isClosed`; a second `close` does nothing. A catalog that is dropped without it lets go of
    /// its directory too, and loses no acknowledged write.
    ///
    /// - Throws: `CatalogError` with `ioFailed` when the last flush failed; the catalog is closed all the same.
    public func close() async throws {
        defer {
            index.close()
            lock.withLock { $0.take() }?.release()
        }
        try await journal.close()
        configuration.logger?.info("catalog closed", metadata: ["path": "\(path)"])
    }

    /// What the catalog holds and has done.
    public var statistics: CatalogStatistics {
        let size = index.size()
        let progress = journal.progress()
        return CatalogStatistics(
            keyCount: size.keyCount,
            liveByteCount: size.liveByteCount,
            journalByteCount: progress.byteCount,
            segmentCount: progress.segmentCount,
            flushCount: progress.flushCount,
            writtenRecordCount: progress.writtenRecordCount,
            replay: replay,
            readOnlyReason: progress.failure.map { String(describing: $0) }
        )
    }
}

// MARK: - Within the module

extension Catalog {
    /// Milliseconds since the Unix epoch.
    var nowMilliseconds: Int64 { configuration.now().wholeMilliseconds }

    /// The millisecond from which on an item that is put now is gone.
    func expiry(after lifetime: Duration) -> Int64 {
        // Ten thousand years, so that the sum stays far from the range's end.
        let bounded = min(max(lifetime, .zero), .seconds(315_576_000_000))
        return max(0, (configuration.now() + bounded).wholeMilliseconds)
    }

    /// The newest version of an item, unless its time has come.
    func located(_ key: StoredKey) throws -> LocatedEntry? {
        try index.partition(of: key).find(key, now: nowMilliseconds)
    }

    /// Writes operations of any table in one record.
    func write(_ operations: [Operation], _ durability: Durability) async throws -> WriteOutcome {
        do {
            return try await journal.write(operations, durability.forWriter, now: nowMilliseconds)
        } catch let error as CatalogError where error.code == .ioFailed {
            configuration.logger?.info(
                "catalog is read-only from now on",
                metadata: ["path": "\(path)", "reason": "\(error)"]
            )
            throw error
        }
    }

    private func check(_ value: [UInt8], for key: Key) throws {
        try key.check()
        guard value.count <= Catalog.valueByteCountMax else {
            throw CatalogError(
                .valueTooLarge,
                "the value of \(key) has \(value.count) bytes; it may have at most \(Catalog.valueByteCountMax)"
            )
        }
    }
}
