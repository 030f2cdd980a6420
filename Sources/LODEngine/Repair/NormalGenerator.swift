internal import Glibc

/// Normals for a mesh that has none: smooth over soft edges, apart where an edge is hard.
///
/// At each place the triangles form groups that hang together over soft edges; a group's normal is the mean of its
/// triangles', weighted by their angles there, which does not depend on how a surface is cut into triangles (G. Thürmer
/// and C. Wüthrich, "Computing vertex normals from polygonal facets", Journal of Graphics Tools 3, 1998).
struct NormalGenerator {
    private let mesh: Mesh
    private let places: [UInt32]
    private let cosine: Float
    private var faceNormals: [SIMD3<Float>] = []
    /// For each corner, another of the same group, or itself.
    private var leaders: [UInt32]

    /// Looks at the triangles of `mesh`, whose vertices are in `places`.
    init(_ mesh: Mesh, places: [UInt32], creaseAngle: Float) {
        self.mesh = mesh
        self.places = places
        cosine = creaseAngle >= 180 ? -1 : Float(cos(Double(max(creaseAngle, 0)) * Double.pi / 180)) - 1e-6
        leaders = Array(0..<UInt32(mesh.indices.count))
        faceNormals.reserveCapacity(mesh.triangleCount)
        for first in stride(from: 0, to: mesh.indices.count - 2, by: 3) {
            let (a, b, c) = mesh.scaledCorners(first)
            faceNormals.append(unitVector(cross(b - a, c - a)) ?? .zero)
        }
        joinAcrossSoftEdges()
    }

    /// A normal for each corner; corners of one vertex and group have the same.
    mutating func cornerNormals() -> [SIMD3<Float>] {
        var sums = [SIMD3<Float>](repeating: .zero, count: mesh.indices.count)
        for corner in mesh.indices.indices {
            sums[Int(leader(of: UInt32(corner)))] += faceNormals[corner / 3] * mesh.angle(at: corner)
        }
        return mesh.indices.indices.map { corner in
            unitVector(sums[Int(leader(of: UInt32(corner)))]) ?? unitVector(faceNormals[corner / 3]) ?? SIMD3(0, 0, 1)
        }
    }

    /// Joins the corners at both ends of each edge that exactly two triangles share, from opposite sides, softly.
    private mutating func joinAcrossSoftEdges() {
        var edges: [(key: UInt64, corner: UInt32)] = []
        edges.reserveCapacity(mesh.indices.count)
        for corner in mesh.indices.indices {
            let start = places[Int(mesh.indices[corner])]
            let end = places[Int(mesh.indices[Self.following(corner)])]
            guard start != end else { continue }
            edges.append((UInt64(min(start, end)) << 32 | UInt64(max(start, end)), UInt32(corner)))
        }
        edges.sort { ($0.key, $0.corner) < ($1.key, $1.corner) }
        var first = 0
        while first < edges.count {
            var end = first + 1
            while end < edges.count, edges[end].key == edges[first].key { end += 1 }
            if end - first == 2 { join(Int(edges[first].corner), Int(edges[first + 1].corner)) }
            first = end
        }
    }

    /// Joins the ends of the edge that starts at corner `a` and, in the other triangle, at `b`.
    private mutating func join(_ a: Int, _ b: Int) {
        let isOpposite = places[Int(mesh.indices[a])] == places[Int(mesh.indices[Self.following(b)])]
        guard isOpposite, dot(faceNormals[a / 3], faceNormals[b / 3]) >= cosine else { return }
        unite(UInt32(a), UInt32(Self.following(b)))
        unite(UInt32(Self.following(a)), UInt32(b))
    }

    private static func following(_ corner: Int) -> Int { corner % 3 == 2 ? corner - 2 : corner + 1 }

    private mutating func unite(_ a: UInt32, _ b: UInt32) {
        let (a, b) = (leader(of: a), leader(of: b))
        // The lower number leads, so that the order of edges has no part in it.
        leaders[Int(max(a, b))] = min(a, b)
    }

    private mutating func leader(of corner: UInt32) -> UInt32 {
        var corner = corner
        while leaders[Int(corner)] != corner {
            // Halves the way for the next search (R. Tarjan and J. van Leeuwen, 1984).
            leaders[Int(corner)] = leaders[Int(leaders[Int(corner)])]
            corner = leaders[Int(corner)]
        }
        return corner
    }
}

extension Mesh {
    /// A triangle's corners, moved and scaled so that products of its sides neither vanish nor overflow.
    fileprivate func scaledCorners(_ first: Int) -> (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>) {
        let a = positions[Int(indices[first])]
        let (u, v) = (positions[Int(indices[first + 1])] - a, positions[Int(indices[first + 2])] - a)
        let size = max(abs(u.x), abs(u.y), abs(u.z), abs(v.x), abs(v.y), abs(v.z))
        guard size > 0, size.isFinite else { return (.zero, .zero, .zero) }
        return (.zero, u / size, v / size)
    }

    /// The angle in radians of a triangle at one of its corners; 0 where a side has no length.
    func angle(at corner: Int) -> Float {
        let first = corner - corner % 3
        let corners = scaledCorners(first)
        let p = [corners.0, corners.1, corners.2]
        let here = p[corner - first]
        guard let u = unitVector(p[(corner - first + 1) % 3] - here),
            let v = unitVector(p[(corner - first + 2) % 3] - here)
        else { return 0 }
        return acosf(min(max(dot(u, v), -1), 1))
    }

    /// Gives each corner its own value of an attribute: vertices whose corners differ are split; returns how many.
    ///
    /// - Parameters:
    ///   - values: A value for each corner.
    ///   - set: Stores the values for the vertices that there are then.
    mutating func splitVertices<Vector: SIMD<Float>>(
        by values: [Vector],
        _ set: (inout Mesh, [Vector]) -> Void
    ) -> Int {
        var sources = Array(0..<UInt32(vertexCount))
        var vertexValues = [Vector?](repeating: nil, count: vertexCount)
        /// The next vertex that was split off the same one.
        var following = [UInt32](repeating: none, count: vertexCount)
        for corner in indices.indices {
            var vertex = indices[corner]
            while let value = vertexValues[Int(vertex)], value != values[corner] {
                if following[Int(vertex)] == none {
                    following[Int(vertex)] = UInt32(sources.count)
                    sources.append(sources[Int(vertex)])
                    vertexValues.append(nil)
                    following.append(none)
                }
                vertex = following[Int(vertex)]
            }
            vertexValues[Int(vertex)] = values[corner]
            indices[corner] = vertex
        }
        let added = sources.count - vertexCount
        if added > 0 { takeVertices(sources) }
        set(&self, vertexValues.map { $0 ?? .zero })
        return added
    }
}
