import CatalogKV
import VitrineIO

extension CatalogFuzzing {
    /// Takes bytes as each value that the catalog keeps in tables of its own, and as the list of its files with the
    /// checksum put right: they are refused with a typed error, or what they say comes back.
    public static func record(_ bytes: [UInt8]) {
        session(bytes)
        refusal { try rememberedRequest(bytes) }
        refusal { try consumer(bytes) }
        refusal { try definition(bytes) }
        refusal { try manifest(content: bytes) }
    }

    private static func session(_ bytes: [UInt8]) {
        if let token = SessionToken(String(decoding: bytes, as: UTF8.self)) {
            hold(token.text == String(decoding: bytes, as: UTF8.self), "one token has two texts")
        }
        // Nothing but the digest is looked at before it is known to be right, so it is here.
        let digest = Array((bytes.dropFirst() + [UInt8](repeating: 0, count: 32)).prefix(32))
        guard case .session(let record) = SessionRecord.reading(bytes.span, digest: digest) else { return }
        guard case .session(let again) = SessionRecord.reading(record.encoded().span, digest: digest) else {
            return hold(false, "a session's record is refused when it is written again")
        }
        hold(again == record, "a session's record does not come back")
    }

    private static func rememberedRequest(_ bytes: [UInt8]) throws {
        let request = try RememberedRequest(bytes.span, version: 7)
        hold(request.encoded() == bytes, "one remembered request has two encodings")
        _ = request.versions(first: .max)
    }

    private static func consumer(_ bytes: [UInt8]) throws {
        let position = try ChangeConsumer.position(bytes.span, "fuzz")
        // What is done with it is arithmetic that must not trap.
        hold(position < .max && bytes.count == 8, "a consumer's place that no change can have")
    }

    private static func definition(_ bytes: [UInt8]) throws {
        _ = TableDefinition.name(bytes.span, isDocument: false)
        _ = TableDefinition.name(bytes.span, isDocument: true)
        if let numbered = TableDefinition.numbered(bytes.span, isDocument: true) {
            let document = try numbered.document(isNamed: true)
            let again = TableDefinition.numbered(document.bytes.span, isDocument: true)
            hold(again == numbered, "a table's definition under its number does not come back")
        }
        let definition = try TableDefinition(name: "fuzz", DocumentView(trusted: bytes.span))
        let document = try definition.document()
        hold(try TableDefinition(name: "fuzz", document.view) == definition, "a table's definition does not come back")
        // The bytes stand for an item of that table too.
        hold(definition.expiry(of: bytes.span) >= 0, "an item that is gone before all time")
    }

    /// A manifest with these bytes behind its version, and as many segments as there is room for.
    private static func manifest(content: [UInt8]) throws {
        let head = Manifest(storeID: 0).encoded().prefix(12)
        var bytes = Array(head + content)
        guard bytes.count >= 52 else { return }
        let segments = (bytes.count - 52) / 4
        bytes.replaceUInt32(at: 48, with: UInt32(segments))
        bytes.removeLast(bytes.count - 52 - 4 * segments)
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        let manifest = try Manifest(bytes.span, path: "fuzz")
        hold(try Manifest(manifest.encoded().span, path: "fuzz") == manifest, "a manifest does not come back")
        hold(manifest.segments.count == segments, "other segments than there are")
    }

    /// Runs `body`, which may throw only what the module throws.
    static func refusal(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            hold(error is CatalogError, "another error: \(error)")
        }
    }
}
