/// A version of an object, as the metadata have it.
public struct ObjectVersion: Hashable, Sendable {
    /// Bucket and key.
    public var name: ObjectName
    /// Which version it is.
    public var number: VersionNumber
    /// Whether a read without a version finds this one.
    public var isCurrent: Bool
    /// Whether it says that the object was deleted; it has no bytes then.
    public var isDeleteMarker: Bool
    /// Bytes of the object.
    public var byteCount: Int64
    /// SHA-256 of the object's bytes; `nil` for a delete marker.
    public var etag: ObjectID?
    /// When it was put, since 1970-01-01 00:00 UTC, in whole milliseconds.
    public var modified: Duration
    /// What the host says the bytes are, a media type as a rule.
    public var contentType: String?
    /// What the host says of it.
    public var metadata: [String: String]
    /// What lifecycle and tiering may go by.
    public var tags: [String: String]
}

/// What a put says of an object beside its bytes.
public struct PutOptions: Hashable, Sendable {
    /// A media type, at most 255 bytes.
    public var contentType: String?
    /// Names and values of the host's, at most 8 KiB together.
    public var metadata: [String: String]
    /// At most 10, names of at most 128 bytes, values of at most 256.
    public var tags: [String: String]
    /// What must be so for the put to happen.
    public var condition: PutCondition

    /// Nothing but what is given.
    public init(
        contentType: String? = nil,
        metadata: [String: String] = [:],
        tags: [String: String] = [:],
        condition: PutCondition = .none
    ) {
        self.contentType = contentType
        self.metadata = metadata
        self.tags = tags
        self.condition = condition
    }

    /// Refuses what is too much.
    func check() throws(VaultError) {
        let metadataBytes = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard metadataBytes <= 8_192 else {
            throw VaultError(.invalidName, "\(metadataBytes) bytes of metadata are refused: at most 8192")
        }
        guard tags.count <= 10, tags.allSatisfy({ $0.key.utf8.count <= 128 && $0.value.utf8.count <= 256 }) else {
            throw VaultError(.invalidName, "the tags are refused: at most 10, of at most 128 and 256 bytes")
        }
        guard (contentType?.utf8.count ?? 0) <= 255 else {
            throw VaultError(.invalidName, "a content type of more than 255 bytes is refused")
        }
    }
}

/// What must hold of the object that a put, a copy or a delete is about to replace; checked in the transaction that replaces it.
public enum PutCondition: Hashable, Sendable {
    /// Anything.
    case none
    /// There is no current object of that name (S3's `If-None-Match: *`).
    case ifAbsent
    /// The current object does not have this ETag.
    case ifNoneMatch(ObjectID)
    /// The current object has this ETag.
    case ifMatch(ObjectID)
}

/// What must hold of an object for a read to give it.
public struct ReadCondition: Hashable, Sendable {
    /// Its ETag is this one; otherwise `.preconditionFailed`.
    public var ifMatch: ObjectID?
    /// Its ETag is not this one; otherwise `.notModified`.
    public var ifNoneMatch: ObjectID?
    /// It was put after this time since 1970; otherwise `.notModified`.
    ///
    /// Of no meaning beside `ifNoneMatch` (RFC 9110, section 13.1.3).
    public var ifModifiedSince: Duration?

    /// Nothing but what is given.
    public init(ifMatch: ObjectID? = nil, ifNoneMatch: ObjectID? = nil, ifModifiedSince: Duration? = nil) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.ifModifiedSince = ifModifiedSince
    }

    func check(_ version: ObjectVersion) throws(VaultError) {
        if let ifMatch, version.etag != ifMatch {
            throw VaultError(
                .preconditionFailed,
                "\(version.name) has the ETag \(version.etag?.hex ?? "of nothing"), and not \(ifMatch): read it anew"
            )
        }
        let isUnchanged =
            ifNoneMatch.map { $0 == version.etag } ?? ifModifiedSince.map { version.modified <= $0 } ?? false
        if isUnchanged {
            throw VaultError(.notModified, "\(version.name) is what the caller has already: use that")
        }
    }
}

/// A page of a listing.
public struct ObjectPage: Sendable {
    /// The versions, by key in byte order, of one key the latest first.
    public var objects: [ObjectVersion]
    /// What keys with the delimiter have in common up to and with it, once each, in byte order.
    public var commonPrefixes: [String]
    /// Where the next page begins; `nil` at the end.
    public var cursor: ListCursor?
}

/// Where a listing goes on: valid for as long as the bucket is there, whatever is put and deleted meanwhile.
public struct ListCursor: Hashable, Sendable {
    /// The last key or common prefix that was listed.
    var key: String
    /// The last version of it, for a listing of versions.
    var number: Int64?
    /// Whether `key` is a prefix, all of whose keys are done with.
    var isPrefix: Bool

    /// A text to hand out; `init(text:)` reads it.
    public var text: String { "\(isPrefix ? "p" : "k")\(number.map(String.init) ?? ""):\(key)" }

    /// Reads `text`; `nil` for what it never is.
    public init?(text: String) {
        guard let colon = text.firstIndex(of: ":"), let kind = text.first, kind == "p" || kind == "k" else {
            return nil
        }
        let digits = text[text.index(after: text.startIndex)..<colon]
        number = Int64(digits)
        guard digits.isEmpty || number != nil else { return nil }
        key = String(text[text.index(after: colon)...])
        isPrefix = kind == "p"
    }

    init(key: String, number: Int64?, isPrefix: Bool) {
        self.key = key
        self.number = number
        self.isPrefix = isPrefix
    }
}
