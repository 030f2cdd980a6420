import LODEngine
import Testing
import VitrineTestSupport

@Suite("The error of a level")
struct LevelErrorTests {
    @Test("a node that stretches one axis makes errors along it as large as it shows them")
    func stretched() throws {
        var builder = GLTFBuilder()
        builder.add(TestSolids.sphere(rings: 8, radius: 1), material: nil)
        builder.root["nodes"] = [["mesh": 0, "scale": [0.1, 20, 0.1]]]
        let model = try builder.model()
        #expect(abs(model.sceneParts[0].scale - 20) < 1e-4)
        let level = try LODChain.build(
            from: model,
            policy: LODPolicy(levels: [LODLevel(name: "page", target: .ratio(0.2))])
        ).levels[0]
        let comparison = try SurfaceComparison(
            original: model.drawableMeshes(),
            simplified: level.model.drawableMeshes(),
            pointCount: 500
        )
        #expect(comparison.max <= Double(level.error) * 1.02 && comparison.max > 0)
    }

    @Test("the error of a written level covers that of its grid", arguments: [0.3, 0.9])
    func written(ratio: Double) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(5))
        let original = MeshShapes.torus(9)
        let model = Model(meshes: [("ring", original)], name: "ring")
        let chain = try LODChain.build(
            from: model,
            policy: LODPolicy(levels: [LODLevel(name: "page", target: .ratio(ratio))])
        )
        let level = chain.levels[0]
        // As coarse as grids get, so that its part is seen.
        let options = GLBOptions(quantization: VertexQuantization(positionBits: 8))
        let added = level.model.quantizationError(options)
        #expect(added > 0.009 && added < 0.01)
        #expect(level.error(writtenWith: options) == level.error + added)
        let back = try Model.read(level.model.glb(options), name: "back.glb")
        let placed = try back.drawableMeshes().map { drawable in
            var mesh = drawable.mesh
            mesh.positions = mesh.positions.map { drawable.transform.apply(to: $0) }
            return mesh
        }
        let sampled = SampledDistance.betweenBoth([original], placed, pointCount: 800, &random)
        #expect(sampled <= Double(level.error(writtenWith: options)) && sampled > Double(added) / 4)
        let finer = GLBOptions.delivery(error: level.error)
        #expect(level.model.quantizationError(finer) < level.error)
        #expect(level.model.quantizationError(.plain) == 0)
        let selector = LODSelector(chain: chain, radius: 1.4, options: { _ in options }, byteCount: { _ in 1 })
        #expect(selector.levels[0].error == Double(level.error(writtenWith: options)))
    }

    @Test("a vertex that no triangle uses takes no precision and no room")
    func strayVertex() throws {
        let plain = MeshShapes.sphere(8)
        var stray = plain
        stray.positions.append(SIMD3(1e7, 0, 0))
        stray.normals?.append(SIMD3(0, 0, 1))
        stray.textureCoordinates[0].append(.zero)
        let (one, other) = (
            try Simplifier.simplify([plain], to: .ratio(0.2)), try Simplifier.simplify([stray], to: .ratio(0.2))
        )
        #expect(one.meshes == other.meshes && one.error == other.error)
        #expect(Model(meshes: [("", stray)], name: "").bounds == Model(meshes: [("", plain)], name: "").bounds)
    }

    @Test("an error target looks at the surface, not at attributes that are noise")
    func noisyPlate() throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(6))
        var plate = MeshShapes.grid(16)
        plate.normals = plate.positions.map { _ in
            let z = Float.random(in: -1...1, using: &random)
            return SIMD3((1 - z * z).squareRoot(), 0, z)
        }
        var fractions: [Double] = []
        let result = try Simplifier.simplify([plate], to: .error(0.004)) { fractions.append($0) }
        #expect(result.triangleCount < plate.triangleCount / 10, "\(result.triangleCount)")
        #expect(try #require(result.error) <= 0.004)
        #expect(fractions == fractions.sorted() && fractions.last == 1)
    }

    @Test("an error target is met with about as few triangles as hold it", arguments: [Float(0.01), 0.05])
    func economy(bound: Float) throws {
        let torus = MeshShapes.torus(14)
        let result = try Simplifier.simplify([torus], to: .error(bound))
        #expect(try #require(result.error) <= bound)
        let fewer = try Simplifier.simplify([torus], to: .triangles(result.triangleCount * 8 / 10))
        #expect(try #require(fewer.error) > bound)
    }
}
