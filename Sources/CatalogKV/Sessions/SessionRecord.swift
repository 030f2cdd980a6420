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
package struct SessionRecord: Sendable, Equatable {
    static let layoutVersion: UInt8 = 1
    /// How much of the digest names a session.
    static let identifierByteCount = 16

    var digest: [UInt8]
    var created: Int64
    var finalExpiry: Int64
    var user: String
    var data: [UInt8]

    /// The key, in the table of sessions, of the one whose token has this digest.
    static func key(digest: [UInt8]) -> Key { Key(partition: Array(digest[..<identifierByteCount])) }

    var identifier: [UInt8] { Array(digest[..<SessionRecord.identifierByteCount]) }
    var key: Key { SessionRecord.key(digest: digest) }
    /// The key in the table of users' sessions.
    var userKey: Key { Key(partition: Array(user.utf8), sort: identifier) }

    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1 + digest.count + 24 + user.utf8.count + data.count)
        bytes.append(SessionRecord.layoutVersion)
        bytes.append(contentsOf: digest)
        bytes.appendVarint(UInt64(clamping: created))
        bytes.appendVarint(UInt64(clamping: finalExpiry))
        bytes.appendVarint(UInt64(user.utf8.count))
        bytes.append(contentsOf: user.utf8)
        bytes.append(contentsOf: data)
        return bytes
    }

    /// What became of reading a record for a token.
    package enum Reading {
        case session(SessionRecord)
        /// Another token's, which begins with the same bytes or was made to.
        case otherToken
        /// Bytes of no layout that is known here.
        case unknownLayout
    }

    /// Reads what `encoded` wrote, if it belongs to the token with `digest`: nothing else of it is looked at before
    /// that is known.
    package static func reading(_ bytes: Span<UInt8>, digest: [UInt8]) -> Reading {
        var reader = ByteReader(bytes)
        guard reader.readUInt8() == layoutVersion, reader.remaining >= digest.count else { return .unknownLayout }
        guard isEqualInConstantTime(bytes.extracting(1..<1 + digest.count), digest.span) else { return .otherToken }
        reader = ByteReader(bytes.extracting(1 + digest.count..<bytes.count))
        guard let created = reader.readVarint().flatMap(Int64.init(exactly:)),
            let finalExpiry = reader.readVarint().flatMap(Int64.init(exactly:)),
            let userByteCount = reader.readVarint().flatMap(Int.init(exactly:)),
            let user = reader.readBytes(userByteCount).flatMap({ String(validating: $0, as: UTF8.self) }),
            let data = reader.readBytes(reader.remaining)
        else { return .unknownLayout }
        let record = SessionRecord(
            digest: digest,
            created: created,
            finalExpiry: finalExpiry,
            user: user,
            data: data
        )
        return .session(record)
    }
}
