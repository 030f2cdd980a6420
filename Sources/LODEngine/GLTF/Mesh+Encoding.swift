extension Mesh {
    /// The attributes under glTF's names, as accessors.
    func encodedAttributes(_ encoding: AttributeEncoding) -> [(name: String, accessor: EncodedAccessor)] {
        var attributes = [("POSITION", encodedPositions(encoding))]
        if let normals {
            // A vector without length has no direction to keep; glTF allows none (3.7.2.1).
            let whole = normals.map { $0 == .zero ? SIMD3(0, 0, 1) : $0.unit }
            attributes.append(("NORMAL", encodedUnits(whole.map { SIMD4($0, 0) }, .vector3, encoding)))
        }
        if let tangents {
            let whole = tangents.map { tangent in
                SIMD3(tangent.x, tangent.y, tangent.z) == .zero ? SIMD4(1, 0, 0, 1) : tangent.unitTangent
            }
            attributes.append(("TANGENT", encodedUnits(whole, .vector4, encoding)))
        }
        for (set, coordinates) in textureCoordinates.enumerated() {
            attributes.append(("TEXCOORD_\(set)", encodedCoordinates(coordinates, set: set, encoding)))
        }
        let isQuantized = encoding.normalBits != nil
        for (set, colors) in colors.enumerated() {
            let small = isQuantized ? EncodedAccessor(colorsInBytes: colors) : nil
            attributes.append(("COLOR_\(set)", small ?? EncodedAccessor(colors: colors)))
        }
        attributes += encodedInfluences(isQuantized: isQuantized)
        for (name, attribute) in customAttributes.sorted(by: { $0.key < $1.key }) {
            // Read from a file, it has a shape that a file can hold; made by a caller it may not.
            guard let shape = ElementShape.holding(attribute.componentCount) else { continue }
            attributes.append((name, EncodedAccessor(attribute, shape)))
        }
        return attributes
    }

    private func encodedPositions(_ encoding: AttributeEncoding) -> EncodedAccessor {
        encoding.positions.map { EncodedAccessor(positions: positions, $0) } ?? EncodedAccessor(positions: positions)
    }

    private func encodedUnits(
        _ units: [SIMD4<Float>],
        _ shape: ElementShape,
        _ encoding: AttributeEncoding
    ) -> EncodedAccessor {
        encoding.normalBits.map { EncodedAccessor(units: units, shape, bits: $0) } ?? EncodedAccessor(units, shape)
    }

    private func encodedCoordinates(
        _ coordinates: [SIMD2<Float>],
        set: Int,
        _ encoding: AttributeEncoding
    ) -> EncodedAccessor {
        if let grid = encoding.textures[set] { return EncodedAccessor(coordinates: coordinates, grid) }
        let small = encoding.normalBits == nil ? nil : EncodedAccessor(fractions: coordinates)
        return small ?? EncodedAccessor(coordinates, .vector2)
    }

    private func encodedInfluences(isQuantized: Bool) -> [(name: String, accessor: EncodedAccessor)] {
        var influences = influences
        SkinInfluence.normalize(&influences)
        return influences.enumerated().flatMap { set, influences in
            let weights = influences.map(\.weights)
            // Rounded apart, the weights of several sets would not sum to 1 together.
            let areBytes = isQuantized && self.influences.count == 1
            return [
                ("JOINTS_\(set)", EncodedAccessor(joints: influences.map(\.joints))),
                (
                    "WEIGHTS_\(set)",
                    areBytes ? EncodedAccessor(weightsInBytes: weights) : EncodedAccessor(weights, .vector4)
                ),
            ]
        }
    }

    /// The triangles as an accessor.
    var encodedIndices: EncodedAccessor {
        EncodedAccessor(indices: indices, vertexCount: vertexCount)
    }

    /// The attributes of each morph target, as accessors.
    func encodedTargets(_ encoding: AttributeEncoding) -> [[(name: String, accessor: EncodedAccessor)]] {
        func deltas(_ deltas: [SIMD3<Float>]) -> EncodedAccessor {
            let small = encoding.normalBits == nil ? nil : EncodedAccessor(unitDeltas: deltas)
            return small ?? EncodedAccessor(deltas, .vector3)
        }
        return morphTargets.map { target in
            var attributes: [(String, EncodedAccessor)] = []
            if let positions = target.positions {
                let small = encoding.positions.map { EncodedAccessor(deltas: positions, $0) }
                attributes.append(("POSITION", small ?? EncodedAccessor(positions: positions)))
            }
            if let normals = target.normals { attributes.append(("NORMAL", deltas(normals))) }
            if let tangents = target.tangents { attributes.append(("TANGENT", deltas(tangents))) }
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
