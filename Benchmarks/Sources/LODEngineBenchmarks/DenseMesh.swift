import Foundation
import Harness
import LODEngine

/// Dense meshes made from nothing or from lighter ones, so that benchmarks need no large files: always the same bytes.
enum DenseMesh {
    /// A torus with bumps of several sizes, normals and texture coordinates, with a seam both ways round.
    static func torus(triangleCount: Int) -> Mesh {
        let around = max(Int((Double(triangleCount)).squareRoot()), 3)
        let across = max(triangleCount / 2 / around, 3)
        var positions: [SIMD3<Float>] = []
        var normals: [SIMD3<Float>] = []
        var coordinates: [SIMD2<Float>] = []
        positions.reserveCapacity((around + 1) * (across + 1))
        normals.reserveCapacity((around + 1) * (across + 1))
        coordinates.reserveCapacity((around + 1) * (across + 1))
        for row in 0...around {
            // The seam's two sides are equal bit by bit.
            let u = Float(row % around) / Float(around) * 2 * .pi
            for column in 0...across {
                let v = Float(column % across) / Float(across) * 2 * .pi
                let ring = SIMD3(cos(u), sin(u), 0)
                let normal = ring * cos(v) + SIMD3(0, 0, sin(v))
                let height: Float = 0.4 + 0.02 * sin(7 * u) * cos(5 * v) + 0.004 * sin(41 * u + 3 * v) * sin(37 * v)
                positions.append(ring + normal * (height + 0.0005 * sin(311 * u) * cos(271 * v)))
                normals.append(normal)
                coordinates.append(SIMD2(Float(row) / Float(around), Float(column) / Float(across)))
            }
        }
        var mesh = Mesh(positions: positions, indices: lattice(around, across))
        mesh.normals = normals
        mesh.textureCoordinates = [coordinates]
        return mesh
    }

    /// Two triangles for each cell of a grid.
    private static func lattice(_ rows: Int, _ columns: Int) -> [UInt32] {
        var indices: [UInt32] = []
        indices.reserveCapacity(rows * columns * 6)
        let stride = UInt32(columns + 1)
        for row in 0..<UInt32(rows) {
            for column in 0..<UInt32(columns) {
                let corner = row * stride + column
                indices += [corner, corner + stride, corner + 1, corner + 1, corner + stride, corner + stride + 1]
            }
        }
        return indices
    }

    /// The same surface with every triangle cut into four, `times` over, and given fine relief.
    ///
    /// Edges are halved once for each pair of vertices, so that seams and borders stay as they were; then vertices of one
    /// position move together along their normals, by waves of seven sizes and a little noise, as a scanner would
    /// leave them. The heights depend on the position alone: nothing tears.
    static func refined(_ meshes: [Mesh], times: Int) -> [Mesh] {
        var refined = meshes
        for _ in 0..<times { refined = refined.map(divided) }
        let box = BoundingBox(refined.lazy.flatMap(\.positions))
        let extent = box?.diagonal ?? 1
        let waves = Relief(extent: extent)
        let directions = Directions(refined)
        for index in refined.indices {
            for vertex in refined[index].positions.indices {
                let position = refined[index].positions[vertex]
                let height = waves.height(at: position)
                refined[index].positions[vertex] = position + directions[position] * height
            }
        }
        return refined
    }

