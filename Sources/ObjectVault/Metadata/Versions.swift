internal import VitrineIO
internal import VitrineSQLite

/// What a put, a copy or a delete is about, in the transaction that does it.
struct VersionChange: Sendable {
    var name: ObjectName
    var options: PutOptions
    /// Milliseconds since 1970.
    var now: Int64
}

// Versions of objects
extension Database {
    /// Makes a content the current version of a name, if the condition holds.
    func putVersion(_ change: VersionChange, _ content: ContentRow) throws -> ObjectVersion {
        let bucket = try bucket(change.name.bucket)
        guard bucket.scope == content.scope else {
            throw VaultError(
                .noSuchBucket,
                "the bucket \"\(change.name.bucket)\" was deleted during the call, and made again with another key"
            )
        }
        let current = try currentVersion(of: change.name, in: bucket)
        try check(change.options.condition, change.name, current?.version)
        try makeWay(current, bucket, change.name)
        let number = try next("version")
        let options = change.options
        try run(
            .insertVersion,
            bucket.id,
            change.name.key,
            number,
            content.id,
            content.size,
            content.digest.bytes,
            change.now,
            options.contentType,
            Attributes.encode(options.metadata),
            Attributes.encode(options.tags)
        )
        return ObjectVersion(
            name: change.name,
            number: VersionNumber(number),
            isCurrent: true,
            isDeleteMarker: false,
            byteCount: content.size,
            etag: content.digest,
            modified: .milliseconds(change.now),
            contentType: options.contentType,
            metadata: options.metadata,
            tags: options.tags
        )
    }

    /// Deletes an object: its name in a bucket without versions, behind a marker in one with.
    ///
    /// - Returns: whether there was one.
    func deleteObject(_ name: ObjectName, condition: PutCondition, now: Int64) throws -> Bool {
        let bucket = try bucket(name.bucket)
        let current = try currentVersion(of: name, in: bucket)
        try check(condition, name, current?.version)
        guard let current, !current.version.isDeleteMarker else { return false }
        try makeWay(current, bucket, name)
        guard bucket.isVersioned else { return true }
        try run(
            .insertVersion,
            bucket.id,
            name.key,
            try next("version"),
            Int64?.none,
            Int64(0),
            [UInt8]?.none,
            now,
            String?.none,
            [UInt8]?.none,
            [UInt8]?.none
        )
        return true
    }

    /// Deletes one version for good; the one before it becomes the current one, if it was.
    ///
    /// - Returns: whether there was one.
    func deleteVersion(_ name: ObjectName, _ number: VersionNumber) throws -> Bool {
        let bucket = try bucket(name.bucket)
        guard let found = try version(of: name, number, in: bucket) else { return false }
        try run(.deleteVersion, bucket.id, name.key, number.value)
        if found.version.isCurrent { try run(.promoteLatest, bucket.id, name.key) }
        return true
    }

    /// Replaces the tags of a version.
    func setTags(_ tags: [String: String], of name: ObjectName, _ number: VersionNumber) throws {
        let bucket = try bucket(name.bucket)
        try run(.updateTags, Attributes.encode(tags), bucket.id, name.key, number.value)
    }

    /// A version and its content; the current one without a number.
    ///
    /// A delete marker counts.
    func version(
        of name: ObjectName,
        _ number: VersionNumber?,
        in bucket: BucketRow
    ) throws -> (version: ObjectVersion, content: Int64?)? {
        guard let number else { return try currentVersion(of: name, in: bucket) }
        return try first(.selectVersion, bucket.id, name.key, number.value) { row in versionRow(row, name.bucket) }
    }

    /// A version by the name of its bucket, in one query; the current one without a number, `nil` also without a bucket.
    func named(_ name: ObjectName, _ number: VersionNumber?) throws -> ObjectVersion? {
        let read = { (row: Statement) in self.versionRow(row, name.bucket).version }
        if let number { return try first(.selectNamed, name.bucket, name.key, number.value, read: read) }
        return try first(.selectNamedCurrent, name.bucket, name.key, read: read)
    }

    /// A version that has bytes, with their content, in one query; `nil` when there is none, or no such bucket.
    func readable(_ name: ObjectName, _ number: VersionNumber?) throws -> (version: ObjectVersion, content: ContentRow)?
    {
        let read = { (row: Statement) -> (ObjectVersion, ContentRow)? in
            guard let digest = ObjectID(bytes: row.bytes(5)) else { return nil }
            let content = ContentRow(
                id: row.int64(3),
                size: row.int64(4),
                digest: digest,
                scope: row.int64(10),
                chunk: row.isNull(11) ? nil : row.int64(11)
            )
            return (self.versionRow(row, name.bucket).version, content)
        }
        if let number { return try first(.selectReadable, name.bucket, name.key, number.value, read: read) ?? nil }
        return try first(.selectReadableCurrent, name.bucket, name.key, read: read) ?? nil
    }

