import LODEngine
import VitrineTestSupport

/// Meshes at random, from the orderly to the absurd.
enum RandomMeshes {
    /// Points on a coarse lattice, so that places coincide, and triangles among them at random.
    static func soup(_ random: inout SeededGenerator) -> Mesh {
        let points = Int.random(in: 1...40, using: &random)
        let size = Int.random(in: 1...4, using: &random)
        let positions = (0..<points).map { _ in
            SIMD3<Float>(
                Float(Int.random(in: 0...size, using: &random)),
                Float(Int.random(in: 0...size, using: &random)),
                Float(Int.random(in: 0...size, using: &random))
            )
        }
        let count = Int.random(in: 0...80, using: &random) * 3
        let indices = (0..<count).map { _ in UInt32.random(in: 0..<UInt32(points), using: &random) }
        var mesh = Mesh(positions: positions, indices: indices)
        if Bool.random(using: &random) {
            mesh.normals = positions.map { _ in
                let z = Float.random(in: -1...1, using: &random)
                return SIMD3((1 - z * z).squareRoot(), 0, z)
            }
        }
        if Bool.random(using: &random) {
            mesh.textureCoordinates = [
                positions.map { _ in
                    SIMD2(
                        Float(Int.random(in: -2...2, using: &random)),
                        Float(Int.random(in: -2...2, using: &random))
                    )
                }
            ]
        }
        return mesh
    }
}
