internal import LODEngine
internal import Testing
internal import VitrineIO
internal import VitrineTestSupport

@Suite("OBJ, PLY and STL files of others", .enabled(if: SharedAssets.directory != nil))
struct FlatAssetsTests {
    private func read(_ path: String) throws -> FlatScene {
        let bytes = try PosixFileSystem().contents(
            of: (SharedAssets.directory ?? "") + "/" + path,
            byteCountMax: 1 << 26
        )
        let detected = FlatFormat.detect(bytes.span, name: path)
        let format = try #require(detected)
        return try format.read(bytes.span, name: path)
    }

    @Test(
        "models are read whole",
        arguments: [
            ("models/boot.obj", 39906, 19931), ("models/boat.obj", 32416, 16665),
            ("models/nefertiti.ply", 70000, 35002),
            ("models/cycloidal.ply", 43368, 21384), ("robustness/trimesh/two_objects.obj", 16, 12),
            ("robustness/trimesh/polygonfaces.obj", 3, 5), ("robustness/trimesh/negative_indices.obj", 12, 24),
            ("robustness/trimesh/joined_tetrahedra.obj", 8, 18),
        ]
    )
    func readsModels(_ path: String, triangles: Int, vertices: Int) throws {
        let scene = try read(path)
        #expect(scene.meshes.reduce(0) { $0 + $1.mesh.triangleCount } == triangles)
        #expect(scene.meshes.reduce(0) { $0 + $1.mesh.vertexCount } == vertices)
    }

    @Test("an STL file of 7436 triangles is welded")
    func readsSTL() throws {
        let mesh = try #require(try read("models/ADIS16480.stl").meshes.first).mesh
        #expect(mesh.triangleCount == 7436)
        #expect(mesh.vertexCount < 7436)
    }

    @Test(
        "files without triangles give a typed error",
        arguments: ["empty.obj", "empty.ply", "points_bin.ply"]
    )
    func refusesEmpty(_ name: String) {
        #expect(throws: LODError.self) { _ = try read("robustness/trimesh/" + name) }
    }
}
