internal import VitrineIO

/// The value under which a session stands in the catalog.
///
/// It is in the table of sessions, with the first 16 bytes of its token's SHA-256 as partition key. Numbers are varints.
///
///     u8       layout version, 1
///     32       SHA-256 of the token
///     varint   created, in milliseconds since the Unix epoch
///     varint   final expiry, in milliseconds since the Unix epoch
///     varint   byte count of the user; the user in UTF-8
///              the host's data, to the end
///
/// The sliding expiry is the item's own. In the table of users' sessions the user is the partition key and the same 16
/// bytes are the sort key of an empty item that expires with the session's final expiry.
struct SessionRecord: Sendable, Equatable {
    static let layoutVersion: UInt8 = 1
    /// How much of the digest names a session.
    static let identifierByteCount = 16

    var digest: [UInt8]
    var created: Int64
    var finalExpiry: Int64
    var user: String
    var data: [UInt8]

    /// The key of the session with the token that has this digest.
    static func key(digest: [UInt8]) -> StoredKey { key(identifier: Array(digest.prefix(identifierByteCount))) }

    static func key(identifier: [UInt8]) -> StoredKey { StoredKey(.sessions, Key(partition: identifier)) }

    static func userKey(_ user: String, identifier: [UInt8]) -> StoredKey {
        StoredKey(.userSessions, Key(partition: Array(user.utf8), sort: identifier))
    }

    var identifier: [UInt8] { Array(digest.prefix(SessionRecord.identifierByteCount)) }
    var key: StoredKey { SessionRecord.key(identifier: identifier) }
    var userKey: StoredKey { SessionRecord.userKey(user, identifier: identifier) }

    func encoded() -> [UInt8] {
        var bytes = [SessionRecord.layoutVersion]
        bytes.append(contentsOf: digest)
        bytes.appendVarint(UInt64(clamping: created))
        bytes.appendVarint(UInt64(clamping: finalExpiry))
        bytes.appendVarint(UInt64(user.utf8.count))
        bytes.append(contentsOf: user.utf8)
        bytes.append(contentsOf: data)
        return bytes
    }

    /// Reads what `encoded` wrote; `nil` for anything else.
    init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes.span)
        guard reader.readUInt8() == SessionRecord.layoutVersion, let digest = reader.readBytes(32),
            let created = reader.readVarint().flatMap(Int64.init(exactly:)),
            let finalExpiry = reader.readVarint().flatMap(Int64.init(exactly:)),
            let userByteCount = reader.readVarint().flatMap(Int.init(exactly:)),
            let user = reader.readBytes(userByteCount).flatMap({ String(validating: $0, as: UTF8.self) }),
            let data = reader.readBytes(reader.remaining)
        else { return nil }
        self.init(digest: digest, created: created, finalExpiry: finalExpiry, user: user, data: data)
    }

    init(digest: [UInt8], created: Int64, finalExpiry: Int64, user: String, data: [UInt8]) {
        self.digest = digest
        self.created = created
        self.finalExpiry = finalExpiry
        self.user = user
        self.data = data
    }
}
