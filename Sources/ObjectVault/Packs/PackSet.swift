internal import Glibc
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// All packs of a vault: which there are, their open files, and the one that puts append to.
final class PackSet: Sendable {
    /// Where a record was appended, and up to where its pack must be flushed for it to be safe.
    struct Appended: Sendable {
        var pack: ActivePack
        var offset: Int64
        var end: Int64
    }

    private struct State {
        var rows: [Int64: PackRow] = [:]
        var active: ActivePack?
        /// Packs that are being filled, and so not to be compacted.
        var filling: Set<Int64> = []
        var isClosed = false
    }

    private struct OpenShard: Hashable {
        var pack: Int64
        var shard: Int
    }

    /// Open files are kept up to this many.
    private static let filesMax = 512

    let places: PackPlaces
    private let metadata: MetadataStore
    private let pool: BlockingPool
    private let health: VaultHealth
    private let configuration: VaultConfiguration
    private let state: Locked<State>
    private let files: Locked<[OpenShard: any StorageFile]> = Locked([:])
    private let making = AsyncPermits(count: 1)

    init(
        _ rows: [PackRow],
        places: PackPlaces,
        metadata: MetadataStore,
        pool: BlockingPool,
        health: VaultHealth,
        configuration: VaultConfiguration
    ) {
        self.places = places
        self.metadata = metadata
        self.pool = pool
        self.health = health
        self.configuration = configuration
        state = Locked(State(rows: Dictionary(rows.map { ($0.id, $0) }) { $1 }))
    }

    /// Packs that nothing is appended to.
    var idle: [PackRow] {
        state.withLock { state in state.rows.values.filter { !state.filling.contains($0.id) } }
            .sorted { $0.id < $1.id }
    }

    /// All packs.
    var all: [PackRow] { state.withLock { Array($0.rows.values) }.sorted { $0.id < $1.id } }

    func row(_ pack: Int64) -> PackRow? { state.withLock { $0.rows[pack] } }

    func update(_ row: PackRow) { state.withLock { $0.rows[row.id] = row } }

    // Reading

    /// An open shard.
    ///
    /// - Throws: `IOError`, with `ENOENT` for a pack that is gone.
    func file(_ row: PackRow, shard: Int) throws(IOError) -> any StorageFile {
        let key = OpenShard(pack: row.id, shard: shard)
        if let file = files.withLock({ $0[key] }) { return file }
        let file = try places.open(row, shard: shard)
        return files.withLock { files in
            if let other = files[key] { return other }
            // Whoever reads from one that is dropped here keeps it open until done.
            if files.count >= Self.filesMax { files.removeAll() }
            files[key] = file
            return file
        }
    }

    /// Closes a pack's files, once whoever reads from them is done.
    func forget(_ pack: Int64) {
        files.withLock { files in files = files.filter { $0.key.pack != pack } }
    }

    /// Takes a pack whose row is deleted off the disk.
    ///
    /// What cannot be removed now is when the vault is opened next.
    func remove(_ row: PackRow) {
        state.withLock { _ = $0.rows.removeValue(forKey: row.id) }
        forget(row.id)
        places.remove(row)
    }

    // Appending

    /// Puts a record into the pack that is being filled.
    func append(_ record: [UInt8]) async throws -> Appended {
        while true {
            try health.checkWritable()
            if let active = state.withLock({ $0.active }), active.end < configuration.packBytesMax {
                do throws(IOError) {
                    let offset = try active.append(record)
                    return Appended(pack: active, offset: offset, end: offset + Int64(record.count))
                } catch {
                    drop(active)
                    throw VaultError(error, "an object cannot be written")
                }
            }
            try await makeActive()
        }
    }

    /// Suspends until what was appended is as safe as asked.
    func commit(_ appended: Appended, _ durability: WriteDurability) async throws(VaultError) {
        do throws(IOError) {
            try await appended.pack.commit(through: appended.end, durability)
        } catch {
            drop(appended.pack)
            if error.operation == .synchronize { throw health.flushFailed(error) }
            throw VaultError(error, "an object cannot be written")
        }
    }

