internal import FoundationEssentials

/// JSON as a tool writes it: keys in order, so that the same result gives the same bytes.
package enum JSONText {
    /// The text of `value`.
    ///
    /// - Throws: what its encoding throws.
    package static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
