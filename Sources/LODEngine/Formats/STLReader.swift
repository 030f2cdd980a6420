/// Reads stereolithography files, text and binary.
///
///     binary   80 bytes of anything, triangle count (4), then per triangle: normal (12), 3 corners (36), attribute (2)
///     text     solid NAME, then per triangle: facet normal x y z, outer loop, 3 * vertex x y z, endloop, endfacet
///
/// Numbers are little-endian. Corners at exactly the same place become one vertex. The facets' normals are dropped:
/// they repeat what the corners say, and are often zero. The attribute word is ignored.
package enum STLReader {
    private static let headerBytes = 84
    private static let facetBytes = 50

    /// Whether the bytes look like an STL file of either kind.
    package static func isSTL(_ bytes: Span<UInt8>) -> Bool {
        isBinary(bytes) || isText(bytes)
    }

    /// Reads a file into a mesh per solid.
    ///
    /// - Throws: `LODError.Code.invalidModel` with line or byte offset if the file is cut off, contradicts the format,
    ///   states a number that is not finite, or has no triangle.
    package static func read(_ bytes: Span<UInt8>, name: String) throws -> FlatScene {
        // A binary file's free header may begin with "solid" too, so that its exact length decides first.
        if !isBinary(bytes), isText(bytes) { return try readText(bytes, name: name) }
        guard bytes.count >= headerBytes else {
            throw LODError(
                .notAModel,
                "\(name), byte \(bytes.count): expected an STL file, \"solid\" or 84 bytes",
                file: name,
                byteOffset: bytes.count
            )
        }
        return try readBinary(bytes, name: name)
    }

    private static func isBinary(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= headerBytes else { return false }
        return bytes.count == headerBytes + Int(littleEndian(bytes, at: 80)) * facetBytes
    }

    private static func isText(_ bytes: Span<UInt8>) -> Bool {
        var cursor = TextCursor(name: "")
        cursor.skipSpace(bytes)
        let word = cursor.word(bytes)
        return TextCursor.matches(bytes, word, "solid")
    }

    private static func littleEndian(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
        UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
            | UInt32(bytes[offset + 3]) << 24
    }

    private static func readBinary(_ bytes: Span<UInt8>, name: String) throws -> FlatScene {
        let count = Int(littleEndian(bytes, at: 80))
        guard count > 0, count <= (bytes.count - headerBytes) / facetBytes else {
            throw LODError(
                .invalidModel,
                "\(name), byte 80: expected a count of 1 to \((bytes.count - headerBytes) / facetBytes) triangles, "
                    + "which the file's \(bytes.count) bytes can hold, not \(count)",
                file: name,
                byteOffset: 80
            )
        }
        var welder = STLWelder(triangles: count)
        for facet in 0..<count {
            for corner in 0..<3 {
                let offset = headerBytes + facet * facetBytes + 12 + corner * 12
                var position = SIMD3<Float>()
                for axis in 0..<3 {
                    position[axis] = Float(bitPattern: littleEndian(bytes, at: offset + axis * 4))
                    guard position[axis].isFinite else {
                        throw LODError(
                            .invalidModel,
                            "\(name), byte \(offset + axis * 4): expected a finite coordinate, not \(position[axis])",
                            file: name,
                            byteOffset: offset + axis * 4
                        )
                    }
                }
                welder.add(position)
            }
        }
        return FlatScene(meshes: [FlatMesh(name: nil, mesh: welder.mesh)])
    }

    private static func readText(_ bytes: Span<UInt8>, name: String) throws -> FlatScene {
        var cursor = TextCursor(name: name)
        var meshes: [FlatMesh] = []
        cursor.skipSpace(bytes)
        while cursor.position < bytes.count {
            try expect("solid", bytes, &cursor)
            let solid = cursor.restOfLine(bytes)
            let mesh = try readSolid(bytes, &cursor)
            if mesh.triangleCount > 0 { meshes.append(FlatMesh(name: solid.isEmpty ? nil : solid, mesh: mesh)) }
            cursor.skipSpace(bytes)
        }
        guard !meshes.isEmpty else { throw cursor.error(bytes, "at least one facet") }
        return FlatScene(meshes: meshes)
    }

    private static func readSolid(_ bytes: Span<UInt8>, _ cursor: inout TextCursor) throws -> Mesh {
        var welder = STLWelder(triangles: (bytes.count - cursor.position) / 200)
        while true {
            cursor.skipSpace(bytes)
            let start = cursor.position
            let word = cursor.word(bytes)
            if TextCursor.matches(bytes, word, "endsolid") {
                _ = cursor.restOfLine(bytes)
                return welder.mesh
            }
            guard TextCursor.matches(bytes, word, "facet") else {
                throw cursor.error(bytes, at: start, "facet or endsolid")
            }
            // The normal is dropped, so that writers who print "nan" for a facet without area do no harm.
            _ = cursor.restOfLine(bytes)
            try expect("outer", bytes, &cursor)
            try expect("loop", bytes, &cursor)
            for _ in 0..<3 {
                try expect("vertex", bytes, &cursor)
                var position = SIMD3<Float>()
                for axis in 0..<3 {
                    cursor.skipSpace(bytes)
                    guard let number = cursor.number(bytes) else { throw cursor.error(bytes, "a finite coordinate") }
                    position[axis] = Float(number)
                }
                welder.add(position)
            }
            try expect("endloop", bytes, &cursor)
            try expect("endfacet", bytes, &cursor)
        }
    }

    private static func expect(_ word: String, _ bytes: Span<UInt8>, _ cursor: inout TextCursor) throws {
        cursor.skipSpace(bytes)
        let start = cursor.position
        guard TextCursor.matches(bytes, cursor.word(bytes), word) else {
            throw cursor.error(bytes, at: start, word)
        }
    }
}

/// Joins corners at exactly the same place.
private struct STLWelder {
    private var table: WedgeTable
    private var indices: [UInt32] = []

    init(triangles: Int) {
        // A closed mesh has half as many vertices as triangles.
        table = WedgeTable(capacity: triangles / 2)
        indices.reserveCapacity(triangles * 3)
    }

    mutating func add(_ position: SIMD3<Float>) {
        // Adding zero makes of -0 the 0 that it equals.
        let place = position + SIMD3<Float>.zero
        indices.append(table.vertex(of: SIMD3(place.x.bitPattern, place.y.bitPattern, place.z.bitPattern)))
    }

    var mesh: Mesh {
        let positions = table.keys.map {
            SIMD3(Float(bitPattern: $0.x), Float(bitPattern: $0.y), Float(bitPattern: $0.z))
        }
        return Mesh(positions: positions, indices: indices)
    }
}
