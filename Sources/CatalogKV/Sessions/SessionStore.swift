internal import VitrineIO

/// Sessions of a shop's users, kept in a catalog: found by a secret token, of which only the hash is on disk.
///
/// A session ends when it has been idle for too long, when it is too old, or when it is revoked; whichever comes first,
/// no read returns it from then on. Sessions stand in tables of their own, apart from the catalog's items, and in no
/// change stream. Any number of stores may share a catalog; they see the same sessions.
public struct SessionStore: Sendable {
    private let catalog: Catalog
    private let configuration: SessionConfiguration
    private let randomBytes: @Sendable (Int) -> [UInt8]

    /// Keeps sessions in `catalog`, with tokens from the system's random generator.
    public init(catalog: Catalog, configuration: SessionConfiguration = .init()) {
        self.init(catalog: catalog, configuration: configuration) { count in
            var generator = SystemRandomNumberGenerator()
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count + 8)
            // Eight at a time: each draw is a system call.
            while bytes.count < count { bytes.appendLittleEndian(generator.next() as UInt64) }
            bytes.removeLast(bytes.count - count)
            return bytes
        }
    }

    /// Keeps sessions with tokens from a generator of the caller's, which returns as many bytes as it is asked for.
    package init(
        catalog: Catalog,
        configuration: SessionConfiguration,
        randomBytes: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.catalog = catalog
        self.configuration = configuration
        self.randomBytes = randomBytes
    }

    /// Starts a session of `user`, whose name has 1 to 2,048 bytes in UTF-8, with `data` of the host's.
    ///
    /// The token is returned here and nowhere else. The session is on disk then.
    ///
    /// - Throws: `CatalogError` with `keyTooLong`, `valueTooLarge`, `isReadOnly`, `isClosed` or `ioFailed`.
    public func create(user: String, data: [UInt8] = []) async throws -> (token: SessionToken, session: Session) {
        try Key(partition: user).check()
        while true {
            let token = try makeToken()
            let record = SessionRecord(
                digest: token.digest,
                created: engine.now,
                finalExpiry: engine.expiry(after: configuration.absoluteLifetime),
                user: user,
                data: data
            )
            let expiry = slidingExpiry(of: record)
            let value = try checked(record.encoded(), of: record)
            let isWritten = try await engine.commit(.synced) { newest, draft in
                try put(record, value, expiry: expiry, newest, &draft)
            }.result
            if isWritten { return (token, session(record, expiry: expiry)) }
        }
    }

    /// The session that `token` opens, or `nil` when there is none any more; does not touch it.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isCorrupt`, or `unsupportedFormat`.
    public func resolve(_ token: SessionToken) throws -> Session? {
        try find(token.digest).map { session($0.record, expiry: $0.expiry) }
    }

    /// Notes that the session is in use: it lives for another idle lifetime, though never beyond its final expiry.
    ///
    /// Returns the session as it is then, or `nil` when there is none any more.
    ///
    /// - Throws: `CatalogError` with `isReadOnly`, `isClosed`, `ioFailed`, `isCorrupt`, or `unsupportedFormat`.
    @discardableResult
    public func touch(_ token: SessionToken) async throws -> Session? {
        try await change(token, configuration.touchDurability) { _ in }
    }

    /// Replaces the host's data, and touches the session.
    ///
    /// Returns the session as it is then, or `nil` when there is none any more.
    ///
    /// - Throws: as `touch(_:)`, and `CatalogError` with `valueTooLarge`.
    @discardableResult
    public func setData(_ data: [UInt8], of token: SessionToken) async throws -> Session? {
        try await change(token, .synced) { $0.data = data }
    }

    /// Gives the session a new token and ends the old one in the same moment; do it whenever the user's rights change,
    /// such as at login, so that a token that was planted before is worth nothing after.
    ///
    /// Returns `nil` when there is no such session any more. Expiries stay as they were.
    ///
    /// - Throws: as `touch(_:)`.
    public func rotate(_ token: SessionToken) async throws -> SessionToken? {
        let digest = token.digest
        while try find(digest) != nil {
            let fresh = try makeToken()
            let freshDigest = fresh.digest
            let outcome = try await engine.commit(.synced) { newest, draft -> Rotation in
                guard let (record, expiry) = try find(digest, newest) else { return .isGone }
                var renamed = record
                renamed.digest = freshDigest
                delete(record, &draft)
                let isWritten = try put(renamed, renamed.encoded(), expiry: expiry, newest, &draft)
                if !isWritten { draft.removeAll() }
                return isWritten ? .isDone : .isTaken
            }.result
            switch outcome {
            case .isDone: return fresh
            case .isGone: return nil
            case .isTaken: continue
            }
        }
        return nil
    }

    /// Ends a session, and returns whether there was one.
    ///
    /// - Throws: as `touch(_:)`.
    @discardableResult
    public func revoke(_ token: SessionToken) async throws -> Bool {
        let digest = token.digest
        guard try find(digest) != nil else { return false }
        return try await engine.commit(.synced) { newest, draft in
            guard let (record, _) = try find(digest, newest) else { return false }
            delete(record, &draft)
            return true
        }.result
    }

    /// Ends all sessions of a user, and returns how many there were.
    ///
    /// Every session that was created before the call is gone when it returns, rotated meanwhile or not; those that
    /// are created while it runs may be too.
    ///
    /// - Throws: as `touch(_:)`. Some sessions may have ended then.
    @discardableResult
    public func revokeAll(of user: String) async throws -> Int {
        let partition = Key(partition: user)
        try partition.check()
        var revokedCount = 0
        while true {
            let keys = try userKeys(partition)
            if keys.isEmpty { return revokedCount }
            revokedCount += try await engine.commit(.synced) { newest, draft in
                var count = 0
                for userKey in keys {
                    let key = Key(partition: userKey.sort)
                    if let version = newest.version(.sessions, key) {
                        if version.expiry > newest.now { count += 1 }
                        draft.delete(.sessions, key)
                    }
                    if newest.version(.userSessions, userKey) != nil { draft.delete(.userSessions, userKey) }
                }
                return count
            }.result
        }
    }
}

