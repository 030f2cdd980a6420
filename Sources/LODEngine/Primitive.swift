/// One drawable part of a model: the triangles of one material in one mesh.
public struct Primitive: Sendable, Equatable {
    /// How the file listed the triangles; `mesh` always lists three vertices each.
    public enum Mode: Int, Sendable {
        /// Three vertices per triangle.
        case triangles = 4
        /// Each vertex after the second makes a triangle with the two before it.
        case triangleStrip = 5
        /// Each vertex after the second makes a triangle with the one before it and the first.
        case triangleFan = 6
    }

    /// The mesh that it belongs to, by its place in the file.
    public let meshIndex: Int
    /// Its place in that mesh, counting the points and lines that are no primitives here.
    public let primitiveIndex: Int
    /// Its material, by its place in `Model.materials`; `nil` for the default material.
    public let materialIndex: Int?
    /// The mesh's name, if it has one.
    public let name: String?
    /// How the file listed the triangles.
    public let mode: Mode
    /// The triangles.
    public internal(set) var mesh: Mesh
}

/// One placement of a primitive in the scene.
public struct Instance: Sendable, Equatable {
    /// The primitive, by its place in `Model.primitives`.
    public let primitiveIndex: Int
    /// From the primitive's coordinates to the scene's.
    ///
    /// For a skinned primitive it is what the skin's first joint does to its vertices before anything is animated;
    /// the node's own transform has no effect then, as glTF has it.
    public let transform: Transform
}
