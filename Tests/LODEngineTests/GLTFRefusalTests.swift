import LODEngine
import Testing

@Suite("glTF that is refused")
struct GLTFRefusalTests {
    /// Sets the member at `path` of a file of one triangle.
    private func file(_ path: [String], _ value: JSONValue?) -> GLTFBuilder {
        var builder = GLTFBuilder.triangle()
        builder.root["buffers"] = [["byteLength": .int(builder.binary.count)]]
        var root = builder.document
        set(path[...], value, in: &root)
        builder.root = root
        builder.views = []
        builder.accessors = []
        return builder
    }

    private func set(_ path: ArraySlice<String>, _ value: JSONValue?, in object: inout JSONObject) {
        guard let key = path.first else { return }
        var member = object[key] ?? [:]
        if path.count == 1 {
            object[key] = value
        } else if case .array(var elements) = member, var element = elements.first?.object {
            set(path.dropFirst(), value, in: &element)
            elements[0] = .object(element)
            object[key] = .array(elements)
        } else if case .object(var inner) = member {
            set(path.dropFirst(), value, in: &inner)
            member = .object(inner)
            object[key] = member
        }
    }

    @Test(
        "a number that cannot be is refused at its place",
        arguments: [
            (["accessors", "count"], 4, "/accessors/0"), (["accessors", "count"], 0, "/accessors/0/count"),
            (["accessors", "count"], -1, "/accessors/0/count"), (["accessors", "count"], 2.5, "/accessors/0/count"),
            (["accessors", "count"], 1e300, "/accessors/0/count"), (["accessors", "count"], "3", "/accessors/0/count"),
            (["accessors", "count"], 9_007_199_254_740_991, "/meshes/0/primitives/0"),
            (["accessors", "byteOffset"], 4, "/accessors/0"),
            (["accessors", "byteOffset"], -4, "/accessors/0/byteOffset"),
            (["accessors", "byteOffset"], 9_007_199_254_740_991, "/accessors/0"),
            (["accessors", "componentType"], 5124, "/accessors/0/componentType"),
            (["accessors", "componentType"], nil, "/accessors/0"),
            (["accessors", "type"], "VEC5", "/accessors/0"), (["accessors", "type"], "VEC2", "/meshes/0"),
            (["accessors", "bufferView"], 1, "/accessors/0/bufferView"),
            (["bufferViews", "byteLength"], 40, "/bufferViews/0"),
            (["bufferViews", "byteLength"], nil, "/bufferViews/0"),
            (["bufferViews", "byteLength"], 35, "/accessors/0"),
            (["bufferViews", "byteOffset"], 9_007_199_254_740_991, "/bufferViews/0"),
            (["bufferViews", "byteStride"], 16, "/accessors/0"), (["bufferViews", "byteStride"], 8, "/accessors/0"),
            (["bufferViews", "byteStride"], 0, "/bufferViews/0/byteStride"),
            (["bufferViews", "buffer"], 1, "/bufferViews/0/buffer"),
            (["bufferViews", "buffer"], nil, "/bufferViews/0"),
            (["buffers", "byteLength"], 1000, "/buffers/0"), (["buffers", "byteLength"], nil, "/buffers/0"),
            (["meshes", "primitives", "attributes", "POSITION"], 1, "/meshes/0/primitives/0/attributes/POSITION"),
            (["meshes", "primitives", "attributes", "POSITION"], 0.5, "/meshes/0/primitives/0/attributes/POSITION"),
            (["meshes", "primitives", "attributes", "NORMAL"], 7, "/meshes/0/primitives/0/attributes/NORMAL"),
            (["meshes", "primitives", "attributes", "TEXCOORD_1"], 0, "/meshes/0/primitives/0/attributes"),
            (["meshes", "primitives", "attributes", "TEXCOORD_0"], 0, "/meshes/0/primitives/0/attributes/TEXCOORD_0"),
            (["meshes", "primitives", "attributes", "JOINTS_0"], 0, "/meshes/0/primitives/0/attributes"),
            (["meshes", "primitives", "indices"], 0, "/accessors/0"),
            (["meshes", "primitives", "material"], 0, "/meshes/0/primitives/0/material"),
            (["meshes", "primitives", "mode"], 7, "/meshes/0/primitives/0/mode"),
            (["meshes", "primitives"], [], "/meshes/0"), (["meshes"], 3, "/meshes"), (["nodes"], [1], "/nodes/0"),
            (["scene"], 1, "/scene"), (["scene"], -1, "/scene"),
        ] as [([String], JSONValue?, String)]
    )
    func numbers(path: [String], value: JSONValue?, pointer: String) {
        let error = #expect(throws: LODError.self) { try file(path, value).model() }
        #expect(error?.code == .invalidModel || error?.code == .limitExceeded)
        #expect(error?.message.hasPrefix("built.glb: \(pointer)") == true, "\(String(describing: error))")
        #expect(error?.message.contains("expected") == true)
    }

