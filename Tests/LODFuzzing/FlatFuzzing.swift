import LODEngine

extension LODFuzzing {
    /// Takes bytes as an OBJ file, and as the material library that it names.
    public static func obj(_ bytes: [UInt8]) {
        read(bytes, as: .obj, name: "fuzz.obj")
    }

    /// Takes bytes as a PLY file, with the mark that they must begin with.
    public static func ply(_ bytes: [UInt8]) {
        read(bytes, as: .ply, name: "fuzz.ply")
        read(Array("ply\n".utf8) + bytes, as: .ply, name: "fuzz.ply")
    }

    /// Takes bytes as an STL file, and as the facets of a binary one whose count fits.
    public static func stl(_ bytes: [UInt8]) {
        read(bytes, as: .stl, name: "fuzz.stl")
        let count = UInt8(truncatingIfNeeded: min(bytes.count / 50, 255))
        read(
            [UInt8](repeating: 0, count: 80) + [count, 0, 0, 0] + bytes.prefix(Int(count) * 50),
            as: .stl,
            name: "fuzz.stl"
        )
    }

    private static func read(_ bytes: [UInt8], as format: FlatFormat, name: String) {
        do {
            let scene = try format.read(bytes.span, name: name) { _ in bytes }
            hold(!scene.meshes.isEmpty, "a scene of nothing")
            for mesh in scene.meshes {
                hold(mesh.mesh.triangleCount > 0, "a mesh of nothing")
                hold(mesh.material.map { scene.materials.indices.contains($0) } ?? true, "a material of nothing")
            }
        } catch { hold(error is LODError, "another error: \(error)") }
        do {
            hold(try Model.read(bytes, name: name, limits: limits))
        } catch { hold(error, names: name) }
    }
}
