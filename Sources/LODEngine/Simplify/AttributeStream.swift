/// One array of a mesh's vertices that linear interpolation may carry along.
enum AttributeStream: Hashable {
    case normals
    case tangents
    case textureCoordinates(Int)
    case colors(Int)
    case morphPositions(Int)
    case morphNormals(Int)
    case morphTangents(Int)
    case morphTextureCoordinates(target: Int, set: Int)
    case morphColors(target: Int, set: Int)
    case custom(String)

    /// Every stream that `mesh` has, in a fixed order.
    ///
    /// Positions and skin influences are not among them.
    static func all(of mesh: Mesh) -> [AttributeStream] {
        var streams: [AttributeStream] = []
        if mesh.normals != nil { streams.append(.normals) }
        if mesh.tangents != nil { streams.append(.tangents) }
        streams += mesh.textureCoordinates.indices.map { .textureCoordinates($0) }
        streams += mesh.colors.indices.map { .colors($0) }
        for (index, target) in mesh.morphTargets.enumerated() {
            if target.positions != nil { streams.append(.morphPositions(index)) }
            if target.normals != nil { streams.append(.morphNormals(index)) }
            if target.tangents != nil { streams.append(.morphTangents(index)) }
            streams += target.textureCoordinates.indices.map {
                .morphTextureCoordinates(target: index, set: $0)
            }
            streams += target.colors.indices.map { .morphColors(target: index, set: $0) }
        }
        streams += mesh.customAttributes.keys.sorted().map { .custom($0) }
        return streams
    }

    /// Numbers per vertex.
    func width(in mesh: Mesh) -> Int {
        switch self {
        case .normals, .morphPositions, .morphNormals, .morphTangents: 3
        case .tangents, .colors, .morphColors: 4
        case .textureCoordinates, .morphTextureCoordinates: 2
        case .custom(let name): mesh.customAttributes[name]?.componentCount ?? 0
        }
    }

    /// Hands the numbers of each of `vertices` to `body`, with the vertex's place in the list; what is no number is 0.
    func read(
        _ mesh: Mesh,
        at vertices: [UInt32],
        _ body: (_ place: Int, _ component: Int, _ value: Float) -> Void
    ) {
        func hand<Vector: SIMD<Float>>(_ values: [Vector]?) {
            guard let values else { return }
            for (place, vertex) in vertices.enumerated() {
                let vector = values[Int(vertex)]
                for k in vector.indices { body(place, k, vector[k].isFinite ? vector[k] : 0) }
            }
        }
        switch self {
        case .normals: hand(mesh.normals)
        case .tangents: hand(mesh.tangents)
        case .textureCoordinates(let set): hand(mesh.textureCoordinates[set])
        case .colors(let set): hand(mesh.colors[set])
        case .morphPositions(let target): hand(mesh.morphTargets[target].positions)
        case .morphNormals(let target): hand(mesh.morphTargets[target].normals)
        case .morphTangents(let target): hand(mesh.morphTargets[target].tangents)
        case .morphTextureCoordinates(let target, let set):
            hand(mesh.morphTargets[target].textureCoordinates[set])
        case .morphColors(let target, let set): hand(mesh.morphTargets[target].colors[set])
        case .custom(let name):
            guard let attribute = mesh.customAttributes[name] else { return }
            let width = attribute.componentCount
            for (place, vertex) in vertices.enumerated() {
                for k in 0..<width {
                    let value = attribute.values[Int(vertex) * width + k]
                    body(place, k, value.isFinite ? value : 0)
                }
            }
        }
    }

    /// Replaces this stream of `result`, which began as a copy of the original mesh.
    ///
    /// Vertex `i` takes the values of the original's vertex `sources[i]`, or those of `moved(i, component)` where
    /// `isMoved[i]`.
    func write(
        _ result: inout Mesh,
        sources: [UInt32],
        isMoved: [Bool],
        moved: (Int, Int) -> Float
    ) {
        func gather<Vector: SIMD<Float>>(_ values: inout [Vector]) {
            let old = values
            values = sources.indices.map { place in
                guard isMoved[place] else { return old[Int(sources[place])] }
                var vector = Vector()
                for k in vector.indices { vector[k] = moved(place, k) }
                return vector
            }
        }
        func gather<Vector: SIMD<Float>>(_ values: inout [Vector]?) {
            guard var present = values else { return }
            gather(&present)
            values = present
        }
        switch self {
        case .normals: gather(&result.normals)
        case .tangents: gather(&result.tangents)
        case .textureCoordinates(let set): gather(&result.textureCoordinates[set])
        case .colors(let set): gather(&result.colors[set])
        case .morphPositions(let target): gather(&result.morphTargets[target].positions)
        case .morphNormals(let target): gather(&result.morphTargets[target].normals)
        case .morphTangents(let target): gather(&result.morphTargets[target].tangents)
        case .morphTextureCoordinates(let target, let set):
            gather(&result.morphTargets[target].textureCoordinates[set])
        case .morphColors(let target, let set): gather(&result.morphTargets[target].colors[set])
        case .custom(let name):
            guard let attribute = result.customAttributes[name] else { return }
            let width = attribute.componentCount
            var values: [Float] = []
            values.reserveCapacity(sources.count * width)
            for (place, source) in sources.enumerated() {
                for k in 0..<width {
                    values.append(
                        isMoved[place] ? moved(place, k) : attribute.values[Int(source) * width + k]
                    )
                }
            }
            result.customAttributes[name]?.values = values
        }
    }
}
