import LODEngine
import Testing
import VitrineTestSupport

@Suite("Simplifier: the stated error")
struct SurfaceDistanceTests {
    private func bounds(_ original: Mesh, _ result: Mesh, threadCount: Int? = nil) throws -> DistanceBounds {
        try SurfaceDistance(from: [ScenePart(mesh: original)], to: [result], threadCount: threadCount).bounds()
    }

    /// By how much the upper bound may be above the lower one.
    private func slack(_ bounds: DistanceBounds, extent: Float) -> Float {
        max(bounds.lower * DistanceBounds.relativeTolerance, DistanceBounds.absoluteTolerance * extent) + 2e-6 * extent
    }

    private func extent(_ meshes: [Mesh]) -> Float {
        BoundingBox(meshes.flatMap(\.positions)).map { $0.size.max() } ?? 0
    }

    @Test("no point is farther off than the error says, and some point is about as far", arguments: 0..<6)
    func simplified(number: Int) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(77) &+ UInt64(number))
        let shapes = [
            MeshShapes.sphere(7), MeshShapes.torus(6), MeshShapes.cube(3), MeshShapes.grid(6),
            MeshShapes.grid(9) { x, y in 0.2 * (x * 7).truncatingRemainder(dividingBy: 1) * y },
            MeshShapes.grid(12) { x, y in 0.01 * x * y },
        ]
        let original = shapes[number]
        for ratio in [0.5, 0.15] {
            let result = try Simplifier.simplify([original], to: .ratio(ratio))
            let error = try #require(result.error)
            let sampled = SampledDistance.betweenBoth([original], result.meshes, pointCount: 600, &random)
            #expect(sampled <= Double(error), "ratio \(ratio), seed \(random.seed)")
            let bounds = try bounds(original, result.meshes[0])
            #expect(bounds.upper == error)
            #expect(bounds.upper - bounds.lower <= slack(bounds, extent: 2), "ratio \(ratio)")
        }
    }

    @Test("any two soups of triangles are bounded, touching, crossing or apart")
    func soups() throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(4_711))
        for round in 0..<TestEnvironment.count(40, soak: 20_000) {
            let one = RandomMeshes.soup(&random)
            var other = RandomMeshes.soup(&random)
            if round % 3 == 0 { other.positions = other.positions.map { $0 * 0.7 + SIMD3(0.31, 0.2, -0.1) } }
            let sampled = SampledDistance.betweenBoth([one], [other], pointCount: 120, &random)
            let bounds = try bounds(one, other)
            #expect(sampled <= Double(bounds.upper), "round \(round), seed \(random.seed)")
            guard bounds.upper.isFinite else { continue }
            #expect(bounds.upper - bounds.lower <= slack(bounds, extent: extent([one])), "round \(round)")
        }
    }

    @Test("geometry is matched where it is known")
    func known() throws {
        // A plane over which the other one bulges: nearest the middle, between all vertices.
        let flat = MeshShapes.grid(1)
        var raised = flat
        raised.positions = raised.positions.map { SIMD3($0.x, $0.y, 0.25) }
        let parallel = try bounds(flat, raised)
        #expect(abs(parallel.lower - 0.25) < 1e-5 && abs(parallel.upper - 0.25) < 1e-5)
        // Two sheets left and right of a wall: the farthest points of the wall are half way up, where no vertex is.
        var sheets = Mesh(positions: [], indices: [])
        for (index, z) in [Float(0), 1].enumerated() {
            sheets.positions += [SIMD3(-5, -5, z), SIMD3(5, -5, z), SIMD3(5, 5, z), SIMD3(-5, 5, z)]
            sheets.indices += [0, 1, 2, 0, 2, 3].map { $0 + UInt32(index * 4) }
        }
        let wall = Mesh(positions: [SIMD3(0, 0, 0), SIMD3(0.1, 0, 1), SIMD3(0, 0.1, 1)], indices: [0, 1, 2])
        var both = sheets
        both.positions += wall.positions
        both.indices += [8, 9, 10]
        let between = try bounds(both, sheets)
        #expect(between.lower > 0.49 && between.lower <= 0.50001 && between.upper >= 0.5 && between.upper < 0.511)
    }

    @Test("slivers, points and lines, single triangles and far-off numbers are bounded too")
    func degenerate() throws {
        let sliver = Mesh(positions: [SIMD3(0, 0, 0), SIMD3(1, 0, 0), SIMD3(2, 1e-7, 0)], indices: [0, 1, 2])
        let single = Mesh(positions: [SIMD3(0, 0, 1), SIMD3(1, 0, 1), SIMD3(0, 1, 1)], indices: [0, 1, 2])
        let one = try bounds(single, sliver)
        #expect(one.lower <= one.upper && one.upper >= 1 && one.upper.isFinite)
        var line = single
        line.positions += [SIMD3(0, 0, 90), SIMD3(1, 0, 90)]
        line.indices += [3, 4, 4]
        #expect(try bounds(line, single) == bounds(single, single), "what has two corners in one place is no surface")
        #expect(try bounds(single, single).upper <= 3e-6)
        for scale in [Float(1e-18), 1e18] {
            let sphere = MeshShapes.sphere(5)
            let coarse = try Simplifier.simplify([sphere], to: .ratio(0.3)).meshes[0]
            func scaled(_ mesh: Mesh) -> Mesh {
                var mesh = mesh
                mesh.positions = mesh.positions.map { $0 * scale }
                return mesh
            }
            let (plain, other) = (try bounds(sphere, coarse), try bounds(scaled(sphere), scaled(coarse)))
            #expect(abs(other.upper / scale - plain.upper) < 0.03 * plain.upper)
        }
        #expect(try bounds(single, Mesh(positions: [], indices: [])).upper == .infinity)
        #expect(try bounds(Mesh(positions: [], indices: []), single).upper == 0)
    }

    @Test("the bounds are the same on any number of threads")
    func threads() throws {
        let original = MeshShapes.torus(40)
        let result = try Simplifier.simplify([original], to: .ratio(0.3), options: .unmeasured).meshes[0]
        let one = try bounds(original, result, threadCount: 1)
        #expect(try bounds(original, result, threadCount: 2) == one)
        #expect(try bounds(original, result, threadCount: 5) == one)
    }

    @Test("models of the assets are bounded", .enabled(if: SharedAssets.directory != nil))
    func assets() throws {
        let directory = try #require(SharedAssets.directory)
        var random = SeededGenerator(seed: TestEnvironment.seed(99))
        let model = try Model.read(contentsOf: "\(directory)/models/Fox.glb")
        let meshes = model.primitives.map(\.mesh)
        for ratio in [0.5, 0.1] {
            let result = try Simplifier.simplify(meshes, to: .ratio(ratio))
            let count = TestEnvironment.count(300, soak: 20_000)
            let sampled = SampledDistance.betweenBoth(meshes, result.meshes, pointCount: count, &random)
            #expect(sampled <= Double(try #require(result.error)), "ratio \(ratio), seed \(random.seed)")
            #expect(sampled > 0)
        }
    }

    @Test("a level that changed nothing has no error, and one that was not measured states none")
    func unmeasured() throws {
        #expect(try Simplifier.simplify([MeshShapes.sphere(8)], to: .ratio(1)).error == 0)
        #expect(try Simplifier.simplify([MeshShapes.grid(4)], to: .ratio(0.5), options: .unmeasured).error == nil)
    }

    @Test("what progress throws ends the measuring")
    func cancellation() throws {
        let sphere = MeshShapes.sphere(12)
        let coarse = try Simplifier.simplify([sphere], to: .ratio(0.3), options: .unmeasured).meshes
        #expect(throws: CancellationError.self) {
            try SurfaceDistance(from: [ScenePart(mesh: sphere)], to: coarse).bounds { fraction in
                if fraction > 0.5 { throw CancellationError() }
            }
        }
    }
}
