import LODEngine
import Testing
import VitrineIO

@Suite("What a glTF carries besides triangles")
struct GLTFCarriedTests {
    @Test("members that are not understood come back untouched and in order")
    func untouched() throws {
        var builder = GLTFBuilder.triangle()
        let extras: JSONValue = ["b": 1.5, "a": ["bufferView": 7, "nested": [[], "x"]]]
        builder.root["extras"] = extras
        builder.root["cameras"] = [
            ["type": "perspective", "perspective": ["yfov": 0.7, "znear": 0.01], "extras": extras]
        ]
        builder.root["nodes"] = [
            ["mesh": 0, "camera": 0, "name": "n", "extensions": ["VENDOR_x": ["depth": [1, [2]]]]]
        ]
        builder.root["materials"] = [
            ["name": "m", "extensions": ["KHR_materials_sheen": ["sheenRoughnessFactor": 0.25]]]
        ]
        builder.root["extensions"] = ["KHR_lights_punctual": ["lights": [["type": "point"]]]]
        builder.root["extensionsUsed"] = ["VENDOR_x", "KHR_materials_sheen", "KHR_lights_punctual"]
        let written = try document(of: builder.model().glb())
        for key in ["extras", "cameras", "nodes", "materials", "extensions", "extensionsUsed", "scenes", "scene"] {
            #expect(written[key] == builder.root[key], "\(key)")
        }
    }

    @Test("material variants, names, weights and extras of meshes and primitives stay")
    func meshMembers() throws {
        var builder = GLTFBuilder.triangle()
        let variants: JSONValue = ["KHR_materials_variants": ["mappings": [["material": 1, "variants": [0]]]]]
        builder.root["materials"] = [[:], [:]]
        builder.root["meshes"] = [
            [
                "name": "shoe", "weights": [0.5], "extras": ["targetNames": ["tall"]],
                "primitives": [
                    [
                        "attributes": ["POSITION": 0], "targets": [["POSITION": 0]], "material": 1,
                        "extensions": variants, "extras": 1, "mode": 5,
                    ]
                ],
            ]
        ]
        let model = try builder.model()
        #expect(model.primitives[0].materialIndex == 1)
        #expect(model.primitives[0].name == "shoe")
        let written = try document(of: model.glb())
        let mesh = try #require(written["meshes"]?[0])
        #expect(mesh["weights"] == [0.5])
        #expect(mesh["extras"] == ["targetNames": ["tall"]])
        let primitive = try #require(mesh["primitives"]?[0])
        #expect(primitive["extensions"] == variants)
        #expect(primitive["material"] == 1)
        #expect(primitive["extras"] == 1)
        #expect(primitive["mode"] == nil)
    }

    @Test("points, lines and animations keep their numbers; the vertices of triangles are dropped")
    func numbers() throws {
        var builder = GLTFBuilder.triangle()
        let old = builder.floats([Float](repeating: 0.5, count: 300))
        let points = builder.floats([7, 7, 7, 8, 8, 8], "VEC3", ["min": [7, 7, 7], "max": [8, 8, 8]])
        let lineIndices = builder.indices([0, 1])
        let times = builder.floats([0, 1], "SCALAR", ["min": [0], "max": [1]])
        let moves = builder.floats([0, 0, 0, 1, 2, 3])
        builder.scene([
            ["attributes": ["POSITION": .int(points)], "mode": 0],
            ["attributes": ["POSITION": .int(old)], "indices": .int(builder.indices([0, 1, 2]))],
            ["attributes": ["POSITION": .int(points)], "indices": .int(lineIndices), "mode": 1],
        ])
        builder.root["animations"] = [
            [
                "samplers": [["input": .int(times), "output": .int(moves)]],
                "channels": [["sampler": 0, "target": ["node": 0, "path": "translation"]]],
            ]
        ]
        let model = try builder.model()
        #expect(model.primitives.map(\.primitiveIndex) == [1])
        let glb = try model.glb()
        let json = try document(of: glb)
        #expect(glb.count < builder.glb.count - 900)
        let primitives = try #require(json["meshes"]?[0]?["primitives"]?.array)
        #expect(primitives.map { $0["mode"] } == [0, nil, 1])
        #expect(primitives[0]["attributes"] == primitives[2]["attributes"])
        let sampler = try #require(json["animations"]?[0]?["samplers"]?[0])
        #expect(try numbers(of: sampler["input"], in: glb) == [0, 1])
        #expect(try numbers(of: sampler["output"], in: glb) == [0, 0, 0, 1, 2, 3])
        #expect(try numbers(of: primitives[0]["attributes"]?["POSITION"], in: glb) == [7, 7, 7, 8, 8, 8])
        #expect(try Model.read(glb, name: "again").glb() == glb)
    }

