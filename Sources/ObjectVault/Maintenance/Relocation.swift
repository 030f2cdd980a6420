internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// Chunks on their way from where they are into packs of a tier.
///
/// The order that a crash cannot break: the new pack's shards are written and flushed; then one transaction says where
/// the chunks are now; then, when nothing is left in an old pack, its row goes, and last its files. Who reads meanwhile
/// has the old file open, or looks the chunk up anew when it is gone.
final class Relocation: Sendable {
    private struct Moved: Sendable {
        var from: ChunkPlace
        var offset: Int64
        var storedBytes: Int
        var encoding: ChunkEncoding
    }

    private struct State {
        var row: PackRow?
        var pack: BatchPack?
        /// Records for a host's store, which takes whole files.
        var whole: [UInt8] = []
        var moved: [Moved] = []
    }

    /// A pack is ended at this size; in a host's store it is kept in memory until then.
    static let packBytes: Int64 = 16 << 20

    private let vault: Vault
    private let tier: Tier
    private let compresses: Bool
    private let state = Locked(State())

    /// - Parameter compresses: whether to encode chunks anew, as the tier wants them, or to copy their records.
    init(_ vault: Vault, to tier: Tier, compresses: Bool) {
        self.vault = vault
        self.tier = tier
        self.compresses = compresses
    }

    /// Reads a chunk, held against its digest, and appends it; returns the bytes that were read and written.
    func move(_ place: ChunkPlace) async throws -> Int {
        let (record, chunk) = try vault.chunks.record(place)
        var (bytes, encoding) = (record, place.encoding)
        if compresses {
            let header = try ChunkHeader(decoding: record.span)
            let writer = ChunkWriter(
                compression: vault.configuration[tier].compression,
                key: header.encoding.isSealed ? try vault.keys.key(header.key) : nil,
                random: vault.configuration.random
            )
            (bytes, encoding) = try writer.record(of: chunk.span, digest: place.digest)
        }
        try await begin()
        try append(bytes, Moved(from: place, offset: 0, storedBytes: bytes.count, encoding: encoding))
        if state.withLock({ $0.pack?.end ?? Int64($0.whole.count) }) >= Self.packBytes { try await finish() }
        return record.count + bytes.count
    }

    private func append(_ record: [UInt8], _ moved: Moved) throws {
        var moved = moved
        if let pack = state.withLock({ $0.pack }) {
            moved.offset = try pack.append(record)
            state.withLock { [moved] in $0.moved.append(moved) }
        } else {
            state.withLock { [moved] state in
                var moved = moved
                moved.offset = Int64(state.whole.count)
                state.whole += record
                state.moved.append(moved)
            }
        }
    }

    private func begin() async throws {
        if state.withLock({ $0.row != nil }) { return }
        let wanted = vault.configuration[tier]
        let row = try await vault.packs.makeRow(tier, wanted.redundancy)
        if wanted.store != nil {
            state.withLock { state in
                state.row = row
                state.whole = ShardHeader.encoded(row, shard: 0)
            }
            return
        }
        do {
            let pack = try BatchPack(row, files: try await vault.packs.make(row))
            state.withLock { state in
                state.row = row
                state.pack = pack
            }
        } catch {
            vault.packs.finishFilling(row)
            throw error
        }
    }

    /// Ends the pack and says where its chunks are now.
    func finish() async throws {
        guard let (row, pack, whole, moved) = take() else { return }
        let ended: PackRow
        do {
            try vault.health.checkWritable()
            try await flush(row, pack, whole)
            var sealed = row
            sealed.isSealed = true
            sealed.bytes = pack?.end ?? Int64(whole.count)
            ended = sealed
            // Before any reader can be led into it.
            vault.packs.update(ended)
            try await vault.metadata.write { database in
                try database.noteMethods(moved.lazy.map(\.encoding))
                for chunk in moved {
                    try database.run(
                        .moveChunk,
                        ended.id,
                        chunk.offset,
                        chunk.storedBytes,
                        chunk.encoding.code,
                        chunk.from.id,
                        chunk.from.pack,
                        chunk.from.offset
                    )
                }
                try database.sealPack(ended.id, bytes: ended.bytes)
            }
        } catch {
            pack?.close()
            vault.packs.finishFilling(row)
            throw error
        }
        pack?.close()
        vault.packs.finishFilling(ended)
    }

    /// Drops what was not finished.
    func abandon() {
        guard let (row, pack, _, _) = take() else { return }
        pack?.close()
        // Its row is of a pack without chunks, which collection removes with its files.
        vault.packs.finishFilling(row)
    }

    private func take() -> (PackRow, BatchPack?, [UInt8], [Moved])? {
        state.withLock { state in
            guard let row = state.row else { return nil }
            defer { state = State() }
            return (row, state.pack, state.whole, state.moved)
        }
    }

    private func flush(_ row: PackRow, _ pack: BatchPack?, _ whole: [UInt8]) async throws {
        let (health, places) = (vault.health, vault.packs.places)
        do {
            try await vault.pool.run {
                if let pack {
                    try pack.finish()
                } else if case .store(let store) = places.places[row.directories[0]] {
                    try store.write(whole, name: PackRow.fileName(pack: row.id, shard: 0))
                }
            }
        } catch let error as IOError {
            if error.operation == .synchronize { throw health.flushFailed(error) }
            throw VaultError(error, "the pack \(row.id) cannot be written")
        } catch is BlockingPoolClosed {
            throw health.closedError
        }
    }
}

extension Query {
    static let moveChunk = Query(
        """
        UPDATE chunk SET pack = ?1, offset = ?2, stored_bytes = ?3, encoding = ?4
        WHERE id = ?5 AND pack = ?6 AND offset = ?7
        """
    )
}
