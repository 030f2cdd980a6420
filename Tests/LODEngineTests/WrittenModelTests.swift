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
}
