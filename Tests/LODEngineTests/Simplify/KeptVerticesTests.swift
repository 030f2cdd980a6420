import LODEngine
import Testing
import VitrineTestSupport

@Suite("Simplifier: vertices that are kept")
struct KeptVerticesTests {
    private var keeping: SimplificationOptions {
        var options = SimplificationOptions.unmeasured
        options.keepsVertices = true
        return options
    }

    /// Holds that nothing but the triangles has changed, and that these are made of vertices that were in use.
    private func holdVertices(_ results: [Mesh], of originals: [Mesh], _ round: String = "") throws {
        for (result, original) in zip(results, originals) {
            var same = result
            same.indices = original.indices
            #expect(same == original, "\(round)")
            try result.check()
            let used = Set(original.indices)
            #expect(result.indices.allSatisfy { used.contains($0) }, "\(round)")
        }
    }

    @Test("closed surfaces meet their budget and stay closed, and the stated error holds")
    func closed() throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(41))
        var options = keeping
        options.measuresError = true
        for number in 0..<TestEnvironment.count(4, soak: 2_000) {
            let round = "round \(number), seed \(random.seed)"
            let blob = RandomSurfaces.blob(&random)
            let budget = max(Int(Double(blob.triangleCount) * Double.random(in: 0.2...0.9, using: &random)), 40)
            let result = try Simplifier.simplify([blob], to: .triangles(budget), options: options)
            try holdVertices(result.meshes, of: [blob], round)
            #expect(result.triangleCount <= budget && result.triangleCount >= budget - 2, "\(round)")
            let facts = MeshFacts(result.meshes)
            #expect(facts.borderCount == 0 && facts.branchCount == 0 && facts.degenerateCount == 0, "\(round)")
            for (a, b, c) in result.meshes[0].triangles {
                #expect(dot(cross(b - a, c - a), a + b + c) > 0, "a triangle that faces inwards, \(round)")
            }
            let sampled = SampledDistance.betweenBoth([blob], result.meshes, pointCount: 150, &random)
            #expect(sampled <= Double(try #require(result.error)), "\(round)")
        }
    }

    @Test("open surfaces get no new border and keep the length of theirs")
    func open() throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(42))
        for number in 0..<TestEnvironment.count(4, soak: 2_000) {
            let round = "round \(number), seed \(random.seed)"
            let sheet = RandomSurfaces.sheet(&random)
            let ratio = Double.random(in: 0.25...0.9, using: &random)
            let result = try Simplifier.simplify([sheet], to: .ratio(ratio), options: keeping)
            try holdVertices(result.meshes, of: [sheet], round)
            let (before, after) = (MeshFacts([sheet]), MeshFacts(result.meshes))
            #expect(after.branchCount == 0 && after.degenerateCount == 0, "\(round)")
            #expect(after.borderCount <= before.borderCount, "\(round)")
            #expect(abs(after.borderLength - before.borderLength) < 0.02 * before.borderLength, "\(round)")
            #expect(result.triangleCount <= Int((Double(sheet.triangleCount) * ratio).rounded()), "\(round)")
        }
    }

    @Test("no triangle reaches across a texture seam, and the seam stays shut")
    func seam() throws {
        let sphere = MeshShapes.sphere(12)
        let mesh = try Simplifier.simplify([sphere], to: .ratio(0.25), options: keeping).meshes[0]
        try holdVertices([mesh], of: [sphere])
        #expect(mesh.triangleCount <= sphere.triangleCount / 4)
        #expect(MeshFacts([mesh]).borderCount == 0)
        for triangle in stride(from: 0, to: mesh.indices.count, by: 3) {
            let u = (0..<3).map { mesh.textureCoordinates[0][Int(mesh.indices[triangle + $0])].x }
            #expect((u.max() ?? 0) - (u.min() ?? 0) < 0.6)
        }
    }

    @Test("hard edges and borders between materials stay where they are")
    func hardEdges() throws {
        let cube = MeshShapes.cube(6)
        let result = try Simplifier.simplify([cube], to: .triangles(12), options: keeping)
        try holdVertices(result.meshes, of: [cube])
        #expect(result.triangleCount == 12)
        #expect(abs(MeshFacts(result.meshes).volume - 1) < 1e-5)

        let whole = MeshShapes.sphere(12)
        let parts = [whole.keeping { $0.z > 0.2 }, whole.keeping { $0.z <= 0.2 }]
        let both = try Simplifier.simplify(parts, to: .ratio(0.3), options: keeping)
        try holdVertices(both.meshes, of: parts)
        #expect(MeshFacts(both.meshes).borderCount == 0)
    }

    @Test("large meshes keep theirs through the rounds, on any number of threads, and their small parts")
    func rounds() throws {
        let parts = [
            ScenePart(mesh: MeshShapes.torus(46)), ScenePart(mesh: MeshShapes.cube(4), frame: 1, scale: 0.001),
        ]
        var results: [[Mesh]] = []
        for threadCount in [1, 3] {
            var options = keeping
            options.threadCount = threadCount
            let result = try Simplifier.simplify(parts, to: .ratio(0.1), options: options)
            let budget = Int((Double(result.originalTriangleCount) * 0.1).rounded())
            #expect((budget - 2...budget).contains(result.triangleCount))
            results.append(result.meshes)
        }
        #expect(results[0] == results[1])
        try holdVertices(results[0], of: parts.map(\.mesh))
        let facts = MeshFacts([results[0][0]])
        #expect(facts.borderCount == 0 && facts.branchCount == 0 && facts.degenerateCount == 0)
        #expect(abs(facts.volume / MeshFacts([parts[0].mesh]).volume - 1) < 0.04)
        #expect(results[0][1].triangleCount >= parts[1].mesh.triangleCount / 40)
    }

    @Test("what is stretched over few vertices costs: a colour border stays where it is")
    func colours() throws {
        var grid = MeshShapes.grid(16)
        grid.colors = [grid.positions.map { $0.x < 0.49 ? SIMD4(1, 0, 0, 1) : SIMD4(0, 0, 1, 1) }]
        let mesh = try Simplifier.simplify([grid], to: .ratio(0.2), options: keeping).meshes[0]
        try holdVertices([mesh], of: [grid])
        for triangle in stride(from: 0, to: mesh.indices.count, by: 3) {
            let corners = (0..<3).map { Int(mesh.indices[triangle + $0]) }
            let red = corners.map { mesh.colors[0][$0].x }
            guard red.min() != red.max() else { continue }
            let x = corners.map { mesh.positions[$0].x }
            #expect((x.min() ?? 0) > 0.3 && (x.max() ?? 1) < 0.7, "a triangle of two colours: \(x)")
        }
    }

    @Test("a skinned model keeps every vertex, joint and weight", .enabled(if: SharedAssets.directory != nil))
    func fox() throws {
        let model = try Model.read(contentsOf: (SharedAssets.directory ?? "") + "/models/Fox.glb")
        let meshes = model.primitives.map(\.mesh)
        let result = try Simplifier.simplify(model.sceneParts, to: .ratio(0.4), options: keeping)
        try holdVertices(result.meshes, of: meshes)
        #expect(result.triangleCount <= model.triangleCount * 4 / 10 + 1)
        #expect(result.triangleCount >= model.triangleCount * 4 / 10 - 3)
    }
}
