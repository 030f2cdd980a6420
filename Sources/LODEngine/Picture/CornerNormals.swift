/// Normals for a mesh that has none: smooth over its curves, hard at its edges.
///
/// Each corner of a triangle gets the mean, by area, of those triangles around its vertex that turn less than 40° from
/// its own.
enum CornerNormals {
    /// The cosine of the angle from which an edge is hard.
    private static let creaseCosine: Float = 0.766
    /// A vertex with more triangles than this is a fan's hub: all of them count, so that time stays bounded.
    private static let neighborMax = 64

    /// A normal for each index, zero where triangles have no area.
    static func make(_ points: [SIMD3<Float>], indices: [UInt32], isMirrored: Bool) -> [SIMD3<Float>] {
        let triangleCount = indices.count / 3
        let areas = (0..<triangleCount).map { triangle -> SIMD3<Float> in
            let (a, b, c) = (
                Int(indices[triangle * 3]), Int(indices[triangle * 3 + 1]), Int(indices[triangle * 3 + 2])
            )
            guard max(a, b, c) < points.count else { return .zero }
            let normal = (points[b] - points[a]).cross(points[c] - points[a])
            return isMirrored ? -normal : normal
        }
        let directions = areas.map(\.normalized)
        let around = TrianglesAround(indices: indices.prefix(triangleCount * 3), vertexCount: points.count)
        var normals = [SIMD3<Float>](repeating: .zero, count: indices.count)
        for corner in 0..<triangleCount * 3 where Int(indices[corner]) < points.count {
            let own = directions[corner / 3]
            let neighbors = around.triangles(at: Int(indices[corner]))
            var sum = SIMD3<Float>.zero
            for neighbor in neighbors
            where neighbors.count > neighborMax || directions[Int(neighbor)].dot(own) >= creaseCosine {
                sum += areas[Int(neighbor)]
            }
            normals[corner] = sum.normalized
        }
        return normals
    }
}

/// The triangles that meet at each vertex, in one array.
private struct TrianglesAround {
    /// Where each vertex's triangles start; one more for the end.
    private var starts: [Int]
    private var triangles: [UInt32]

    init(indices: ArraySlice<UInt32>, vertexCount: Int) {
        starts = [Int](repeating: 0, count: vertexCount + 1)
        for index in indices where Int(index) < vertexCount { starts[Int(index) + 1] += 1 }
        for vertex in 0..<vertexCount { starts[vertex + 1] += starts[vertex] }
        triangles = [UInt32](repeating: 0, count: starts[vertexCount])
        var next = starts
        for (corner, index) in indices.enumerated() where Int(index) < vertexCount {
            triangles[next[Int(index)]] = UInt32(truncatingIfNeeded: corner / 3)
            next[Int(index)] += 1
        }
    }

    func triangles(at vertex: Int) -> ArraySlice<UInt32> {
        triangles[starts[vertex]..<starts[vertex + 1]]
    }
}
