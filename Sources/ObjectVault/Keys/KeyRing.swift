internal import Crypto
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// The data keys of a vault, unwrapped.
final class KeyRing: Sendable {
    /// A data key's row.
    struct Wrapped: Sendable {
        var number: Int64
        var providerKey: String
        var bytes: [UInt8]
    }

    private let keys: Locked<[Int64: DataKey]> = Locked([:])
    /// The vault's own key, the first one; `nil` without a provider.
    private let own: Locked<Int64?> = Locked(nil)
    private let provider: (any KeyProvider)?
    private let random: @Sendable (Int) -> [UInt8]

    /// Unwraps all keys, and makes the vault's own if there is a provider and it has none.
    init(_ metadata: MetadataStore, _ configuration: VaultConfiguration) async throws {
        provider = configuration.keys
        random = configuration.random
        let rows = try metadata.read { try $0.dataKeys() }
        if let provider {
            for row in rows {
                try add(row.number, try KeyRing.unwrap(row, provider))
            }
            if let first = rows.first {
                own.withLock { $0 = first.number }
            } else {
                let number = try await make(metadata, now: configuration.now().wholeMilliseconds)
                own.withLock { $0 = number }
            }
        }
    }

    /// The vault's own key, under which buckets share chunks.
    var vaultKey: Int64? { own.withLock { $0 } }

    /// The key of a number.
    func key(_ number: Int64) throws(VaultError) -> DataKey {
        guard let key = keys.withLock({ $0[number] }) else {
            throw VaultError(
                .keyUnavailable,
                "the data key \(number) was not unwrapped: open the vault with the KeyProvider that wrapped it"
            )
        }
        return key
    }

    /// Makes a data key and returns its number once it is kept, wrapped.
    func make(_ metadata: MetadataStore, now: Int64) async throws -> Int64 {
        guard let provider else {
            throw VaultError(
                .keyUnavailable,
                "nothing can be encrypted without a KeyProvider: give VaultConfiguration.keys one"
            )
        }
        let secret = random(DataKey.byteCount)
        let (wrapped, id) = try KeyRing.wrap(secret, provider)
        let number = try await metadata.write { database in
            try database.run(.insertDataKey, id, wrapped, now)
            return database.lastInsertedID
        }
        try add(number, secret)
        return number
    }

    /// Wraps every key anew by the provider's current key, in one transaction; the data stay as they are.
    ///
    /// - Returns: how many were wrapped by another before.
    func rewrap(_ metadata: MetadataStore) async throws -> Int {
        guard let provider else {
            throw VaultError(.keyUnavailable, "no key can be rotated without a KeyProvider")
        }
        let rows = try metadata.read { try $0.dataKeys() }.filter { $0.providerKey != provider.currentKeyID }
        var anew: [Wrapped] = []
        for row in rows {
            let (wrapped, id) = try KeyRing.wrap(try KeyRing.unwrap(row, provider), provider)
            anew.append(Wrapped(number: row.number, providerKey: id, bytes: wrapped))
        }
        let all = anew
        try await metadata.write { database in
            for row in all { try database.run(.updateDataKey, row.providerKey, row.bytes, row.number) }
        }
        return all.count
    }

    private func add(_ number: Int64, _ secret: [UInt8]) throws(VaultError) {
        guard secret.count == DataKey.byteCount else {
            throw VaultError(.keyUnavailable, "the data key \(number) has \(secret.count) bytes, and not 32")
        }
        keys.withLock { $0[number] = DataKey(number: number, secret: SymmetricKey(data: secret)) }
    }

    private static func wrap(_ secret: [UInt8], _ provider: any KeyProvider) throws -> ([UInt8], String) {
        let id = provider.currentKeyID
        do {
            return (try provider.wrap(secret), id)
        } catch {
            throw error as? VaultError
                ?? VaultError(.keyUnavailable, "the KeyProvider's key \"\(id)\" did not wrap a data key", cause: error)
        }
    }

    private static func unwrap(_ row: Wrapped, _ provider: any KeyProvider) throws -> [UInt8] {
        do {
            return try provider.unwrap(row.bytes, keyID: row.providerKey)
        } catch {
            throw error as? VaultError
                ?? VaultError(
                    .keyUnavailable,
                    "the KeyProvider did not unwrap the data key \(row.number) by its key \"\(row.providerKey)\"",
                    cause: error
                )
        }
    }
}

extension Database {
    func dataKeys() throws -> [KeyRing.Wrapped] {
        try all(.selectDataKeys) { row in
            KeyRing.Wrapped(number: row.int64(0), providerKey: row.text(1), bytes: row.bytes(2))
        }
    }
}

extension Query {
    static let selectDataKeys = Query("SELECT id, provider_key, wrapped FROM data_key ORDER BY id")
    static let insertDataKey = Query("INSERT INTO data_key (provider_key, wrapped, created) VALUES (?1, ?2, ?3)")
    static let updateDataKey = Query("UPDATE data_key SET provider_key = ?1, wrapped = ?2 WHERE id = ?3")
}