    /// The floats of a tightly packed accessor, found by hand.
    private func numbers(of accessor: JSONValue?, in glb: [UInt8]) throws -> [Float] {
        let json = try document(of: glb)
        let index = try #require(accessor?.int)
        let accessor = try #require(json["accessors"]?[index])
        let viewIndex = try #require(accessor["bufferView"]?.int)
        let view = try #require(json["bufferViews"]?[viewIndex])
        let width = accessor["type"] == "VEC3" ? 3 : 1
        let elementCount = try #require(accessor["count"]?.int)
        let count = elementCount * width
        let bufferLength = try #require(json["buffers"]?[0]?["byteLength"]?.int)
        let binary = glb.count - bufferLength
        let start = binary + (view["byteOffset"]?.int ?? 0) + (accessor["byteOffset"]?.int ?? 0)
        return (0..<count).map { index in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(glb[start + index * 4 + $1]) << (8 * UInt32($1)) })
        }
    }

    @Test("what an extension refers to by accessor or buffer view is kept and found again")
    func extensionReferences() throws {
        var builder = GLTFBuilder.triangle()
        _ = builder.view([9])
        let clip = builder.view([1, 2, 3, 4, 5])
        let values = builder.floats([4, 5, 6])
        let moves = builder.floats([1, 1, 1])
        builder.root["extensionsUsed"] = ["VENDOR_sound", "EXT_mesh_gpu_instancing"]
        builder.root["extensions"] = [
            "VENDOR_sound": ["clips": [["bufferView": .int(clip), "dataAccessors": [.int(values)]]]]
        ]
        builder.root["nodes"] = [
            ["mesh": 0, "extensions": ["EXT_mesh_gpu_instancing": ["attributes": ["TRANSLATION": .int(moves)]]]]
        ]
        let glb = try builder.model().glb()
        let json = try document(of: glb)
        let sound = try #require(json["extensions"]?["VENDOR_sound"]?["clips"]?[0])
        #expect(try numbers(of: sound["dataAccessors"]?[0], in: glb) == [4, 5, 6])
        let viewIndex = try #require(sound["bufferView"]?.int)
        let view = try #require(json["bufferViews"]?[viewIndex])
        #expect(view["byteLength"] == 5)
        let moved = json["nodes"]?[0]?["extensions"]?["EXT_mesh_gpu_instancing"]?["attributes"]?["TRANSLATION"]
        #expect(try numbers(of: moved, in: glb) == [1, 1, 1])

        builder.root["extensions"] = ["VENDOR_sound": ["bufferView": 99]]
        let error = #expect(throws: LODError.self) { try builder.model() }
        #expect(error?.message.contains("/extensions/VENDOR_sound/bufferView") == true)
    }

    @Test("Draco's compressed copy is dropped where the file does not require it")
    func dracoFallback() throws {
        var builder = GLTFBuilder.triangle()
        let compressed = builder.view([1, 2, 3])
        builder.root["extensionsUsed"] = ["KHR_draco_mesh_compression"]
        builder.scene([
            [
                "attributes": ["POSITION": 0],
                "extensions": [
                    "KHR_draco_mesh_compression": ["bufferView": .int(compressed), "attributes": ["POSITION": 0]]
                ],
            ]
        ])
        let json = try document(of: builder.model().glb())
        #expect(json["meshes"]?[0]?["primitives"]?[0]?["extensions"] == nil)
        #expect(json["extensionsUsed"] == nil)
    }

    @Test("equal vertices of several primitives are written once")
    func sharing() throws {
        var builder = GLTFBuilder.triangle()
        let primitive: JSONValue = ["attributes": ["POSITION": 0]]
        builder.scene([primitive, primitive, primitive])
        let json = try document(of: builder.model().glb())
        let primitives = try #require(json["meshes"]?[0]?["primitives"]?.array)
        #expect(primitives.count == 3)
        #expect(primitives[0] == primitives[1] && primitives[1] == primitives[2])
        #expect(json["buffers"]?[0]?["byteLength"] == 44)
    }

    @Test("bounds of positions are exact to the last bit")
    func bounds() throws {
        let tenth: Float = 0.1
        let mesh = Mesh(positions: [SIMD3(tenth, -tenth, 1e-30), SIMD3(3, 2, 16_777_216), .zero], indices: [0, 1, 2])
        let json = try document(of: Model(meshes: [("m", mesh)], name: "m").glb())
        let accessor = try #require(json["accessors"]?.array?.first { $0["min"] != nil })
        let least = accessor["min"]?.array.map { $0.map(\.double) }
        let most = accessor["max"]?.array.map { $0.map(\.double) }
        #expect(least == [0, Double(-tenth), 0])
        #expect(most == [3, 2, 16_777_216])
    }

    @Test("a primitive that lost its triangles goes; the last of a mesh stays as one flat triangle")
    func emptied() throws {
        var builder = GLTFBuilder.triangle()
        let second = builder.floats([5, 5, 5, 6, 5, 5, 5, 6, 5])
        let weights = builder.floats([Float](repeating: 0.25, count: 12), "VEC4")
        let joints = builder.accessor(5121, "VEC4", 3, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3])
        let skinned: JSONValue = ["POSITION": .int(second), "WEIGHTS_0": .int(weights), "JOINTS_0": .int(joints)]
        builder.scene([["attributes": ["POSITION": 0]], ["attributes": skinned, "targets": [[:]]]])
        builder.root["meshes"] = [
            ["primitives": [["attributes": ["POSITION": 0]], ["attributes": skinned]]],
            ["primitives": [["attributes": skinned, "targets": [["POSITION": .int(second)]]]]],
        ]
        let model = try builder.model()
        var meshes = model.primitives.map(\.mesh)
        let target = MorphTarget()
        meshes[1] = Mesh(positions: [], indices: [])
        meshes[2] = Mesh(positions: [], indices: [])
        meshes[2].influences = [[]]
        meshes[2].morphTargets = [target]
        let glb = try model.replacingMeshes(meshes).glb()
        let again = try Model.read(glb, name: "again")
        #expect(again.primitives.map(\.meshIndex) == [0, 1])
        #expect(again.primitives[0].mesh == meshes[0])
        #expect(again.primitives[1].mesh.indices == [0, 0, 0])
        #expect(again.primitives[1].mesh.influences == [[SkinInfluence(joints: .zero, weights: SIMD4(1, 0, 0, 0))]])
        #expect(again.primitives[1].mesh.morphTargets.map(\.positions) == [[.zero]])
    }

    @Test("a model made of meshes is written with a node and a name for each")
    func made() throws {
        let mesh = Mesh(positions: [.zero, SIMD3(1, 0, 0), SIMD3(0, 1, 0)], indices: [0, 1, 2])
        let model = Model(meshes: [("a", mesh), ("", mesh)], name: "made")
        #expect(model.instances.count == 2)
        let again = try Model.read(model.glb(), name: "again")
        #expect(again.primitives.map(\.name) == ["a", nil])
        #expect(again.primitives.map(\.mesh) == [mesh, mesh])
        #expect(again.instances == model.instances)
        #expect(try Model.read(Model(meshes: [], name: "none").glb(), name: "none").primitives.isEmpty)
    }

    @Test("a texture transform is read and applied as its matrices say")
    func textureTransform() throws {
        var builder = GLTFBuilder.triangle()
        builder.root["images"] = [["uri": "data:image/jpeg;base64,/9j/"]]
        builder.root["textures"] = [["source": 0]]
        builder.root["materials"] = [
            [
                "doubleSided": true, "alphaMode": "MASK", "alphaCutoff": 0.25,
                "pbrMetallicRoughness": [
                    "baseColorFactor": [0.5, 0.25, 1, 0.75],
                    "baseColorTexture": [
                        "index": 0,
                        "extensions": [
                            "KHR_texture_transform": [
                                "offset": [0.5, 0], "scale": [2, 3], "rotation": 1.5707963267948966, "texCoord": 1,
                            ]
                        ],
                    ],
                ],
            ]
        ]
        let material = try #require(try builder.model().materials.first)
        #expect(material.isDoubleSided)
        #expect(material.alphaMode == .mask)
        #expect(material.alphaCutoff == 0.25)
        #expect(material.baseColorFactor == SIMD4(0.5, 0.25, 1, 0.75))
        let texture = try #require(material.baseColorTexture)
        #expect(texture.mimeType == "image/jpeg")
        #expect(texture.textureCoordinateSet == 1)
        let moved = texture.apply(to: SIMD2(1, 1))
        #expect(abs(moved.x - 3.5) < 1e-6 && abs(moved.y + 2) < 1e-6)
    }
}
