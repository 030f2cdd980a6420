internal import Glibc
import LODEngine

/// Solids with known shapes.
enum TestSolids {
    /// A sphere around the origin of `rings` by 2 · `rings` faces, with exact normals.
    static func sphere(rings: Int, radius: Float) -> Mesh {
        var normals: [SIMD3<Float>] = []
        for ring in 0...rings {
            let down = Float(ring) / Float(rings) * .pi
            for step in 0..<rings * 2 {
                let around = Float(step) / Float(rings) * .pi
                normals.append(SIMD3(sinf(down) * cosf(around), cosf(down), sinf(down) * sinf(around)))
            }
        }
        var indices: [UInt32] = []
        for ring in 0..<rings {
            for step in 0..<rings * 2 {
                let next = (step + 1) % (rings * 2)
                let (a, b) = (UInt32(ring * rings * 2 + step), UInt32(ring * rings * 2 + next))
                let (c, d) = (a + UInt32(rings * 2), b + UInt32(rings * 2))
                if ring > 0 { indices += [a, b, c] }
                if ring + 1 < rings { indices += [b, d, c] }
            }
        }
        var mesh = Mesh(positions: normals.map { $0 * radius }, indices: indices)
        mesh.normals = normals
        return mesh
    }
}
