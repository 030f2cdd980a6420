internal import VitrineIO
internal import VitrineSQLite

/// A bucket's row.
struct BucketRow: Sendable {
    var id: Int64
    var key: Int64?
    var isVersioned: Bool
    /// Chunks are shared within a scope: 0, or the number of a data key.
    var scope: Int64 { key ?? 0 }
}

/// A content's row: the bytes of an object, whoever names them.
struct ContentRow: Sendable {
    var id: Int64
    var size: Int64
    var digest: ObjectID
    var scope: Int64
    /// The only chunk of a small object.
    var chunk: Int64?
}

/// A chunk of a content: where it ends, counted from its segment's start, and which it is.
struct SegmentEntry: Sendable, Equatable {
    var end: UInt32
    var chunk: Int64

    static let byteCount = 12

    static func encode(_ entries: [SegmentEntry]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * byteCount)
        for entry in entries {
            bytes.appendLittleEndian(entry.end)
            bytes.appendLittleEndian(entry.chunk)
        }
        return bytes
    }

    /// `nil` for what was never written.
    static func decode(_ bytes: [UInt8]) -> [SegmentEntry]? {
        guard bytes.count.isMultiple(of: byteCount) else { return nil }
        var reader = ByteReader(bytes.span)
        var entries: [SegmentEntry] = []
        entries.reserveCapacity(bytes.count / byteCount)
        var last: UInt32 = 0
        while let end = reader.readUInt32(), let chunk = reader.readInt64() {
            guard end >= last else { return nil }
            last = end
            entries.append(SegmentEntry(end: end, chunk: chunk))
        }
        return entries
    }
}

/// Names and values as a BLOB: counts and lengths in base 128, names in byte order.
enum Attributes {
    static func encode(_ values: [String: String]) -> [UInt8]? {
        if values.isEmpty { return nil }
        var bytes: [UInt8] = []
        bytes.appendVarint(UInt64(values.count))
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            for text in [name, value] {
                bytes.appendVarint(UInt64(text.utf8.count))
                bytes += text.utf8
            }
        }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) -> [String: String] {
        var reader = ByteReader(bytes.span)
        var values: [String: String] = [:]
        for _ in 0..<min(reader.readVarint() ?? 0, UInt64(bytes.count)) {
            var texts: [String] = []
            for _ in 0..<2 {
                guard let count = reader.readVarint(), let text = reader.readBytes(Int(clamping: count)) else { break }
                texts.append(String(decoding: text, as: UTF8.self))
            }
            guard texts.count == 2 else { break }
            values[texts[0]] = texts[1]
        }
        return values
    }
}

extension Database {
    func bucket(_ name: String) throws -> BucketRow {
        guard let row = try findBucket(name) else {
            throw VaultError(.noSuchBucket, "there is no bucket \"\(name)\": make it with createBucket")
        }
        return row
    }

    func findBucket(_ name: String) throws -> BucketRow? {
        try first(.selectBucket, name) { row in
            BucketRow(id: row.int64(0), key: row.isNull(1) ? nil : row.int64(1), isVersioned: row.int64(2) == 1)
        }
    }

    /// The next number of a counter.
    func next(_ counter: String) throws -> Int64 {
        guard let value = try first(.advanceCounter, counter, read: { $0.int64(0) }) else {
            throw VaultError(.isCorrupt, "\(path) has no counter \"\(counter)\": restore it from a copy")
        }
        return value
    }

    func content(_ id: Int64) throws -> ContentRow? {
        try first(.selectContent, id) { row in contentRow(row) } ?? nil
    }

    func content(scope: Int64, digest: ObjectID) throws -> ContentRow? {
        try first(.selectContentByDigest, scope, digest.bytes) { row in contentRow(row) } ?? nil
    }

    private func contentRow(_ row: Statement) -> ContentRow? {
        guard let digest = ObjectID(bytes: row.bytes(2)) else { return nil }
        return ContentRow(
            id: row.int64(0),
            size: row.int64(1),
            digest: digest,
            scope: row.int64(3),
            chunk: row.isNull(4) ? nil : row.int64(4)
        )
    }

    func chunk(_ id: Int64) throws -> ChunkPlace? {
        try first(.selectChunk, id) { row in chunkPlace(row) } ?? nil
    }

    func chunk(scope: Int64, digest: ObjectID) throws -> ChunkPlace? {
        try first(.selectChunkByDigest, scope, digest.bytes) { row in chunkPlace(row) } ?? nil
    }

    func chunks(inPack pack: Int64) throws -> [ChunkPlace] {
        try all(.selectChunksOfPack, pack) { row in chunkPlace(row) }.compactMap(\.self)
    }

    func chunkPlace(_ row: Statement) -> ChunkPlace? {
        guard let digest = ObjectID(bytes: row.bytes(1)), let encoding = ChunkEncoding(code: row.int64(6)),
            row.int64(3) >= 0, (0...Int64(ChunkHeader.rawBytesMax)).contains(row.int64(4)),
            (0...2 * Int64(ChunkHeader.rawBytesMax)).contains(row.int64(5))
        else { return nil }
        return ChunkPlace(
            id: row.int64(0),
            digest: digest,
            pack: row.int64(2),
            offset: row.int64(3),
            rawBytes: row.int(4),
            storedBytes: row.int(5),
            encoding: encoding
        )
    }

    /// The segment of a content that holds `position`.
    func segment(_ content: Int64, at position: Int64) throws -> (start: Int64, entries: [SegmentEntry])? {
        try first(.selectSegment, content, position) { row in
            SegmentEntry.decode(row.bytes(1)).map { (row.int64(0), $0) }
        } ?? nil
    }
}

extension Query {
    static let selectBucket = Query("SELECT id, key, is_versioned FROM bucket WHERE name = ?1")
    static let advanceCounter = Query("UPDATE counter SET value = value + 1 WHERE name = ?1 RETURNING value")
    static let selectContent = Query("SELECT id, size, digest, scope, chunk FROM content WHERE id = ?1")
    static let selectContentByDigest = Query(
        "SELECT id, size, digest, scope, chunk FROM content WHERE scope = ?1 AND digest = ?2 AND is_pending = 0"
    )
    static let selectChunk = Query(
        "SELECT id, digest, pack, offset, raw_bytes, stored_bytes, encoding FROM chunk WHERE id = ?1"
    )
    static let selectChunkByDigest = Query(
        """
        SELECT id, digest, pack, offset, raw_bytes, stored_bytes, encoding FROM chunk
        WHERE scope = ?1 AND digest = ?2
        """
    )
    static let selectChunksOfPack = Query(
        """
        SELECT id, digest, pack, offset, raw_bytes, stored_bytes, encoding FROM chunk
        WHERE pack = ?1 ORDER BY offset
        """
    )
    static let selectSegment = Query(
        "SELECT start, chunks FROM segment WHERE content = ?1 AND start <= ?2 ORDER BY start DESC LIMIT 1"
    )
}