/// How far a rotation got.
private enum Rotation: Sendable {
    case isDone
    case isGone
    /// The new token was another session's.
    case isTaken
}

extension SessionStore {
    private var engine: Engine { catalog.engine }

    /// Writes a changed session back, sliding its expiry, unless it has ended.
    private func change(
        _ token: SessionToken,
        _ durability: Durability,
        _ body: (inout SessionRecord) -> Void
    ) async throws -> Session? {
        let digest = token.digest
        // Those who guess at tokens do not get as far as the writer's lock.
        guard try find(digest) != nil else { return nil }
        return try await engine.commit(durability) { newest, draft -> Session? in
            guard var (record, _) = try find(digest, newest) else { return nil }
            body(&record)
            let expiry = slidingExpiry(of: record)
            let value = try checked(record.encoded(), of: record)
            draft.put(.sessions, record.key, value: value.span, isDocument: false, expiry: expiry)
            return session(record, expiry: expiry)
        }.result
    }

    private func find(_ digest: [UInt8]) throws -> (record: SessionRecord, expiry: Int64)? {
        let found = try engine.read(.sessions, SessionRecord.key(digest: digest)) { view in
            try opened(view, digest)
        }
        return found ?? nil
    }

    /// The same, of the newest version in journal order.
    private func find(
        _ digest: [UInt8],
        _ newest: borrowing Newest
    ) throws -> (record: SessionRecord, expiry: Int64)? {
        let found = try newest.read(.sessions, SessionRecord.key(digest: digest)) { view in
            try opened(view, digest)
        }
        return found ?? nil
    }

    private func opened(
        _ view: borrowing ItemView,
        _ digest: [UInt8]
    ) throws -> (record: SessionRecord, expiry: Int64)? {
        switch SessionRecord.reading(view.value, digest: digest) {
        case .session(let record): return (record, view.expiry)
        case .otherToken: return nil
        case .unknownLayout:
            throw CatalogError(
                .unsupportedFormat,
                "a session in \(catalog.path) has a layout that this version of CatalogKV does not know; "
                    + "use a newer version"
            )
        }
    }

    /// Up to half as many of a user's sessions as a transaction may have operations.
    private func userKeys(_ partition: Key) throws -> [Key] {
        let lower = StoredKey(.userSessions, partition)
        // Behind every sort key of 16 bytes.
        let upper = StoredKey(
            .userSessions,
            Key(partition: partition.partition, sort: [UInt8](repeating: 0xFF, count: 17))
        )
        let snapshot = try engine.snapshot()
        var keys: [Key] = []
        let tree = engine.index.partition(of: lower.bytes.span)
        try withExtendedLifetime(snapshot) {
            try engine.scan(tree, from: lower.bytes.span, to: upper.bytes.span, at: snapshot.sequence) { view in
                keys.append(view.key)
                return keys.count < 50
            }
        }
        return keys
    }

    private func makeToken() throws -> SessionToken {
        guard let token = SessionToken(bytes: randomBytes(SessionToken.byteCount)) else {
            throw CatalogError(.invalidArgument, "the random generator did not return \(SessionToken.byteCount) bytes")
        }
        return token
    }

    private func slidingExpiry(of record: SessionRecord) -> Int64 {
        min(engine.expiry(after: configuration.idleLifetime), record.finalExpiry)
    }

    /// Adds the session and its entry under its user, unless its name is taken.
    private func put(
        _ record: SessionRecord,
        _ value: [UInt8],
        expiry: Int64,
        _ newest: borrowing Newest,
        _ draft: inout Draft
    ) throws -> Bool {
        if let taken = newest.version(.sessions, record.key), taken.expiry > newest.now { return false }
        draft.put(.sessions, record.key, value: value.span, isDocument: false, expiry: expiry)
        draft.put(.userSessions, record.userKey, value: Span(), isDocument: false, expiry: record.finalExpiry)
        return true
    }

    private func delete(_ record: SessionRecord, _ draft: inout Draft) {
        draft.delete(.sessions, record.key)
        draft.delete(.userSessions, record.userKey)
    }

    /// Refuses data that is over the limit of an item.
    private func checked(_ value: [UInt8], of record: SessionRecord) throws -> [UInt8] {
        guard value.count <= Catalog.itemByteCountMax else {
            throw CatalogError(
                .valueTooLarge,
                "the data of a session of \(record.user) has \(record.data.count) bytes; a session may have at most "
                    + "\(Catalog.itemByteCountMax) in all"
            )
        }
        return value
    }

    private func session(_ record: SessionRecord, expiry: Int64) -> Session {
        Session(
            id: Session.ID(bytes: record.identifier),
            user: record.user,
            data: record.data,
            created: .milliseconds(record.created),
            expiry: .milliseconds(expiry),
            finalExpiry: .milliseconds(record.finalExpiry)
        )
    }
}
