/// A bucket: a space of keys with rules of its own.
public struct Bucket: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Whether a put keeps the version it replaces, and a delete puts a marker.
    public var isVersioned: Bool
    /// Whether its chunks are encrypted.
    public var isEncrypted: Bool
    /// When it was made, since 1970-01-01 00:00 UTC.
    public var created: Duration
}

/// What a bucket is made with.
public struct BucketOptions: Hashable, Sendable {
    /// Who may share chunks with whom, and under which key.
    public enum Encryption: Hashable, Sendable {
        /// The vault's data key if its configuration has a `KeyProvider`, none otherwise.
        case vault
        /// A data key of the bucket's own, wrapped by the configuration's `KeyProvider`: equal chunks of other buckets
        /// are not shared.
        case bucket
        /// None, whatever the vault does.
        case none
    }

    /// Whether versions are kept.
    public var isVersioned: Bool
    /// Who encrypts.
    public var encryption: Encryption

    /// By default without versions, encrypted as the vault is.
    public init(isVersioned: Bool = false, encryption: Encryption = .vault) {
        self.isVersioned = isVersioned
        self.encryption = encryption
    }
}
