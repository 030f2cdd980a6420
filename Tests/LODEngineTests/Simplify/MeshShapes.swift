import Glibc
import LODEngine

/// Meshes whose every property is known.
enum MeshShapes {
    /// A flat square from 0 to 1 with `cells` by `cells` squares, two triangles each; texture coordinates are x and y.
    static func grid(_ cells: Int, height: (Float, Float) -> Float = { _, _ in 0 }) -> Mesh {
        var positions: [SIMD3<Float>] = []
        var coordinates: [SIMD2<Float>] = []
        for row in 0...cells {
            for column in 0...cells {
                let x = Float(column) / Float(cells)
                let y = Float(row) / Float(cells)
                positions.append(SIMD3(x, y, height(x, y)))
                coordinates.append(SIMD2(x, y))
            }
        }
        var mesh = Mesh(positions: positions, indices: lattice(cells, cells, stride: cells + 1))
        mesh.textureCoordinates = [coordinates]
        return mesh
    }

    /// A sphere of radius 1, closed, whose seam and poles have several wedges; normals and coordinates as on a globe.
    static func sphere(_ segments: Int) -> Mesh {
        surface(segments * 2, segments) { u, v in
            let longitude = u * 2 * Float.pi
            let latitude = (1 - v) * Float.pi
            // Exactly closed: the seam's two sides and all of a pole must be equal, not only near.
            let turn = u == 1 ? 0 : longitude
            let ring: Float = v == 0 || v == 1 ? 0 : sin(latitude)
            let point = SIMD3(ring * cos(turn), ring * sin(turn), cos(latitude))
            return (point, point)
        }
    }

    /// A torus of radii 1 and 0.4.
    static func torus(_ segments: Int) -> Mesh {
        surface(segments * 2, segments) { u, v in
            let big = u == 1 ? 0 : u * 2 * Float.pi
            let small = v == 1 ? 0 : v * 2 * Float.pi
            let normal = SIMD3(cos(small) * cos(big), cos(small) * sin(big), sin(small))
            return (SIMD3(cos(big), sin(big), 0) + normal * 0.4, normal)
        }
    }

    /// A cube of side 1 with `cells` by `cells` squares a side; hard edges, so each side has its own vertices.
    static func cube(_ cells: Int) -> Mesh {
        let axes: [(SIMD3<Float>, SIMD3<Float>)] = [
            ([1, 0, 0], [0, 1, 0]), ([0, 1, 0], [1, 0, 0]), ([0, 1, 0], [0, 0, 1]),
            ([0, 0, 1], [0, 1, 0]), ([0, 0, 1], [1, 0, 0]), ([1, 0, 0], [0, 0, 1]),
        ]
        var mesh = Mesh(positions: [], indices: [])
        var normals: [SIMD3<Float>] = []
        for (u, v) in axes {
            let normal = SIMD3(u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x)
            let origin = pointwiseMax(normal, .zero)
            let first = UInt32(mesh.positions.count)
            for row in 0...cells {
                for column in 0...cells {
                    let a = u * (Float(column) / Float(cells))
                    mesh.positions.append(origin + a + v * (Float(row) / Float(cells)))
                    normals.append(normal)
                }
            }
            mesh.indices += lattice(cells, cells, stride: cells + 1).map { $0 + first }
        }
        mesh.normals = normals
        return mesh
    }

    private static func surface(
        _ columns: Int,
        _ rows: Int,
        _ point: (Float, Float) -> (SIMD3<Float>, SIMD3<Float>)
    ) -> Mesh {
        var mesh = Mesh(positions: [], indices: [])
        var normals: [SIMD3<Float>] = []
        var coordinates: [SIMD2<Float>] = []
        for row in 0...rows {
            for column in 0...columns {
                let u = Float(column) / Float(columns)
                let v = Float(row) / Float(rows)
                let (position, normal) = point(u, v)
                mesh.positions.append(position)
                normals.append(normal)
                coordinates.append(SIMD2(u, v))
            }
        }
        mesh.indices = lattice(columns, rows, stride: columns + 1)
        mesh.normals = normals
        mesh.textureCoordinates = [coordinates]
        return mesh
    }

    private static func lattice(_ columns: Int, _ rows: Int, stride: Int) -> [UInt32] {
        var indices: [UInt32] = []
        for row in 0..<rows {
            for column in 0..<columns {
                let a = UInt32(row * stride + column)
                let b = a + 1
                let c = a + UInt32(stride)
                indices += [a, b, c, b, c + 1, c]
            }
        }
        return indices
    }
}

/// What a test wants to know of a mesh, by position, worked out in the plainest way.
struct MeshFacts {
    /// Triangles at each edge between two places.
    var edgeUse: [Edge: Int] = [:]
    /// The total length of edges with one triangle.
    var borderLength: Float = 0
    /// Triangles with two corners in one place.
    var degenerateCount = 0
    /// The enclosed volume, for closed meshes.
    var volume: Float = 0

    /// Two places, in a fixed order.
    struct Edge: Hashable {
        var a: SIMD3<Float>
        var b: SIMD3<Float>
    }

    /// Looks `meshes` over as if they were one.
    init(_ meshes: [Mesh]) {
        for mesh in meshes {
            for triangle in stride(from: 0, to: mesh.indices.count, by: 3) {
                let p = (0..<3).map { mesh.positions[Int(mesh.indices[triangle + $0])] }
                if p[0] == p[1] || p[1] == p[2] || p[2] == p[0] { degenerateCount += 1 }
                volume += dot(p[0], cross(p[1], p[2])) / 6
                for k in 0..<3 { edgeUse[Self.edge(p[k], p[(k + 1) % 3]), default: 0] += 1 }
            }
        }
        for (edge, count) in edgeUse where count == 1 { borderLength += length(edge.a - edge.b) }
    }

    /// Edges with one triangle, or with more than two.
    var borderCount: Int { edgeUse.values.count { $0 == 1 } }
    var branchCount: Int { edgeUse.values.count { $0 > 2 } }

    private static func edge(_ p: SIMD3<Float>, _ q: SIMD3<Float>) -> Edge {
        let isOrdered = (p.x, p.y, p.z) < (q.x, q.y, q.z)
        return isOrdered ? Edge(a: p, b: q) : Edge(a: q, b: p)
    }
}

func dot(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> Float { (a * b).sum() }
func length(_ a: SIMD3<Float>) -> Float { dot(a, a).squareRoot() }
func cross(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> SIMD3<Float> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

extension Mesh {
    /// The positions of the corners of each triangle.
    var triangles: [(SIMD3<Float>, SIMD3<Float>, SIMD3<Float>)] {
        stride(from: 0, to: indices.count, by: 3).map { first in
            (
                positions[Int(indices[first])], positions[Int(indices[first + 1])], positions[Int(indices[first + 2])]
            )
        }
    }

    /// The same triangles with only those that `isKept` says, vertices left as they are.
    func keeping(where isKept: (SIMD3<Float>) -> Bool) -> Mesh {
        var mesh = self
        mesh.indices = []
        for (number, (a, b, c)) in triangles.enumerated() where isKept((a + b + c) / 3) {
            mesh.indices += indices[(number * 3)..<(number * 3 + 3)]
        }
        return mesh
    }
}

extension SimplificationOptions {
    /// The default without measuring the distance, which takes longest in a build for debugging.
    static var unmeasured: SimplificationOptions {
        var options = SimplificationOptions()
        options.measuresError = false
        return options
    }
}
