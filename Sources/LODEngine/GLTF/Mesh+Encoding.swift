extension Mesh {
    /// The attributes under glTF's names, as accessors.
    var encodedAttributes: [(name: String, accessor: EncodedAccessor)] {
        var attributes = [("POSITION", EncodedAccessor(positions: positions))]
        if let normals {
            // A vector without length has no direction to keep; glTF allows none (3.7.2.1).
            let whole = normals.map { $0 == .zero ? SIMD3(0, 0, 1) : $0.unit }
            attributes.append(("NORMAL", EncodedAccessor(whole, .vector3)))
        }
        if let tangents {
            let whole = tangents.map { tangent in
                SIMD3(tangent.x, tangent.y, tangent.z) == .zero ? SIMD4(1, 0, 0, 1) : tangent.unitTangent
            }
            attributes.append(("TANGENT", EncodedAccessor(whole, .vector4)))
        }
        for (set, coordinates) in textureCoordinates.enumerated() {
            attributes.append(("TEXCOORD_\(set)", EncodedAccessor(coordinates, .vector2)))
        }
        for (set, colors) in colors.enumerated() {
            attributes.append(("COLOR_\(set)", EncodedAccessor(colors: colors)))
        }
        var influences = influences
        SkinInfluence.normalize(&influences)
        for (set, influences) in influences.enumerated() {
            attributes.append(("JOINTS_\(set)", EncodedAccessor(joints: influences.map(\.joints))))
            attributes.append(("WEIGHTS_\(set)", EncodedAccessor(influences.map(\.weights), .vector4)))
        }
        for (name, attribute) in customAttributes.sorted(by: { $0.key < $1.key }) {
            // Read from a file, it has a shape that a file can hold; made by a caller it may not.
            guard let shape = ElementShape.holding(attribute.componentCount) else { continue }
            attributes.append((name, EncodedAccessor(attribute, shape)))
        }
        return attributes
    }

    /// The triangles as an accessor.
    var encodedIndices: EncodedAccessor {
        EncodedAccessor(indices: indices, vertexCount: vertexCount)
    }

    /// The attributes of each morph target, as accessors.
    var encodedTargets: [[(name: String, accessor: EncodedAccessor)]] {
        morphTargets.map { target in
            var attributes: [(String, EncodedAccessor)] = []
            if let positions = target.positions {
                attributes.append(("POSITION", EncodedAccessor(positions: positions)))
            }
            if let normals = target.normals { attributes.append(("NORMAL", EncodedAccessor(normals, .vector3))) }
            if let tangents = target.tangents { attributes.append(("TANGENT", EncodedAccessor(tangents, .vector3))) }
            for (set, coordinates) in target.textureCoordinates.enumerated() {
                attributes.append(("TEXCOORD_\(set)", EncodedAccessor(coordinates, .vector2)))
            }
            for (set, colors) in target.colors.enumerated() {
                attributes.append(("COLOR_\(set)", EncodedAccessor(colors, .vector4)))
            }
            // A target without attributes is not valid; this one changes nothing either.
            return attributes.isEmpty ? [("POSITION", EncodedAccessor(zeros: vertexCount))] : attributes
        }
    }

    /// The same attributes with nothing but one triangle without area, at the first vertex or the origin.
    var withOneFlatTriangle: Mesh {
        func first<Value>(_ values: [Value], _ filling: Value) -> [Value] { [values.first ?? filling] }
        var mesh = Mesh(positions: first(positions, .zero), indices: [0, 0, 0])
        mesh.normals = normals.map { first($0, SIMD3(0, 0, 1)) }
        mesh.tangents = tangents.map { first($0, SIMD4(1, 0, 0, 1)) }
        mesh.textureCoordinates = textureCoordinates.map { first($0, .zero) }
        mesh.colors = colors.map { first($0, .one) }
        mesh.influences = influences.map { first($0, SkinInfluence(joints: .zero, weights: .zero)) }
        mesh.morphTargets = morphTargets.map { old in
            var target = MorphTarget()
            target.positions = old.positions.map { first($0, .zero) }
            target.normals = old.normals.map { first($0, .zero) }
            target.tangents = old.tangents.map { first($0, .zero) }
            target.textureCoordinates = old.textureCoordinates.map { first($0, .zero) }
            target.colors = old.colors.map { first($0, .zero) }
            return target
        }
        mesh.customAttributes = customAttributes.mapValues { old in
            let values = old.values.isEmpty ? [Float](repeating: 0, count: old.componentCount) : old.values
            return CustomAttribute(componentCount: old.componentCount, values: Array(values.prefix(old.componentCount)))
        }
        return mesh
    }
}
