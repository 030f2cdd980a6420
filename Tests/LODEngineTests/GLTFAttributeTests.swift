import LODEngine
import Testing
import VitrineIO

@Suite("glTF attributes")
struct GLTFAttributeTests {
    private let corners: [SIMD3<Float>] = [SIMD3(0, 0, 0), SIMD3(1, 0, 0), SIMD3(0, 1, 0)]

    @Test("a triangle without indices gets them")
    func plain() throws {
        let model = try GLTFBuilder.triangle().model()
        #expect(model.primitives.map(\.mesh) == [Mesh(positions: corners, indices: [0, 1, 2])])
        #expect(model.triangleCount == 1)
        #expect(model.vertexCount == 3)
    }

    @Test("interleaved attributes are read by their stride")
    func interleaved() throws {
        var builder = GLTFBuilder.triangle()
        var rows: [UInt8] = []
        for corner in 0..<3 {
            rows += bytes(of: [Float(corner), 2, 3])
            rows += [127, 0, 0, 0]
            rows += bytes(of: [0.5, Float(corner)])
        }
        let view = builder.view(rows, ["byteStride": 24])
        let inView: JSONObject = ["bufferView": .int(view)]
        let position = builder.accessor(5126, "VEC3", 3, nil, inView)
        let normal = builder.accessor(
            5120,
            "VEC3",
            3,
            nil,
            ["bufferView": .int(view), "byteOffset": 12, "normalized": true]
        )
        let uv = builder.accessor(5126, "VEC2", 3, nil, ["bufferView": .int(view), "byteOffset": 16])
        builder.scene([
            ["attributes": ["POSITION": .int(position), "NORMAL": .int(normal), "TEXCOORD_0": .int(uv)]]
        ])
        let mesh = try #require(try builder.model().primitives.first?.mesh)
        #expect(mesh.positions == [SIMD3(0, 2, 3), SIMD3(1, 2, 3), SIMD3(2, 2, 3)])
        #expect(mesh.normals == [SIMD3(1, 0, 0), SIMD3(1, 0, 0), SIMD3(1, 0, 0)])
        #expect(mesh.textureCoordinates == [[SIMD2(0.5, 0), SIMD2(0.5, 1), SIMD2(0.5, 2)]])
    }

    @Test(
        "whole numbers become floats, normalized by the formulas of glTF",
        arguments: [
            (5120, false, [0x80, 0x7F, 1, 0], [SIMD2<Float>(-128, 127), SIMD2(1, 0)]),
            (5120, true, [0x80, 0x7F, 0x81, 0], [SIMD2(-1, 1), SIMD2(-1, 0)]),
            (5121, false, [255, 0, 7, 1], [SIMD2(255, 0), SIMD2(7, 1)]),
            (5121, true, [255, 0, 51, 0], [SIMD2(1, 0), SIMD2(0.2, 0)]),
            (5122, false, [0x00, 0x80, 0xFF, 0x7F, 1, 0, 0, 0], [SIMD2(-32768, 32767), SIMD2(1, 0)]),
            (5122, true, [0x00, 0x80, 0xFF, 0x7F, 0, 0, 0, 0], [SIMD2(-1, 1), SIMD2(0, 0)]),
            (5123, true, [0xFF, 0xFF, 0, 0, 0x33, 0x33, 0, 0], [SIMD2(1, 0), SIMD2(0.2, 0)]),
            (5123, false, [0xFF, 0xFF, 0, 0, 1, 0, 2, 0], [SIMD2(65535, 0), SIMD2(1, 2)]),
        ] as [(Int, Bool, [UInt8], [SIMD2<Float>])]
    )
    func quantized(component: Int, normalized: Bool, numbers: [UInt8], expected: [SIMD2<Float>]) throws {
        var builder = GLTFBuilder.triangle()
        let padding = [UInt8](repeating: 0, count: numbers.count / 2)
        let uv = builder.accessor(component, "VEC2", 3, numbers + padding, ["normalized": .bool(normalized)])
        builder.scene([["attributes": ["POSITION": 0, "TEXCOORD_0": .int(uv)]]])
        let read = try #require(try builder.model().primitives.first?.mesh.textureCoordinates.first)
        #expect(Array(read.prefix(2)) == expected)
    }

    @Test("quantized positions are read as floats and written without KHR_mesh_quantization")
    func quantizedPositions() throws {
        var builder = GLTFBuilder()
        var numbers: [UInt8] = []
        for number: UInt16 in [0, 0, 0, 0, 1000, 0, 0, 0, 0, 1000, 0, 0] { numbers.appendLittleEndian(number) }
        let view = builder.view(numbers, ["byteStride": 8])
        let position = builder.accessor(
            5123,
            "VEC3",
            3,
            nil,
            ["bufferView": .int(view), "min": [0, 0, 0], "max": [1000, 1000, 0]]
        )
        builder.scene([["attributes": ["POSITION": .int(position)]]])
        builder.root["nodes"] = [["mesh": 0, "scale": [0.001, 0.001, 0.001]]]
        builder.root["extensionsUsed"] = ["KHR_mesh_quantization", "KHR_materials_unlit"]
        builder.root["extensionsRequired"] = ["KHR_mesh_quantization"]
        let model = try builder.model()
        #expect(model.primitives[0].mesh.positions == corners.map { $0 * 1000 })
        #expect(model.bounds == BoundingBox(min: .zero, max: SIMD3(1, 1, 0)))
        let written = try document(of: model.glb())
        #expect(written["extensionsUsed"] == ["KHR_materials_unlit"])
        #expect(written["extensionsRequired"] == nil)
    }

