internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// The parts of a vault that was opened.
struct OpenedVault: Sendable {
    let directory: VaultDirectory
    let lock: any FileLock
    let pool: BlockingPool
    let health: VaultHealth
    let metrics: VaultMetrics
    let metadata: MetadataStore
    let packs: PackSet
    let keys: KeyRing
    let damaged: DamagedChunks

    /// Takes the lock, opens the metadata, and puts in order what an earlier process left.
    init(_ directory: VaultDirectory, _ configuration: VaultConfiguration) async throws {
        self.directory = directory
        let pool: BlockingPool
        do {
            pool = try BlockingPool(name: "vault-io", threadCount: configuration.threadCount)
        } catch {
            throw VaultError(.ioFailed, "the vault at \(directory.path) cannot be opened without threads", cause: error)
        }
        self.pool = pool
        health = VaultHealth(path: directory.path, logger: configuration.logger)
        metrics = VaultMetrics(factory: configuration.metrics)
        let (health, metrics) = (health, metrics)
        var taken: (any FileLock)?
        do {
            let (lock, isNew) = try await pool.run { try directory.prepare() }
            taken = lock
            self.lock = lock
            let metadata = try await pool.run {
                try MetadataStore(directory: directory, configuration: configuration, health: health, metrics: metrics)
            }
            self.metadata = metadata
            try metadata.read { try $0.checkMethods() }
            if isNew { try await pool.run { try directory.finishMaking() } }
            keys = try await KeyRing(metadata, configuration)
            damaged = DamagedChunks(try metadata.read { try $0.all(.selectQuarantine) { $0.int64(0) } })
            let (places, rows) = try await metadata.write { database in
                try database.deleteAllPending()
                let places = try PackPlaces(database, directory: directory, configuration: configuration)
                return (places, try database.packs())
            }
            let packs = PackSet(
                try await OpenedVault.sealed(rows, places, metadata, pool),
                places: places,
                metadata: metadata,
                pool: pool,
                health: health,
                configuration: configuration
            )
            self.packs = packs
        } catch {
            taken?.release()
            await pool.close()
            throw error
        }
    }

    /// Ends the packs that an earlier process was filling, at their last chunk, and removes the files of none.
    private static func sealed(
        _ rows: [PackRow],
        _ places: PackPlaces,
        _ metadata: MetadataStore,
        _ pool: BlockingPool
    ) async throws -> [PackRow] {
        let open = rows.filter { !$0.isSealed }
        let ends = try metadata.read { database in try open.map { try database.endOfChunks(inPack: $0.id) } }
        let kept = zip(open, ends).filter { $0.1 > 0 }
        let empty = zip(open, ends).filter { $0.1 == 0 }.map(\.0)
        do {
            try await pool.run {
                for (row, end) in kept {
                    for shard in 0..<row.shardCount { try cut(row, shard, to: end, places) }
                }
            }
        } catch let error as IOError {
            throw VaultError(error, "a pack cannot be ended")
        }
        if !open.isEmpty {
            try await metadata.write { database in
                for (row, end) in kept { try database.sealPack(row.id, bytes: end) }
                for row in empty { try database.run(.deletePack, row.id) }
            }
        }
        let known = Set(rows.map(\.id)).subtracting(empty.map(\.id))
        do {
            try await pool.run { try places.removeUnknown(known) }
        } catch let error as IOError {
            throw VaultError(error, "what an earlier process left cannot be removed")
        }
        var ended = Dictionary(rows.map { ($0.id, $0) }) { $1 }
        for row in empty { ended[row.id] = nil }
        for (row, end) in kept {
            ended[row.id]?.isSealed = true
            ended[row.id]?.bytes = end
        }
        return Array(ended.values)
    }

    private static func cut(_ row: PackRow, _ shard: Int, to end: Int64, _ places: PackPlaces) throws {
        // A copy that is gone is the scrub's to restore; another has the chunks.
        let path = try places.path(row, shard: shard)
        guard try places.disk.info(path) != nil else { return }
        let file = try places.disk.open(path, .readWrite)
        defer { try? file.close() }  // What matters is flushed.
        guard try file.size() > end else { return }
        try file.truncate(to: end)
        try file.synchronize()
    }
}
