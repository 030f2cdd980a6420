/// Which numbers of each mesh the metric weighs, which are only carried, and where they are kept.
///
/// Weighed are normals, the first two sets of texture coordinates and the first set of colours: enough for what a
/// renderer shows. They are stored multiplied by their weights, so that an error of 1 in any of them counts like a
/// displacement by the whole scene's extent.
struct AttributeLayout {
    /// Weighed numbers per wedge, the same for all meshes; those that a mesh lacks stay 0.
    let weighedCount: Int
    /// Blocks of them per wedge.
    var blockCount: Int { (weighedCount + AttributeBlock.width - 1) / AttributeBlock.width }
    /// How many of them are normals; they come first.
    let normalCount: Int
    /// Whether wedges keep the attributes that they began with.
    let keepsVertices: Bool
    /// A mesh's part of it.
    let meshes: [MeshLayout]

    /// How one mesh's attributes are kept.
    struct MeshLayout {
        /// The streams that the metric weighs.
        var weighed: [WeighedStream] = []
        /// The others, with their offset in the mesh's rows.
        var carried: [(stream: AttributeStream, offset: Int, width: Int)] = []
        /// Carried numbers per wedge.
        var rowWidth = 0
        /// Skin influences per wedge.
        var influenceCount = 0
    }

    /// A stream in the metric.
    struct WeighedStream {
        var stream: AttributeStream
        /// Where its numbers begin among the weighed ones.
        var offset: Int
        var width: Int
        var weight: Float
    }

    /// What a normal that is off by 1 costs at most, as a displacement in parts of a mean edge that will be left.
    ///
    /// Relief finer than the triangles that will be left turns normals much and displaces little: with a weight that
    /// does not fall with these triangles, it would decide where all of them go.
    private static let normalShare: Float = 0.04

    /// Lays out the attributes of `parts`, of which `budget` triangles are to be left.
    init(parts: [ScenePart], scene: WeldedScene, options: SimplificationOptions, budget: Int) {
        // Not so small that numbers divided by it overflow.
        let normalWeight = min(options.normalWeight, max(Self.normalShare * Self.edgeLeft(scene, budget), 1e-6))
        let meshes = parts.map(\.mesh)
        let hasNormals = options.normalWeight > 0 && meshes.contains { $0.normals != nil }
        let setCount =
            options.textureWeight > 0 ? min(2, meshes.map(\.textureCoordinates.count).max() ?? 0) : 0
        let hasColors = options.colorWeight > 0 && meshes.contains { !$0.colors.isEmpty }
        let setOffset = hasNormals ? 3 : 0
        keepsVertices = options.keepsVertices
        normalCount = setOffset
        let colorOffset = setOffset + 2 * setCount
        weighedCount = colorOffset + (hasColors ? 4 : 0)
        self.meshes = meshes.indices.map { number in
            var layout = MeshLayout()
            layout.influenceCount = options.keepsVertices ? 0 : 4 * meshes[number].influences.count
            for stream in AttributeStream.all(of: meshes[number]) {
                let width = stream.width(in: meshes[number])
                switch stream {
                case .normals where hasNormals:
                    layout.weighed.append(
                        .init(stream: stream, offset: 0, width: 3, weight: normalWeight)
                    )
                case .textureCoordinates(let set) where set < setCount:
                    let density = Self.density(of: set, meshes[number], number, scene)
                    layout.weighed.append(
                        .init(
                            stream: stream,
                            offset: setOffset + 2 * set,
                            width: 2,
                            weight: options.textureWeight / density
                        )
                    )
                case .colors(0) where hasColors:
                    layout.weighed.append(
                        .init(stream: stream, offset: colorOffset, width: 4, weight: options.colorWeight)
                    )
                default:
                    // Vertices that are kept have these already.
                    guard !options.keepsVertices else { continue }
                    layout.carried.append((stream, layout.rowWidth, width))
                    layout.rowWidth += width
                }
            }
            return layout
        }
    }

    /// The edge of an equilateral triangle, `budget` of which cover the scene; infinite where there is no budget.
    private static func edgeLeft(_ scene: WeldedScene, _ budget: Int) -> Float {
        guard budget > 0 else { return .infinity }
        var area = 0.0
        for triangle in 0..<(scene.corners.count / 3) {
            let a = scene.positions[Int(scene.wedgeVertex[Int(scene.corners[triangle * 3])])]
            let b = scene.positions[Int(scene.wedgeVertex[Int(scene.corners[triangle * 3 + 1])])]
            let c = scene.positions[Int(scene.wedgeVertex[Int(scene.corners[triangle * 3 + 2])])]
            area += Double(length(cross(b - a, c - a))) / 2
        }
        return Float((area / (Double(budget) * 0.433)).squareRoot())
    }

    /// How much texture passes along a unit of surface, on average over a mesh; clamped so that it can divide.
    private static func density(of set: Int, _ mesh: Mesh, _ number: Int, _ scene: WeldedScene)
        -> Float
    {
        let coordinates = mesh.textureCoordinates[set]
        var textureArea = 0.0
        var area = 0.0
        for triangle in scene.meshTriangles[number] {
            let w0 = Int(scene.corners[triangle * 3])
            let w1 = Int(scene.corners[triangle * 3 + 1])
            let w2 = Int(scene.corners[triangle * 3 + 2])
            let t0 = coordinates[Int(scene.wedgeSource[w0])]
            let u = coordinates[Int(scene.wedgeSource[w1])] - t0
            let v = coordinates[Int(scene.wedgeSource[w2])] - t0
            let doubled = abs(u.x * v.y - u.y * v.x)
            guard doubled.isFinite else { continue }
            textureArea += Double(doubled)
            let p0 = scene.positions[Int(scene.wedgeVertex[w0])]
            let p1 = scene.positions[Int(scene.wedgeVertex[w1])] - p0
            let p2 = scene.positions[Int(scene.wedgeVertex[w2])] - p0
            area += Double(length(cross(p1, p2)))
        }
        guard area > 0 else { return 1 }
        return Float(min(max((textureArea / area).squareRoot(), 1e-4), 1e6))
    }
}