    @Test("sparse accessors put their values in place, over a view and over zeros")
    func sparse() throws {
        var builder = GLTFBuilder.triangle()
        let indices = builder.view([1, 2])
        let values = builder.view(bytes(of: [9, 9, 9, 8, 8, 8]))
        let sparse: JSONValue = [
            "count": 2, "indices": ["bufferView": .int(indices), "componentType": 5121],
            "values": ["bufferView": .int(values)],
        ]
        let over = builder.floats([0, 0, 0, 1, 1, 1, 2, 2, 2], "VEC3", ["sparse": sparse])
        let zeros = builder.accessor(5126, "VEC3", 3, nil, ["sparse": sparse])
        builder.scene([
            ["attributes": ["POSITION": .int(over)]], ["attributes": ["POSITION": .int(zeros)]],
        ])
        let model = try builder.model()
        let expected: [SIMD3<Float>] = [SIMD3(0, 0, 0), SIMD3(9, 9, 9), SIMD3(8, 8, 8)]
        #expect(model.primitives.map(\.mesh.positions) == [expected, expected])
        #expect(try document(of: model.glb())["accessors"]?.array?.contains { $0["sparse"] != nil } == false)
    }

    @Test("strips and fans become triangles that face the same way, without those that have no area")
    func stripsAndFans() throws {
        var builder = GLTFBuilder()
        let position = builder.floats((0..<5).flatMap { [Float($0), Float($0 * $0), 0] })
        let strip = builder.indices([0, 1, 2, 3, 3, 4])
        builder.scene([
            ["attributes": ["POSITION": .int(position)], "indices": .int(strip), "mode": 5],
            ["attributes": ["POSITION": .int(position)], "mode": 6],
        ])
        let model = try builder.model()
        #expect(model.primitives[0].mode == .triangleStrip)
        #expect(model.primitives[0].mesh.indices == [0, 1, 2, 1, 3, 2])
        #expect(model.primitives[1].mode == .triangleFan)
        #expect(model.primitives[1].mesh.indices == [1, 2, 0, 2, 3, 0, 3, 4, 0])
        let again = try Model.read(model.glb(), name: "again")
        #expect(again.primitives.map(\.mode) == [.triangles, .triangles])
        #expect(again.primitives.map(\.mesh) == model.primitives.map(\.mesh))
    }

    @Test("a primitive keeps only the vertices that it uses, in their order")
    func compaction() throws {
        var builder = GLTFBuilder()
        let position = builder.floats((0..<100).flatMap { [Float($0), 0, Float($0 % 7)] })
        let few = builder.indices([90, 3, 7])
        let many = builder.indices((0..<99).map { UInt16($0 == 40 ? 41 : $0) })
        builder.scene([
            ["attributes": ["POSITION": .int(position)], "indices": .int(few)],
            ["attributes": ["POSITION": .int(position)], "indices": .int(many)],
        ])
        let model = try builder.model()
        #expect(model.primitives[0].mesh.positions.map(\.x) == [3, 7, 90])
        #expect(model.primitives[0].mesh.indices == [2, 0, 1])
        #expect(model.primitives[1].mesh.positions.map(\.x) == (0..<99).filter { $0 != 40 }.map { Float($0) })
        #expect(model.primitives[1].mesh.indices.map { Int($0) } == (0..<99).map { $0 < 40 ? $0 : max($0, 41) - 1 })
    }

    @Test("colours are read with alpha 1 where there is none, and written in as few bits as say the same")
    func colors() throws {
        var builder = GLTFBuilder.triangle()
        let rgb = builder.accessor(5121, "VEC3", 3, [255, 0, 51, 0, 0, 0, 1, 2, 3], ["normalized": true])
        let rgba = builder.floats([0.1, 0.2, 0.3, 1, 0, 0, 0, 1, 1, 1, 1, 1], "VEC4")
        builder.scene([["attributes": ["POSITION": 0, "COLOR_0": .int(rgb), "COLOR_1": .int(rgba)]]])
        let model = try builder.model()
        #expect(model.primitives[0].mesh.colors[0][0] == SIMD4(1, 0, 0.2, 1))
        let written = try model.glb()
        let again = try Model.read(written, name: "again")
        #expect(again.primitives[0].mesh == model.primitives[0].mesh)
        let json = try document(of: written)
        let attributes = json["meshes"]?[0]?["primitives"]?[0]?["attributes"]
        let first = try #require(attributes?["COLOR_0"]?.int)
        let second = try #require(attributes?["COLOR_1"]?.int)
        #expect(json["accessors"]?[first]?["componentType"] == 5121)
        #expect(json["accessors"]?[second]?["type"] == "VEC3")
    }

