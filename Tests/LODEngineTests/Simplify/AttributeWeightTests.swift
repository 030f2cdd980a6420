import Glibc
import LODEngine
import Testing

@Suite("Simplifier: weights of attributes")
struct AttributeWeightTests {
    /// How far the colours of a set are off where vertices of a flat grid, red on the left, have gone.
    private func colorError(_ set: Int, of mesh: Mesh) -> Float {
        zip(mesh.positions, mesh.colors[set]).reduce(0) { worst, vertex in
            let (p, color) = vertex
            guard p.x < 0.35 || p.x > 0.6 else { return worst }
            return max(worst, abs(color.x - (p.x < 0.5 ? 1 : 0)))
        }
    }

    @Test("every set of colours is weighed, and one whose weight is 0 only carried")
    func colors() throws {
        var grid = MeshShapes.grid(16)
        let halves = grid.positions.map { $0.x < 0.49 ? SIMD4<Float>(1, 0, 0, 1) : SIMD4(0, 0, 1, 1) }
        grid.colors = [grid.positions.map { _ in SIMD4(1, 1, 1, 1) }, halves]
        var options = SimplificationOptions.unmeasured
        let weighed = try Simplifier.simplify([grid], to: .ratio(0.15), options: options).meshes[0]
        #expect(colorError(1, of: weighed) < 0.1)
        options.colorSetWeights = [1: 0]
        let carried = try Simplifier.simplify([grid], to: .ratio(0.15), options: options).meshes[0]
        grid.colors.removeLast()
        let alone = try Simplifier.simplify([grid], to: .ratio(0.15), options: options).meshes[0]
        #expect(carried.positions == alone.positions && carried.indices == alone.indices)
        #expect(carried.colors[1].count == carried.vertexCount)
    }

    @Test("every set of texture coordinates is weighed, with a weight of its own where one is given")
    func textures() throws {
        var grid = MeshShapes.grid(14) { x, y in 0.1 * sinf(5 * x) * y }
        // Three sets more, the last one of which bends sharply along a line.
        var options = SimplificationOptions.unmeasured
        let bent = grid.positions.map { SIMD2(max($0.x - 0.5, 0) * 4, $0.y) }
        grid.textureCoordinates += [grid.textureCoordinates[0], grid.textureCoordinates[0], bent]
        func simplified(_ mesh: Mesh) throws -> Mesh {
            try Simplifier.simplify([mesh], to: .ratio(0.12), options: options).meshes[0]
        }
        func worst(_ mesh: Mesh) -> Float {
            zip(mesh.positions, mesh.textureCoordinates[3]).reduce(0) { worst, vertex in
                max(worst, abs(vertex.1.x - max(vertex.0.x - 0.5, 0) * 4))
            }
        }
        options.textureSetWeights = [3: 5]
        #expect(try worst(simplified(grid)) < 0.1)
        options.textureSetWeights = [3: 0]
        let carried = try simplified(grid)
        var without = grid
        without.textureCoordinates.removeLast()
        let alone = try simplified(without)
        #expect(carried.positions == alone.positions && carried.indices == alone.indices, "what is not looked at")
        #expect(carried.textureCoordinates[3].count == carried.vertexCount)

        // One set's own weight is the weight of all where there is one set.
        let simple = MeshShapes.torus(10)
        var own = SimplificationOptions.unmeasured
        own.textureWeight = 0
        own.textureSetWeights = [0: SimplificationOptions().textureWeight]
        let one = try Simplifier.simplify([simple], to: .ratio(0.2), options: own)
        let two = try Simplifier.simplify([simple], to: .ratio(0.2), options: .unmeasured)
        #expect(one.meshes == two.meshes)
    }

    @Test("tangents are weighed on request and come out at length 1, with their sign")
    func tangents() throws {
        var grid = MeshShapes.grid(16)
        grid.normals = grid.positions.map { _ in SIMD3(0, 0, 1) }
        // Brushed one way on the left and across it on the right.
        grid.tangents = grid.positions.map { $0.x < 0.49 ? SIMD4(1, 0, 0, -1) : SIMD4(0, 1, 0, -1) }
        var options = SimplificationOptions.unmeasured
        func misses() throws -> Float {
            let mesh = try Simplifier.simplify([grid], to: .ratio(0.12), options: options).meshes[0]
            return zip(mesh.positions, try #require(mesh.tangents)).reduce(0) { worst, vertex in
                let (p, tangent) = vertex
                #expect(abs(length(SIMD3(tangent.x, tangent.y, tangent.z)) - 1) < 1e-3 && tangent.w == -1)
                guard p.x < 0.35 || p.x > 0.6 else { return worst }
                return max(worst, abs(tangent.x - (p.x < 0.5 ? 1 : 0)))
            }
        }
        options.tangentWeight = 0.02
        #expect(try misses() < 0.1)
    }

    @Test("weights that are no numbers weigh nothing", arguments: [Float.nan, .infinity, -1])
    func noNumbers(weight: Float) throws {
        var options = SimplificationOptions.unmeasured
        options.normalWeight = weight
        options.textureWeight = weight
        options.tangentWeight = weight
        options.colorSetWeights = [0: weight]
        let result = try Simplifier.simplify([MeshShapes.sphere(8)], to: .ratio(0.2), options: options)
        #expect(result.triangleCount <= 51)
        try result.meshes[0].check()
    }
}
