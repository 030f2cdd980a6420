/// Reads the parts of a Wavefront material library that a base colour needs.
///
///     newmtl NAME        begins a material
///     Kd r g b           diffuse colour, taken as linear
///     d a   Tr t         opacity, or what is left of it
///     map_Kd [-opt ...] FILE   the image of the diffuse colour
enum MTLReader {
    /// Adds the materials of a library to `library`; the first of a name counts.
    ///
    /// - Throws: `LODError.Code.invalidModel` with line and byte offset if a number is missing or not finite.
    static func read(_ bytes: Span<UInt8>, name: String, into library: inout [String: FlatMaterial]) throws {
        var cursor = TextCursor(name: name)
        var material: FlatMaterial?
        func finish() {
            if let material, library[material.name] == nil { library[material.name] = material }
        }
        while cursor.position < bytes.count {
            cursor.skipBlanks(bytes)
            if !cursor.isAtLineEnd(bytes) {
                let word = cursor.word(bytes)
                if TextCursor.matches(bytes, word, "newmtl") {
                    finish()
                    material = FlatMaterial(name: cursor.restOfLine(bytes))
                } else if TextCursor.matches(bytes, word, "Kd") {
                    for component in 0..<3 {
                        material?.baseColor[component] = min(max(try number(bytes, &cursor), 0), 1)
                    }
                } else if TextCursor.matches(bytes, word, "d") {
                    material?.baseColor.w = min(max(try number(bytes, &cursor), 0), 1)
                } else if TextCursor.matches(bytes, word, "Tr") {
                    material?.baseColor.w = 1 - min(max(try number(bytes, &cursor), 0), 1)
                } else if TextCursor.matches(bytes, word, "map_Kd") {
                    material?.baseColorTexture = fileName(cursor.restOfLine(bytes))
                }
            }
            cursor.skipLine(bytes)
        }
        finish()
    }

    private static func number(_ bytes: Span<UInt8>, _ cursor: inout TextCursor) throws -> Float {
        cursor.skipBlanks(bytes)
        guard let number = cursor.number(bytes) else { throw cursor.error(bytes, "a finite number") }
        return Float(number)
    }

    /// The file name behind a map's options: the last word if there are options, since names may hold blanks.
    private static func fileName(_ line: String) -> String? {
        guard line.utf8.first == UInt8(ascii: "-") else { return line.isEmpty ? nil : line }
        return line.split(separator: " ").last.map(String.init)
    }
}
