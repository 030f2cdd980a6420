/// What merging does to a model before it is simplified, and how far it goes.
///
/// A model of many parts, as CAD programs and kits of parts make them, keeps a shell for each however few triangles are
/// left. Merging makes one surface of parts that touch, and drops those that nobody sees.
public struct MergeOptions: Sendable, Hashable {
    /// What goes of what is not seen from outside.
    @nonexhaustive
    public enum HiddenRemoval: Sendable, Hashable {
        /// Nothing.
        case never
        /// Connected parts of which no triangle is seen.
        case parts
        /// Every triangle that is not seen and has no corner in common with one that is.
        case triangles
    }

    /// The distance, in parts of the model's diagonal, within which vertices come to one place; 0 to 0.01.
    ///
    /// Vertices of all primitives of a mesh are welded, and of what `joinsPrimitives` brings together. Attributes are not
    /// blended; where they differ, a seam stays. 0 joins only what is in one place already.
    public var weldTolerance: Float
    /// Whether primitives of one material become one.
    ///
    /// Those of one mesh always can; those of different meshes if nothing in the file moves, each is placed once, by a node
    /// without skin and extensions, and both have the same attributes.
    public var joinsPrimitives: Bool
    /// Connected parts whose box has a diagonal of less than this part of the model's go; 0 for none, at most 0.1.
    ///
    /// 0.002 is a pixel where the model is 500 pixels large. A part counts by its largest placement.
    public var tinyPartSize: Float
    /// What goes of what is not seen from outside.
    ///
    /// Seen is what a sample of one of the views shows, from where the material shows it: the backs of single-sided
    /// surfaces are not. Only opaque surfaces hide. What is only seen from inside, as a room's walls, counts as hidden.
    /// Meshes with skins or morph targets stay, and all meshes of a file with animations do.
    public var hidden: HiddenRemoval
    /// From how many directions, spread evenly, the model is looked at; 16 to 4,096.
    public var viewCount: Int
    /// Samples along each side of a view; 64 to 4,096.
    public var viewSide: Int

    /// The options that suit models of many parts.
    public init() {
        weldTolerance = 1e-4
        joinsPrimitives = true
        tinyPartSize = 0.002
        hidden = .parts
        viewCount = 96
        viewSide = 512
    }

    /// Refuses numbers beyond their ranges.
    func check() throws {
        func refuse(_ name: String, _ value: some Any, _ range: String) -> LODError {
            LODError(.invalidModel, "\(name) is \(value); take \(range)")
        }
        guard weldTolerance >= 0, weldTolerance <= 0.01 else {
            throw refuse("the weld tolerance", weldTolerance, "0 to 0.01")
        }
        guard tinyPartSize >= 0, tinyPartSize <= 0.1 else {
            throw refuse("the size of tiny parts", tinyPartSize, "0 to 0.1")
        }
        guard (16...4_096).contains(viewCount) else { throw refuse("the number of views", viewCount, "16 to 4096") }
        guard (64...4_096).contains(viewSide) else { throw refuse("the side of a view", viewSide, "64 to 4096") }
    }
}

/// What merging has changed.
public struct MergeReport: Sendable, Hashable {
    /// Primitives whose triangles went into another one of their material.
    public var joinedPrimitives = 0
    /// Vertices that came to another's place.
    public var movedVertices = 0
    /// Triangles that lost their area by that, and went.
    public var collapsedTriangles = 0
    /// Connected parts that were too small, and their triangles.
    public var tinyParts = 0
    /// Triangles of those parts.
    public var tinyTriangles = 0
    /// Connected parts of which nothing was seen and all went.
    public var hiddenParts = 0
    /// Triangles that were not seen and went.
    public var hiddenTriangles = 0

    /// A report of no change.
    public init() {}

    /// Whether nothing was changed.
    public var isEmpty: Bool { self == MergeReport() }
}
