extension Mesh {
    /// Verifies that the arrays fit together: as many values as vertices, indices in range, positions that are numbers.
    ///
    /// - Parameter name: What the error calls this mesh.
    /// - Throws: `LODError` with `invalidModel`, naming the array and what it should have been.
    /// - Complexity: O(vertices + indices).
    public func check(name: String = "the mesh") throws {
        guard vertexCount < Int(UInt32.max) / 4, indices.count < Int(UInt32.max) - 3 else {
            throw LODError(.unsupported, "\(name) has \(vertexCount) vertices; 1073741823 is the most")
        }
        guard indices.count.isMultiple(of: 3) else {
            throw LODError(.invalidModel, "\(name) has \(indices.count) indices; triangles need a multiple of 3")
        }
        if let index = indices.firstIndex(where: { Int($0) >= vertexCount }) {
            throw LODError(
                .invalidModel,
                "\(name) has index \(indices[index]) at \(index), but only \(vertexCount) vertices"
            )
        }
        if let vertex = positions.firstIndex(where: { !($0.x.isFinite && $0.y.isFinite && $0.z.isFinite) }) {
            throw LODError(.invalidModel, "\(name) has a position that is not a number at vertex \(vertex)")
        }
        for (attribute, count) in valueCounts where count != vertexCount {
            throw LODError(.invalidModel, "\(name) has \(count) \(attribute) for \(vertexCount) vertices")
        }
    }

    /// How many vertices each array that is present has values for, by its name.
    private var valueCounts: [(String, Int)] {
        var counts: [(String, Int)] = []
        if let normals { counts.append(("normals", normals.count)) }
        if let tangents { counts.append(("tangents", tangents.count)) }
        counts += textureCoordinates.map { ("texture coordinates", $0.count) }
        counts += colors.map { ("colours", $0.count) }
        counts += influences.map { ("skin influences", $0.count) }
        for target in morphTargets {
            if let positions = target.positions { counts.append(("morph target positions", positions.count)) }
            if let normals = target.normals { counts.append(("morph target normals", normals.count)) }
            if let tangents = target.tangents { counts.append(("morph target tangents", tangents.count)) }
            counts += target.textureCoordinates.map { ("morph target texture coordinates", $0.count) }
            counts += target.colors.map { ("morph target colours", $0.count) }
        }
        for (name, attribute) in customAttributes {
            let components = attribute.componentCount
            let isWhole = components > 0 && attribute.values.count.isMultiple(of: components)
            counts.append(("values of \(name)", isWhole ? attribute.values.count / components : -1))
        }
        return counts
    }
}
