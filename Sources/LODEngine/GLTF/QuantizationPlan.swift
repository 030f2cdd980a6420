/// Which meshes and texture coordinates are quantised, and on which grids.
struct QuantizationPlan {
    /// Positions' grids, by mesh; a mesh without one keeps floats.
    let positions: [Int: PositionGrid]
    /// Texture coordinates' grids, by material and set.
    let textures: [TextureKey: TextureGrid]
    /// Bits of octahedral coordinates.
    let normalBits: Int

    /// A material's set of texture coordinates.
    struct TextureKey: Hashable {
        let material: Int
        let set: Int
    }

    /// Plans for `model`, whose triangles are those that will be written.
    init(_ model: Model, _ options: VertexQuantization) {
        normalBits = options.normalBits
        var meshes: [Int: [Mesh]] = [:]
        for primitive in model.primitives { meshes[primitive.meshIndex, default: []].append(primitive.mesh) }
        let scales = QuantizationPlan.scales(of: model)
        let excluded = model.document.meshesWithFixedUnits
        var positions: [Int: PositionGrid] = [:]
        for (index, meshes) in meshes
        where !excluded.contains(index) && model.document.primitiveCount(ofMesh: index) == meshes.count {
            positions[index] = QuantizationPlan.grid(of: meshes, options, scale: scales[index] ?? 1)
        }
        self.positions = positions
        textures = TexturePlan(model, bits: options.textureCoordinateBits).grids
    }

    /// The coarsest grid, of those with the bits asked for and more, whose error stays below the bound.
    private static func grid(of meshes: [Mesh], _ options: VertexQuantization, scale: Float) -> PositionGrid? {
        guard let box = BoundingBox(meshes.lazy.flatMap { $0.positions }) else { return nil }
        var deltaMax: Float = 0
        for target in meshes.lazy.flatMap({ $0.morphTargets }) {
            for delta in target.positions ?? [] { deltaMax = max(deltaMax, delta.max(), -delta.min()) }
        }
        for bits in options.positionBits...16 {
            guard let grid = PositionGrid(box, bits: bits, deltaMax: deltaMax) else { return nil }
            guard let error = options.error else { return grid }
            if grid.error * scale < error { return grid }
        }
        return nil
    }

    /// By how much the largest placement of each mesh enlarges it, or more.
    static func scales(of model: Model) -> [Int: Float] {
        var scales: [Int: Float] = [:]
        for instance in model.instances {
            let mesh = model.primitives[instance.primitiveIndex].meshIndex
            let scale = instance.transform.stretch
            if scale.isFinite { scales[mesh] = max(scales[mesh] ?? 0, scale) }
        }
        return scales
    }
}

extension GLTFDocument {
    /// Extensions of a node that do not care which of the node and its child holds the mesh.
    private static let extensionsBesideMeshes: Set<String> = ["KHR_lights_punctual", "KHR_node_visibility"]

    /// The meshes whose units something fixes that no node or skin can make good.
    var meshesWithFixedUnits: Set<Int> {
        var meshes: Set<Int> = []
        for node in root["nodes"]?.array ?? [] {
            guard let mesh = node["mesh"]?.int else { continue }
            let extensions = node["extensions"]?.object?.keys.map { $0 } ?? []
            if let skin = node["skin"]?.int {
                if inverseBindMatrices(ofSkin: skin) == nil { meshes.insert(mesh) }
            } else if !extensions.allSatisfy({ GLTFDocument.extensionsBesideMeshes.contains($0) }) {
                meshes.insert(mesh)
            }
        }
        return meshes
    }

    /// How many primitives a mesh has, those that are no triangles among them.
    func primitiveCount(ofMesh index: Int) -> Int? {
        root["meshes"]?[index]?["primitives"]?.array?.count
    }
}
