import LODEngine
import Testing

@Suite("Simplifier: shape")
struct SimplifierTests {
    @Test("a flat grid collapses to next to nothing without error")
    func flatGrid() throws {
        let result = try Simplifier.simplify([MeshShapes.grid(12)], to: .triangles(2))
        #expect(result.originalTriangleCount == 288)
        #expect(result.triangleCount == 2)
        let error = try #require(result.error)
        #expect(error < 1e-3)
        let facts = MeshFacts(result.meshes)
        #expect(abs(facts.borderLength - 4) < 0.01)
    }

    @Test("a cube with hard edges collapses to its twelve triangles")
    func cube() throws {
        let result = try Simplifier.simplify([MeshShapes.cube(6)], to: .triangles(12))
        #expect(result.triangleCount == 12)
        let facts = MeshFacts(result.meshes)
        #expect(facts.borderCount == 0)
        #expect(abs(facts.volume - 1) < 0.01)
        let normals = try #require(result.meshes[0].normals)
        for normal in normals {
            #expect(abs(length(normal) - 1) < 1e-3)
            #expect(normal.max() > 0.99 || normal.min() < -0.99, "a normal of a side stays the side's: \(normal)")
        }
    }

    @Test("no hairline opens where only some of a vertex's sides change", arguments: [0.9, 0.7, 0.5, 0.3])
    func hairlines(ratio: Double) throws {
        // Each face has its own sides at every vertex, and no position comes back as it was from the scene's units.
        var cube = MeshShapes.cube(7)
        cube.positions = cube.positions.map { $0 * SIMD3(0.37, 1.13, 0.71) + SIMD3(12.3, -4.7, 101.9) }
        let sphere = MeshShapes.sphere(9)
        var faceted = Mesh(positions: sphere.indices.map { sphere.positions[Int($0)] + 33.3 }, indices: [])
        faceted.indices = Array(0..<UInt32(faceted.positions.count))
        faceted.normals = faceted.triangles.flatMap { a, b, c in
            let normal = cross(b - a, c - a)
            return [SIMD3<Float>](repeating: normal / max(length(normal), 1e-9), count: 3)
        }
        for mesh in [cube, faceted] {
            let result = try Simplifier.simplify([mesh], to: .ratio(ratio), options: .unmeasured)
            let facts = MeshFacts(result.meshes)
            #expect(facts.borderCount == 0 && facts.branchCount == 0)
        }
    }

    @Test("what is closed stays closed and manifold", arguments: [0.5, 0.2, 0.05])
    func closed(ratio: Double) throws {
        for shape in [MeshShapes.sphere(10), MeshShapes.torus(10)] {
            let result = try Simplifier.simplify([shape], to: .ratio(ratio), options: .unmeasured)
            let facts = MeshFacts(result.meshes)
            #expect(facts.borderCount == 0)
            #expect(facts.branchCount == 0)
            #expect(facts.degenerateCount == 0)
            #expect(facts.volume > (ratio < 0.1 ? 0.35 : 0.8) * MeshFacts([shape]).volume)
            #expect(result.triangleCount <= Int((Double(result.originalTriangleCount) * ratio).rounded()))
            #expect(result.triangleCount + 2 >= Int((Double(result.originalTriangleCount) * ratio).rounded()))
        }
    }

    @Test("the torus keeps its hole however small the budget")
    func torusKeepsItsHole() throws {
        let result = try Simplifier.simplify([MeshShapes.torus(12)], to: .triangles(0), options: .unmeasured)
        let facts = MeshFacts(result.meshes)
        let places = Set(result.meshes[0].positions)
        #expect(places.count - facts.edgeUse.count + result.triangleCount == 0, "the Euler characteristic of a torus")
        #expect(facts.borderCount == 0)
        #expect(result.triangleCount <= 40)
    }

    @Test("open borders keep their length and their place")
    func openBorder() throws {
        let hills = MeshShapes.grid(18) { x, y in 0.1 * x * y * (1 - x) * (1 - y) * 16 }
        let result = try Simplifier.simplify([hills], to: .ratio(0.1), options: .unmeasured)
        let facts = MeshFacts(result.meshes)
        #expect(abs(facts.borderLength - 4) < 0.04)
        for edge in facts.edgeUse where edge.value == 1 {
            for point in [edge.key.a, edge.key.b] {
                let inset = min(point.x, point.y, 1 - point.x, 1 - point.y)
                #expect(abs(inset) < 2e-3, "a border vertex is on the border: \(point)")
            }
        }
    }

    @Test("no triangle faces against the surface it stands for")
    func noFlips() throws {
        let result = try Simplifier.simplify([MeshShapes.sphere(12)], to: .ratio(0.1), options: .unmeasured)
        for (a, b, c) in result.meshes[0].triangles {
            #expect(dot(cross(b - a, c - a), a + b + c) > 0)
        }
        let hills = MeshShapes.grid(20) { x, y in 0.05 * (6 * x - 3) * (5 * y - 2) * x }
        for (a, b, c) in try Simplifier.simplify([hills], to: .ratio(0.1), options: .unmeasured).meshes[0].triangles {
            #expect(cross(b - a, c - a).z > 0)
        }
    }

