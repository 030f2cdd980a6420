/// What has been read of an OBJ file.
struct OBJParser {
    /// The faces of one object with one material.
    struct Part {
        var name: String?
        var material: Int?
        /// Zero-based position, texture coordinate and normal per corner, three corners per triangle; `absent` for none.
        var corners: [SIMD3<UInt32>] = []
    }

    /// Stands for an index that a corner does not have.
    static let absent = UInt32.max

    private(set) var parts: [Part] = []
    private(set) var materialNames: [String] = []
    private(set) var libraries: [String] = []
    private var positions: [SIMD3<Float>] = []
    private var colors: [SIMD4<Float>] = []
    private var textureCoordinates: [SIMD2<Float>] = []
    private var normals: [SIMD3<Float>] = []
    private var cursor: TextCursor

    private var object: String?
    private var namesObjects = false
    private var material: Int?
    private var partOf: [PartKey: Int] = [:]
    private var current: Int?
    private var materialOf: [String: Int] = [:]
    private var polygon: [SIMD3<UInt32>] = []
    private var outline: [SIMD3<Float>] = []
    private var testsLeft = Triangulation.testsMax

    private struct PartKey: Hashable {
        var object: String?
        var material: Int?
    }

    init(name: String) {
        cursor = TextCursor(name: name)
    }

    /// Reads all lines.
    mutating func parse(_ bytes: Span<UInt8>) throws {
        while cursor.position < bytes.count {
            cursor.skipBlanks(bytes)
            if !cursor.isAtLineEnd(bytes) { try parseStatement(bytes) }
            cursor.skipLine(bytes)
        }
    }

    private mutating func parseStatement(_ bytes: Span<UInt8>) throws {
        let word = cursor.word(bytes)
        switch word.count {
        case 1:
            switch bytes[word.lowerBound] {
            case UInt8(ascii: "v"): try parsePosition(bytes)
            case UInt8(ascii: "f"): try parseFace(bytes)
            case UInt8(ascii: "o"): beginObject(cursor.restOfLine(bytes), isGroup: false)
            case UInt8(ascii: "g"): beginObject(cursor.restOfLine(bytes), isGroup: true)
            default: break
            }
        case 2 where bytes[word.lowerBound] == UInt8(ascii: "v"):
            switch bytes[word.lowerBound + 1] {
            case UInt8(ascii: "t"): try parseTextureCoordinate(bytes)
            case UInt8(ascii: "n"): normals.append(try parseTriple(bytes))
            default: break
            }
        case 6 where TextCursor.matches(bytes, word, "usemtl"):
            useMaterial(cursor.restOfLine(bytes))
        case 6 where TextCursor.matches(bytes, word, "mtllib"):
            libraries.append(cursor.restOfLine(bytes))
        default: break
        }
    }

    private mutating func beginObject(_ name: String, isGroup: Bool) {
        if isGroup, namesObjects { return }
        namesObjects = namesObjects || !isGroup
        object = name.isEmpty ? nil : name
        current = nil
    }

    private mutating func useMaterial(_ name: String) {
        if let known = materialOf[name] {
            material = known
        } else {
            material = materialNames.count
            materialOf[name] = materialNames.count
            materialNames.append(name)
        }
        current = nil
    }

    /// The part that faces now belong to.
    private mutating func currentPart() -> Int {
        if let current { return current }
        let key = PartKey(object: object, material: material)
        let part = partOf[key] ?? parts.count
        if part == parts.count {
            parts.append(Part(name: object, material: material))
            partOf[key] = part
        }
        current = part
        return part
    }

    private mutating func parseNumber(_ bytes: Span<UInt8>) throws -> Float {
        cursor.skipBlanks(bytes)
        guard let number = cursor.number(bytes), cursor.position >= bytes.count || bytes[cursor.position] <= 0x20
        else { throw cursor.error(bytes, "a finite number") }
        return Float(number)
    }

    private mutating func parseTriple(_ bytes: Span<UInt8>) throws -> SIMD3<Float> {
        let x = try parseNumber(bytes)
        let y = try parseNumber(bytes)
        return SIMD3(x, y, try parseNumber(bytes))
    }

    /// Reads up to `most` further numbers of the line.
    private mutating func parseRest(_ bytes: Span<UInt8>, most: Int) throws -> (count: Int, values: SIMD4<Float>) {
        var values = SIMD4<Float>.zero
        for count in 0..<most {
            cursor.skipBlanks(bytes)
            if cursor.isAtLineEnd(bytes) { return (count, values) }
            values[count] = try parseNumber(bytes)
        }
        return (most, values)
    }

