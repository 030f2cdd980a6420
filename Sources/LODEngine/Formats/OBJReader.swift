/// Reads Wavefront OBJ files and the colours and textures of their material libraries.
///
///     v x y z [w] | v x y z r g b [a]    position, or position and colour
///     vt u [v [w]]   vn x y z            texture coordinate (v upwards), normal
///     f v/vt/vn ...                      polygon; indices from 1, or negative from the latest backwards
///     o NAME   g NAME   usemtl NAME      what the following faces belong to
///     mtllib FILE ...                    where the materials are
///
/// Faces become one mesh per object and material; groups count as objects only in a file that names no object. Each
/// different triple of indices becomes a vertex. Polygons are cut into triangles. Faces of fewer than three corners,
/// lines, points, curves and what else the format knows are passed over.
package enum OBJReader {
    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: What errors call it.
    ///   - resolve: Gives the bytes of a material library, or `nil` if there is none: its materials are then white.
    /// - Throws: `LODError.Code.invalidModel` with line and byte offset if an index is out of range, a number is
    ///   missing or not finite, or no face is there; whatever `resolve` throws.
    package static func read(
        _ bytes: Span<UInt8>,
        name: String,
        resolve: (String) throws -> [UInt8]? = { _ in nil }
    ) throws -> FlatScene {
        var parser = OBJParser(name: name)
        try parser.parse(bytes)
        guard parser.parts.contains(where: { !$0.corners.isEmpty }) else {
            throw LODError(
                .invalidModel,
                "\(name), byte \(bytes.count): expected at least one face of three corners",
                file: name,
                byteOffset: bytes.count
            )
        }
        var scene = FlatScene(meshes: parser.meshes())
        var library: [String: FlatMaterial] = [:]
        var read: Set<String> = []
        for file in parser.libraries where read.insert(file).inserted {
            guard let contents = try resolve(file) else { continue }
            try MTLReader.read(contents.span, name: file, into: &library)
        }
        scene.materials = parser.materialNames.map { library[$0] ?? FlatMaterial(name: $0) }
        return scene
    }
}