    /// Has the next record begin a new pack, if much of the one that is being filled is dead.
    ///
    /// - Parameter isDead: told the pack, and the bytes that were appended to it.
    func retire(where isDead: (PackRow, _ bytes: Int64) throws -> Bool) throws {
        guard let active = state.withLock({ $0.active }) else { return }
        if try isDead(active.row, active.end - Int64(ShardHeader.byteCount)) { drop(active) }
    }

    /// Appends nothing more to a pack: the next record makes a new one.
    private func drop(_ pack: ActivePack) {
        // Let go of outside of the lock, which the pack takes at its end.
        let dropped = state.withLock { state -> ActivePack? in
            guard state.active === pack else { return nil }
            return state.active.take()
        }
        _ = dropped
    }

    private func makeActive() async throws {
        try await making.acquire()
        defer { making.release() }
        let full = state.withLock { $0.active }
        if let full {
            if full.end < configuration.packBytesMax { return }
            // Those who wait for it keep it; its end is known when the last of them is done.
            drop(full)
        }
        let redundancy = configuration.hot.redundancy
        let row = try await makeRow(.hot, redundancy)
        do {
            let files = try await make(row)
            let pack = try ActivePack(row, files: files) { [weak self] in
                self?.state.withLock { _ = $0.filling.remove(row.id) }
            }
            let isClosed = state.withLock { state in
                if !state.isClosed { state.active = pack }
                return state.isClosed
            }
            if isClosed {
                try? await pack.close()
                throw health.closedError
            }
        } catch {
            // The row is of a pack without chunks: collection, or the next opening, deletes it.
            state.withLock { _ = $0.filling.remove(row.id) }
            throw error
        }
    }

    /// Makes a pack's row; the pack counts as being filled.
    func makeRow(_ tier: Tier, _ redundancy: Redundancy) async throws -> PackRow {
        let all = places.byTier[tier] ?? []
        let count = redundancy.shardCount
        let now = configuration.now().wholeMilliseconds
        let row = try await metadata.write { database in
            let turn = Int(truncatingIfNeeded: try database.first(.selectLastPack, read: { $0.int64(0) }) ?? 0)
            let row = try database.insertPack(
                PackRow(
                    id: 0,
                    tier: tier,
                    dataShards: redundancy.dataShards,
                    parityShards: redundancy.parityShards,
                    // Each pack begins at another directory, so that all fill alike.
                    directories: (0..<count).map { all[(turn + $0) % all.count] },
                    bytes: 0,
                    isSealed: false,
                    scrubbed: now
                )
            )
            return row
        }
        state.withLock { state in
            state.rows[row.id] = row
            state.filling.insert(row.id)
        }
        return row
    }

    /// A pack is not filled any more.
    func finishFilling(_ row: PackRow) {
        state.withLock { state in
            state.rows[row.id] = row
            state.filling.remove(row.id)
        }
    }

    /// Makes a pack's files, with their headers, safe from a crash.
    func make(_ row: PackRow) async throws(VaultError) -> [any StorageFile] {
        let (places, health) = (places, health)
        do {
            return try await pool.run {
                var files: [any StorageFile] = []
                for shard in 0..<row.shardCount {
                    let file = try places.create(row, shard: shard)
                    files.append(file)
                    try file.writeAll(ShardHeader.encoded(row, shard: shard).span, at: 0)
                    do throws(IOError) { try file.synchronize() } catch { throw health.flushFailed(error) }
                }
                do throws(IOError) {
                    try places.synchronizeNames(row)
                } catch {
                    throw error.operation == .synchronizeDirectory
                        ? health.flushFailed(error) : VaultError(error, "a pack cannot be made")
                }
                return files
            }
        } catch {
            places.remove(row)
            switch error {
            case let error as VaultError: throw error
            // Of a name too, a flush that failed is not tried again.
            case let error as IOError where error.operation == .synchronizeDirectory: throw health.flushFailed(error)
            case let error as IOError: throw VaultError(error, "a pack cannot be made")
            default: throw health.closedError
            }
        }
    }

    /// Ends the pack that is being filled.
    func close() async {
        let active = state.withLock { state in
            state.isClosed = true
            defer { state.active = nil }
            return state.active
        }
        try? await active?.close()
        files.withLock { $0.removeAll() }
    }
}

extension Query {
    static let selectLastPack = Query("SELECT max(id) FROM pack")
}