    /// The versions that name a content.
    func versions(ofContent content: Int64) throws -> [ObjectVersion] {
        try all(.selectVersionsOfContent, content) { row in versionRow(row, row.text(10)).version }
    }

    private func currentVersion(
        of name: ObjectName,
        in bucket: BucketRow
    ) throws -> (version: ObjectVersion, content: Int64?)? {
        try first(.selectCurrent, bucket.id, name.key) { row in versionRow(row, name.bucket) }
    }

    /// What was current is so no more.
    private func makeWay(
        _ current: (version: ObjectVersion, content: Int64?)?,
        _ bucket: BucketRow,
        _ name: ObjectName
    ) throws {
        guard let current else { return }
        try run(bucket.isVersioned ? .retireVersion : .deleteVersion, bucket.id, name.key, current.version.number.value)
    }

    private func check(_ condition: PutCondition, _ name: ObjectName, _ current: ObjectVersion?) throws {
        let etag = current?.etag
        let (holds, words) =
            switch condition {
            case .none: (true, "")
            case .ifAbsent: (etag == nil, "there is an object of that name")
            case .ifNoneMatch(let other): (etag != other, "the object has the ETag \(other)")
            case .ifMatch(let other): (etag == other, "the object has not the ETag \(other)")
            }
        guard holds else {
            throw VaultError(.preconditionFailed, "\(name) stays as it is: \(words); read it, and decide anew")
        }
    }

    fileprivate func versionRow(_ row: Statement, _ bucket: String) -> (version: ObjectVersion, content: Int64?) {
        let content: Int64? = row.isNull(3) ? nil : row.int64(3)
        let version = ObjectVersion(
            name: ObjectName(bucket, row.text(0)),
            number: VersionNumber(row.int64(1)),
            isCurrent: row.int64(2) == 1,
            isDeleteMarker: content == nil,
            byteCount: row.int64(4),
            etag: row.isNull(5) ? nil : ObjectID(bytes: row.bytes(5)),
            modified: .milliseconds(row.int64(6)),
            contentType: row.isNull(7) ? nil : row.text(7),
            metadata: row.isNull(8) ? [:] : Attributes.decode(row.bytes(8)),
            tags: row.isNull(9) ? [:] : Attributes.decode(row.bytes(9))
        )
        return (version, content)
    }
}

/// What a listing asks for.
struct ListRequest: Sendable {
    var bucket: String
    var prefix: String
    var delimiter: String
    var cursor: ListCursor?
    var countMax: Int
    var includesVersions: Bool
}

// Listings
extension Database {
    func list(_ request: ListRequest) throws -> ObjectPage {
        let bucket = try bucket(request.bucket)
        var page = ObjectPage(objects: [], commonPrefixes: [], cursor: nil)
        // Keys are compared as bytes, which is the order of their scalars.
        let end = request.prefix.successor
        var (start, isAfter, number) = (request.prefix, false, Int64.max)
        if let cursor = request.cursor, cursor.isPrefix {
            guard let next = cursor.key.successor else { return page }
            start = start.isBefore(next) ? next : start
        } else if let cursor = request.cursor, !cursor.key.isBefore(start) {
            (start, isAfter, number) = (cursor.key, true, cursor.number ?? Int64.min)
        }
        var last: ListCursor?
        while true {
            var jump: String?
            var isFull = false
            let query: Query = request.includesVersions ? .listVersions : .listCurrent
            let statement = try statement(query)
            defer { statement.reset() }
            try statement.bind(bucket.id, start, isAfter ? Int64(1) : 0, number, end)
            while try statement.step() {
                let key = statement.text(0)
                let common = key.commonPrefix(after: request.prefix, upTo: request.delimiter)
                guard page.objects.count + page.commonPrefixes.count < request.countMax else {
                    isFull = true
                    break
                }
                if let common {
                    page.commonPrefixes.append(common)
                    last = ListCursor(key: common, number: nil, isPrefix: true)
                    jump = common.successor
                    break
                }
                let version = versionRow(statement, request.bucket).version
                page.objects.append(version)
                last = ListCursor(
                    key: key,
                    number: request.includesVersions ? version.number.value : nil,
                    isPrefix: false
                )
            }
            if isFull {
                page.cursor = last
                return page
            }
            guard let next = jump else { return page }
            (start, isAfter, number) = (next, false, Int64.max)
        }
    }
}

