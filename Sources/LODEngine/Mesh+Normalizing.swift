extension SIMD3<Float> {
    /// The vector at length 1; itself where it is that already, within what eight bits can tell, or is zero.
    ///
    /// A vector that is not finite has no direction to keep: it becomes 0, 0, 1.
    var unit: SIMD3<Float> {
        let square = (self * self).sum()
        if abs(square - 1) <= 0.002 { return self }
        if square.isNormal { return self / square.squareRoot() }
        guard x.isFinite, y.isFinite, z.isFinite else { return SIMD3(0, 0, 1) }
        // The square is more than a float holds, or less: with 1 as greatest component it lies within 1 and 3.
        let greatest = Swift.max(abs(x), abs(y), abs(z))
        guard greatest > 0 else { return self }
        let scaled = self / greatest
        return scaled / (scaled * scaled).sum().squareRoot()
    }
}

extension SIMD4<Float> {
    /// The tangent with its direction at length 1 and its sign 1 or −1.
    var unitTangent: SIMD4<Float> {
        SIMD4(SIMD3(x, y, z).unit, w < 0 ? -1 : 1)
    }
}

extension SkinInfluence {
    /// Makes each vertex's weights, over all sets, positive with sum 1, and names no joint twice.
    ///
    /// What is so already stays as it is, bit by bit. A vertex without any weight is given to its first joint. Joints
    /// without weight become 0, as glTF 2.0 asks in section 3.7.3.1.
    static func normalize(_ sets: inout [[SkinInfluence]]) {
        guard let vertexCount = sets.first?.count else { return }
        for vertex in 0..<vertexCount {
            var weights: [(joint: UInt16, weight: Float)] = []
            for set in sets.indices {
                for slot in 0..<4 {
                    let influence = sets[set][vertex]
                    let weight = max(influence.weights[slot], 0)
                    let joint = influence.joints[slot]
                    if weight > 0, let known = weights.firstIndex(where: { $0.joint == joint && $0.weight > 0 }) {
                        weights[known].weight += weight
                        weights.append((0, 0))
                    } else {
                        weights.append((weight > 0 || weights.isEmpty ? joint : 0, weight))
                    }
                }
            }
            // In double precision: the sum of four floats may exceed what a float holds.
            let sum = weights.reduce(0) { $0 + Double($1.weight) }
            let used = weights.reduce(0) { $0 + ($1.weight > 0 ? 1 : 0) }
            if used == 0 {
                weights[0].weight = 1
            } else {
                // The tolerance of the Khronos validator.
                let isSumOne = abs(sum - 1) <= 2e-7 * Double(used)
                for index in weights.indices {
                    if !isSumOne { weights[index].weight = Float(Double(weights[index].weight) / sum) }
                    if weights[index].weight == 0 { weights[index].joint = 0 }
                }
            }
            for (index, entry) in weights.enumerated() {
                sets[index / 4][vertex].joints[index % 4] = entry.joint
                sets[index / 4][vertex].weights[index % 4] = entry.weight
            }
        }
    }
}
