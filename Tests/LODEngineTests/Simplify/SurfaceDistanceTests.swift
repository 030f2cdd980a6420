import LODEngine
import Testing
import VitrineTestSupport

@Suite("Simplifier: the stated error")
struct SurfaceDistanceTests {
    @Test("the stated error is the largest distance that looking at every triangle finds", arguments: 0..<4)
    func bound(number: Int) throws {
        var random = SeededGenerator(seed: 77 + UInt64(number))
        let shapes = [
            MeshShapes.sphere(7), MeshShapes.torus(6), MeshShapes.cube(3),
            MeshShapes.grid(9) { x, y in 0.2 * (x * 7).truncatingRemainder(dividingBy: 1) * y },
        ]
        let original = shapes[number]
        let result = try Simplifier.simplify([original], to: .ratio(0.15))
        let error = try #require(result.error)
        let forth = sampledDistance(from: original, to: result.meshes[0], &random)
        let back = sampledDistance(from: result.meshes[0], to: original, &random)
        let sampled = max(forth, back)
        #expect(sampled <= error * 1.05 + 1e-3, "seed \(random.seed)")
        #expect(error <= sampled * 1.5 + 1e-2, "seed \(random.seed)")
    }

    @Test("the error is not measured when it is not asked for")
    func unmeasured() throws {
        var options = SimplificationOptions()
        options.measuresError = false
        #expect(try Simplifier.simplify([MeshShapes.grid(4)], to: .ratio(0.5), options: options).error == nil)
    }

    /// The largest distance from random points of `source` to `target`, each found by looking at every triangle.
    private func sampledDistance(from source: Mesh, to target: Mesh, _ random: inout SeededGenerator) -> Float {
        let targets = target.triangles
        var farthest: Float = 0
        for (a, b, c) in source.triangles {
            for corner in 0..<3 {
                var u = corner == 1 ? 1 : Float.random(in: 0...1, using: &random)
                var v = corner == 2 ? Float(0) : Float.random(in: 0...1, using: &random)
                if u + v > 1 { (u, v) = (1 - u, 1 - v) }
                let point = a + (b - a) * u + (c - a) * v
                farthest = max(farthest, targets.reduce(.infinity) { min($0, distance(point, $1)) })
            }
        }
        return farthest
    }

    /// From a point to a triangle: to the plane where it falls inside, else to the nearest edge.
    private func distance(_ p: SIMD3<Float>, _ triangle: (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)) -> Float {
        let (a, b, c) = triangle
        let normal = cross(b - a, c - a)
        let edges = [(a, b), (b, c), (c, a)]
        if length(normal) > 0, edges.allSatisfy({ dot(cross($1 - $0, p - $0), normal) >= 0 }) {
            return abs(dot(p - a, normal)) / length(normal)
        }
        return edges.map { start, end in
            let along = end - start
            let size = dot(along, along)
            let t = size > 0 ? min(max(dot(p - start, along) / size, 0), 1) : 0
            return length(p - start - along * t)
        }.min() ?? .infinity
    }
}
