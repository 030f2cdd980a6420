/// Reads files of the Stanford polygon format: text, and binary of both byte orders.
///
///     vertex     x y z; nx ny nz; u v, s t or texture_u texture_v (v upwards); red green blue [alpha]
///     face       list vertex_indices or vertex_index: polygons, cut into triangles
///     tristrips  list vertex_indices or vertex_index: strips, ended by -1
///
/// Other elements and properties are passed over. Whole-number colours are sRGB and become linear; so do colours in
/// floating point.
package enum PLYReader {
    /// Whether the bytes begin as a PLY file does.
    package static func isPLY(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 4 && bytes[0] == UInt8(ascii: "p") && bytes[1] == UInt8(ascii: "l")
            && bytes[2] == UInt8(ascii: "y") && (bytes[3] == UInt8(ascii: "\n") || bytes[3] == UInt8(ascii: "\r"))
    }

    /// Reads a file into one mesh.
    ///
    /// - Throws: `LODError.Code.notAModel` if the file does not begin as a PLY file; `.invalidModel` with line or byte
    ///   offset if it is cut off, contradicts its header, or states an index out of range or a number that is not
    ///   finite; `.unsupported` if it holds points without faces.
    package static func read(_ bytes: Span<UInt8>, name: String) throws -> FlatScene {
        guard isPLY(bytes) else {
            throw LODError(.notAModel, "\(name), byte 0: expected a PLY file, \"ply\"", file: name, byteOffset: 0)
        }
        let header = try PLYHeader(bytes, name: name)
        var values = PLYValues(encoding: header.encoding, cursor: TextCursor(name: name, position: header.dataStart))
        var vertices = PLYVertices()
        let vertexCount = header.elements.first { $0.name == "vertex" }?.count ?? 0
        var polygons = PLYPolygons(vertexCount: vertexCount)
        for element in header.elements {
            switch element.name {
            case "vertex": try vertices.read(element, from: &values, bytes)
            case "face", "tristrips":
                let isList = { (property: PLYHeader.Property) in
                    property.lengthType != nil
                        && (property.name == "vertex_indices" || property.name == "vertex_index")
                }
                guard element.count > 0, let list = element.properties.firstIndex(where: isList) else {
                    try values.pass(element, bytes)
                    continue
                }
                try polygons.read(element, list: list, from: &values, bytes)
            default: try values.pass(element, bytes)
            }
        }
        let indices = polygons.triangles(vertices.positions)
        guard !vertices.positions.isEmpty, !indices.isEmpty else {
            let code = vertices.positions.isEmpty ? LODError.Code.invalidModel : .unsupported
            throw LODError(
                code,
                "\(name), byte \(bytes.count): expected faces, not \(vertexCount) points alone",
                file: name,
                byteOffset: bytes.count
            )
        }
        return FlatScene(meshes: [FlatMesh(name: nil, mesh: vertices.mesh(indices: indices))])
    }
}