    @Test("positions that are not finite are refused", arguments: [Float.nan, .infinity, -.infinity])
    func notFinite(number: Float) {
        var builder = GLTFBuilder()
        _ = builder.floats([0, 0, 0, 1, number, 0, 0, 1, 0])
        builder.scene([["attributes": ["POSITION": 0]]])
        let error = #expect(throws: LODError.self) { try builder.model() }
        #expect(error?.code == .invalidModel)
        #expect(error?.pointer == "/accessors/0")
        #expect(error?.message.contains("): expected finite numbers") == true)
    }

    @Test("indices beyond the vertices, and those that restart strips, are refused")
    func indices() throws {
        var beyond = GLTFBuilder.triangle()
        let index = beyond.indices([0, 1, 3])
        beyond.scene([["attributes": ["POSITION": 0], "indices": .int(index)]])
        let error = #expect(throws: LODError.self) { try beyond.model() }
        #expect(error?.pointer == "/accessors/1")
        #expect(error?.message.contains("): expected indices below the 3 vertices") == true)

        var restart = GLTFBuilder()
        _ = restart.floats([Float](repeating: 0, count: 256 * 3))
        let bytes = restart.accessor(5121, "SCALAR", 3, [0, 1, 255])
        restart.scene([["attributes": ["POSITION": 0], "indices": .int(bytes)]])
        #expect(throws: LODError.self) { try restart.model() }
    }

    @Test(
        "an extension that is required and unknown is refused by name, one that is only used is not",
        arguments: ["KHR_draco_mesh_compression", "EXT_mesh_gpu_instancing", "VENDOR_unheard_of"]
    )
    func extensions(name: String) throws {
        var builder = GLTFBuilder.triangle()
        builder.root["extensionsUsed"] = [.string(name)]
        #expect(try builder.model().triangleCount == 1)
        builder.root["extensionsRequired"] = [.string(name)]
        let error = #expect(throws: LODError.self) { try builder.model() }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains(name) == true)
    }

    @Test(
        "other versions of glTF are refused",
        arguments: [["version": "1.0"], ["version": "3.0"], ["version": "2.1", "minVersion": "2.1"]] as [JSONValue]
    )
    func versions(asset: JSONValue) throws {
        var builder = GLTFBuilder.triangle()
        builder.root["asset"] = asset
        let error = #expect(throws: LODError.self) { try builder.model() }
        #expect(error?.code == .unsupported)
        builder.root["asset"] = ["version": "2.1", "minVersion": "2.0"]
        #expect(try builder.model().triangleCount == 1)
    }

    @Test("each limit refuses what exceeds it, and zeros that no byte stands for count")
    func limits() throws {
        var zeros = GLTFBuilder()
        let position = zeros.accessor(5126, "VEC3", 300_000, nil)
        zeros.scene([["attributes": ["POSITION": .int(position)]]])
        var cases: [(GLTFBuilder, WritableKeyPath<ReadLimits, Int>, Int)] = [
            (zeros, \.decompressedBytesMax, 3_599_999), (zeros, \.verticesMax, 299_999),
            (zeros, \.trianglesMax, 99_999), (GLTFBuilder.triangle(), \.jsonBytesMax, 100),
            (GLTFBuilder.triangle(), \.fileBytesMax, 100), (GLTFBuilder.triangle(), \.trianglesMax, 0),
        ]
        var huge = GLTFBuilder()
        let many = huge.accessor(5126, "VEC3", 4_000_000_000_000_000, nil)
        huge.scene([["attributes": ["POSITION": .int(many)]]])
        cases.append((huge, \.fileBytesMax, 1 << 32))
        for (builder, limit, value) in cases {
            var limits = ReadLimits()
            limits[keyPath: limit] = value
            let error = #expect(throws: LODError.self) { try builder.model(limits: limits) }
            #expect(error?.code == .limitExceeded, "\(String(describing: error))")
        }
    }

