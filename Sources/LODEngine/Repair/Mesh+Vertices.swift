extension Mesh {
    /// Replaces every array of vertices by the values at `sources`, in that order; `indices` stay as they are.
    mutating func takeVertices(_ sources: [UInt32]) {
        func gather<Value>(_ values: inout [Value]) {
            let old = values
            values = sources.map { old[Int($0)] }
        }
        func gather<Value>(_ values: inout [Value]?) {
            guard var present = values else { return }
            values = nil
            gather(&present)
            values = present
        }
        gather(&positions)
        gather(&normals)
        gather(&tangents)
        for set in textureCoordinates.indices { gather(&textureCoordinates[set]) }
        for set in colors.indices { gather(&colors[set]) }
        for set in influences.indices { gather(&influences[set]) }
        for target in morphTargets.indices {
            gather(&morphTargets[target].positions)
            gather(&morphTargets[target].normals)
            gather(&morphTargets[target].tangents)
            for set in morphTargets[target].textureCoordinates.indices {
                gather(&morphTargets[target].textureCoordinates[set])
            }
            for set in morphTargets[target].colors.indices { gather(&morphTargets[target].colors[set]) }
        }
        for (name, attribute) in customAttributes {
            let width = attribute.componentCount
            var values: [Float] = []
            values.reserveCapacity(sources.count * width)
            for source in sources { values += attribute.values[(Int(source) * width)..<((Int(source) + 1) * width)] }
            customAttributes[name]?.values = values
        }
    }

    /// Leaves out the vertices that no triangle uses, and returns how many they were; the others keep their order.
    mutating func dropUnusedVertices() -> Int {
        var numbers = [UInt32](repeating: none, count: vertexCount)
        for index in indices { numbers[Int(index)] = 0 }
        var sources: [UInt32] = []
        for vertex in numbers.indices where numbers[vertex] == 0 {
            numbers[vertex] = UInt32(sources.count)
            sources.append(UInt32(vertex))
        }
        let unused = vertexCount - sources.count
        guard unused > 0 else { return 0 }
        for corner in indices.indices { indices[corner] = numbers[Int(indices[corner])] }
        takeVertices(sources)
        return unused
    }

    /// A hash over every attribute of a vertex but its position, equal for vertices that are equal in all of them.
    func attributeHash(of vertex: Int) -> UInt64 {
        var hash: UInt64 = 0
        func mix<Vector: SIMD<Float>>(_ values: [Vector]?) {
            guard let value = values?[vertex] else { return }
            // Adding zero turns -0 into 0, to which it is equal.
            for k in value.indices { WeldTable.mix((value[k] + 0).bitPattern, into: &hash) }
        }
        mix(normals)
        mix(tangents)
        for set in textureCoordinates { mix(set) }
        for set in colors { mix(set) }
        for set in influences {
            for k in 0..<4 {
                WeldTable.mix(UInt32(set[vertex].joints[k]), into: &hash)
                WeldTable.mix((set[vertex].weights[k] + 0).bitPattern, into: &hash)
            }
        }
        for target in morphTargets {
            mix(target.positions)
            mix(target.normals)
            mix(target.tangents)
            for set in target.textureCoordinates { mix(set) }
            for set in target.colors { mix(set) }
        }
        for attribute in customAttributes.values {
            // The order of a dictionary is the same throughout one process, and no hash leaves it.
            let width = attribute.componentCount
            for k in (vertex * width)..<((vertex + 1) * width) {
                WeldTable.mix((attribute.values[k] + 0).bitPattern, into: &hash)
            }
        }
        return hash
    }
}
