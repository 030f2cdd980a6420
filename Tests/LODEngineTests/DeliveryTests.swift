internal import LODEngine
internal import Testing
internal import VitrineTestSupport

@Suite("Delivered models")
struct DeliveryTests {
    private static let compressions: [GLBOptions.Compression] = [.none, .meshoptEXT, .meshoptKHR]

    @Test("what is quantised comes back within half a step, and placed where it was", arguments: compressions)
    func keepsGeometry(_ compression: GLBOptions.Compression) throws {
        let model = try Model.read(DeliveryScene.glb(), name: "scene.glb")
        let bytes = try model.glb(GLBOptions(quantization: VertexQuantization(), compression: compression))
        try expectValid(bytes)
        let back = try Model.read(bytes, name: "back.glb")
        try #require(back.instances.count == model.instances.count)
        let bounds = try #require(model.bounds)
        let step = (bounds.max - bounds.min).max() / 8000
        for (one, other) in zip(model.instances, back.instances) {
            let mesh = model.primitives[one.primitiveIndex].mesh
            let found = back.primitives[other.primitiveIndex].mesh
            try #require(found.indices.count == mesh.indices.count)
            for corner in mesh.indices.indices {
                let place = one.transform.apply(to: mesh.positions[Int(mesh.indices[corner])])
                var nearest = Float.infinity
                // A stream of triangles may begin each at another corner.
                for index in corner / 3 * 3..<corner / 3 * 3 + 3 {
                    let vertex = found.positions[Int(found.indices[index])]
                    nearest = min(nearest, distance(other.transform.apply(to: vertex), place))
                }
                #expect(nearest < step, "corner \(corner)")
            }
        }
    }

    @Test("extensions are stated exactly", arguments: compressions)
    func statesExtensions(_ compression: GLBOptions.Compression) throws {
        let model = try Model.read(DeliveryScene.glb(), name: "scene.glb")
        let json = try document(of: model.glb(GLBOptions(quantization: VertexQuantization(), compression: compression)))
        var expected = ["KHR_mesh_quantization", "KHR_texture_transform"]
        if compression == .meshoptEXT { expected.append("EXT_meshopt_compression") }
        if compression == .meshoptKHR { expected.append("KHR_meshopt_compression") }
        #expect(Set(strings(json["extensionsRequired"])) == Set(expected))
        #expect(Set(strings(json["extensionsUsed"])) == Set(expected))
        #expect(json["buffers"]?.array?.count == (compression == .none ? 1 : 2))
        #expect(json["buffers"]?[1]?["uri"] == nil)
        let plain = try document(of: model.glb())
        #expect(strings(plain["extensionsUsed"]) == ["KHR_texture_transform"])
        #expect(plain["extensionsRequired"] == nil)
    }

    @Test("compressing alone changes no number", arguments: [GLBOptions.Compression.meshoptEXT, .meshoptKHR])
    func compressesWithoutLoss(_ compression: GLBOptions.Compression) throws {
        let model = try Model.read(DeliveryScene.glb(), name: "scene.glb")
        let back = try Model.read(model.glb(GLBOptions(compression: compression)), name: "back.glb")
        for (one, other) in zip(model.primitives, back.primitives) {
            #expect(one.mesh.positions == other.mesh.positions)
            #expect(one.mesh.textureCoordinates == other.mesh.textureCoordinates)
            #expect(one.mesh.influences == other.mesh.influences)
            #expect(one.mesh.morphTargets == other.mesh.morphTargets)
        }
        let animation = try document(of: back.glb())["animations"]
        #expect(try animation == document(of: model.glb())["animations"])
    }

    @Test("more bits are taken where the model's own error asks for them, and floats where 16 do not do")
    func staysBelowError() throws {
        let model = try Model.read(DeliveryScene.glb(), name: "scene.glb")
        func componentTypes(_ error: Float) throws -> (type: Int?, most: Int) {
            let options = GLBOptions(quantization: VertexQuantization(error: error))
            let json = try document(of: model.glb(options))
            let index = json["meshes"]?[0]?["primitives"]?[0]?["attributes"]?["POSITION"]?.int ?? -1
            let accessor = json["accessors"]?[index]
            return (accessor?["componentType"]?.int, accessor?["max"]?.array?.compactMap(\.int).max() ?? 0)
        }
        #expect(try componentTypes(1) == (5123, 16383))
        #expect(try componentTypes(0.0008) == (5123, 32767))
        #expect(try componentTypes(1e-4).type == 5126)
        #expect(try componentTypes(0).type == 5126)
    }

