/// A shopper's visit, as the store knows it.
public struct Session: Sendable, Hashable {
    /// Names the session without being a secret; changes when the token is rotated.
    public struct ID: Sendable, Hashable, CustomStringConvertible {
        /// The first 16 bytes of the token's SHA-256.
        let bytes: [UInt8]

        /// The name in 32 hexadecimal digits, for logs.
        public var description: String {
            let digits = Array("0123456789abcdef")
            return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        }
    }

    /// The session's name.
    public let id: ID
    /// Whose session it is.
    public let user: String
    /// What the host keeps with it.
    public let data: [UInt8]
    /// When it was created, as the time since 1970-01-01 00:00 UTC in whole milliseconds; a rotation does not change it.
    public let created: Duration
    /// From when on it is gone unless it is touched before, as the time since 1970-01-01 00:00 UTC.
    public let expiry: Duration
    /// From when on it is gone whatever happens, as the time since 1970-01-01 00:00 UTC.
    public let finalExpiry: Duration
}
