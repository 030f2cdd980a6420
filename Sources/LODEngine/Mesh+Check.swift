extension Mesh {
    /// Verifies that the arrays fit together: as many values as vertices, indices in range, and nothing but numbers.
    ///
    /// NaN and infinity are refused in every attribute; `repair(_:)` replaces them.
    ///
    /// - Parameter name: What the error calls this mesh.
    /// - Throws: `LODError` with `invalidModel`, naming the array and what it should have been; with `unsupported` for
    ///   more vertices or indices than 32-bit numbers tell apart.
    /// - Complexity: O(vertices + indices).
    public func check(name: String = "the mesh") throws {
        try checkStructure(name: name)
        if let vertex = positions.firstIndex(where: { !$0.isFinite }) {
            throw LODError(.invalidModel, "\(name) has a position that is not a number at vertex \(vertex)")
        }
        if let (attribute, vertex) = firstThatIsNoNumber {
            throw LODError(.invalidModel, "\(name) has \(attribute) that are no numbers at vertex \(vertex)")
        }
    }

    /// Verifies what `check(name:)` does but for the numbers themselves.
    func checkStructure(name: String) throws {
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

    /// The first attribute with a value that is not finite, and the vertex that has it.
    private var firstThatIsNoNumber: (attribute: String, vertex: Int)? {
        func first<Vector: SIMD<Float>>(_ name: String, _ values: [Vector]?) -> (String, Int)? {
            values?.firstIndex { !$0.isFinite }.map { (name, $0) }
        }
        func first<Vector: SIMD<Float>>(_ name: String, in sets: [[Vector]]) -> (String, Int)? {
            for set in sets { if let found = first(name, set) { return found } }
            return nil
        }
        func first(in target: MorphTarget) -> (String, Int)? {
            first("morph target positions", target.positions) ?? first("morph target normals", target.normals)
                ?? first("morph target tangents", target.tangents)
                ?? first("morph target texture coordinates", in: target.textureCoordinates)
                ?? first("morph target colours", in: target.colors)
        }
        if let found = first("normals", normals) ?? first("tangents", tangents)
            ?? first("texture coordinates", in: textureCoordinates) ?? first("colours", in: colors)
        {
            return found
        }
        for set in influences {
            if let vertex = set.firstIndex(where: { !$0.weights.isFinite }) { return ("skin weights", vertex) }
        }
        for target in morphTargets { if let found = first(in: target) { return found } }
        for (name, attribute) in customAttributes.sorted(by: { $0.key < $1.key }) {
            if let place = attribute.values.firstIndex(where: { !$0.isFinite }) {
                return ("values of \(name)", place / attribute.componentCount)
            }
        }
        return nil
    }
}
