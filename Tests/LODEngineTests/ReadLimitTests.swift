internal import Glibc
internal import LODEngine
internal import Testing
internal import VitrineIO
internal import VitrineTestSupport

@Suite("What a small file may ask for")
struct ReadLimitTests {
    private func code(_ builder: GLTFBuilder, _ change: (inout ReadLimits) -> Void) -> LODError.Code? {
        var limits = ReadLimits()
        change(&limits)
        return #expect(throws: LODError.self) { try builder.model(limits: limits) }?.code
    }

    @Test("many attributes over one accessor count with the memory that each takes")
    func attributes() throws {
        var builder = GLTFBuilder.triangle()
        let coordinates = builder.floats([0, 0, 1, 0, 0, 1], "VEC2")
        let sets = (0..<50).map { ("TEXCOORD_\($0)", JSONValue.int(coordinates)) }
        var attributes: JSONObject = ["POSITION": 0]
        for (name, accessor) in sets { attributes[name] = accessor }
        builder.scene([["attributes": .object(attributes)]])
        #expect(try builder.model().primitives[0].mesh.textureCoordinates.count == 50)
        // 16 bytes for a position and 8 for each pair of coordinates, of three vertices.
        #expect(code(builder) { $0.vertexBytesMax = 3 * (16 + 50 * 8) - 1 } == .limitExceeded)
        var limits = ReadLimits()
        limits.vertexBytesMax = 3 * (16 + 50 * 8)
        #expect(throws: Never.self) { try builder.model(limits: limits) }
    }

    @Test("morph targets over one accessor count too")
    func targets() {
        var builder = GLTFBuilder.triangle()
        builder.scene([
            ["attributes": ["POSITION": 0], "targets": .array([JSONValue](repeating: ["POSITION": 0], count: 100))]
        ])
        #expect(code(builder) { $0.vertexBytesMax = 3 * 16 * 100 } == .limitExceeded)
    }

    @Test("a strip without area counts as long as it is, for each primitive that names it")
    func strips() {
        var builder = GLTFBuilder.triangle()
        let strip = builder.indices([UInt16](repeating: 0, count: 1_002))
        let primitive: JSONValue = ["attributes": ["POSITION": 0], "indices": .int(strip), "mode": 5]
        builder.scene([JSONValue](repeating: primitive, count: 20))
        #expect(code(builder) { $0.trianglesMax = 19_999 } == .limitExceeded)
    }

