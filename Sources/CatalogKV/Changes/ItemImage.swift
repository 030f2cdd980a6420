/// An item as a change saw it: a copy of its bytes, decoded when somebody asks.
public struct ItemImage: Sendable, Hashable {
    /// The item as stored: the user's own bytes, or an encoded document.
    public let bytes: [UInt8]
    /// Whether the bytes are a document.
    public let isDocument: Bool

    /// The item as a document.
    ///
    /// - Throws: `CatalogError` with `typeMismatch` when it is raw bytes.
    public func document() throws -> Document {
        try checkIsDocument()
        return Document(trusted: bytes)
    }

    /// The item as a value of a table's type.
    ///
    /// - Throws: `CatalogError` with `typeMismatch` when it is raw bytes, `DecodingError` when it is not what the type
    ///   needs.
    public func decode<Item: Decodable>(_ type: Item.Type) throws -> Item {
        try checkIsDocument()
        return try DocumentDecoder().decode(type, from: DocumentView(trusted: bytes.span))
    }

    private func checkIsDocument() throws {
        guard !isDocument else { return }
        throw CatalogError(.typeMismatch, "the item in the change is raw bytes, and no document; see its bytes")
    }
}
