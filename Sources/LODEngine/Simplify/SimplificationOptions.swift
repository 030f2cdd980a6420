/// How far to simplify.
@nonexhaustive
public enum SimplificationTarget: Sendable, Hashable {
    /// To at most this many triangles, all meshes together.
    case triangles(Int)
    /// To at most this share of the triangles, all meshes together: 0.1 keeps a tenth.
    ///
    /// Twelve triangles, as many as a box has, are kept in any case.
    case ratio(Double)
    /// As far as the surface stays within this distance of the original, in the scene's units.
    ///
    /// The bound that the result states is never above it; see `Simplification.error`. Several counts of triangles are tried
    /// until one is within 4 % of the fewest that hold it, ten at most.
    case error(Float)
}

/// What counts while simplifying, and how much.
///
/// The weights say how bad a wrong attribute is next to a displaced surface; 1 makes them equal where a unit is stated.
/// An attribute whose weight is 0, below it or no finite number is carried along without being looked at.
public struct SimplificationOptions: Sendable, Hashable {
    /// What a normal that is off by 1 (57 degrees) costs, as a displacement in parts of the scene's extent.
    ///
    /// It counts for no more than 4 % of a mean edge of what the budget leaves, so that relief finer than that does not
    /// decide where triangles go.
    public var normalWeight: Float
    /// What a tangent that is off by 1 costs; as `normalWeight`, and with the same bound.
    ///
    /// 0 unless you say otherwise, which carries tangents along: those that are made for normal maps follow from normals
    /// and texture coordinates, which are weighed already, and to weigh them too costs time. Tangents that say more than
    /// these, as those of brushed metal and hair may, are worth the weight of normals.
    public var tangentWeight: Float
    /// What a texture that slides over the surface costs, next to a displacement of the surface by the same distance.
    ///
    /// That is so for every set of texture coordinates but those that `textureSetWeights` names.
    public var textureWeight: Float
    /// The weights of single sets of texture coordinates in place of `textureWeight`, by number: `[1: 0]` lets
    /// `TEXCOORD_1` slide.
    public var textureSetWeights: [Int: Float]
    /// What a colour that is off by 1 costs, as a displacement in parts of the scene's extent.
    ///
    /// That is so for every set of colours but those that `colorSetWeights` names.
    public var colorWeight: Float
    /// The weights of single sets of colours in place of `colorWeight`, by number.
    public var colorSetWeights: [Int: Float]
    /// How much harder open borders and the borders between meshes are held than the surface.
    public var borderWeight: Float
    /// How much harder texture seams are held in place than the surface.
    public var seamWeight: Float
    /// The angle in degrees by which one collapse may turn a triangle.
    public var foldAngle: Float
    /// The part of its fair share of the budget below which no mesh falls, so that small parts do not vanish.
    ///
    /// A mesh with a tenth of the triangles has a fair share of a tenth of the budget. Where even the floors do not
    /// fit the budget, each mesh keeps at least one triangle.
    public var floorShare: Float
    /// Whether triangles may turn up to a right angle in one collapse when the budget cannot be met otherwise.
    public var relaxesFolds: Bool
    /// Whether borders may close and parts touch when the budget cannot be met otherwise.
    ///
    /// Off, each closed part keeps at least four triangles and each open one a triangle.
    public var relaxesTopology: Bool
    /// Whether vertices stay as they are, in their order, and only triangles go: levels can then share one vertex buffer.
    ///
    /// Each mesh comes back with its own vertices, bit by bit, those among them that no triangle uses any more, and with
    /// fewer indices into them. An edge then collapses onto one of its ends, and only where each vertex that goes has
    /// another across a triangle on the edge to take its place. So the surface is farther off than with vertices that
    /// move, and a mesh that has vertices of its own for every triangle hardly gets lighter: `Mesh.repair(_:)` welds
    /// those that are equal.
    public var keepsVertices: Bool
    /// Whether to measure the distance to the original; without, `Simplification.error` is `nil`.
    ///
    /// It costs some microseconds a triangle of both surfaces, shared by all processors.
    public var measuresError: Bool
    /// How many threads large meshes are simplified on, or `nil` for as many as the system has processors.
    ///
    /// The result is the same on any number.
    public var threadCount: Int?

    /// The options that suit textured models; change what you need.
    public init() {
        normalWeight = 0.003
        tangentWeight = 0
        textureWeight = 0.2
        textureSetWeights = [:]
        colorWeight = 0.02
        colorSetWeights = [:]
        borderWeight = 1.5
        seamWeight = 0.25
        foldAngle = 75
        floorShare = 0.25
        relaxesFolds = true
        relaxesTopology = false
        keepsVertices = false
        measuresError = true
        threadCount = nil
    }
}

/// A mesh's place in a scene that is simplified within one budget.
public struct ScenePart: Sendable {
    /// The triangles.
    public var mesh: Mesh
    /// Meshes of one frame share a coordinate system: where their vertices coincide, they stay together.
    public var frame: Int
    /// Scene units per unit of the mesh, above 0; the largest, where a mesh stands in the scene more than once.
    public var scale: Float

    /// Places `mesh` into a scene.
    public init(mesh: Mesh, frame: Int = 0, scale: Float = 1) {
        self.mesh = mesh
        self.frame = frame
        self.scale = scale
    }
}

/// What came of simplifying.
public struct Simplification: Sendable {
    /// The meshes, in the order they came, each with the attributes it had; where vertices are kept, with all it had.
    public var meshes: [Mesh]
    /// Triangles of all meshes before.
    public var originalTriangleCount: Int
    /// Triangles of all meshes now; above the budget only where nothing more could collapse.
    public var triangleCount: Int
    /// An upper bound on the two-sided (Hausdorff) distance to the original surface, in the scene's units.
    ///
    /// No point of either surface is farther from the other one; and some point is as far off as this but for 2 % of it,
    /// or 3 millionths of the extent where that is more. Triangles with two corners in one place are no surface. It is
    /// `nil` when it was not measured, and 0 where nothing collapsed.
    public var error: Float?
}