    @Test("extensions with twenty thousand members are read and written in time")
    func members() throws {
        var builder = GLTFBuilder.triangle()
        let members = (0..<20_000).map { #""\#($0)":{"bufferView":0}"# }.joined(separator: ",")
        let text =
            #"{"asset":{"version":"2.0"},"extensionsUsed":["A"],"extensions":{"A":{\#(members)}},"#
            + #""buffers":[{"byteLength":36}],"bufferViews":[{"buffer":0,"byteLength":36}]}"#
        builder.root = [:]
        let start = ThreadTime.seconds
        let model = try Model.read(GLTFBuilder.glb(Array(text.utf8), builder.binary), name: "members.glb")
        #expect(try model.glb().count > text.utf8.count - 200)
        #expect(ThreadTime.seconds - start < 20)
    }

    @Test("nodes beyond counting that show a mesh of many primitives are gone through once each")
    func placements() throws {
        // 20,000 nodes of one mesh with 2,000 primitives: 40 million placements, which are too many.
        let primitives = [String](repeating: #"{"attributes":{"POSITION":0}}"#, count: 2_000).joined(separator: ",")
        let nodes = [String](repeating: #"{"mesh":0}"#, count: 20_000).joined(separator: ",")
        let text =
            #"{"asset":{"version":"2.0"},"meshes":[{"primitives":[\#(primitives)]}],"nodes":[\#(nodes)],"#
            + #""buffers":[{"byteLength":36}],"bufferViews":[{"buffer":0,"byteLength":36}],"accessors":[{"bufferView":0,"#
            + #""componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],"max":[1,1,0]}]}"#
        let start = ThreadTime.seconds
        let error = #expect(throws: LODError.self) {
            try Model.read(GLTFBuilder.glb(Array(text.utf8), GLTFBuilder.triangle().binary), name: "nodes.glb")
        }
        #expect(error?.code == .limitExceeded)
        #expect(ThreadTime.seconds - start < 20)
    }

    @Test("twenty thousand placements of a small mesh are read, and their bounds known, in time")
    func instances() throws {
        let nodes = (0..<20_000).map { #"{"mesh":0,"translation":[\#($0),0,0]}"# }.joined(separator: ",")
        let text =
            #"{"asset":{"version":"2.0"},"meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],"#
            + #""nodes":[\#(nodes)],"buffers":[{"byteLength":36}],"bufferViews":[{"buffer":0,"byteLength":36}],"#
            + #""accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],"max":[1,1,0]}]}"#
        let start = ThreadTime.seconds
        let model = try Model.read(GLTFBuilder.glb(Array(text.utf8), GLTFBuilder.triangle().binary), name: "nodes.glb")
        #expect(model.instances.count == 20_000)
        #expect(model.bounds?.max.x == 20_000)
        #expect(ThreadTime.seconds - start < 20)
    }

    @Test("nodes whose transforms together exceed what a float holds are refused at the node")
    func transforms() {
        var builder = GLTFBuilder.triangle()
        builder.root["nodes"] = [
            ["scale": [1e30, 1e30, 1e30], "children": [1]], ["scale": [1e30, 1, 1], "mesh": 0],
        ]
        let error = #expect(throws: LODError.self) { try builder.model() }
        #expect(error?.code == .invalidModel)
        #expect(error?.pointer == "/nodes/1")
    }

    @Test("what an OBJ names is bounded, and a name that holds a NUL is not followed")
    func libraries() throws {
        let directory = try TemporaryDirectory()
        let disk = PosixFileSystem()
        let path = directory.path + "/a.obj"
        let triangle = "v 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl red\nf 1 2 3\n"
        try disk.replaceFile(at: directory.path + "/a.mtl", with: Array("newmtl red\nKd 1 0 0\n".utf8).span)
        func color(_ names: String, bytesMax: Int = 1_000) throws -> SIMD4<Float>? {
            try disk.replaceFile(at: path, with: Array((names + triangle).utf8).span)
            var limits = ReadLimits()
            limits.jsonBytesMax = bytesMax
            return try Model.read(contentsOf: path, limits: limits).materials.first?.baseColorFactor
        }
        #expect(try color("mtllib a.mtl\n") == SIMD4(1, 0, 0, 1))
        #expect(try color("mtllib a.mtl\0b\n") == SIMD4(1, 1, 1, 1))
        #expect(try color(String(repeating: "mtllib a.mtl\n", count: 1_000)) == SIMD4(1, 0, 0, 1))
        let error = #expect(throws: LODError.self) { try color("mtllib a.mtl\nmtllib ./a.mtl\n", bytesMax: 30) }
        #expect(error?.code == .limitExceeded)
        #expect(error?.file == path)
    }

    @Test("a buffer that may not be followed is a fault where it is used, and an image by HTTP stays a name")
    func unused() throws {
        var builder = GLTFBuilder.triangle()
        builder.root["buffers"] = [
            ["byteLength": .int(builder.binary.count)], ["byteLength": 4, "uri": "http://example.com/a.bin"],
        ]
        builder.root["images"] = [["uri": "https://example.com/a.png"]]
        let model = try builder.model()
        let written = try document(of: model.glb())
        #expect(written["images"]?[0]?["uri"]?.string == "https://example.com/a.png")
        #expect(written["buffers"]?.array?.count == 1)
        #expect(try Model.read(model.glb(), name: "again").triangleCount == 1)
    }
}

/// The processor's time that this thread has had: what others do on the machine does not count.
private enum ThreadTime {
    static var seconds: Double {
        var time = timespec()
        // The structure is this function's own.
        precondition(unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
