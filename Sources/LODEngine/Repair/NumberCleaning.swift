extension Mesh {
    /// Replaces what is no number in any attribute but the positions, and returns how many values that were.
    ///
    /// Texture coordinates, deltas and custom attributes become 0, colours white; weights become 0 before each vertex's
    /// are made to sum to 1. Normals and tangents that have no direction become `nil` in what is returned beside: the
    /// vertices to find new ones for.
    mutating func cleanNumbers() -> (replaced: Int, normals: [Int], tangents: [Int]) {
        var replaced = 0
        func clean<Vector: SIMD<Float>>(_ values: inout [Vector], _ replacement: Float = 0) {
            for vertex in values.indices where !values[vertex].isFinite {
                values[vertex] = Vector(repeating: replacement)
                replaced += 1
            }
        }
        func clean<Vector: SIMD<Float>>(_ values: inout [Vector]?) {
            guard values?.contains(where: { !$0.isFinite }) == true, var present = values else { return }
            clean(&present)
            values = present
        }
        for set in textureCoordinates.indices { clean(&textureCoordinates[set]) }
        for set in colors.indices { clean(&colors[set], 1) }
        for target in morphTargets.indices {
            clean(&morphTargets[target].positions)
            clean(&morphTargets[target].normals)
            clean(&morphTargets[target].tangents)
            for set in morphTargets[target].textureCoordinates.indices {
                clean(&morphTargets[target].textureCoordinates[set])
            }
            for set in morphTargets[target].colors.indices { clean(&morphTargets[target].colors[set]) }
        }
        for (name, attribute) in customAttributes where attribute.values.contains(where: { !$0.isFinite }) {
            replaced += attribute.values.count { !$0.isFinite }
            customAttributes[name]?.values = attribute.values.map { $0.isFinite ? $0 : 0 }
        }
        replaced += cleanWeights()
        let lostNormals = normals.map { $0.indices(where: { !($0.isFinite && $0 != .zero) }) } ?? []
        let lostTangents =
            tangents.map { $0.indices(where: { !$0.isFinite || SIMD3($0.x, $0.y, $0.z) == .zero }) } ?? []
        return (replaced + lostNormals.count + lostTangents.count, lostNormals, lostTangents)
    }

    private mutating func cleanWeights() -> Int {
        var replaced = 0
        for set in influences.indices {
            for vertex in influences[set].indices {
                let weights = influences[set][vertex].weights
                for k in 0..<4 where !(weights[k] >= 0 && weights[k].isFinite) {
                    influences[set][vertex].weights[k] = 0
                    replaced += 1
                }
            }
        }
        SkinInfluence.normalize(&influences)
        return replaced
    }

    /// Gives `vertices` the normal of the triangles they belong to, weighted by area, or one along z.
    mutating func restoreNormals(at vertices: [Int]) {
        guard var normals, !vertices.isEmpty else { return }
        let sums = areaNormals(at: vertices)
        for (place, vertex) in vertices.enumerated() { normals[vertex] = unitVector(sums[place]) ?? SIMD3(0, 0, 1) }
        self.normals = normals
    }

    /// The sum of the cross products of the triangles at each of `vertices`.
    private func areaNormals(at vertices: [Int]) -> [SIMD3<Float>] {
        var places = [Int](repeating: -1, count: vertexCount)
        for (place, vertex) in vertices.enumerated() { places[vertex] = place }
        var sums = [SIMD3<Float>](repeating: .zero, count: vertices.count)
        for first in stride(from: 0, to: indices.count - 2, by: 3) {
            let corners = (Int(indices[first]), Int(indices[first + 1]), Int(indices[first + 2]))
            guard places[corners.0] >= 0 || places[corners.1] >= 0 || places[corners.2] >= 0 else { continue }
            let a = positions[corners.0]
            let normal = cross(positions[corners.1] - a, positions[corners.2] - a)
            guard normal.isFinite else { continue }
            for corner in [corners.0, corners.1, corners.2] where places[corner] >= 0 { sums[places[corner]] += normal }
        }
        return sums
    }

    /// Gives `vertices` a tangent at right angles to their normal.
    mutating func restoreTangents(at vertices: [Int]) {
        guard var tangents else { return }
        for vertex in vertices {
            let direction = someOrthogonal(to: normals?[vertex] ?? SIMD3(0, 0, 1))
            tangents[vertex] = SIMD4(direction, tangents[vertex].w < 0 ? -1 : 1)
        }
        self.tangents = tangents
    }
}

extension SIMD where Scalar == Float {
    /// Whether every component is a number.
    @inline(__always)
    var isFinite: Bool {
        // Zero times infinity or NaN is NaN, which is not equal to itself.
        let zeros = self * 0
        return zeros == zeros
    }
}

/// Some vector of length 1 at right angles to `vector`.
func someOrthogonal(to vector: SIMD3<Float>) -> SIMD3<Float> {
    let axis = abs(vector.x) < 0.9 * length(vector) ? SIMD3<Float>(1, 0, 0) : SIMD3(0, 1, 0)
    return unitVector(cross(vector, axis)) ?? SIMD3(1, 0, 0)
}

extension Array {
    /// The places of the elements that `isWanted` takes.
    fileprivate func indices(where isWanted: (Element) -> Bool) -> [Int] {
        indices.filter { isWanted(self[$0]) }
    }
}
