/// A mesh with its place in the scene and its colour: what a thumbnail is drawn from.
public struct DrawableMesh: Sendable {
    /// The triangles.
    public var mesh: Mesh
    /// From the mesh's coordinates to the scene's.
    public var transform: Transform
    /// The colour.
    public var material: DrawableMaterial

    /// Places and colours a mesh.
    public init(mesh: Mesh, transform: Transform = .identity, material: DrawableMaterial = DrawableMaterial()) {
        self.mesh = mesh
        self.transform = transform
        self.material = material
    }
}

/// What a mesh looks like.
public struct DrawableMaterial: Sendable {
    /// How alpha is used; more ways may come.
    @nonexhaustive
    public enum Transparency: Sendable, Equatable {
        /// Not at all.
        case opaque
        /// What has less alpha than the cutoff is not drawn, the rest is opaque.
        case mask(cutoff: Float)
        /// What is behind shines through.
        case blend
    }

    /// Linear RGBA that texture and vertex colours are multiplied with.
    public var baseColorFactor: SIMD4<Float>
    /// The texture, if there is one.
    public var baseColorTexture: DrawableTexture?
    /// Whether the backs of triangles are seen too.
    public var isDoubleSided: Bool
    /// How alpha is used.
    public var transparency: Transparency

    /// Describes a material; by default white, seen from both sides.
    public init(
        baseColorFactor: SIMD4<Float> = .one,
        baseColorTexture: DrawableTexture? = nil,
        isDoubleSided: Bool = true,
        transparency: Transparency = .opaque
    ) {
        self.baseColorFactor = baseColorFactor
        self.baseColorTexture = baseColorTexture
        self.isDoubleSided = isDoubleSided
        self.transparency = transparency
    }
}