    @Test("a material border between two meshes stays shut")
    func materialBorder() throws {
        let whole = MeshShapes.sphere(12)
        let parts = [whole.keeping { $0.z > 0.2 }, whole.keeping { $0.z <= 0.2 }]
        let result = try Simplifier.simplify(parts, to: .ratio(0.15), options: .unmeasured)
        let facts = MeshFacts(result.meshes)
        #expect(facts.borderCount == 0)
        #expect(facts.branchCount == 0)
        for point in result.meshes[0].positions { #expect(point.z > 0.1, "the upper part ends where it ended") }
    }

    @Test("meshes of other frames are not sewn together")
    func frames() throws {
        let grid = MeshShapes.grid(6)
        let parts = [ScenePart(mesh: grid, frame: 0), ScenePart(mesh: grid, frame: 1)]
        let result = try Simplifier.simplify(parts, to: .triangles(4))
        #expect(result.meshes.map(\.triangleCount) == [2, 2])
    }

    @Test("one budget goes where the error is, and small parts keep their floor")
    func sceneBudget() throws {
        let rough = MeshShapes.sphere(12)
        let flat = MeshShapes.grid(20)
        let small = MeshShapes.cube(2)
        let result = try Simplifier.simplify(
            [ScenePart(mesh: rough), ScenePart(mesh: flat, frame: 1), ScenePart(mesh: small, frame: 2, scale: 0.01)],
            to: .ratio(0.2)
        )
        let total = rough.triangleCount + flat.triangleCount + small.triangleCount
        #expect(result.triangleCount <= Int((Double(total) * 0.2).rounded()))
        let shares = zip(result.meshes, [rough, flat, small]).map {
            Double($0.triangleCount) / Double($1.triangleCount)
        }
        #expect(shares[0] > shares[1], "the sphere needs its triangles more than the plane: \(shares)")
        #expect(shares[2] > 0.04, "a hundredth of the size, and still there: \(shares)")
    }

    @Test("a part of a millionth of the scene keeps its shape and its border", arguments: [Float(1e-4), 1e-6])
    func tinyPart(scale: Float) throws {
        let ball = MeshShapes.sphere(16)
        let hills = MeshShapes.grid(16) { x, y in 0.2 * x * (1 - x) * y }
        let parts = [
            ScenePart(mesh: MeshShapes.torus(12)), ScenePart(mesh: ball, frame: 1, scale: scale),
            ScenePart(mesh: hills, frame: 2, scale: scale),
        ]
        var options = SimplificationOptions.unmeasured
        options.floorShare = 0.5
        let result = try Simplifier.simplify(parts, to: .ratio(0.3), options: options)
        #expect(MeshFacts([result.meshes[1]]).volume > 0.9 * MeshFacts([ball]).volume)
        for (a, b, c) in result.meshes[1].triangles {
            #expect(dot(cross(b - a, c - a), a + b + c) > 0, "a triangle that faces inwards")
        }
        #expect(abs(MeshFacts([result.meshes[2]]).borderLength / MeshFacts([hills]).borderLength - 1) < 0.02)
        for (a, b, c) in result.meshes[2].triangles { #expect(cross(b - a, c - a).z > 0) }
    }

    @Test("an error in scene units counts a scaled part by its size in the scene")
    func scale() throws {
        let sphere = MeshShapes.sphere(8)
        let one = try Simplifier.simplify([ScenePart(mesh: sphere)], to: .ratio(0.2))
        let ten = try Simplifier.simplify([ScenePart(mesh: sphere, scale: 10)], to: .ratio(0.2))
        let errors = (try #require(one.error), try #require(ten.error))
        #expect(abs(errors.1 / errors.0 - 10) < 0.1)
    }

    @Test("an error target is kept", arguments: [Float(0.002), 0.01, 0.05])
    func errorTarget(bound: Float) throws {
        let sphere = MeshShapes.sphere(8)
        let result = try Simplifier.simplify([sphere], to: .error(bound))
        #expect(try #require(result.error) <= bound)
        if bound >= 0.01 { #expect(result.triangleCount < sphere.triangleCount) }
    }

    @Test("a share of very few triangles leaves them alone")
    func shareOfAQuad() throws {
        #expect(try Simplifier.simplify([MeshShapes.grid(1)], to: .ratio(0.05)).triangleCount == 2)
        #expect(try Simplifier.simplify([MeshShapes.cube(1)], to: .ratio(0.5)).triangleCount == 12)
    }

    @Test("the same input gives the same result")
    func determinism() throws {
        let torus = MeshShapes.torus(7)
        let one = try Simplifier.simplify([torus], to: .ratio(0.2))
        let two = try Simplifier.simplify([torus], to: .ratio(0.2))
        #expect(one.meshes == two.meshes)
        #expect(one.error == two.error)
    }

    @Test("a budget that is met already changes nothing but unused vertices")
    func nothingToDo() throws {
        var sphere = MeshShapes.sphere(6)
        sphere.positions.append(SIMD3(9, 9, 9))
        sphere.normals?.append(SIMD3(0, 0, 1))
        sphere.textureCoordinates[0].append(.zero)
        let result = try Simplifier.simplify([sphere], to: .ratio(1))
        let places = result.meshes[0].triangles.map { [$0.0, $0.1, $0.2] }
        let expected = sphere.triangles.map { [$0.0, $0.1, $0.2] }.filter { Set($0).count == 3 }
        #expect(places == expected)
        #expect(!result.meshes[0].positions.contains(SIMD3(9, 9, 9)))
    }

    @Test("progress rises, and what it throws ends the work")
    func progress() throws {
        struct Stop: Error {}
        var fractions: [Double] = []
        _ = try Simplifier.simplify([MeshShapes.sphere(12)], to: .ratio(0.1), options: .unmeasured) {
            fractions.append($0)
        }
        #expect(fractions.last == 1)
        #expect(fractions == fractions.sorted())
        #expect(throws: Stop.self) {
            try Simplifier.simplify([MeshShapes.sphere(8)], to: .ratio(0.1)) { _ in throw Stop() }
        }
    }
}
