internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// Buckets and listings.
extension Vault {
    /// Makes a bucket, and returns it once that is safe from a crash.
    ///
    /// - Throws: `VaultError`: `.bucketExists`, `.invalidName`, `.keyUnavailable` for encryption without a `KeyProvider`,
    ///   and what a write can throw: `.outOfSpace`, `.ioFailed`, `.isReadOnly`, `.isClosed`.
    @concurrent @discardableResult
    public func createBucket(_ name: String, options: BucketOptions = .init()) async throws -> Bucket {
        guard ObjectName.isBucketName(name) else {
            try ObjectName(name, "key").check()
            throw VaultError(.invalidName, "the bucket \"\(name)\" is the vault's own: choose another name")
        }
        return try await makeBucket(name, options)
    }

    /// Deletes a bucket without versions in it, delete markers included.
    ///
    /// - Throws: `VaultError`: `.noSuchBucket`, `.bucketNotEmpty`, and what a write can throw.
    @concurrent
    public func deleteBucket(_ name: String) async throws {
        try await metadata.write { database in
            let bucket = try database.bucket(name)
            if try database.first(.selectAnyVersion, bucket.id, read: { _ in true }) == true {
                throw VaultError(
                    .bucketNotEmpty,
                    "the bucket \"\(name)\" has objects, versions or markers: delete them"
                )
            }
            try database.run(.deleteBucket, bucket.id)
        }
    }

    /// All buckets that hosts have made, by name.
    ///
    /// - Throws: `VaultError`: `.ioFailed`, `.isClosed`.
    public func buckets() throws -> [Bucket] {
        try metadata.read { database in
            try database.all(.selectBuckets) { row in
                Bucket(
                    name: row.text(0),
                    isVersioned: row.int64(1) == 1,
                    isEncrypted: !row.isNull(2),
                    created: .milliseconds(row.int64(3))
                )
            }
        }.filter { $0.name != ObjectName.contentBucket }
    }

    /// Lists a bucket's current objects, by key in byte order.
    ///
    /// Sees one moment; a page after it sees a later one. Costs what it returns, not what the bucket holds.
    ///
    /// - Parameters:
    ///   - bucket: the bucket to list.
    ///   - prefix: what keys begin with.
    ///   - delimiter: keys that have it after the prefix are summed up in `commonPrefixes`; with a slash a listing
    ///     looks like a directory's.
    ///   - cursor: where a page before ended.
    ///   - countMax: objects and common prefixes in a page, from 1 to 10,000.
    /// - Throws: `VaultError`: `.noSuchBucket`, `.invalidArgument`, `.ioFailed`, `.isClosed`.
    public func list(
        _ bucket: String,
        prefix: String = "",
        delimiter: String = "",
        cursor: ListCursor? = nil,
        countMax: Int = 1_000
    ) throws -> ObjectPage {
        try list(
            ListRequest(
                bucket: bucket,
                prefix: prefix,
                delimiter: delimiter,
                cursor: cursor,
                countMax: countMax,
                includesVersions: false
            )
        )
    }

    /// Lists all versions and delete markers, of each key the latest first; otherwise as `list`.
    ///
    /// - Throws: as `list`.
    public func listVersions(
        _ bucket: String,
        prefix: String = "",
        cursor: ListCursor? = nil,
        countMax: Int = 1_000
    ) throws -> ObjectPage {
        try list(
            ListRequest(
                bucket: bucket,
                prefix: prefix,
                delimiter: "",
                cursor: cursor,
                countMax: countMax,
                includesVersions: true
            )
        )
    }

    private func list(_ request: ListRequest) throws -> ObjectPage {
        guard (1...10_000).contains(request.countMax) else {
            throw VaultError(.invalidArgument, "a page of \(request.countMax) is refused: choose from 1 to 10000")
        }
        return try metadata.read { try $0.list(request) }
    }

    /// Makes a bucket of any name.
    func makeBucket(_ name: String, _ options: BucketOptions) async throws -> Bucket {
        let now = configuration.now().wholeMilliseconds
        let key: Int64? =
            switch options.encryption {
            case .none: nil
            case .vault: keys.vaultKey
            case .bucket: try await keys.make(metadata, now: now)
            }
        return try await metadata.write { database in
            guard try database.findBucket(name) == nil else {
                throw VaultError(.bucketExists, "there is a bucket \"\(name)\" already: use it, or choose another name")
            }
            try database.run(.insertBucket, name, key, options.isVersioned ? Int64(1) : 0, now)
            return Bucket(
                name: name,
                isVersioned: options.isVersioned,
                isEncrypted: key != nil,
                created: .milliseconds(now)
            )
        }
    }
}

extension Query {
    static let selectBuckets = Query("SELECT name, is_versioned, key, created FROM bucket ORDER BY name")
    static let insertBucket = Query("INSERT INTO bucket (name, key, is_versioned, created) VALUES (?1, ?2, ?3, ?4)")
    static let deleteBucket = Query("DELETE FROM bucket WHERE id = ?1")
    static let selectAnyVersion = Query("SELECT 1 FROM version WHERE bucket = ?1 LIMIT 1")
}
