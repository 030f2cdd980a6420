/// Finds grids for texture coordinates that KHR_texture_transform can undo.
///
/// A set of coordinates is put on a grid where every use of it is known: all primitives with the materials that share
/// it are triangles of the model, nothing but textures' own transforms stands between, and no animation moves those.
struct TexturePlan {
    /// The grids found.
    private(set) var grids: [QuantizationPlan.TextureKey: TextureGrid] = [:]

    private let model: Model
    /// For each material, the first of those that must share its grids.
    private var leaders: [Int]

    init(_ model: Model, bits: Int) {
        self.model = model
        leaders = Array(0..<(model.document.root["materials"]?.array?.count ?? 0))
        guard !model.document.animatesTextureTransforms else { return }
        var users: [Int: [Mesh]] = [:]
        for primitive in model.primitives {
            let materials = model.document.materials(of: primitive)
            for material in materials.dropFirst() { join(materials[0], material) }
        }
        for primitive in model.primitives {
            guard let material = primitive.materialIndex, leaders.indices.contains(material) else { continue }
            users[leader(of: material), default: []].append(primitive.mesh)
        }
        for (first, meshes) in users {
            let materials = leaders.indices.filter { leader(of: $0) == first }
            findGrids(materials, meshes, bits: bits)
        }
    }

    private mutating func findGrids(_ materials: [Int], _ meshes: [Mesh], bits: Int) {
        var sets: Set<Int> = []
        for material in materials {
            guard let value = model.document.root["materials"]?[material],
                let used = GLTFDocument.textureSets(of: value), !model.document.isOnOtherPrimitives(material)
            else { return }
            sets.formUnion(used)
        }
        guard meshes.allSatisfy({ $0.morphTargets.allSatisfy { $0.textureCoordinates.isEmpty } }) else { return }
        for set in sets {
            var low = SIMD2<Float>(repeating: .infinity)
            var high = -low
            for mesh in meshes where set < mesh.textureCoordinates.count {
                for coordinate in mesh.textureCoordinates[set] {
                    low = pointwiseMin(low, coordinate)
                    high = pointwiseMax(high, coordinate)
                }
            }
            guard let grid = TextureGrid(from: low, to: high, bits: bits) else { continue }
            for material in materials { grids[.init(material: material, set: set)] = grid }
        }
    }

    private func leader(of material: Int) -> Int {
        var material = material
        while leaders[material] != material { material = leaders[material] }
        return material
    }

    private mutating func join(_ one: Int, _ other: Int) {
        guard leaders.indices.contains(one), leaders.indices.contains(other) else { return }
        let (one, other) = (leader(of: one), leader(of: other))
        leaders[max(one, other)] = min(one, other)
    }
}

extension GLTFDocument {
    /// The materials that a primitive may have: its own first, then those of its variants.
    func materials(of primitive: Primitive) -> [Int] {
        let object = root["meshes"]?[primitive.meshIndex]?["primitives"]?[primitive.primitiveIndex]
        let mappings = object?["extensions"]?["KHR_materials_variants"]?["mappings"]?.array ?? []
        return (primitive.materialIndex.map { [$0] } ?? []) + mappings.compactMap { $0["material"]?.int }
    }

    /// Whether an animation moves a texture on a material.
    var animatesTextureTransforms: Bool {
        (root["animations"]?.array ?? []).contains { animation in
            (animation["channels"]?.array ?? []).contains { channel in
                let pointer = channel["target"]?["extensions"]?["KHR_animation_pointer"]?["pointer"]?.string
                return pointer.map { $0.hasPrefix("/materials/") && $0.contains("KHR_texture_transform") } ?? false
            }
        }
    }

    /// Whether a point, a line, or a primitive without a material of its own may have material `index`.
    func isOnOtherPrimitives(_ index: Int) -> Bool {
        (root["meshes"]?.array ?? []).contains { mesh in
            (mesh["primitives"]?.array ?? []).contains { primitive in
                // Triangles were taken out of the document, attributes and all; what has attributes still is carried.
                let mappings = primitive["extensions"]?["KHR_materials_variants"]?["mappings"]?.array ?? []
                let own = primitive["material"]?.int
                let isNamed = own == index || mappings.contains { $0["material"]?.int == index }
                return isNamed && (primitive["attributes"] != nil || own == nil)
            }
        }
    }

    /// The sets of texture coordinates that a material's textures use; `nil` where a transform cannot undo a grid.
    static func textureSets(of material: JSONValue) -> Set<Int>? {
        let extensions = material["extensions"]?.object?.keys.map { $0 } ?? []
        guard extensions.allSatisfy({ $0.hasPrefix("KHR_materials_") }) else { return nil }
        var sets: Set<Int> = []
        var isSound = true
        _ = mapTextures(of: material) { info in
            let transform = info["extensions"]?["KHR_texture_transform"]
            // Loaders differ in whether a texture is turned before it is scaled.
            if let rotation = transform?["rotation"]?.double, rotation != 0 { isSound = false }
            sets.insert(transform?["texCoord"]?.int ?? info["texCoord"]?.int ?? 0)
            return info
        }
        return isSound ? sets : nil
    }

    /// The material with each object that names a texture replaced by what `change` makes of it.
    static func mapTextures(of value: JSONValue, _ change: (JSONObject) -> JSONObject) -> JSONValue {
        guard case .object(var object) = value else { return value }
        for member in object.members where member.key != "extras" {
            guard case .object(let inner) = member.value else { continue }
            if member.key.hasSuffix("Texture"), inner["index"] != nil {
                object[member.key] = .object(change(inner))
            } else {
                object[member.key] = mapTextures(of: member.value, change)
            }
        }
        return .object(object)
    }

    /// Has every texture whose coordinates are on a grid undo it.
    mutating func undo(_ grids: [QuantizationPlan.TextureKey: TextureGrid]) {
        guard !grids.isEmpty, case .array(var materials)? = root["materials"] else { return }
        for index in materials.indices {
            materials[index] = GLTFDocument.mapTextures(of: materials[index]) { info in
                var extensions = info["extensions"]?.object ?? JSONObject()
                var transform = extensions["KHR_texture_transform"]?.object ?? JSONObject()
                let set = transform["texCoord"]?.int ?? info["texCoord"]?.int ?? 0
                guard let grid = grids[.init(material: index, set: set)] else { return info }
                var info = info
                let offset = (0..<2).map { transform["offset"]?[$0]?.double ?? 0 }
                let scale = (0..<2).map { transform["scale"]?[$0]?.double ?? 1 }
                transform["offset"] = .array(
                    (0..<2).map { .double(offset[$0] + scale[$0] * Double(grid.origin[$0])) }
                )
                transform["scale"] = .array((0..<2).map { .double(scale[$0] * Double(grid.step[$0])) })
                extensions["KHR_texture_transform"] = .object(transform)
                info["extensions"] = .object(extensions)
                return info
            }
        }
        root["materials"] = .array(materials)
    }
}
