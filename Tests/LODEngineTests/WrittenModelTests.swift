import LODEngine
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("What is written")
struct WrittenModelTests {
    private let triangle = Mesh(positions: [SIMD3(0, 0, 0), SIMD3(1, 0, 0), SIMD3(0, 1, 0)], indices: [0, 1, 2])

    /// The errors that validation finds in `model` once it is written.
    private func errors(in model: Model) throws -> [Finding] {
        try Model.validate(model.glb(), name: "written").errors
    }

    @Test("a mesh whose arrays do not fit together is refused before anything is written")
    func misfits() throws {
        var cases: [(Mesh, String)] = []
        func add(_ words: String, _ change: (inout Mesh) -> Void) {
            var mesh = triangle
            change(&mesh)
            cases.append((mesh, words))
        }
        add("index 3") { $0.indices = [0, 1, 3] }
        add("multiple of 3") { $0.indices = [0, 1] }
        add("not a number") { $0.positions[1].y = .nan }
        add("not a number") { $0.positions[2].z = .infinity }
        add("2 normals") { $0.normals = [SIMD3(0, 0, 1), SIMD3(0, 0, 1)] }
        for value in [Float.nan, .infinity] {
            add("normals that are no numbers at vertex 1") { $0.normals = [.one, SIMD3(0, value, 0), .one] }
            add("tangents that are no numbers at vertex 2") { $0.tangents = [.one, .one, SIMD4(0, 1, 0, value)] }
        }
        add("4 tangents") { $0.tangents = Array(repeating: SIMD4(1, 0, 0, 1), count: 4) }
        add("1 texture coordinates") { $0.textureCoordinates = [[.zero]] }
        add("0 colours") { $0.colors = [[]] }
        let directory = try TemporaryDirectory()
        let path = directory.path + "/shop.glb"
        for (mesh, words) in cases {
            let model = Model(meshes: [("whole", triangle), ("part", mesh)], name: "shop")
            let error = #expect(throws: LODError.self) { try model.write(to: path) }
            #expect(error?.code == .invalidModel)
            #expect(
                error?.message.hasPrefix("shop: primitive 0 of mesh 1 has ") == true,
                "\(String(describing: error))"
            )
            #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            #expect(try PosixFileSystem().list(directory.path).isEmpty)
        }
        #expect(try errors(in: Model(meshes: [("whole", triangle)], name: "shop")).isEmpty)
    }

    @Test(
        "normals and tangents of any length, or none, are written as unit vectors in their direction",
        arguments: [1e30, 1e-30, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 3, 1, 0] as [Float]
    )
    func directions(length: Float) throws {
        var mesh = triangle
        mesh.normals = [SIMD3(length, 0, 0), SIMD3(-length, length, length), SIMD3(0, 0, -length)]
        mesh.tangents = [SIMD4(0, length, 0, -1), SIMD4(length, -length, 0, length), SIMD4(length, 0, 0, 0)]
        let model = Model(meshes: [("m", mesh)], name: "m")
        #expect(try errors(in: model).isEmpty)
        let written = try Model.read(model.glb(), name: "again").primitives[0].mesh
        let normals = try #require(written.normals)
        let tangents = try #require(written.tangents)
        for normal in normals { #expect(abs((normal * normal).sum() - 1) < 0.003) }
        #expect(tangents.allSatisfy { abs($0.w) == 1 })
        guard length > 0 else { return }
        #expect(normals[0] == SIMD3(1, 0, 0) && normals[2] == SIMD3(0, 0, -1))
        let part = Float(1.0 / 3).squareRoot()
        for (axis, sign) in [Float(-1), 1, 1].enumerated() { #expect(abs(normals[1][axis] - sign * part) < 1e-6) }
        #expect(tangents[0] == SIMD4(0, 1, 0, -1))
    }

    @Test("points whose positions lost their bytes are written as the zeros they were, with what was stated of them")
    func pointsWithoutBytes() throws {
        var builder = GLTFBuilder()
        let positions = builder.accessor(5126, "VEC3", 3, nil, ["min": [-1, -1, 0], "max": [1, 1, 0]])
        builder.scene([["attributes": ["POSITION": .int(positions)], "mode": 0]])
        let model = try Model.read(builder.glb, name: "points.glb")
        #expect(try errors(in: model).isEmpty)
        let accessor = try document(of: model.glb())["accessors"]?.array?.first
        #expect(accessor?["bufferView"] == nil && accessor?["count"]?.int == 3)
    }

    @Test("inverse bind matrices without bytes stay without")
    func matricesWithoutBytes() throws {
        var builder = GLTFBuilder.triangle()
        let joints = builder.accessor(5121, "VEC4", 3, [UInt8](repeating: 0, count: 12))
        let weights = builder.floats([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], "VEC4")
        let matrices = builder.accessor(5126, "MAT4", 1, nil)
        builder.scene([["attributes": ["POSITION": 0, "JOINTS_0": .int(joints), "WEIGHTS_0": .int(weights)]]])
        builder.root["skins"] = [["joints": [1], "inverseBindMatrices": .int(matrices)]]
        builder.root["nodes"] = [["mesh": 0, "skin": 0], [:]]
        builder.root["scenes"] = [["nodes": [0, 1]]]
        let model = try Model.read(builder.glb, name: "skin.glb")
        #expect(try errors(in: model).isEmpty)
        #expect(try errors(in: Model.read(model.glb(), name: "again")).isEmpty)
    }
}
