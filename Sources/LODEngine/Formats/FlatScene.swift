/// What a file without a scene graph holds: meshes and the materials that they name.
///
/// OBJ, PLY and STL files read into this, with glTF's conventions: texture coordinates with the origin at the top left,
/// linear colours, counter-clockwise triangles.
package struct FlatScene: Sendable, Equatable {
    /// The meshes, in the order in which the file begins them; each has at least one triangle.
    package var meshes: [FlatMesh]
    /// The materials that meshes refer to.
    package var materials: [FlatMaterial]

    /// Puts meshes and materials together.
    package init(meshes: [FlatMesh], materials: [FlatMaterial] = []) {
        self.meshes = meshes
        self.materials = materials
    }
}

/// A mesh with its name and material.
package struct FlatMesh: Sendable, Equatable {
    /// The name of the object in the file, if it had one.
    package var name: String?
    /// The triangles.
    package var mesh: Mesh
    /// Which of the scene's materials it has, if any.
    package var material: Int?

    /// Names a mesh and its material.
    package init(name: String?, mesh: Mesh, material: Int? = nil) {
        self.name = name
        self.mesh = mesh
        self.material = material
    }
}

/// A material as a file without physically based shading describes it.
package struct FlatMaterial: Sendable, Equatable {
    /// The name in the file.
    package var name: String
    /// Linear RGBA.
    package var baseColor: SIMD4<Float>
    /// The name of the image file, as it is written in the material file.
    package var baseColorTexture: String?

    /// Describes a material.
    package init(name: String, baseColor: SIMD4<Float> = SIMD4(repeating: 1), baseColorTexture: String? = nil) {
        self.name = name
        self.baseColor = baseColor
        self.baseColorTexture = baseColorTexture
    }
}

/// The file formats that hold meshes without a scene graph.
package enum FlatFormat: Sendable {
    /// Wavefront OBJ with its material library.
    case obj
    /// The Stanford polygon format.
    case ply
    /// Stereolithography.
    case stl

    /// The format of a file, by its first bytes where those tell, and otherwise by its name; `nil` if it is neither.
    ///
    /// OBJ has no magic, so that only the name tells it.
    package static func detect(_ bytes: Span<UInt8>, name: String) -> FlatFormat? {
        if PLYReader.isPLY(bytes) { return .ply }
        let ending = name.utf8.reversed().prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "/") }
        switch String(decoding: ending.reversed(), as: UTF8.self).lowercased() {
        case "obj": return .obj
        case "stl": return .stl
        default: return STLReader.isSTL(bytes) ? .stl : nil
        }
    }

    /// Reads a file of this format.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: What errors call the file.
    ///   - resolve: Gives the bytes of a file beside this one, or `nil` if there is none; OBJ asks for its materials.
    /// - Throws: `LODError.Code.invalidModel` with line or byte offset if the file contradicts its format or has no
    ///   triangle; `.unsupported` if it needs what this reader does not have; whatever `resolve` throws.
    package func read(
        _ bytes: Span<UInt8>,
        name: String,
        resolve: (String) throws -> [UInt8]? = { _ in nil }
    ) throws -> FlatScene {
        switch self {
        case .obj: try OBJReader.read(bytes, name: name, resolve: resolve)
        case .ply: try PLYReader.read(bytes, name: name)
        case .stl: try STLReader.read(bytes, name: name)
        }
    }
}
