import LODEngine
import Testing
import VitrineTestSupport

@Suite("Simplifier: what holds of any mesh")
struct SimplifierPropertyTests {
    /// Holds what is promised whatever goes in.
    private func hold(_ result: Simplification, of meshes: [Mesh], budget: Int, _ round: String) throws {
        #expect(result.meshes.count == meshes.count, "\(round)")
        #expect(result.triangleCount == result.meshes.reduce(0) { $0 + $1.triangleCount }, "\(round)")
        for (mesh, original) in zip(result.meshes, meshes) {
            try mesh.check(name: round)
            #expect(mesh.positions.allSatisfy { $0.x.isFinite && $0.y.isFinite && $0.z.isFinite }, "\(round)")
            #expect((mesh.triangleCount > 0) == (original.triangleCount > 0), "\(round)")
            #expect(mesh.triangleCount <= max(original.triangleCount, 1), "\(round)")
        }
    }

    @Test("closed surfaces meet their budget, stay closed and face outwards, and the stated error holds")
    func closed() throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(31))
        for number in 0..<TestEnvironment.count(5, soak: 2_000) {
            let round = "round \(number), seed \(random.seed)"
            let blob = RandomSurfaces.blob(&random)
            let budget = max(Int(Double(blob.triangleCount) * Double.random(in: 0.15...0.9, using: &random)), 40)
            let result = try Simplifier.simplify([blob], to: .triangles(budget))
            try hold(result, of: [blob], budget: budget, round)
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

    @Test("open surfaces get no new border, and what faced up faces up by no more than the stated angle")
    func open() throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(32))
        for number in 0..<TestEnvironment.count(5, soak: 2_000) {
            let round = "round \(number), seed \(random.seed)"
            let sheet = RandomSurfaces.sheet(&random)
            let ratio = Double.random(in: 0.2...0.9, using: &random)
            let result = try Simplifier.simplify([sheet], to: .ratio(ratio))
            try hold(result, of: [sheet], budget: 0, round)
            let (before, after) = (MeshFacts([sheet]), MeshFacts(result.meshes))
            #expect(after.branchCount == 0 && after.degenerateCount == 0, "\(round)")
            #expect(after.borderCount <= before.borderCount, "\(round)")
            #expect(abs(after.borderLength - before.borderLength) < 0.02 * before.borderLength, "\(round)")
            let cosine: Float = 0.2588  // Of 75 degrees, the fold angle, from a surface that is nearly flat.
            for (a, b, c) in result.meshes[0].triangles {
                let normal = cross(b - a, c - a)
                #expect(normal.z > cosine * length(normal), "\(round)")
            }
            let sampled = SampledDistance.betweenBoth([sheet], result.meshes, pointCount: 150, &random)
            #expect(sampled <= Double(try #require(result.error)), "\(round)")
        }
    }

    @Test("any soup of triangles comes out sound, the same each time, within the stated error")
    func soups() throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(33))
        for number in 0..<TestEnvironment.count(25, soak: 20_000) {
            let round = "round \(number), seed \(random.seed)"
            let meshes = (0..<Int.random(in: 1...3, using: &random)).map { _ in RandomMeshes.soup(&random) }
            var options = SimplificationOptions()
            options.relaxesTopology = Bool.random(using: &random)
            let target: SimplificationTarget =
                switch Int.random(in: 0...2, using: &random) {
                case 0: .ratio(Double.random(in: 0...1, using: &random))
                case 1: .triangles(Int.random(in: 0...60, using: &random))
                default: .error(Float.random(in: 0...1, using: &random))
                }
            let result = try Simplifier.simplify(meshes, to: target, options: options)
            try hold(result, of: meshes, budget: 0, round)
            let again = try Simplifier.simplify(meshes, to: target, options: options)
            #expect(again.meshes == result.meshes && again.error == result.error, "\(round)")
            let error = try #require(result.error)
            if case .error(let bound) = target { #expect(error <= bound, "\(round)") }
            let sampled = SampledDistance.betweenBoth(meshes, result.meshes, pointCount: 60, &random)
            #expect(sampled <= Double(error), "\(round)")
        }
    }

    @Test("what is delivered decodes to what encodes to the same again")
    func idempotence() throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(34))
        for number in 0..<TestEnvironment.count(2, soak: 400) {
            let blob = RandomSurfaces.blob(&random)
            let model = Model(meshes: [("blob", blob)], name: "blob")
            for compression in [GLBOptions.Compression.meshoptEXT, .meshoptKHR] {
                let first = try Model.read(model.glb(.delivery(compression: compression)), name: "first")
                // Decoded numbers are written as they are: nothing is lost a second time.
                let plain = GLBOptions(compression: compression)
                let second = try Model.read(first.glb(plain), name: "second")
                #expect(second.primitives.map(\.mesh) == first.primitives.map(\.mesh), "round \(number)")
                #expect(try second.glb(plain) == first.glb(plain), "round \(number), seed \(random.seed)")
            }
        }
    }
}
