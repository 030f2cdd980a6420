import Glibc
import LODEngine
import VitrineTestSupport

/// Surfaces at random whose inside, border and front are known.
enum RandomSurfaces {
    /// A closed surface around the origin that every ray from there meets once: a sphere with hills and valleys, whose
    /// triangles all face away from the origin, in an order and a start at random.
    static func blob(_ random: inout SeededGenerator) -> Mesh {
        var mesh = TestSolids.sphere(rings: Int.random(in: 6...11, using: &random), radius: 1)
        let waves = (0..<3).map { _ in
            (direction(&random) * Float.random(in: 1...3, using: &random), Float.random(in: 0...6, using: &random))
        }
        mesh.positions = mesh.positions.map { point in
            // All of a pole in one place, which sines leave open by a rounding.
            let position = abs(point.x) + abs(point.z) < 1e-5 ? SIMD3(0, point.y, 0) : point
            let height = waves.reduce(Float(0)) { $0 + 0.07 * sinf(dot($1.0, position) + $1.1) }
            return position * (1 + height)
        }
        mesh.normals = nil
        if Bool.random(using: &random) {
            mesh.textureCoordinates = [mesh.positions.map { SIMD2($0.x * 0.5 + 0.5, $0.y * 0.5 + 0.5) }]
        }
        return shuffled(mesh, &random)
    }

    /// An open sheet over the unit square with hills, holes and a texture, whose triangles all face up.
    static func sheet(_ random: inout SeededGenerator) -> Mesh {
        let steepness = Float.random(in: 0...0.08, using: &random)
        let (along, across) = (Float.random(in: 2...7, using: &random), Float.random(in: 2...7, using: &random))
        let hole = SIMD2(Float.random(in: 0.3...0.7, using: &random), Float.random(in: 0.3...0.7, using: &random))
        let grid = MeshShapes.grid(Int.random(in: 8...14, using: &random)) { x, y in
            steepness * sinf(x * along) * sinf(y * across)
        }
        let cut = grid.keeping { abs($0.x - hole.x) > 0.12 || abs($0.y - hole.y) > 0.12 }
        return shuffled(cut, &random)
    }

    private static func direction(_ random: inout SeededGenerator) -> SIMD3<Float> {
        let z = Float.random(in: -1...1, using: &random)
        let turn = Float.random(in: 0...6.28, using: &random)
        let ring = (1 - z * z).squareRoot()
        return SIMD3(ring * cosf(turn), ring * sinf(turn), z)
    }

    private static func shuffled(_ mesh: Mesh, _ random: inout SeededGenerator) -> Mesh {
        var mesh = mesh
        let order = (0..<mesh.triangleCount).shuffled(using: &random)
        let old = mesh.indices
        mesh.indices = order.flatMap { triangle in
            let start = Int.random(in: 0...2, using: &random)
            return (0..<3).map { old[triangle * 3 + (start + $0) % 3] }
        }
        return mesh
    }
}
