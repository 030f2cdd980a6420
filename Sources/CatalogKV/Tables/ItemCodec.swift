/// How a table's items become bytes, and bytes items.
@usableFromInline
struct ItemCodec<Item: Sendable>: Sendable {
    /// Whether the bytes are documents.
    let isDocument: Bool
    /// Hands out the item's bytes, which are gone afterwards.
    let encode: @Sendable (Item, (Span<UInt8>) throws -> Void) throws -> Void
    /// Makes an item of bytes that were written as one, and hold a document when the codec's do.
    let decode: @Sendable (Span<UInt8>) throws -> Item

    /// Makes an item of an item's bytes.
    ///
    /// - Throws: `CatalogError` with `typeMismatch` when they are raw in a table of documents or the other way round,
    ///   `DecodingError` when a document is not what the type needs.
    func item(_ bytes: Span<UInt8>, isDocument: Bool) throws -> Item {
        guard isDocument == self.isDocument else {
            throw CatalogError(
                .typeMismatch,
                isDocument
                    ? "the item is a document; read it through table(_:) or table(_:of:)"
                    : "the item is raw bytes; read it through bytesTable(_:)"
            )
        }
        return try decode(bytes)
    }
}

extension ItemCodec where Item == [UInt8] {
    static var bytes: ItemCodec {
        ItemCodec(isDocument: false, encode: { item, body in try body(item.span) }, decode: { $0.bytes })
    }
}

extension ItemCodec where Item == Document {
    static var documents: ItemCodec {
        ItemCodec(
            isDocument: true,
            encode: { item, body in try body(item.bytes.span) },
            decode: { Document(trusted: $0.bytes) }
        )
    }
}

extension ItemCodec where Item: Codable {
    static func coded() -> ItemCodec {
        let encoder = DocumentEncoder()
        let decoder = DocumentDecoder()
        return ItemCodec(
            isDocument: true,
            encode: { item, body in try encoder.encode(item, body) },
            decode: { try decoder.decode(Item.self, from: DocumentView(trusted: $0)) }
        )
    }
}
