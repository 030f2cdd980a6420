internal import VitrineSync

/// Turns a document into any `Decodable` value, straight from the document's layout.
///
/// Fields are found in place; the decoder remembers where the last value of the kind had them. Numbers are converted
/// where that is exact: a whole `.double` or `.number` decodes as an integer, and every number as a `Double`, rounded to
/// the nearest. A set decodes as a `Set` or an array, a byte string also as `Data`, and a missing or null field as a `nil`
/// of an optional one.
///
/// One decoder may be used from several threads at once.
public final class DocumentDecoder: Sendable {
    private let idle: Locked<DecodingSession?> = Locked(nil)
    private let userInfo: [CodingUserInfoKey: any Sendable]

    /// A decoder whose `userInfo` the values see.
    public init(userInfo: [CodingUserInfoKey: any Sendable] = [:]) {
        self.userInfo = userInfo
    }

    /// Decodes a document as a value.
    ///
    /// - Throws: `DecodingError` for a missing name, another type, or a number that does not fit, with the path to it; and
    ///   what the value throws.
    public func decode<Value: Decodable>(_ type: Value.Type, from document: Document) throws -> Value {
        try decode(type, from: document.view)
    }

    /// Decodes a document that is read where it stands.
    ///
    /// - Throws: as for a document that is held.
    public func decode<Value: Decodable>(_ type: Value.Type, from document: borrowing DocumentView) throws -> Value {
        var session = idle.withLock { $0.take() } ?? DecodingSession(userInfo: userInfo)
        defer {
            session.end()
            // A container that the value kept must not read the next document.
            if isKnownUniquelyReferenced(&session) {
                let session = session
                idle.withLock { $0 = session }
            }
        }
        return try session.decodeDocument(type, from: document.bytes)
    }
}