    @Test("a texture's transform undoes the grid, whatever it did before, and each use of a set is known")
    func undoesTextureGrids() throws {
        let model = try Model.read(DeliveryScene.glb(), name: "scene.glb")
        let bytes = try model.glb(GLBOptions(quantization: VertexQuantization()))
        let back = try Model.read(bytes, name: "back.glb")
        for (one, other) in zip(model.primitives, back.primitives) {
            guard let material = one.materialIndex, let was = model.materials[material].baseColorTexture,
                let now = back.materials[material].baseColorTexture
            else { continue }
            let set = was.textureCoordinateSet
            for (a, b) in zip(one.mesh.textureCoordinates[set], other.mesh.textureCoordinates[set]) {
                let difference = (was.offset + was.scale * a) - (now.offset + now.scale * b)
                #expect(max(abs(difference.x), abs(difference.y)) < 1 / 4095 * 2)
            }
        }
    }

    @Test("weights still go to the node that has the mesh")
    func retargetsWeights() throws {
        let model = try Model.read(DeliveryScene.glb(), name: "scene.glb")
        let json = try document(of: model.glb(.delivery()))
        let channels = json["animations"]?[0]?["channels"]?.array ?? []
        for channel in channels {
            let node = channel["target"]?["node"]?.int ?? -1
            let holdsMesh = json["nodes"]?[node]?["mesh"] != nil
            #expect(holdsMesh == (channel["target"]?["path"]?.string == "weights"))
        }
        #expect(channels.count == 2)
    }

    @Test("the same model and options give the same bytes")
    func isDeterministic() throws {
        let model = try Model.read(DeliveryScene.glb(), name: "scene.glb")
        #expect(try model.glb(.delivery()) == model.glb(.delivery()))
        #expect(try model.glb(.delivery()).count < model.glb().count)
    }

    @Test("every model among the assets is delivered valid and comes back as large", arguments: DeliveryAssets.paths)
    func deliversAssets(_ path: String) throws {
        let model = try Model.read(contentsOf: path)
        for compression in [GLBOptions.Compression.meshoptEXT, .meshoptKHR] {
            let bytes = try model.glb(.delivery(compression: compression))
            try expectValid(bytes)
            let back = try Model.read(bytes, name: "back.glb")
            #expect(back.triangleCount == model.triangleCount)
            #expect(back.instances.count == model.instances.count)
            guard let one = model.bounds, let other = back.bounds else { continue }
            let extent = (one.max - one.min).max()
            // Boxes around turned boxes: the grid's box is the mesh's own to a step.
            #expect(distance(one.min, other.min) < extent / 1000)
            #expect(distance(one.max, other.max) < extent / 1000)
        }
    }

    private func expectValid(_ bytes: [UInt8]) throws {
        let report = try Model.validate(bytes, name: "delivered.glb")
        #expect(report.isValid, "\(report.errors.prefix(5))")
    }

