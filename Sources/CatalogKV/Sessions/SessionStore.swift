/// Sessions of a shop's users, kept in a catalog: found by a secret token, of which only the hash is on disk.
///
/// A session ends when it has been idle for too long, when it is too old, or when it is revoked; whichever comes first,
/// no read returns it from then on. Sessions stand in tables of their own, apart from the catalog's items. Any number
/// of stores may share a catalog; they see the same sessions.
public struct SessionStore: Sendable {
    private let catalog: Catalog
    private let configuration: SessionConfiguration
    private let randomBytes: @Sendable (Int) -> [UInt8]

    /// Keeps sessions in `catalog`, with tokens from the system's random generator.
    public init(catalog: Catalog, configuration: SessionConfiguration = .init()) {
        self.init(catalog: catalog, configuration: configuration) { count in
            var generator = SystemRandomNumberGenerator()
            return (0..<count).map { _ in generator.next() }
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
    /// The token is returned here and nowhere else.
    ///
    /// - Throws: `CatalogError`; see `Catalog.put(_:for:lifetime:durability:)`.
    public func create(user: String, data: [UInt8] = []) async throws -> (token: SessionToken, session: Session) {
        while true {
            let token = try makeToken()
            let record = SessionRecord(
                digest: token.digest,
                created: catalog.nowMilliseconds,
                finalExpiry: catalog.expiry(after: configuration.absoluteLifetime),
                user: user,
                data: data
            )
            let expiry = slidingExpiry(of: record)
            let operations = try puts(record, expiry: expiry, if: .absent)
            if case .written = try await catalog.write(operations, .synced) {
                return (token, session(record, expiry: expiry))
            }
        }
    }

    /// The session that `token` opens, or `nil` when there is none any more; does not touch it.
    ///
    /// - Throws: `CatalogError`; see `Catalog.value(for:)`.
    public func resolve(_ token: SessionToken) throws -> Session? {
        try find(token).map { session($0.record, expiry: $0.entry.expiry) }
    }

    /// Notes that the session is in use: it lives for another idle lifetime, though never beyond its final expiry.
    ///
    /// Returns the session as it is then, or `nil` when there is none any more.
    ///
    /// - Throws: `CatalogError`; see `Catalog.put(_:for:lifetime:durability:)`.
    @discardableResult
    public func touch(_ token: SessionToken) async throws -> Session? {
        try await change(token, configuration.touchDurability) { _ in }
    }

    /// Replaces the host's data, and touches the session.
    ///
    /// Returns the session as it is then, or `nil` when there is none any more.
    ///
    /// - Throws: `CatalogError`; see `Catalog.put(_:for:lifetime:durability:)`.
    @discardableResult
    public func setData(_ data: [UInt8], of token: SessionToken) async throws -> Session? {
        try await change(token, .synced) { $0.data = data }
    }

    /// Gives the session a new token and ends the old one in the same moment; do it whenever the user's rights change,
    /// such as at login, so that a token that was planted before is worth nothing after.
    ///
    /// Returns `nil` when there is no such session any more. Expiries stay as they were.
    ///
    /// - Throws: `CatalogError`; see `Catalog.put(_:for:lifetime:durability:)`.
    public func rotate(_ token: SessionToken) async throws -> SessionToken? {
        while let (record, entry) = try find(token) {
            let fresh = try makeToken()
            var renamed = record
            renamed.digest = fresh.digest
            let operations =
                [.delete(record.key, if: .version(entry.sequence)), .delete(record.userKey)]
                + (try puts(renamed, expiry: entry.expiry, if: .absent))
            if case .written = try await catalog.write(operations, .synced) { return fresh }
        }
        return nil
    }

    /// Ends a session, and returns whether there was one.
    ///
    /// - Throws: `CatalogError`; see `Catalog.put(_:for:lifetime:durability:)`.
    @discardableResult
    public func revoke(_ token: SessionToken) async throws -> Bool {
        while let (record, entry) = try find(token) {
            let operations: [Operation] = [
                .delete(record.key, if: .version(entry.sequence)), .delete(record.userKey),
            ]
            if case .written = try await catalog.write(operations, .synced) { return true }
        }
        return false
    }

    /// Ends all sessions of a user, and returns how many there were.
    ///
    /// Every session that was created before the call is gone when it returns, rotated meanwhile or not; those that
    /// are created while it runs may be too.
    ///
    /// - Throws: `CatalogError`; see `Catalog.put(_:for:lifetime:durability:)`. Some sessions may have ended then.
    @discardableResult
    public func revokeAll(of user: String) async throws -> Int {
        let key = Key(partition: user)
        try key.check()
        let range = StoredKey(.userSessions, key).range()
        var revokedCount = 0
        while true {
            // Two operations for each session.
            let listed = try catalog.located(in: range, limit: WriteBatch.operationCountMax / 2)
            if listed.isEmpty { return revokedCount }
            let operations = listed.flatMap { located -> [Operation] in
                let userKey = located.entry.key
                return [.delete(SessionRecord.key(identifier: Array(userKey.sort))), .delete(userKey)]
            }
            guard case .written(let existed) = try await catalog.write(operations, .synced) else { continue }
            for place in stride(from: 0, to: existed.count, by: 2) where existed[place] { revokedCount += 1 }
        }
    }
}

extension SessionStore {
    /// Writes a changed session back, sliding its expiry, unless it has ended; starts over when another write came
    /// between.
    private func change(
        _ token: SessionToken,
        _ durability: Durability,
        _ body: (inout SessionRecord) -> Void
    ) async throws -> Session? {
        while let (found, entry) = try find(token) {
            var record = found
            body(&record)
            let expiry = slidingExpiry(of: record)
            let value = try checked(record.encoded(), of: record)
            let put = Operation.put(value, for: record.key, expiry: expiry, if: .version(entry.sequence))
            if case .written = try await catalog.write([put], durability) { return session(record, expiry: expiry) }
        }
        return nil
    }

    private func find(_ token: SessionToken) throws -> (record: SessionRecord, entry: IndexEntry)? {
        catalog.metrics.noteGet()
        let digest = token.digest
        guard let located = try catalog.located(SessionRecord.key(digest: digest)) else { return nil }
        guard let record = SessionRecord(try located.value()) else {
            throw CatalogError(
                .unsupportedFormat,
                "a session in \(catalog.path) has a layout that this version of CatalogKV does not know; "
                    + "use a newer version"
            )
        }
        return isEqualInConstantTime(record.digest, digest) ? (record, located.entry) : nil
    }

    private func makeToken() throws -> SessionToken {
        guard let token = SessionToken(bytes: randomBytes(SessionToken.byteCount)) else {
            throw CatalogError(.invalidArgument, "the random generator did not return \(SessionToken.byteCount) bytes")
        }
        return token
    }

    private func slidingExpiry(of record: SessionRecord) -> Int64 {
        min(catalog.expiry(after: configuration.idleLifetime), record.finalExpiry)
    }

    /// The session and its entry under its user.
    private func puts(
        _ record: SessionRecord,
        expiry: Int64,
        if condition: Operation.Condition
    ) throws -> [Operation] {
        let value = try checked(record.encoded(), of: record)
        return [
            .put(value, for: record.key, expiry: expiry, if: condition),
            .put([], for: record.userKey, expiry: record.finalExpiry),
        ]
    }

    /// Refuses a user's name or data that is over the limits of a key or value.
    private func checked(_ value: [UInt8], of record: SessionRecord) throws -> [UInt8] {
        try Key(partition: record.user).check()
        guard value.count <= Catalog.valueByteCountMax else {
            throw CatalogError(
                .valueTooLarge,
                "the data of a session of \(record.user) has \(record.data.count) bytes; a session may have at most "
                    + "\(Catalog.valueByteCountMax) in all"
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