    private mutating func parsePosition(_ bytes: Span<UInt8>) throws {
        positions.append(try parseTriple(bytes))
        guard positions.count < Int(Self.absent) else { throw cursor.error(bytes, "fewer than 2^32 - 1 positions") }
        cursor.skipBlanks(bytes)
        if cursor.isAtLineEnd(bytes), colors.isEmpty { return }
        let (count, rest) = try parseRest(bytes, most: 4)
        if count >= 3, colors.count < positions.count - 1 {
            colors += repeatElement(SIMD4(repeating: 1), count: positions.count - 1 - colors.count)
        }
        if count >= 3 {
            let color = rest.clamped(lowerBound: .zero, upperBound: SIMD4(repeating: 1))
            colors.append(
                SIMD4(
                    DisplayColor.linear(color.x),
                    DisplayColor.linear(color.y),
                    DisplayColor.linear(color.z),
                    count == 4 ? color.w : 1
                )
            )
        } else if !colors.isEmpty {
            colors.append(SIMD4(repeating: 1))
        }
    }

    private mutating func parseTextureCoordinate(_ bytes: Span<UInt8>) throws {
        let u = try parseNumber(bytes)
        let (_, rest) = try parseRest(bytes, most: 1)
        textureCoordinates.append(SIMD2(u, 1 - rest.x))
    }

    private mutating func parseFace(_ bytes: Span<UInt8>) throws {
        polygon.removeAll(keepingCapacity: true)
        while true {
            cursor.skipBlanks(bytes)
            if cursor.isAtLineEnd(bytes) { break }
            let position = try parseIndex(bytes, of: positions.count, "position")
            var corner = SIMD3(position, Self.absent, Self.absent)
            if takeSlash(bytes) {
                corner.y = try parseOptionalIndex(bytes, of: textureCoordinates.count, "texture coordinate")
                if takeSlash(bytes) { corner.z = try parseOptionalIndex(bytes, of: normals.count, "normal") }
            }
            guard cursor.position >= bytes.count || bytes[cursor.position] <= 0x20 else {
                throw cursor.error(bytes, "a blank after a corner")
            }
            polygon.append(corner)
        }
        let part = currentPart()
        if polygon.count == 3 {
            parts[part].corners += polygon
            return
        }
        outline.removeAll(keepingCapacity: true)
        for corner in polygon { outline.append(positions[Int(corner.x)]) }
        var testsLeft = testsLeft
        Triangulation.triangulate(outline, testsLeft: &testsLeft) { a, b, c in
            parts[part].corners.append(polygon[a])
            parts[part].corners.append(polygon[b])
            parts[part].corners.append(polygon[c])
        }
        self.testsLeft = testsLeft
    }

    private mutating func takeSlash(_ bytes: Span<UInt8>) -> Bool {
        guard cursor.position < bytes.count, bytes[cursor.position] == UInt8(ascii: "/") else { return false }
        cursor.position += 1
        return true
    }

    private mutating func parseOptionalIndex(_ bytes: Span<UInt8>, of count: Int, _ what: String) throws -> UInt32 {
        guard cursor.position < bytes.count, bytes[cursor.position] > 0x20, bytes[cursor.position] != UInt8(ascii: "/")
        else { return Self.absent }
        return try parseIndex(bytes, of: count, what)
    }

    private mutating func parseIndex(_ bytes: Span<UInt8>, of count: Int, _ what: String) throws -> UInt32 {
        let start = cursor.position
        guard let index = cursor.integer(bytes), index != 0, index <= count, index >= -count else {
            throw cursor.error(bytes, at: start, "an index of one of the \(count) \(what)s so far")
        }
        return UInt32(truncatingIfNeeded: index > 0 ? index - 1 : count + index)
    }

    /// Builds a mesh of each part that has a triangle.
    func meshes() -> [FlatMesh] {
        parts.compactMap { part in
            guard !part.corners.isEmpty else { return nil }
            var table = WedgeTable(capacity: part.corners.count / 4)
            let indices = part.corners.map { table.vertex(of: $0) }
            let keys = table.keys
            var mesh = Mesh(positions: keys.map { positions[Int($0.x)] }, indices: indices)
            // An attribute is kept where every corner has it: a mesh has a value for each vertex or for none.
            if keys.allSatisfy({ $0.y != Self.absent }) {
                mesh.textureCoordinates = [keys.map { textureCoordinates[Int($0.y)] }]
            }
            if keys.allSatisfy({ $0.z != Self.absent }) {
                mesh.normals = keys.map { normalized(normals[Int($0.z)]) }
            }
            if !colors.isEmpty {
                mesh.colors = [
                    keys.map { Int($0.x) < colors.count ? colors[Int($0.x)] : SIMD4(repeating: 1) }
                ]
            }
            return FlatMesh(name: part.name, mesh: mesh, material: part.material)
        }
    }
}

/// The vector of length 1 in the direction of `vector`; upwards if it has none.
func normalized(_ vector: SIMD3<Float>) -> SIMD3<Float> {
    let largest = max(abs(vector.x), abs(vector.y), abs(vector.z))
    guard largest > 0 else { return SIMD3(0, 0, 1) }
    let scaled = vector / largest
    return scaled / (scaled * scaled).sum().squareRoot()
}
