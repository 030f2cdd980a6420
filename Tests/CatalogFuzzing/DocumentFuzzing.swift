import CatalogKV

/// What a fuzzer feeds with bytes: each decoder of foreign bytes, and what must hold of whatever it accepts.
///
/// The functions trap when something does not hold; the fuzzer keeps the input.
public enum CatalogFuzzing {
    /// Takes bytes as a document: they are refused with a typed error, or are the one encoding of their content.
    public static func document(_ bytes: [UInt8]) {
        readDamaged(bytes)
        let document: Document
        do {
            document = try Document(validating: bytes)
        } catch {
            hold((error as? CatalogError)?.code == .invalidDocument, "another error: \(error)")
            return
        }
        let attributes = document.attributes
        let names = document.names
        hold(names.count == document.count, "a name is lost")
        for name in names { hold(document[name] != nil, "\(name) is listed and not found") }
        // Spellings that Swift's dictionaries hold for one name cannot go through one.
        if attributes.count == names.count, !containsMergedNames(.map(attributes), document.view.root) {
            hold((try? Document(attributes))?.bytes == bytes, "one content has two encodings")
        }
        hold(document.selecting(names) == document, "a projection on all names is another document")
        transcode(document)
    }

    /// Decodes and encodes again through `Codable`.
    private static func transcode(_ document: Document) {
        guard let value = try? DocumentDecoder().decode(Sample.self, from: document) else { return }
        guard let copy = try? DocumentEncoder().encode(value) else {
            hold(false, "a decoded value is not encoded")
            return
        }
        hold((try? Document(validating: copy.bytes)) == copy, "what the encoder wrote is refused")
        let again = try? DocumentDecoder().decode(Sample.self, from: copy)
        hold(again == value || value.hasNaN, "a value does not come back")
    }

    /// Reads bytes that were not checked, as after damage in memory: anything may be absent, nothing may trap.
    private static func readDamaged(_ bytes: [UInt8]) {
        let view = DocumentView(trusted: bytes.span)
        for index in 0..<min(view.count, 16) {
            guard let name = view.name(at: index), let value = view.value(at: index) else { continue }
            _ = view[name]?.kind
            _ = (value.kind, value.bool, value.int, value.double, value.number, value.string, value.count)
            _ = value[0]?.kind
            _ = value["a"]?.kind
            _ = value.content?.count
        }
        _ = view[path: "a.b[1].c"]?.kind
        _ = view.selecting(["a", "b", "list"])
        _ = try? DocumentDecoder().decode(Sample.self, from: view)
    }

    /// Whether a map below has fewer names as a dictionary than in the document, or a set fewer texts.
    private static func containsMergedNames(_ attribute: Attribute, _ view: borrowing AttributeView) -> Bool {
        switch attribute {
        case .map(let values):
            if values.count != view.count { return true }
            for (name, value) in values {
                guard let inner = view[name] else { return true }
                if containsMergedNames(value, inner) { return true }
            }
            return false
        case .list(let values):
            for (index, value) in values.enumerated() {
                guard let inner = view[index] else { return true }
                if containsMergedNames(value, inner) { return true }
            }
            return false
        case .stringSet(let values): return values.count != view.count
        default: return false
        }
    }

    static func hold(_ condition: Bool, _ what: @autoclosure () -> String) {
        precondition(condition, what())
    }
}

/// A value with a field of each type, so that the decoder's ways are all taken.
private struct Sample: Codable, Equatable {
    var a: Int?
    var b: String?
    var c: Double?
    var d: Bool?
    var bytes: [UInt8]?
    var list: [Inner]?
    var map: [String: UInt16]?
    var number: DecimalNumber?
    var set: Set<String>?
    var texts: [String]?

    struct Inner: Codable, Equatable {
        var a: Int8?
        var b: [Float]?
    }

    var hasNaN: Bool { c?.isNaN == true || list?.contains { $0.b?.contains { $0.isNaN } == true } == true }
}
