/// The name of an object: a key in a bucket.
///
/// Names are never paths of files, so that no key leads out of the vault's directory.
public struct ObjectName: Hashable, Sendable, CustomStringConvertible {
    /// The bucket, as `Vault.createBucket` was given it.
    public var bucket: String
    /// The key, 1 to 1,024 bytes of UTF-8; slashes are characters like others.
    public var key: String

    /// Names an object.
    public init(_ bucket: String, _ key: String) {
        self.bucket = bucket
        self.key = key
    }

    /// Bucket and key with a slash between.
    public var description: String { "\(bucket)/\(key)" }

    /// Refuses what cannot be a name.
    func check() throws(VaultError) {
        guard bucket == ObjectName.contentBucket || ObjectName.isBucketName(bucket) else {
            throw VaultError(
                .invalidName,
                "\"\(bucket.prefix(80))\" names no bucket: use 3 to 63 small letters, digits, dots and hyphens that "
                    + "begin and end with a letter or digit"
            )
        }
        guard (1...1_024).contains(key.utf8.count) else {
            throw VaultError(.invalidName, "a key of \(key.utf8.count) bytes is refused: use 1 to 1024")
        }
    }

    /// The bucket of what is put without a name; no host can name it.
    static let contentBucket = ".content"

    /// S3's rule for buckets, less its list of reserved words.
    static func isBucketName(_ name: String) -> Bool {
        let isEnd = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (3...63).contains(name.utf8.count), let first = name.utf8.first, let last = name.utf8.last,
            isEnd(first), isEnd(last)
        else { return false }
        return name.utf8.allSatisfy { isEnd($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }
}

/// The number of a version: later ones are greater, across all buckets.
public struct VersionNumber: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number itself.
    public var value: Int64

    /// Names a version.
    public init(_ value: Int64) {
        self.value = value
    }

    /// The number in decimal.
    public var description: String { String(value) }

    /// Whether `left` is the earlier one.
    public static func < (left: VersionNumber, right: VersionNumber) -> Bool { left.value < right.value }
}
