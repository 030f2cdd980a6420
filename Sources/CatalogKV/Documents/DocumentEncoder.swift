internal import VitrineSync

/// Turns any `Encodable` value that has named fields into a document, straight into the document's layout.
///
/// What becomes what: whole numbers `.int`, or `.number` above `Int64.max`; `Float` and `Double` `.double`; `String`
/// `.string`; ``DecimalNumber`` `.number`; `[UInt8]`, and every other sequence of bytes that encodes its elements one by
/// one (`Data`), `.bytes`; `Set<String>`, `Set<DecimalNumber>` and `Set<[UInt8]>` the three kinds of set; other arrays
/// and sets `.list`; structures, and dictionaries by text, `.map`; ``Attribute`` and ``Document`` what they are. A `nil`
/// field is left out. `Date` encodes as its own conformance says: a double.
///
/// One encoder may be used from several threads at once. It keeps the memory of its last call for the next.
public final class DocumentEncoder: Sendable {
    private let idle: Locked<EncodingSession?> = Locked(nil)
    private let userInfo: [CodingUserInfoKey: any Sendable]

    /// An encoder whose `userInfo` the values see.
    public init(userInfo: [CodingUserInfoKey: any Sendable] = [:]) {
        self.userInfo = userInfo
    }

    /// Encodes a value as a document.
    ///
    /// - Throws: `EncodingError` when the value has no named fields, `CatalogError` with `valueTooLarge` or
    ///   `invalidArgument` when it is over the limits of a document, and what the value throws.
    public func encode<Value: Encodable>(_ value: Value) throws -> Document {
        try encode(value) { Document(trusted: DocumentLayout.copy($0, 0..<$0.count)) }
    }

    /// Encodes a value and hands out the bytes of its document without a copy; they are gone after `body`.
    ///
    /// - Throws: as ``encode(_:)``, and what `body` throws.
    public func encode<Value: Encodable, Result>(
        _ value: Value,
        _ body: (Span<UInt8>) throws -> Result
    ) throws -> Result {
        var session = idle.withLock { $0.take() } ?? EncodingSession(userInfo: userInfo)
        defer {
            session.end()
            // Containers that the value kept must not write into the next document.
            if isKnownUniquelyReferenced(&session) {
                let session = session
                idle.withLock { $0 = session }
            }
        }
        return try session.encodeDocument(value, body)
    }
}