    @Test(
        "a broken container is refused at its byte",
        arguments: [
            (4, [1], LODError.Code.unsupported, "byte 4"), (8, [0], .invalidModel, "byte 12"),
            (12, [1], .invalidModel, "byte 12"), (15, [0x7F], .invalidModel, "byte 12"),
            (16, [0x4B], .invalidModel, "byte 16"),
        ] as [(Int, [UInt8], LODError.Code, String)]
    )
    func container(offset: Int, bytes: [UInt8], code: LODError.Code, place: String) {
        var glb = GLTFBuilder.triangle().glb
        glb.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        let error = #expect(throws: LODError.self) { try Model.read(glb, name: "broken.glb") }
        #expect(error?.code == code)
        #expect(error?.message.hasPrefix("broken.glb: GLB_") == true, "\(String(describing: error))")
        #expect(error?.message.contains(" at \(place): expected ") == true, "\(String(describing: error))")
    }

    @Test("what is no model at all is told apart from a broken one")
    func notAModel() {
        for bytes in [[], Array("hello".utf8), [0, 1, 2, 3]] as [[UInt8]] {
            let error = #expect(throws: LODError.self) { try Model.read(bytes, name: "photo.jpg") }
            #expect(error?.code == .notAModel)
        }
        let error = #expect(throws: LODError.self) { try Model.read(Array("{\"a\": }".utf8), name: "x.gltf") }
        #expect(error?.code == .invalidModel)
        #expect(error?.message == "x.gltf: INVALID_JSON at byte 6: expected a value")
    }

    @Test("every truncation is refused, and every flipped bit gives a model or an error")
    func damage() throws {
        var builder = GLTFBuilder.triangle()
        let index = builder.indices([0, 1, 2])
        let uv = builder.accessor(5121, "VEC2", 3, [0, 0, 255, 0, 0, 255], ["normalized": true])
        let sparse = builder.view([1])
        let values = builder.view(bytes(of: [2, 2, 2]))
        let moved = builder.accessor(
            5126,
            "VEC3",
            3,
            nil,
            [
                "sparse": [
                    "count": 1, "indices": ["bufferView": .int(sparse), "componentType": 5121],
                    "values": ["bufferView": .int(values)],
                ]
            ]
        )
        builder.scene([
            [
                "attributes": ["POSITION": 0, "TEXCOORD_0": .int(uv)], "indices": .int(index),
                "targets": [["POSITION": .int(moved)]],
            ]
        ])
        let glb = builder.glb
        #expect(try Model.read(glb, name: "whole", limits: ReadLimits(), validates: false).triangleCount == 1)
        for length in 0..<glb.count {
            #expect(throws: LODError.self) {
                try Model.read(Array(glb[..<length]), name: "cut", limits: ReadLimits(), validates: false)
            }
        }
        var limits = ReadLimits()
        limits.decompressedBytesMax = 1 << 20
        limits.verticesMax = 1 << 16
        limits.trianglesMax = 1 << 16
        for bit in 0..<glb.count * 8 {
            var damaged = glb
            damaged[bit / 8] ^= 1 << (bit % 8)
            guard let model = try? Model.read(damaged, name: "flipped", limits: limits, validates: false) else {
                continue
            }
            // Whatever was read can be written, and what was written can be read.
            let again = try Model.read(model.glb(), name: "again", limits: limits, validates: false)
            // A mesh that lost its triangles is written with a flat one.
            guard model.primitives.allSatisfy({ $0.mesh.triangleCount > 0 }) else { continue }
            #expect(again.primitives.map(\.mesh) == model.primitives.map(\.mesh), "bit \(bit)")
        }
    }
}
