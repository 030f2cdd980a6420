/// What a model carries along: the glTF tree without its numbers, and the bytes that nothing here interprets.
struct GLTFDocument: Sendable {
    /// What an accessor or buffer view is used for, which decides what it may share a buffer view with.
    enum Usage: Hashable {
        case vertices
        case indices
        case inverseBindMatrices
        case other
    }

    /// An accessor in one of its uses.
    struct AccessorKey: Hashable {
        let index: Int
        let usage: Usage
    }

    /// An accessor that is written back as it was, in bytes without gaps.
    struct CarriedAccessor {
        /// The accessor's own members, without those that say where its bytes are.
        let json: JSONObject
        /// The elements, `stride` bytes apart; `nil` for zeros that no byte stands for.
        let bytes: [UInt8]?
        /// Bytes from one element to the next.
        let stride: Int
    }

    /// An image's bytes, wherever they came from.
    struct CarriedImage {
        let bytes: ByteBlock
        let mimeType: String
    }

    /// The root object, with `accessors`, `bufferViews` and `buffers` taken out.
    var root: JSONObject
    /// The accessors that animations, skins, points, lines and extensions use.
    var accessors: [AccessorKey: CarriedAccessor] = [:]
    /// The buffer views that extensions use.
    var views: [Int: ByteBlock] = [:]
    /// The images whose bytes are at hand, by their place.
    var images: [Int: CarriedImage] = [:]

    /// A document read from a file.
    init(root: JSONObject) {
        self.root = root
    }

    /// A scene with a node and a mesh for each flat mesh, their materials, and in each mesh an empty primitive.
    init(_ scene: FlatScene, image: (String) -> ByteBlock?) {
        root = ["asset": ["version": "2.0"]]
        guard !scene.meshes.isEmpty else { return }
        func named(_ name: String?, _ object: JSONObject) -> JSONValue {
            var object = object
            if let name { object["name"] = .string(name) }
            return .object(object)
        }
        root["scene"] = 0
        root["scenes"] = [["nodes": .array(scene.meshes.indices.map { .int($0) })]]
        root["nodes"] = .array(scene.meshes.enumerated().map { named($1.name, ["mesh": .int($0)]) })
        root["meshes"] = .array(
            scene.meshes.map { mesh in
                var primitive = JSONObject()
                if let material = mesh.material { primitive["material"] = .int(material) }
                return named(mesh.name, ["primitives": [.object(primitive)]])
            }
        )
        var textures: [String: Int] = [:]
        let materials = scene.materials.map { material -> JSONValue in
            let color = material.baseColor
            var shading: JSONObject = [
                "baseColorFactor": .array((0..<4).map { .double(Double(color[$0])) }),
                // What these files describe reflects no surroundings.
                "metallicFactor": 0, "roughnessFactor": 1,
            ]
            if let texture = material.baseColorTexture {
                if textures[texture] == nil, let bytes = image(texture) {
                    textures[texture] = textures.count
                    images[images.count] = GLTFReader.image(bytes, mimeType: nil, uri: texture)
                }
                if let index = textures[texture] { shading["baseColorTexture"] = ["index": .int(index)] }
            }
            var object: JSONObject = ["pbrMetallicRoughness": .object(shading)]
            if color.w < 1 { object["alphaMode"] = "BLEND" }
            return named(material.name, object)
        }
        if !materials.isEmpty { root["materials"] = .array(materials) }
        guard !textures.isEmpty else { return }
        let names = textures.sorted { $0.value < $1.value }.map(\.key)
        root["textures"] = .array(names.indices.map { ["source": .int($0)] })
        root["images"] = .array(names.map { ["name": .string($0)] })
    }
}
