/// What a repair does to a mesh, and how far it goes.
public struct RepairOptions: Sendable, Hashable {
    /// When an attribute is generated.
    @nonexhaustive
    public enum Generation: Sendable, Hashable {
        /// Not at all.
        case never
        /// Where the mesh has none.
        case whereMissing
        /// In place of what the mesh has, too.
        case always
    }

    /// The distance, in parts of the longest side of the mesh's box, within which vertices come to one place; 0 to 0.1.
    ///
    /// 0 joins only what is in one place already. Attributes are never blended: vertices that differ in any of them
    /// stay apart, in the same place.
    public var weldTolerance: Float
    /// Whether triangles without area go.
    public var dropsDegenerateTriangles: Bool
    /// Whether of triangles with the same corners and the same front all but the first go.
    ///
    /// Triangles that show opposite sides stay: they are how some files make both sides of a sheet visible.
    public var dropsDuplicateTriangles: Bool
    /// When normals are generated.
    public var normals: Generation
    /// The angle in degrees between two triangles above which their common edge is hard in generated normals; 0 to 180.
    public var creaseAngle: Float
    /// When tangents are generated; a mesh needs normals and texture coordinates for them.
    public var tangents: Generation
    /// The set of texture coordinates that generated tangents follow.
    ///
    /// `Model.repair(_:)` takes the set of the material's normal map instead.
    public var tangentTextureSet: Int

    /// The options that suit an upload: exact duplicates only, normals and tangents where they are missing.
    public init() {
        weldTolerance = 0
        dropsDegenerateTriangles = true
        dropsDuplicateTriangles = true
        normals = .whereMissing
        creaseAngle = 45
        tangents = .whereMissing
        tangentTextureSet = 0
    }
}

/// What a repair has changed.
public struct RepairReport: Sendable, Hashable {
    /// Values of attributes that were no numbers, or normals and tangents without direction, and were replaced.
    public var replacedValues = 0
    /// Triangles that went because a corner's position was no number.
    public var unplacedTriangles = 0
    /// Vertices that came to another's place, by at most the tolerance.
    public var movedVertices = 0
    /// Vertices that were equal to another one and became that one.
    public var weldedVertices = 0
    /// Triangles without area that went.
    public var degenerateTriangles = 0
    /// Triangles that repeated another one and went.
    public var duplicateTriangles = 0
    /// Vertices that no triangle used, or used any more, and went.
    public var unusedVertices = 0
    /// Vertices that were given a generated normal.
    public var generatedNormals = 0
    /// Vertices that were given a generated tangent.
    public var generatedTangents = 0
    /// Vertices that were added where an edge became hard or the handedness of a texture changes.
    public var addedVertices = 0

    /// A report of no change.
    public init() {}

    /// Whether nothing was changed.
    public var isEmpty: Bool { self == RepairReport() }

    /// Adds up what was done to two meshes.
    public static func + (a: RepairReport, b: RepairReport) -> RepairReport {
        var sum = a
        sum.replacedValues += b.replacedValues
        sum.unplacedTriangles += b.unplacedTriangles
        sum.movedVertices += b.movedVertices
        sum.weldedVertices += b.weldedVertices
        sum.degenerateTriangles += b.degenerateTriangles
        sum.duplicateTriangles += b.duplicateTriangles
        sum.unusedVertices += b.unusedVertices
        sum.generatedNormals += b.generatedNormals
        sum.generatedTangents += b.generatedTangents
        sum.addedVertices += b.addedVertices
        return sum
    }
}
