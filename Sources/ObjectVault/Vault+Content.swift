internal import VitrineSQLite

/// Objects without a name: put and read by their digests, as a store by content alone would have them.
///
/// They live in a bucket of the vault's own, in which each object's key is its digest, and are collected once removed.
extension Vault {
    /// Stores `bytes` and returns their digest once they are safe from a crash.
    ///
    /// - Throws: as `put(_:as:options:)`.
    @concurrent @discardableResult
    public func put(_ bytes: [UInt8]) async throws -> ObjectID {
        try await putByContent(isLarge: Int64(bytes.count) > configuration.chunkThreshold) { put in
            try await put.take(bytes)
        }
    }

    /// Stores what `source` yields, piece by piece, and returns its digest once it is safe from a crash.
    ///
    /// - Throws: as `put(_:as:options:)`, and whatever `source` throws, unchanged.
    @concurrent @discardableResult
    public func put<Source: AsyncSequence & Sendable>(_ source: Source) async throws -> ObjectID
    where Source.Element: Sequence<UInt8> {
        try await putByContent(isLarge: true) { put in
            for try await piece in source { try await put.take(Array(piece)) }
        }
    }

    /// Stores the contents of the file at `path` and returns their digest once they are safe from a crash.
    ///
    /// - Throws: as `put(contentsOf:as:options:)`.
    @concurrent @discardableResult
    public func put(contentsOf path: String) async throws -> ObjectID {
        try await withFile(path) { source in
            try await putByContent(isLarge: source.size > configuration.chunkThreshold) { put in
                try await feed(put, from: source)
            }
        }
    }

    /// Reads an object, or a range of its bytes; otherwise as `read(_:version:range:condition:)`.
    public func read(_ id: ObjectID, range: Range<Int64>? = nil) throws -> [UInt8] {
        try readWhole(try openContent(id), range)
    }

    /// Opens an object for reading piece by piece; otherwise as with a name.
    public func stream(
        _ id: ObjectID,
        range: Range<Int64>? = nil,
        pieceSize: Int = 1 << 18
    ) throws -> ObjectStream {
        try stream(try openContent(id), range, pieceSize)
    }

    /// What is known of an object without reading it; `nil` when there is none.
    ///
    /// - Throws: `VaultError`: `.ioFailed`, `.isClosed`.
    public func info(_ id: ObjectID) throws -> ObjectInfo? {
        let name = Vault.name(of: id)
        return try metadata.read { database in
            guard let bucket = try database.findBucket(name.bucket),
                let (version, content) = try database.version(of: name, nil, in: bucket), let content
            else { return nil }
            return ObjectInfo(
                id: id,
                byteCount: version.byteCount,
                storedByteCount: try database.storedBytes(ofContent: content)
            )
        }
    }

    /// Whether there is an object of that digest.
    ///
    /// - Throws: as `info`.
    public func contains(_ id: ObjectID) throws -> Bool {
        try info(id) != nil
    }

    /// The digests of objects without a name, in order, after `last` if it is given.
    ///
    /// Memory grows with the number of digests returned: ask for so many at a time where there may be many.
    ///
    /// - Throws: as `info`; `.invalidArgument` for a negative limit.
    public func list(after last: ObjectID? = nil, limit: Int = .max) throws -> [ObjectID] {
        guard limit >= 0 else {
            throw VaultError(.invalidArgument, "a limit of \(limit) objects is refused: choose 0 or more")
        }
        guard try metadata.read({ try $0.findBucket(ObjectName.contentBucket) }) != nil else { return [] }
        var ids: [ObjectID] = []
        var cursor = last.map { ListCursor(key: $0.hex, number: nil, isPrefix: false) }
        while ids.count < limit {
            let countMax = min(10_000, limit - ids.count)
            let page = try list(ObjectName.contentBucket, cursor: cursor, countMax: countMax)
            ids += page.objects.compactMap { ObjectID(hex: $0.name.key) }
            guard let next = page.cursor else { break }
            cursor = next
        }
        return ids
    }

    /// Removes an object and returns whether there was one, once that is safe from a crash.
    ///
    /// - Throws: as `delete(_:condition:)`.
    @concurrent @discardableResult
    public func remove(_ id: ObjectID) async throws -> Bool {
        try health.checkWritable()
        guard try contains(id) else { return false }
        return try await delete(Vault.name(of: id))
    }

    private static func name(of id: ObjectID) -> ObjectName { ObjectName(ObjectName.contentBucket, id.hex) }

    private func openContent(_ id: ObjectID) throws -> OpenObject {
        do {
            return try open(Vault.name(of: id), nil, ReadCondition())
        } catch let error as VaultError where error.code == .notFound || error.code == .noSuchBucket {
            throw VaultError(.notFound, "no object has the digest \(id): put it first, or look it up with list()")
        }
    }

    private func putByContent(isLarge: Bool, _ feed: (ObjectPut) async throws -> Void) async throws -> ObjectID {
        try health.checkWritable()
        if try metadata.read({ try $0.findBucket(ObjectName.contentBucket) }) == nil {
            do {
                _ = try await makeBucket(ObjectName.contentBucket, BucketOptions())
            } catch let error as VaultError where error.code == .bucketExists {
                // Another put made it a moment ago.
            }
        }
        return try await put(isLarge: isLarge, into: ObjectName.contentBucket, feed)
    }

    private func put(
        isLarge: Bool,
        into bucket: String,
        _ feed: (ObjectPut) async throws -> Void
    ) async throws -> ObjectID {
        let row = try metadata.read { try $0.bucket(bucket) }
        return try await withPut(row, isLarge: isLarge, feed) { database, content, now in
            let name = Vault.name(of: content.digest)
            let there = try database.version(of: name, nil, in: try database.bucket(name.bucket))
            if there?.content != content.id {
                _ = try database.putVersion(VersionChange(name: name, options: PutOptions(), now: now), content)
            }
            return content.digest
        }
    }
}

extension Database {
    /// Bytes that a content's chunks take in their packs, those shared with others included.
    func storedBytes(ofContent id: Int64) throws -> Int64 {
        guard let content = try content(id) else { return 0 }
        if let chunk = content.chunk { return Int64(try self.chunk(chunk)?.storedBytes ?? 0) }
        var total: Int64 = 0
        for blob in try all(.selectSegments, id, read: { $0.bytes(0) }) {
            for entry in SegmentEntry.decode(blob) ?? [] { total += Int64(try chunk(entry.chunk)?.storedBytes ?? 0) }
        }
        return total
    }
}

extension Query {
    static let selectSegments = Query("SELECT chunks FROM segment WHERE content = ?1 ORDER BY start")
}
