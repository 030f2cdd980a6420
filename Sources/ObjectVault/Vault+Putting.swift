internal import Metrics
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// Putting, copying and deleting: what is acknowledged is on disk.
extension Vault {
    /// Stores `bytes` under a name, and returns the version once it is safe from a crash.
    ///
    /// Concurrent puts share their flushes. A put that throws changes nothing that a reader can see; what it stored is
    /// removed by collection, after `.isReadOnly` when the vault is opened anew. Cancellation is observed until the last
    /// chunk is on its way. In a bucket without versions the object takes the place of the one before.
    ///
    /// - Throws: `VaultError`: `.noSuchBucket`, `.invalidName`, `.preconditionFailed`, `.objectTooLarge`, `.outOfSpace`,
    ///   `.ioFailed`, `.isReadOnly`, `.isClosed`, `.keyUnavailable`; `CancellationError`.
    @concurrent @discardableResult
    public func put(_ bytes: [UInt8], as name: ObjectName, options: PutOptions = .init()) async throws -> ObjectVersion
    {
        try await store(name, options, isLarge: Int64(bytes.count) > configuration.chunkThreshold) { put in
            try await put.take(bytes)
        }
    }

    /// Stores what `source` yields, piece by piece; otherwise as with bytes.
    ///
    /// Memory is constant: the next piece is not asked for before what came before is cut, stored, and taken by the
    /// disk but for 4 MiB.
    ///
    /// - Throws: as with bytes, and whatever `source` throws, unchanged.
    @concurrent @discardableResult
    public func put<Source: AsyncSequence & Sendable>(
        _ source: Source,
        as name: ObjectName,
        options: PutOptions = .init()
    ) async throws -> ObjectVersion where Source.Element: Sequence<UInt8> {
        try await store(name, options, isLarge: true) { put in
            for try await piece in source { try await put.take(Array(piece)) }
        }
    }

    /// Stores the contents of the file at `path`; otherwise as with bytes.
    ///
    /// What is stored is what was read: a file that others change meanwhile is stored as some mixture, under the
    /// digest of that mixture.
    ///
    /// - Throws: as with bytes; `.ioFailed` also when the file cannot be read.
    @concurrent @discardableResult
    public func put(
        contentsOf path: String,
        as name: ObjectName,
        options: PutOptions = .init()
    ) async throws -> ObjectVersion {
        try await withFile(path) { source in
            try await store(name, options, isLarge: source.size > configuration.chunkThreshold) { put in
                try await feed(put, from: source)
            }
        }
    }

    /// Gives the bytes of one version another name, without moving any.
    ///
    /// Between buckets with different data keys the bytes are read and stored anew.
    ///
    /// - Parameters:
    ///   - source: what to copy.
    ///   - number: which version to copy; the current one by default.
    ///   - name: what the copy is called.
    ///   - options: what to say of the copy; what the original says by default.
    /// - Throws: `VaultError`: `.notFound` when there is nothing to copy, and what a put throws.
    @concurrent @discardableResult
    public func copy(
        _ source: ObjectName,
        version number: VersionNumber? = nil,
        to name: ObjectName,
        options: PutOptions? = nil
    ) async throws -> ObjectVersion {
        try name.check()
        let (original, content) = try find(source, number)
        var options = options ?? PutOptions()
        if options.contentType == nil, options.metadata.isEmpty, options.tags.isEmpty {
            options.contentType = original.contentType
            options.metadata = original.metadata
            options.tags = original.tags
        }
        try options.check()
        let scope = try metadata.read { try $0.bucket(name.bucket).scope }
        guard content.scope == scope else {
            return try await put(try stream(source, version: original.number), as: name, options: options)
        }
        let change = VersionChange(name: name, options: options, now: configuration.now().wholeMilliseconds)
        return try await metadata.write { database in
            // It may have been deleted since, and collected.
            guard let content = try database.content(content.id) else { throw VaultError.notFound(source, number) }
            return try database.putVersion(change, content)
        }
    }

    /// Deletes an object, and returns whether there was one, once that is safe from a crash.
    ///
    /// In a bucket with versions its versions stay, behind a delete marker; in one without, the object is gone. Streams
    /// that are open keep what they read from.
    ///
    /// - Throws: `VaultError`: `.noSuchBucket`, `.preconditionFailed`, `.ioFailed`, `.outOfSpace`, `.isReadOnly`,
    ///   `.isClosed`.
    @concurrent @discardableResult
    public func delete(_ name: ObjectName, condition: PutCondition = .none) async throws -> Bool {
        try name.check()
        let now = configuration.now().wholeMilliseconds
        let wasThere = try await metadata.write { try $0.deleteObject(name, condition: condition, now: now) }
        if wasThere { metrics.removes.increment() }
        return wasThere
    }

