import LODEngine
import Testing
import VitrineTestSupport

@Suite("Simplifier: whatever comes")
struct SimplifierRobustnessTests {
    @Test("random soups never trap and never come out invalid", arguments: 0..<24)
    func soups(number: Int) throws {
        var random = SeededGenerator(seed: 0xC0_11A9 + UInt64(number))
        var meshes: [Mesh] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) { meshes.append(RandomMeshes.soup(&random)) }
        let ratio = Double.random(in: 0...1, using: &random)
        var options = SimplificationOptions()
        options.relaxesTopology = Bool.random(using: &random)
        options.relaxesFolds = Bool.random(using: &random)
        let result = try Simplifier.simplify(meshes, to: .ratio(ratio), options: options)
        #expect(result.meshes.count == meshes.count, "seed \(random.seed)")
        for (mesh, original) in zip(result.meshes, meshes) {
            try mesh.check()
            #expect(mesh.indices.isEmpty == original.indices.isEmpty, "seed \(random.seed)")
            #expect(mesh.triangleCount <= original.triangleCount, "seed \(random.seed)")
            #expect(mesh.normals?.allSatisfy { $0.x.isFinite } ?? true, "seed \(random.seed)")
        }
        let proper = meshes.contains { MeshFacts([$0]).degenerateCount < $0.triangleCount }
        if proper, ratio < 1 {
            let facts = MeshFacts(result.meshes)
            #expect(facts.degenerateCount <= meshes.count, "seed \(random.seed)")
        }
        #expect(try #require(result.error).isFinite, "seed \(random.seed)")
    }

    @Test("attributes that are no numbers are refused by name, and a repair makes them fit")
    func notANumber() throws {
        var grid = MeshShapes.grid(8)
        grid.textureCoordinates[0] = grid.positions.map { $0.x > 0.5 ? SIMD2(.nan, -.infinity) : SIMD2($0.x, $0.y) }
        let error = #expect(throws: LODError.self) { try Simplifier.simplify([grid], to: .ratio(0.2)) }
        #expect(error?.code == .invalidModel)
        #expect(error?.message.contains("texture coordinates that are no numbers at vertex 5") == true)
        try grid.repair()
        let result = try Simplifier.simplify([grid], to: .ratio(0.2), options: .unmeasured)
        #expect(result.triangleCount <= 26)
    }

    @Test("what costs no number, from attributes that overflow, collapses last")
    func overflow() throws {
        var grid = MeshShapes.grid(16)
        // Numbers, but their differences are none, on a quarter of the surface.
        grid.textureCoordinates[0] = grid.positions.enumerated().map { vertex, p in
            p.x < 0.49 && p.y < 0.49 ? SIMD2(vertex % 2 == 0 ? 3e38 : -3e38, 0) : SIMD2(p.x, p.y)
        }
        let isInside: (SIMD3<Float>) -> Bool = { $0.x < 0.45 && $0.y < 0.45 }
        let before = grid.keeping(where: isInside).triangleCount
        let result = try Simplifier.simplify([grid], to: .ratio(0.6), options: .unmeasured)
        #expect(result.triangleCount <= 307)
        #expect(result.meshes[0].keeping(where: isInside).triangleCount >= before * 9 / 10)
        #expect(try Simplifier.simplify([grid], to: .ratio(0.1), options: .unmeasured).triangleCount <= 60)
    }

    @Test("meshes that are hardly any come through")
    func smallest() throws {
        let point = SIMD3<Float>(1, 2, 3)
        let one = Mesh(positions: [[0, 0, 0], [1, 0, 0], [0, 1, 0]], indices: [0, 1, 2])
        let collapsed = Mesh(positions: [point, point, point], indices: [0, 1, 2, 2, 1, 0])
        let line = Mesh(positions: [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]], indices: [0, 1, 2, 1, 3, 2])
        let empty = Mesh(positions: [], indices: [])
        let unused = Mesh(positions: [point], indices: [])
        for mesh in [one, collapsed, line] {
            let result = try Simplifier.simplify([mesh], to: .triangles(0))
            #expect(result.triangleCount == 1)
            try result.meshes[0].check()
        }
        let result = try Simplifier.simplify([one, empty, collapsed, unused, line], to: .ratio(0.1))
        #expect(result.meshes.map { $0.indices.isEmpty } == [false, true, false, true, false])
        #expect(try Simplifier.simplify([Mesh](), to: .ratio(0.5)).meshes.isEmpty)
    }

    @Test("duplicate faces, fins and bow ties are simplified, not refused")
    func nonManifold() throws {
        let grid = MeshShapes.grid(10)
        var doubled = grid
        for triangle in stride(from: 0, to: grid.indices.count, by: 3) {
            doubled.indices += [grid.indices[triangle], grid.indices[triangle + 2], grid.indices[triangle + 1]]
        }
        let both = try Simplifier.simplify([doubled], to: .ratio(0.1))
        #expect(both.triangleCount <= 40)
        #expect(try #require(both.error) < 1e-3)

        // A second sheet that stands upright on the first one's diagonal of symmetry.
        var fin = grid
        let first = UInt32(fin.positions.count)
        fin.positions += grid.positions.map { SIMD3($0.x, 0.5, $0.y) }
        fin.textureCoordinates[0] += grid.textureCoordinates[0]
        fin.indices += grid.indices.map { $0 + first }
        let result = try Simplifier.simplify([fin], to: .ratio(0.1))
        #expect(result.triangleCount <= 40)
        let facts = MeshFacts(result.meshes)
        let along = facts.edgeUse.filter { $0.value > 2 }.reduce(0) { $0 + length($1.key.a - $1.key.b) }
        #expect(abs(along - 1) < 0.02, "the line where three sheets meet is still there")
    }

    @Test("sizes from the tiny to the huge give the same triangles", arguments: [Float(1e-12), 1e-3, 1e6, 1e15])
    func sizes(scale: Float) throws {
        var sphere = MeshShapes.sphere(8)
        sphere.positions = sphere.positions.map { $0 * scale }
        let result = try Simplifier.simplify([sphere], to: .ratio(0.3))
        #expect(result.triangleCount <= 77)
        let error = try #require(result.error) / scale
        #expect(error > 0.01 && error < 0.3)
    }

    @Test("a mesh that contradicts itself is refused with what and where")
    func contradictions() {
        var outOfRange = MeshShapes.grid(2)
        outOfRange.indices[7] = 99
        var missing = MeshShapes.grid(2)
        missing.textureCoordinates[0].removeLast()
        var infinite = MeshShapes.grid(2)
        infinite.positions[3].y = .infinity
        var cut = MeshShapes.grid(2)
        cut.indices.removeLast()
        for (mesh, words) in [
            (outOfRange, "index 99 at 7"), (missing, "8 texture coordinates for 9"), (infinite, "vertex 3"),
            (cut, "multiple of 3"),
        ] {
            let error = #expect(throws: LODError.self) { try Simplifier.simplify([mesh], to: .ratio(0.5)) }
            #expect(error?.code == .invalidModel)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "no error")")
        }
        let grid = MeshShapes.grid(2)
        #expect(throws: LODError.self) { try Simplifier.simplify([grid], to: .ratio(.nan)) }
        #expect(throws: LODError.self) { try Simplifier.simplify([grid], to: .error(-1)) }
        #expect(throws: LODError.self) { try Simplifier.simplify([ScenePart(mesh: grid, scale: 0)], to: .ratio(1)) }
    }
}
