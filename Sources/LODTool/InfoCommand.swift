internal import ArgumentParser
internal import LODEngine
internal import VitrineConsole

/// `lod info`: what a model holds.
struct InfoCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Tells what a model holds.",
        discussion: "  lod info chair.glb"
    )

    @Argument(help: ArgumentHelp("The model: GLB, glTF, OBJ, PLY or STL.", valueName: "model"))
    var model: String

    @Flag(help: "Print JSON.")
    var json = false

    func run(on console: Console) throws -> Int32 {
        let input = try InputFile(model)
        let bar = ProgressBar(console)
        bar.begin("reading \(input.path)")
        defer { bar.end() }
        let info = ModelInfo(input, try input.read())
        bar.end()
        if json {
            try console.print(json: info)
        } else {
            info.write(to: console)
        }
        return ExitStatus.ok
    }
}

/// What a model holds.
private struct ModelInfo: Encodable {
    struct Primitive: Encodable {
        let mesh: Int
        let name: String?
        let triangleCount: Int
        let vertexCount: Int
        let attributes: [String]
        let material: Int?
        /// How often the scene shows it.
        let placements: Int
    }

    struct Material: Encodable {
        let name: String?
        let alphaMode: String
        let isDoubleSided: Bool
        let baseColorTexture: Texture?
    }

    struct Texture: Encodable {
        let mimeType: String?
        let byteCount: Int?
    }

    struct Bounds: Encodable {
        let min: [Float]
        let max: [Float]
        let diagonal: Float
    }

    let file: String
    let byteCount: Int
    let triangleCount: Int
    let vertexCount: Int
    /// Triangles as the scene shows them: each as often as it is placed.
    let placedTriangleCount: Int
    let placementCount: Int
    let bounds: Bounds?
    let primitives: [Primitive]
    let materials: [Material]

    init(_ input: InputFile, _ model: Model) {
        file = input.path
        byteCount = input.byteCount
        triangleCount = model.triangleCount
        vertexCount = model.vertexCount
        placementCount = model.instances.count
        var placements = [Int](repeating: 0, count: model.primitives.count)
        for instance in model.instances { placements[instance.primitiveIndex] += 1 }
        placedTriangleCount = zip(model.primitives, placements).reduce(0) { $0 + $1.0.mesh.triangleCount * $1.1 }
        bounds = model.bounds.map {
            Bounds(min: [$0.min.x, $0.min.y, $0.min.z], max: [$0.max.x, $0.max.y, $0.max.z], diagonal: $0.diagonal)
        }
        primitives = zip(model.primitives, placements).map { primitive, count in
            Primitive(
                mesh: primitive.meshIndex,
                name: primitive.name,
                triangleCount: primitive.mesh.triangleCount,
                vertexCount: primitive.mesh.vertexCount,
                attributes: primitive.mesh.attributeNames,
                material: primitive.materialIndex,
                placements: count
            )
        }
        materials = model.materials.map { material in
            Material(
                name: material.name,
                alphaMode: material.alphaMode.rawValue,
                isDoubleSided: material.isDoubleSided,
                baseColorTexture: material.baseColorTexture.map {
                    Texture(mimeType: $0.mimeType, byteCount: $0.imageBytes?.count)
                }
            )
        }
    }

    func write(to console: Console) {
        console.print("\(file): \(Wording.bytes(byteCount))")
        let vertices = Wording.count(vertexCount, "vertex").replacing("vertexs", with: "vertices")
        console.print("\(Wording.count(triangleCount, "triangle")), \(vertices)")
        console.print(
            "\(Wording.count(placementCount, "placement")), \(Wording.count(placedTriangleCount, "triangle")) in all"
        )
        if let bounds {
            let size = zip(bounds.min, bounds.max).map { Wording.significant(Double($1 - $0), 4) }
            let diagonal = Wording.significant(Double(bounds.diagonal), 4)
            console.print("\(size.joined(separator: " × ")), diagonal \(diagonal)")
        }
        var rows = [["primitive", "triangles", "vertices", "placed", "material", "attributes"]]
        for (index, primitive) in primitives.enumerated() {
            rows.append([
                primitive.name.map { "\(index) \($0)" } ?? "\(index)", Wording.grouped(primitive.triangleCount),
                Wording.grouped(primitive.vertexCount), "\(primitive.placements)",
                primitive.material.map { "\($0)" } ?? "-", primitive.attributes.joined(separator: " "),
            ])
        }
        for line in Wording.table(rows) { console.print(line) }
        for (index, material) in materials.enumerated() {
            var words = ["material \(index)"]
            if let name = material.name { words.append(name) }
            if material.alphaMode != "OPAQUE" { words.append(material.alphaMode.lowercased()) }
            if material.isDoubleSided { words.append("double-sided") }
            if let texture = material.baseColorTexture {
                let size = texture.byteCount.map { ", " + Wording.bytes($0) } ?? ", not read"
                words.append("base colour \(texture.mimeType ?? "of an unknown kind")\(size)")
            }
            console.print(words.joined(separator: ", "))
        }
    }
}

extension Mesh {
    /// The attributes that it has, under glTF's names.
    fileprivate var attributeNames: [String] {
        var names = ["POSITION"]
        if normals != nil { names.append("NORMAL") }
        if tangents != nil { names.append("TANGENT") }
        names += textureCoordinates.indices.map { "TEXCOORD_\($0)" }
        names += colors.indices.map { "COLOR_\($0)" }
        names += influences.indices.flatMap { ["JOINTS_\($0)", "WEIGHTS_\($0)"] }
        names += customAttributes.keys.sorted()
        if !morphTargets.isEmpty { names.append("\(morphTargets.count) morph targets") }
        return names
    }
}