    private func distance(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> Float {
        ((a - b) * (a - b)).sum().squareRoot()
    }

    private func strings(_ value: JSONValue?) -> [String] { (value?.array ?? []).compactMap(\.string) }
}

/// A scene with what makes grids hard: a mesh placed twice, once mirrored and animated, with a morph target, a texture
/// that is moved already and coordinates beyond 0 to 1; and a mesh that a skin places.
private enum DeliveryScene {
    static func glb() -> [UInt8] {
        var builder = GLTFBuilder()
        let morphed = morphedPrimitive(&builder)
        let skinned = skinnedPrimitive(&builder)
        builder.root["meshes"] = [["primitives": [morphed], "weights": [0.5]], ["primitives": [skinned]]]
        builder.root["nodes"] = [
            ["mesh": 0, "translation": [1, 2, 3], "scale": [-2, 2, 2], "children": [1], "name": "mirrored"],
            ["mesh": 0, "rotation": [0, 0.6, 0, 0.8]], ["mesh": 1, "skin": 0], ["children": [4]],
            ["translation": [0, 1, 0]],
        ]
        builder.root["scenes"] = [["nodes": [0, 2, 3]]]
        builder.root["scene"] = 0
        let matrices = builder.floats(
            [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0.5, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, -1, 0, 1],
            "MAT4"
        )
        builder.root["skins"] = [["joints": [3, 4], "inverseBindMatrices": .int(matrices)]]
        let times = builder.floats([0, 1, 2, 3], "SCALAR", ["min": [0], "max": [3]])
        let moves = builder.floats([0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0])
        let weights = builder.floats([0, 1, 0.5, 0], "SCALAR")
        builder.root["animations"] = [
            [
                "channels": [
                    ["sampler": 0, "target": ["node": 0, "path": "translation"]],
                    ["sampler": 1, "target": ["node": 0, "path": "weights"]],
                ],
                "samplers": [
                    ["input": .int(times), "output": .int(moves)], ["input": .int(times), "output": .int(weights)],
                ],
            ]
        ]
        builder.root["materials"] = [
            [
                "pbrMetallicRoughness": [
                    "baseColorTexture": [
                        "index": 0,
                        "extensions": ["KHR_texture_transform": ["offset": [0.5, 0.25], "scale": [2, 3]]],
                    ]
                ],
                "emissiveTexture": ["index": 0],
            ]
        ]
        builder.root["textures"] = [["source": 0]]
        builder.root["images"] = [["uri": "picture.png"]]
        builder.root["extensionsUsed"] = ["KHR_texture_transform"]
        return builder.glb
    }

    private static let side = 9

    /// A bent sheet 10 units wide.
    private static func sheet(_ height: (Float, Float) -> Float) -> (positions: [Float], indices: [UInt16]) {
        var positions: [Float] = []
        var indices: [UInt16] = []
        for y in 0..<side {
            for x in 0..<side {
                let (u, v) = (Float(x) / Float(side - 1), Float(y) / Float(side - 1))
                positions += [u * 10 - 3, v * 8 + 100, height(u, v)]
                guard x + 1 < side, y + 1 < side else { continue }
                let corner = UInt16(y * side + x)
                indices += [corner, corner + 1, corner + 9, corner + 9, corner + 1, corner + 10]
            }
        }
        return (positions, indices)
    }

    private static func morphedPrimitive(_ builder: inout GLTFBuilder) -> JSONValue {
        let sheet = sheet { $0 * $1 * 3 }
        let count = side * side
        let position = builder.floats(sheet.positions)
        let normal = builder.floats([Float]((0..<count).flatMap { _ in [Float(0.6), 0, 0.8] }))
        let coordinates = builder.floats([Float]((0..<count * 2).map { Float($0) / 90 - 0.4 }), "VEC2")
        let indices = builder.indices(sheet.indices)
        let deltas = builder.floats([Float]((0..<count * 3).map { Float($0 % 7) - 3 }))
        return [
            "attributes": ["POSITION": .int(position), "NORMAL": .int(normal), "TEXCOORD_0": .int(coordinates)],
            "indices": .int(indices), "material": 0, "targets": [["POSITION": .int(deltas)]],
        ]
    }

    private static func skinnedPrimitive(_ builder: inout GLTFBuilder) -> JSONValue {
        let sheet = sheet { $0 + $1 }
        let count = side * side
        let position = builder.floats(sheet.positions)
        let joints = builder.accessor(
            5121,
            "VEC4",
            count,
            [UInt8]((0..<count).flatMap { _ in [UInt8(0), 1, 0, 0] })
        )
        let weights = builder.floats([Float]((0..<count).flatMap { _ in [Float(0.75), 0.25, 0, 0] }), "VEC4")
        let indices = builder.indices(sheet.indices)
        return [
            "attributes": ["POSITION": .int(position), "JOINTS_0": .int(joints), "WEIGHTS_0": .int(weights)],
            "indices": .int(indices),
        ]
    }
}

/// The models among the shared assets that are small enough for every run.
private enum DeliveryAssets {
    static let names = [
        "DamagedHelmet.glb", "Fox.glb", "GlamVelvetSofa.glb", "Ingenuity-meshopt.glb", "LevelOfDetail.glb",
        "MaterialsVariantsShoe.glb", "MorphStressTest.glb", "SheenCloth.glb", "TextureTransformMultiTest.glb",
        "ToyCar.glb", "WickerChair.glb", "boat.obj", "nefertiti.ply", "ADIS16480.stl",
    ]
    static let paths = names.compactMap { name in SharedAssets.directory.map { $0 + "/models/" + name } }
}
