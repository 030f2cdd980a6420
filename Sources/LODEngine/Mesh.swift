/// One primitive's triangles as flat arrays: a value per vertex and attribute, and three vertex indices per triangle.
///
/// Where two triangles meet with different normals or texture coordinates (a hard edge, a seam), the vertex stands
/// there once for each: same position, other attributes. Every attribute that is present has as many values as there
/// are positions, which `check()` verifies.
public struct Mesh: Sendable, Equatable {
    /// Where each vertex is, in the model's units.
    public var positions: [SIMD3<Float>]
    /// Unit normals, if any.
    public var normals: [SIMD3<Float>]?
    /// Unit tangents with the bitangent's sign in `w`, if any.
    public var tangents: [SIMD4<Float>]?
    /// The sets of texture coordinates, `TEXCOORD_0` first.
    public var textureCoordinates: [[SIMD2<Float>]]
    /// The sets of linear RGBA vertex colours, `COLOR_0` first; alpha is 1 where the file had none.
    public var colors: [[SIMD4<Float>]]
    /// The sets of skin influences, `JOINTS_0` and `WEIGHTS_0` first.
    public var influences: [[SkinInfluence]]
    /// What each morph target adds to each vertex.
    public var morphTargets: [MorphTarget]
    /// Attributes under the file's own names (`_NAME`), interpolated but not understood.
    public var customAttributes: [String: CustomAttribute]
    /// Three vertices per triangle, counter-clockwise seen from outside.
    public var indices: [UInt32]

    /// Makes a mesh of positions and triangles; attributes are set afterwards.
    public init(positions: [SIMD3<Float>], indices: [UInt32]) {
        self.positions = positions
        self.indices = indices
        textureCoordinates = []
        colors = []
        influences = []
        morphTargets = []
        customAttributes = [:]
    }

    /// Vertices, counting each wedge of a seam.
    public var vertexCount: Int { positions.count }
    /// Triangles.
    public var triangleCount: Int { indices.count / 3 }
}

/// Four joints of a skin and how much each moves a vertex.
public struct SkinInfluence: Sendable, Equatable {
    /// Indices into the skin's joints.
    public var joints: SIMD4<UInt16>
    /// How much each counts; they sum to 1.
    public var weights: SIMD4<Float>

    /// Names four joints and their weights.
    public init(joints: SIMD4<UInt16>, weights: SIMD4<Float>) {
        self.joints = joints
        self.weights = weights
    }
}

/// What a morph target adds to the attributes of each vertex at weight 1.
public struct MorphTarget: Sendable, Equatable {
    /// Added to positions, if any.
    public var positions: [SIMD3<Float>]?
    /// Added to normals, if any.
    public var normals: [SIMD3<Float>]?
    /// Added to the tangents' direction, if any.
    public var tangents: [SIMD3<Float>]?
    /// Added to the sets of texture coordinates.
    public var textureCoordinates: [[SIMD2<Float>]]
    /// Added to the sets of colours.
    public var colors: [[SIMD4<Float>]]

    /// A target that changes nothing yet.
    public init() {
        textureCoordinates = []
        colors = []
    }
}

/// A vertex attribute that this module carries along without a meaning of its own.
public struct CustomAttribute: Sendable, Equatable {
    /// Numbers per vertex, 1 to 16.
    public var componentCount: Int
    /// `componentCount` numbers for each vertex in turn.
    public var values: [Float]

    /// Holds `values`, `componentCount` of them per vertex.
    public init(componentCount: Int, values: [Float]) {
        self.componentCount = componentCount
        self.values = values
    }
}