    private static func divided(_ mesh: Mesh) -> Mesh {
        var result = mesh
        // Only positions, normals and coordinates are divided.
        result.tangents = nil
        result.indices = []
        result.indices.reserveCapacity(mesh.indices.count * 4)
        var halves: [UInt64: UInt32] = [:]
        halves.reserveCapacity(mesh.indices.count / 2)
        func half(_ a: UInt32, _ b: UInt32) -> UInt32 {
            let key = UInt64(min(a, b)) << 32 | UInt64(max(a, b))
            if let known = halves[key] { return known }
            let vertex = UInt32(result.positions.count)
            let (first, second) = (Int(a), Int(b))
            result.positions.append((mesh.positions[first] + mesh.positions[second]) / 2)
            if let normals = mesh.normals {
                let sum = normals[first] + normals[second]
                let length = (sum * sum).sum().squareRoot()
                result.normals?.append(length > 0 ? sum / length : normals[first])
            }
            for (set, values) in mesh.textureCoordinates.enumerated() {
                result.textureCoordinates[set].append((values[first] + values[second]) / 2)
            }
            halves[key] = vertex
            return vertex
        }
        for triangle in stride(from: 0, to: mesh.indices.count, by: 3) {
            let (a, b, c) = (mesh.indices[triangle], mesh.indices[triangle + 1], mesh.indices[triangle + 2])
            let (ab, bc, ca) = (half(a, b), half(b, c), half(c, a))
            result.indices += [a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca]
        }
        return result
    }

    /// The same triangles and vertices in another order, drawn from a seed.
    static func shuffled(_ mesh: Mesh) -> Mesh {
        var random = SplitMix(seed: 5)
        let order = mesh.positions.indices.shuffled(using: &random)
        var place = [UInt32](repeating: 0, count: order.count)
        for (new, old) in order.enumerated() { place[old] = UInt32(new) }
        var result = mesh
        result.positions = order.map { mesh.positions[$0] }
        result.normals = mesh.normals.map { normals in order.map { normals[$0] } }
        result.textureCoordinates = mesh.textureCoordinates.map { values in order.map { values[$0] } }
        result.indices = (0..<mesh.triangleCount).shuffled(using: &random).flatMap { triangle in
            (0..<3).map { place[Int(mesh.indices[triangle * 3 + $0])] }
        }
        return result
    }
}

/// Waves of seven sizes and a little noise, as a function of the position.
private struct Relief {
    private var waves: [(direction: SIMD3<Float>, phase: Float, height: Float)] = []
    private let noise: Float

    init(extent: Float) {
        var random = SplitMix(seed: 99)
        var (frequency, height): (Float, Float) = (6, 1)
        for _ in 0..<7 {
            for _ in 0..<4 {
                let direction = SIMD3<Float>.random(in: -1...1, using: &random)
                let length = max((direction * direction).sum().squareRoot(), 0.1)
                let turns = direction / length * (2 * .pi * frequency / max(extent, .leastNormalMagnitude))
                waves.append((turns, Float.random(in: 0...6.283, using: &random), height * extent * 6e-4))
            }
            frequency *= 1.9
            height *= 0.5
        }
        noise = extent * 1e-5
    }

    func height(at position: SIMD3<Float>) -> Float {
        var height: Float = 0
        for wave in waves { height += wave.height * sin((wave.direction * position).sum() + wave.phase) }
        let place = UInt64(position.x.bitPattern) << 32 ^ UInt64(position.y.bitPattern) << 16
        var grain = SplitMix(seed: place ^ UInt64(position.z.bitPattern))
        return height + Float.random(in: -1...1, using: &grain) * noise
    }
}

/// The direction out of the surface at each position, of all triangles there, by their area.
private struct Directions {
    private var sums: [SIMD3<Float>: SIMD3<Float>] = [:]

    init(_ meshes: [Mesh]) {
        sums.reserveCapacity(meshes.reduce(0) { $0 + $1.vertexCount })
        for mesh in meshes {
            for triangle in stride(from: 0, to: mesh.indices.count, by: 3) {
                let corners = (0..<3).map { mesh.positions[Int(mesh.indices[triangle + $0])] }
                let (u, v) = (corners[1] - corners[0], corners[2] - corners[0])
                let normal = SIMD3(u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x)
                for corner in corners { sums[corner, default: .zero] += normal }
            }
        }
    }

    subscript(position: SIMD3<Float>) -> SIMD3<Float> {
        let sum = sums[position] ?? .zero
        let length = (sum * sum).sum().squareRoot()
        return length > 0 ? sum / length : .zero
    }
}