    /// Deletes one version, or one delete marker, for good; what came before the current one is current then.
    ///
    /// - Throws: as `delete`.
    @concurrent @discardableResult
    public func delete(_ name: ObjectName, version number: VersionNumber) async throws -> Bool {
        try name.check()
        let wasThere = try await metadata.write { try $0.deleteVersion(name, number) }
        if wasThere { metrics.removes.increment() }
        return wasThere
    }

    /// Replaces the tags of a version, the current one by default.
    ///
    /// - Throws: `VaultError`: `.notFound`, `.invalidName`, and what a write can throw.
    @concurrent
    public func setTags(_ tags: [String: String], of name: ObjectName, version number: VersionNumber? = nil)
        async throws
    {
        try name.check()
        try PutOptions(tags: tags).check()
        try await metadata.write { database in
            let bucket = try database.bucket(name.bucket)
            guard let found = try database.version(of: name, number, in: bucket), !found.version.isDeleteMarker else {
                throw VaultError.notFound(name, number)
            }
            try database.setTags(tags, of: name, found.version.number)
        }
    }

    private func store(
        _ name: ObjectName,
        _ options: PutOptions,
        isLarge: Bool,
        _ feed: (ObjectPut) async throws -> Void
    ) async throws -> ObjectVersion {
        try name.check()
        try options.check()
        try health.checkWritable()
        let bucket = try metadata.read { try $0.bucket(name.bucket) }
        return try await withPut(bucket, isLarge: isLarge, feed) { database, content, now in
            try database.putVersion(VersionChange(name: name, options: options, now: now), content)
        }
    }

    /// Feeds an object into a bucket's scope; `commit` gives it its name.
    func withPut<Value: Sendable>(
        _ bucket: BucketRow,
        isLarge: Bool,
        _ feed: (ObjectPut) async throws -> Void,
        commit: @escaping @Sendable (Database, ContentRow, _ now: Int64) throws -> Value
    ) async throws -> Value {
        if accesses.count >= AccessLog.countDue { try await flushAccesses() }
        let key = try bucket.key.map { number throws(VaultError) in try keys.key(number) }
        if isLarge { try await largePuts.acquire() }
        defer { if isLarge { largePuts.release() } }
        let put = ObjectPut(into: self, scope: bucket.scope, key: key)
        do {
            try await feed(put)
            let now = configuration.now().wholeMilliseconds
            return try await put.finish { database, content in try commit(database, content, now) }
        } catch {
            await put.abandon()
            throw error
        }
    }

    /// Feeds a file, as long as it was when it was opened and its first piece was read.
    func feed(_ put: ObjectPut, from source: SourceFile) async throws {
        try await put.take(source.first)
        var offset = Int64(source.first.count)
        while offset < source.size {
            let start = offset
            let piece = try await onPool("\(source.path) cannot be read") { _ in
                try source.file.readBytes(SourceFile.pieceBytes, at: start)
            }
            if piece.isEmpty { return }
            try await put.take(piece)
            offset += Int64(piece.count)
        }
    }

    /// Opens a file and reads its first piece, in one go.
    func withFile<Value>(_ path: String, _ body: (SourceFile) async throws -> Value) async throws -> Value {
        let source = try await onPool("\(path) cannot be read") { disk in
            let file = try disk.open(path, .read)
            let first = try file.readBytes(SourceFile.pieceBytes, at: 0)
            return SourceFile(path: path, file: file, size: try file.size(), first: first)
        }
        defer { try? source.file.close() }  // Nothing was written to it.
        return try await body(source)
    }

    /// Runs `body` on a thread that may block, and says what a refusal of the disk means.
    func onPool<Value: Sendable>(
        _ words: @autoclosure () -> String,
        _ body: @escaping @Sendable (any FileSystem) throws -> Value
    ) async throws -> Value {
        let disk = directory.disk
        do {
            return try await pool.run { try body(disk) }
        } catch let error as IOError {
            throw VaultError(error, words())
        } catch is BlockingPoolClosed {
            throw health.closedError
        }
    }
}

/// A file that is put, with its first piece.
struct SourceFile: Sendable {
    static let pieceBytes = 1 << 20

    let path: String
    let file: any StorageFile
    let size: Int64
    let first: [UInt8]
}

extension VaultError {
    static func notFound(_ name: ObjectName, _ number: VersionNumber?) -> VaultError {
        VaultError(
            .notFound,
            "there is no object \(name)\(number.map { " with version \($0)" } ?? ""): put it first, or list the bucket"
        )
    }
}
