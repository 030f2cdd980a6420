/// Which numbers of each mesh the metric weighs, which are only carried, and where they are kept.
///
/// Weighed are normals, tangents, all sets of texture coordinates and all sets of colours, as far as their weights are
/// above 0. They are stored multiplied by these, so that an error of 1 in any of them counts like a displacement by the
/// whole scene's extent.
struct AttributeLayout {
    /// Weighed numbers per wedge, the same for all meshes; those that a mesh lacks stay 0.
    let weighedCount: Int
    /// Blocks of them per wedge.
    var blockCount: Int { (weighedCount + AttributeBlock.width - 1) / AttributeBlock.width }
    /// How many of them are normals and tangents; they come first.
    let directionCount: Int
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
        let directionMost = max(Self.normalShare * Self.edgeLeft(scene, budget), 1e-6)
        let meshes = parts.map(\.mesh)
        keepsVertices = options.keepsVertices
        // In this order, so that directions come first whichever meshes have what.
        var streams: [AttributeStream] = [.normals, .tangents]
        streams += (0..<(meshes.map(\.textureCoordinates.count).max() ?? 0)).map { .textureCoordinates($0) }
        streams += (0..<(meshes.map(\.colors.count).max() ?? 0)).map { .colors($0) }
        var slots: [AttributeStream: (offset: Int, weight: Float)] = [:]
        var count = 0
        var directions = 0
        for stream in streams {
            let weight = options.weight(of: stream)
            guard weight > 0, weight.isFinite, let owner = meshes.first(where: stream.isIn) else { continue }
            slots[stream] = (count, stream.isDirection ? min(weight, directionMost) : weight)
            count += stream.width(in: owner)
            if stream.isDirection { directions = count }
        }
        weighedCount = count
        directionCount = directions
        self.meshes = meshes.enumerated().map { number, mesh in
            var layout = MeshLayout()
            layout.influenceCount = options.keepsVertices ? 0 : 4 * mesh.influences.count
            for stream in AttributeStream.all(of: mesh) {
                let width = stream.width(in: mesh)
                if let slot = slots[stream] {
                    var weight = slot.weight
                    if case .textureCoordinates(let set) = stream {
                        weight /= Self.density(of: set, mesh, number, scene)
                    }
                    layout.weighed.append(.init(stream: stream, offset: slot.offset, width: width, weight: weight))
                } else if !options.keepsVertices {
                    // Vertices that are kept have what is not weighed.
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

extension SimplificationOptions {
    /// What an attribute weighs.
    fileprivate func weight(of stream: AttributeStream) -> Float {
        switch stream {
        case .normals: normalWeight
        case .tangents: tangentWeight
        case .textureCoordinates(let set): textureSetWeights[set] ?? textureWeight
        case .colors(let set): colorSetWeights[set] ?? colorWeight
        default: 0
        }
    }
}

extension AttributeStream {
    /// Whether its numbers are a direction's, which turns with the surface.
    fileprivate var isDirection: Bool { self == .normals || self == .tangents }

    /// Whether `mesh` has it.
    fileprivate func isIn(_ mesh: Mesh) -> Bool {
        switch self {
        case .normals: mesh.normals != nil
        case .tangents: mesh.tangents != nil
        case .textureCoordinates(let set): set < mesh.textureCoordinates.count
        case .colors(let set): set < mesh.colors.count
        default: false
        }
    }
}