extension String {
    /// Whether the text comes first in byte order, which is not Swift's order of texts.
    func isBefore(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

    /// The least text after all that begin with this one; `nil` when there is none.
    var successor: String? {
        var scalars = Array(unicodeScalars)
        while let last = scalars.popLast() {
            // Surrogates are no scalars.
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            if let scalar = Unicode.Scalar(next) {
                scalars.append(scalar)
                var text = String.UnicodeScalarView()
                text.append(contentsOf: scalars)
                return String(text)
            }
        }
        return nil
    }

    /// The text up to and with the first `delimiter` after `prefix`.
    func commonPrefix(after prefix: String, upTo delimiter: String) -> String? {
        guard !delimiter.isEmpty else { return nil }
        let (text, mark) = (Array(utf8), Array(delimiter.utf8))
        var position = prefix.utf8.count
        while position + mark.count <= text.count {
            if text[position..<position + mark.count].elementsEqual(mark) {
                return String(decoding: text[..<(position + mark.count)], as: UTF8.self)
            }
            position += 1
        }
        return nil
    }
}

extension Query {
    private static let versionColumns =
        "key, number, is_current, content, size, digest, modified, content_type, metadata, tags"
    static let selectCurrent = Query(
        "SELECT \(versionColumns) FROM version WHERE bucket = ?1 AND key = ?2 AND is_current = 1"
    )
    static let selectVersion = Query(
        "SELECT \(versionColumns) FROM version WHERE bucket = ?1 AND key = ?2 AND number = ?3"
    )
    private static let named =
        """
        SELECT v.key, v.number, v.is_current, v.content, v.size, v.digest, v.modified, v.content_type, v.metadata, v.tags
        FROM bucket b CROSS JOIN version v ON v.bucket = b.id WHERE b.name = ?1 AND v.key = ?2
        """
    static let selectNamedCurrent = Query(named + " AND v.is_current = 1")
    static let selectNamed = Query(named + " AND v.number = ?3")
    private static let readable =
        """
        SELECT v.key, v.number, v.is_current, v.content, c.size, c.digest, v.modified, v.content_type, v.metadata, v.tags,
            c.scope, c.chunk
        FROM bucket b CROSS JOIN version v ON v.bucket = b.id CROSS JOIN content c ON c.id = v.content
        WHERE b.name = ?1 AND v.key = ?2
        """
    static let selectReadableCurrent = Query(readable + " AND v.is_current = 1")
    static let selectReadable = Query(readable + " AND v.number = ?3")
    static let selectVersionsOfContent = Query(
        """
        SELECT \(versionColumns), (SELECT name FROM bucket WHERE id = version.bucket) FROM version
        WHERE content = ?1
        """
    )
    static let insertVersion = Query(
        """
        INSERT INTO version (bucket, key, number, is_current, content, size, digest, modified, content_type, metadata,
            tags)
        VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        """
    )
    static let deleteVersion = Query("DELETE FROM version WHERE bucket = ?1 AND key = ?2 AND number = ?3")
    static let retireVersion = Query(
        "UPDATE version SET is_current = 0 WHERE bucket = ?1 AND key = ?2 AND number = ?3"
    )
    static let promoteLatest = Query(
        """
        UPDATE version SET is_current = 1 WHERE bucket = ?1 AND key = ?2
            AND number = (SELECT max(number) FROM version WHERE bucket = ?1 AND key = ?2)
        """
    )
    static let updateTags = Query("UPDATE version SET tags = ?1 WHERE bucket = ?2 AND key = ?3 AND number = ?4")
    /// ?3 is 1 to begin after the key ?2; ?5 is where to end, NULL for nowhere.
    static let listCurrent = Query(
        """
        SELECT \(versionColumns) FROM version
        WHERE bucket = ?1 AND is_current = 1 AND key >= ?2 AND (?3 = 0 OR key > ?2) AND ?4 IS NOT NULL
            AND (?5 IS NULL OR key < ?5) AND content IS NOT NULL
        ORDER BY key
        """
    )
    /// As before, but from version ?4 of the key ?2 on.
    static let listVersions = Query(
        """
        SELECT \(versionColumns) FROM version
        WHERE bucket = ?1 AND key >= ?2 AND (?3 = 0 OR key > ?2 OR number < ?4) AND (?5 IS NULL OR key < ?5)
        ORDER BY key, number DESC
        """
    )
}
