import CatalogKV
import VitrineIO

extension CatalogFuzzing {
    /// Takes bytes as a cursor, as a cursor's text, and as a cursor whose checksum is right: it is refused with a typed
    /// error, or writes the same bytes again.
    public static func cursor(_ bytes: [UInt8]) {
        check(bytes)
        var checked = bytes
        if checked.count > 5 {
            let checksum = CRC32C.checksum(of: checked.span.extracting(5..<checked.count))
            checked.replaceUInt32(at: 1, with: checksum)
            check(checked)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        do {
            hold(try QueryCursor(text: text).text == text, "one cursor has two texts")
        } catch {
            hold((error as? CatalogError)?.code == .invalidCursor, "another error: \(error)")
        }
    }

    private static func check(_ bytes: [UInt8]) {
        do {
            let cursor = try QueryCursor(bytes: bytes.span)
            hold(cursor.bytes == bytes, "one cursor has two encodings")
            hold(try QueryCursor(text: cursor.text) == cursor, "a cursor's text is another cursor")
        } catch {
            hold((error as? CatalogError)?.code == .invalidCursor, "another error: \(error)")
        }
    }
}