    @Test("weights are made to sum to 1, and each joint is named once")
    func skins() throws {
        var builder = GLTFBuilder.triangle()
        let joints = builder.accessor(5121, "VEC4", 3, [1, 2, 3, 0, 1, 1, 5, 0, 4, 0, 0, 0])
        let weights = builder.floats([0.25, 0.25, 0.5, 0, 1, 1, 0, 2, 0, 0, 0, 0], "VEC4")
        builder.scene([["attributes": ["POSITION": 0, "JOINTS_0": .int(joints), "WEIGHTS_0": .int(weights)]]])
        let model = try builder.model()
        #expect(
            model.primitives[0].mesh.influences == [
                [
                    SkinInfluence(joints: SIMD4(1, 2, 3, 0), weights: SIMD4(0.25, 0.25, 0.5, 0)),
                    SkinInfluence(joints: SIMD4(1, 0, 0, 0), weights: SIMD4(0.5, 0, 0, 0.5)),
                    SkinInfluence(joints: SIMD4(4, 0, 0, 0), weights: SIMD4(1, 0, 0, 0)),
                ]
            ]
        )
        #expect(try Model.read(model.glb(), name: "again").primitives[0].mesh == model.primitives[0].mesh)
    }

    @Test("weights too great or too small for their sum still come to 1, and stay as they are when read again")
    func extremeWeights() throws {
        var builder = GLTFBuilder.triangle()
        let joints = builder.accessor(5121, "VEC4", 3, [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
        let most = Float.greatestFiniteMagnitude
        let least = Float.leastNonzeroMagnitude
        let weights = builder.floats([most, most, 0, 0, most, least, 0, 0, least, 0, 0, 0], "VEC4")
        builder.scene([["attributes": ["POSITION": 0, "JOINTS_0": .int(joints), "WEIGHTS_0": .int(weights)]]])
        let model = try builder.model()
        let read = try #require(model.primitives[0].mesh.influences.first)
        #expect(read.map(\.weights) == [SIMD4(0.5, 0.5, 0, 0), SIMD4(1, 0, 0, 0), SIMD4(1, 0, 0, 0)])
        #expect(read.map(\.joints) == [SIMD4(1, 2, 0, 0), SIMD4(1, 0, 0, 0), SIMD4(1, 0, 0, 0)])
        #expect(try Model.read(model.glb(), name: "again").primitives[0].mesh == model.primitives[0].mesh)
    }

    @Test("morph targets, attributes of the file's own and matrices survive reading and writing")
    func morphAndCustom() throws {
        var builder = GLTFBuilder.triangle()
        let delta = builder.floats([0, 0, 1, 0, 0, 2, 0, 0, 3])
        let normal = builder.floats([0, 0, 1, 0, 0, 1, 0, 0, 1])
        let heat = builder.floats([0.5, 1, 2], "SCALAR")
        // Each column of a MAT2 of bytes starts at a multiple of 4.
        let matrix = builder.accessor(5121, "MAT2", 3, [1, 2, 0, 0, 3, 4, 0, 0] + [UInt8](repeating: 0, count: 16))
        builder.scene([
            [
                "attributes": ["POSITION": 0, "NORMAL": .int(normal), "_HEAT": .int(heat), "_MATRIX": .int(matrix)],
                "targets": [["POSITION": .int(delta)], ["NORMAL": .int(delta)]],
            ]
        ])
        let model = try builder.model()
        let mesh = model.primitives[0].mesh
        #expect(mesh.morphTargets.map(\.positions) == [[SIMD3(0, 0, 1), SIMD3(0, 0, 2), SIMD3(0, 0, 3)], nil])
        #expect(mesh.customAttributes["_HEAT"] == CustomAttribute(componentCount: 1, values: [0.5, 1, 2]))
        #expect(mesh.customAttributes["_MATRIX"]?.values.prefix(4) == [1, 2, 3, 4])
        #expect(try Model.read(model.glb(), name: "again").primitives[0].mesh == mesh)
    }

    @Test("indices take 16 bits up to 65535 vertices and never the value that restarts a strip")
    func indexWidth() throws {
        for (vertexCount, component) in [(65535, 5123), (65536, 5125)] {
            var mesh = Mesh(positions: (0..<vertexCount).map { SIMD3(Float($0), 0, 0) }, indices: [])
            mesh.indices = (0..<UInt32(vertexCount / 3 * 3)).map { $0 }
            mesh.indices += [0, 1, UInt32(vertexCount - 1)]
            let written = try Model(meshes: [("", mesh)], name: "wide").glb()
            let json = try document(of: written)
            let index = try #require(json["meshes"]?[0]?["primitives"]?[0]?["indices"]?.int)
            #expect(json["accessors"]?[index]?["componentType"]?.int == component)
            #expect(try Model.read(written, name: "again").primitives[0].mesh == mesh)
        }
    }
}
