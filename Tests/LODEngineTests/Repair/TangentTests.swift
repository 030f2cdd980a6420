import LODEngine
import Testing
import VitrineTestSupport

@Suite("Repair: tangents")
struct TangentTests {
    private func tangents(of mesh: Mesh) throws -> (mesh: Mesh, tangents: [SIMD4<Float>]) {
        var mesh = mesh
        var options = RepairOptions()
        options.tangents = .always
        options.dropsDegenerateTriangles = false
        try mesh.repair(options)
        return (mesh, try #require(mesh.tangents))
    }

    @Test("tangents are those of another implementation of Mikkelsen's algorithm, corner by corner")
    func agreesWithBlender() throws {
        var mesh = Mesh(positions: TangentFixture.positions, indices: TangentFixture.indices)
        mesh.normals = TangentFixture.normals
        mesh.textureCoordinates = [TangentFixture.textureCoordinates]
        let (repaired, tangents) = try tangents(of: mesh)
        #expect(repaired.indices.count == TangentFixture.indices.count)
        var off: Float = 0
        var compared = 0
        for corner in repaired.indices.indices {
            let (own, other) = (tangents[Int(repaired.indices[corner])], TangentFixture.tangents[corner])
            // What Blender gives a corner that no texture reaches; ours are at right angles to the normal there.
            guard other != SIMD4(1, 0, 0, -1) else { continue }
            compared += 1
            // In glTF texture coordinates run downwards, and the sign with them.
            #expect(own.w == -other.w, "corner \(corner)")
            off = max(off, length(SIMD3(own.x - other.x, own.y - other.y, own.z - other.z)))
        }
        #expect(off < 2e-5)
        #expect(compared == 77)
    }

    @Test("vertices are split where the handedness of the texture changes, and nowhere else")
    func splitsMirrors() throws {
        // Texture coordinates run to the middle and back again over shared vertices.
        var mesh = MeshShapes.grid(8)
        mesh.normals = mesh.positions.map { _ in SIMD3(0, 0, 1) }
        mesh.textureCoordinates = [mesh.positions.map { SIMD2(abs($0.x - 0.5), $0.y) }]
        let (repaired, tangents) = try tangents(of: mesh)
        #expect(repaired.vertexCount == mesh.vertexCount + 9, "the middle line has both sides")
        for (first, (a, b, c)) in zip(stride(from: 0, to: repaired.indices.count, by: 3), repaired.triangles) {
            let isLeft = (a.x + b.x + c.x) / 3 < 0.5
            for k in 0..<3 {
                let tangent = tangents[Int(repaired.indices[first + k])]
                #expect(abs(tangent.x - (isLeft ? -1 : 1)) < 1e-6 && tangent.w == (isLeft ? 1 : -1))
            }
        }
    }

    @Test("texture coordinates that are no numbers, or without area, give unit tangents at right angles all the same")
    func survivesNonsense() throws {
        for coordinate in [SIMD2<Float>(.nan, .infinity), .zero, SIMD2(3e38, -3e38), SIMD2(1e-38, 0)] {
            var mesh = MeshShapes.sphere(6)
            mesh.textureCoordinates[0] = mesh.textureCoordinates[0].enumerated().map { $0 % 3 == 0 ? coordinate : $1 }
            let (repaired, tangents) = try tangents(of: mesh)
            try repaired.check()
            for (tangent, normal) in zip(tangents, repaired.normals ?? []) {
                let direction = SIMD3(tangent.x, tangent.y, tangent.z)
                #expect(abs(length(direction) - 1) < 1e-4 && abs(dot(direction, normal)) < 1e-3)
                #expect(abs(tangent.w) == 1)
            }
        }
    }

    @Test("tangents run along those that a file has", .enabled(if: SharedAssets.directory != nil))
    func agreesWithAssets() throws {
        let model = try Model.read(contentsOf: (SharedAssets.directory ?? "") + "/models/school_backpack.glb")
        let mesh = model.primitives[4].mesh
        let given = try #require(mesh.tangents)
        let (repaired, tangents) = try tangents(of: mesh)
        var near = 0
        for (corner, index) in repaired.indices.enumerated() {
            let (own, other) = (tangents[Int(index)], given[Int(mesh.indices[corner])])
            // Directions only: the signs of this file are for a green channel that runs downwards.
            if length(SIMD3(own.x - other.x, own.y - other.y, own.z - other.z)) < 0.05 { near += 1 }
        }
        #expect(near > repaired.indices.count * 98 / 100, "\(near) of \(repaired.indices.count)")
    }

    @Test(
        "a model's tangents are made where a material has a normal map, and follow its texture coordinates",
        .enabled(if: SharedAssets.directory != nil)
    )
    func onlyWhereNeeded() throws {
        let directory = SharedAssets.directory ?? ""
        var model = try Model.read(contentsOf: directory + "/models/DamagedHelmet.glb")
        let report = try model.repair()
        #expect(report.generatedTangents == model.primitives[0].mesh.vertexCount)
        var fox = try Model.read(contentsOf: directory + "/models/Fox.glb")
        #expect(try fox.repair().generatedTangents == 0)
        #expect(fox.primitives[0].mesh.tangents == nil && fox.primitives[0].mesh.normals != nil)
    }
}
