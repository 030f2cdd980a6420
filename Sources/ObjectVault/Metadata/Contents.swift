internal import VitrineSQLite

/// A chunk that was appended to a pack, and has no row yet.
struct FreshChunk: Sendable {
    var digest: ObjectID
    var pack: Int64
    var offset: Int64
    var rawBytes: Int
    var storedBytes: Int
    var encoding: ChunkEncoding
}

/// Chunks of an object in a row, on their way into the metadata.
struct NewSegment: Sendable {
    enum Part: Sendable {
        /// It was there, and is pinned.
        case known(Int64)
        /// It was appended to a pack, and its row is still to be made.
        case fresh(FreshChunk)
    }

    var start: Int64
    var parts: [Part]
    var ends: [UInt32]
    /// Chunks that are pinned until the segment is kept.
    var held: [Int64]

    /// Those that were not there.
    var fresh: [FreshChunk] {
        parts.compactMap { part in if case .fresh(let chunk) = part { chunk } else { nil } }
    }

    func entries(_ chunks: [Int64]) -> [SegmentEntry] {
        zip(ends, chunks).map { SegmentEntry(end: $0, chunk: $1) }
    }
}

/// A content that is about to be whole.
struct PendingContent: Sendable {
    /// Its row, if some of its segments are kept already.
    var id: Int64?
    var scope: Int64
    var size: Int64
    var digest: ObjectID
    var now: Int64
}

// Contents and their chunks
extension Database {
    /// The numbers of a segment's chunks; new ones get rows, unless somebody else brought them meanwhile.
    ///
    /// A chunk that is known to be damaged takes the new one's place in its stead.
    func insert(_ segment: NewSegment, scope: Int64, pins: Pins, damaged: DamagedChunks) throws -> [Int64] {
        var ids: [Int64] = []
        ids.reserveCapacity(segment.parts.count)
        try noteMethods(segment.fresh.lazy.map(\.encoding))
        for part in segment.parts {
            switch part {
            case .known(let id):
                ids.append(id)
            case .fresh(let chunk):
                try run(
                    .insertChunk,
                    scope,
                    chunk.digest.bytes,
                    chunk.pack,
                    chunk.offset,
                    chunk.rawBytes,
                    chunk.storedBytes,
                    chunk.encoding.code
                )
                if changes == 1 {
                    ids.append(lastInsertedID)
                } else if let other = try self.chunk(scope: scope, digest: chunk.digest) {
                    pins.touch(other.id)
                    ids.append(other.id)
                    if damaged.contains(other.id) {
                        try run(
                            .moveChunk,
                            chunk.pack,
                            chunk.offset,
                            chunk.storedBytes,
                            chunk.encoding.code,
                            other.id,
                            other.pack,
                            other.offset
                        )
                        try run(.deleteQuarantine, other.id)
                        damaged.remove(other.id)
                    }
                } else {
                    throw VaultError(
                        .isCorrupt,
                        "\(path) refuses a chunk that it does not have: restore it from a copy"
                    )
                }
            }
        }
        return ids
    }

    /// Notes that the vault has chunks which only builds with the trait `Zstd` read, so that others refuse it at once.
    func noteMethods(_ encodings: some Sequence<ChunkEncoding>) throws {
        guard encodings.contains(where: { $0.codec == .zstd }) else { return }
        try run(.insertMark, Codec.zstdMark)
    }

    /// Refuses a vault that has such chunks, if this build does not read them.
    func checkMethods() throws {
        guard !Codec.zstd.isAvailable, try first(.selectCounter, Codec.zstdMark, read: { $0.int64(0) }) != nil else {
            return
        }
        throw VaultError(
            .unsupportedFormat,
            "\(path) belongs to a vault with chunks that zstd compressed: build with the package's trait Zstd"
        )
    }

    /// Makes a content that nobody can see yet.
    func insertPending(scope: Int64, now: Int64) throws -> Int64 {
        try run(.insertContent, scope, [UInt8](), Int64(0), Int64?.none, Int64(1), now)
        return lastInsertedID
    }

    func insertSegment(_ content: Int64, _ segment: NewSegment, chunks: [Int64]) throws {
        try run(.insertSegment, content, segment.start, SegmentEntry.encode(segment.entries(chunks)))
    }

    /// Makes a content whole, with its last segment; or drops it for an equal one that is there.
    func finishContent(_ pending: PendingContent, _ last: NewSegment, chunks: [Int64]) throws -> ContentRow {
        if let equal = try content(scope: pending.scope, digest: pending.digest) {
            if let id = pending.id { try deletePending(id) }
            return equal
        }
        let isSingle = pending.id == nil && chunks.count == 1
        var row = ContentRow(id: 0, size: pending.size, digest: pending.digest, scope: pending.scope)
        if let id = pending.id {
            row.id = id
            try run(.finishContent, pending.digest.bytes, pending.size, id)
        } else {
            row.chunk = isSingle ? chunks[0] : nil
            try run(
                .insertContent,
                pending.scope,
                pending.digest.bytes,
                pending.size,
                row.chunk,
                Int64(0),
                pending.now
            )
            row.id = lastInsertedID
        }
        if !isSingle && !chunks.isEmpty { try insertSegment(row.id, last, chunks: chunks) }
        return row
    }

    /// Deletes a content that never became whole.
    func deletePending(_ content: Int64) throws {
        try run(.deleteSegments, content)
        try run(.deleteContent, content)
    }

    /// Deletes what puts of an earlier process left half-done.
    func deleteAllPending() throws {
        for content in try all(.selectPending, read: { $0.int64(0) }) { try deletePending(content) }
    }
}

extension Query {
    static let insertMark = Query("INSERT OR IGNORE INTO counter (name, value) VALUES (?1, 1)")
    static let selectCounter = Query("SELECT value FROM counter WHERE name = ?1")
    static let insertChunk = Query(
        """
        INSERT INTO chunk (scope, digest, pack, offset, raw_bytes, stored_bytes, encoding)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (scope, digest) DO NOTHING
        """
    )
    static let insertContent = Query(
        """
        INSERT INTO content (scope, digest, size, chunk, is_pending, tier, created, moved, accessed, score)
        VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?6, ?6, 0)
        """
    )
    static let finishContent = Query("UPDATE content SET digest = ?1, size = ?2, is_pending = 0 WHERE id = ?3")
    static let insertSegment = Query("INSERT INTO segment (content, start, chunks) VALUES (?1, ?2, ?3)")
    static let deleteSegments = Query("DELETE FROM segment WHERE content = ?1")
    static let deleteContent = Query("DELETE FROM content WHERE id = ?1")
    static let selectPending = Query("SELECT id FROM content WHERE is_pending = 1")
}
