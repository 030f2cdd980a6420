extension GLTFReader {
    /// Reads every attribute of a primitive for the vertices `rows`, or for all.
    mutating func readAttributes(at place: JSONPlace, vertexCount: Int, rows: [UInt32]?) throws -> Mesh {
        var mesh = Mesh(positions: [], indices: [])
        var sets = AttributeSets()
        for (name, place) in try place.members() {
            let index = try place.index(below: accessors.count, of: "accessors")
            guard accessors[index].count == vertexCount else {
                throw place.invalid("as many elements as POSITION, \(vertexCount), found \(accessors[index].count)")
            }
            switch name {
            case "POSITION":
                mesh.positions = try vectors(of: index, [.vector3], at: place, rows: rows, filling: .zero)
            case "NORMAL":
                let normals: [SIMD3<Float>] = try vectors(of: index, [.vector3], at: place, rows: rows, filling: .zero)
                mesh.normals = normals.map(\.unit)
            case "TANGENT":
                let tangents: [SIMD4<Float>] = try vectors(of: index, [.vector4], at: place, rows: rows, filling: .zero)
                mesh.tangents = tangents.map(\.unitTangent)
            default:
                if sets.add(name, accessor: index, place: place) { continue }
                let elements = try elements(of: index)
                let size = elements.shape.componentCount * MemoryLayout<Float>.size
                try spend(vertexBytes: size, for: rows?.count ?? elements.count, at: place)
                mesh.customAttributes[name] = CustomAttribute(
                    componentCount: elements.shape.componentCount,
                    values: try elements.floats(rows: rows)
                )
            }
        }
        mesh.textureCoordinates = try sets.ordered("TEXCOORD", at: place).map {
            try vectors(of: $0.accessor, [.vector2], at: $0.place, rows: rows, filling: .zero)
        }
        mesh.colors = try sets.ordered("COLOR", at: place).map {
            try vectors(of: $0.accessor, [.vector3, .vector4], at: $0.place, rows: rows, filling: .one)
        }
        mesh.influences = try readInfluences(sets, at: place, rows: rows)
        return mesh
    }

    private mutating func readInfluences(
        _ sets: AttributeSets,
        at place: JSONPlace,
        rows: [UInt32]?
    ) throws -> [[SkinInfluence]] {
        let joints = try sets.ordered("JOINTS", at: place)
        let weights = try sets.ordered("WEIGHTS", at: place)
        guard joints.count == weights.count else {
            throw place.invalid("as many sets of WEIGHTS as of JOINTS, found \(weights.count) and \(joints.count)")
        }
        var influences: [[SkinInfluence]] = []
        for (joints, weights) in zip(joints, weights) {
            let component = accessors[joints.accessor].component
            guard component == .uint8 || component == .uint16 else {
                throw joints.place.invalid("joints of 8 or 16 bits, found componentType \(component.rawValue)")
            }
            // Joints and weights together lie in as much memory as two vectors of four.
            try spend(vertexBytes: 16, for: rows?.count ?? accessors[joints.accessor].count, at: joints.place)
            let numbers = try elements(of: joints.accessor, [.vector4], at: joints.place).unsigned(rows: rows)
            let values: [SIMD4<Float>] = try vectors(
                of: weights.accessor,
                [.vector4],
                at: weights.place,
                rows: rows,
                filling: .zero
            )
            influences.append(
                values.enumerated().map { index, weights in
                    let first = index * 4
                    let joints = SIMD4(numbers[first], numbers[first + 1], numbers[first + 2], numbers[first + 3])
                    return SkinInfluence(joints: SIMD4(truncatingIfNeeded: joints), weights: weights)
                }
            )
        }
        SkinInfluence.normalize(&influences)
        return influences
    }

    /// Reads one morph target for the vertices `rows`, or for all.
    mutating func readTarget(at place: JSONPlace, vertexCount: Int, rows: [UInt32]?) throws -> MorphTarget {
        var target = MorphTarget()
        var sets = AttributeSets()
        for (name, place) in try place.members() {
            let index = try place.index(below: accessors.count, of: "accessors")
            guard accessors[index].count == vertexCount else {
                throw place.invalid("as many elements as POSITION, \(vertexCount), found \(accessors[index].count)")
            }
            switch name {
            case "POSITION": target.positions = try deltas(index, at: place, rows: rows)
            case "NORMAL": target.normals = try deltas(index, at: place, rows: rows)
            case "TANGENT": target.tangents = try deltas(index, at: place, rows: rows)
            default:
                guard sets.add(name, accessor: index, place: place) else {
                    throw place.invalid("a morph target attribute that this reader has", .unsupported)
                }
            }
        }
        target.textureCoordinates = try sets.ordered("TEXCOORD", at: place).map {
            try vectors(of: $0.accessor, [.vector2], at: $0.place, rows: rows, filling: .zero)
        }
        target.colors = try sets.ordered("COLOR", at: place).map {
            try vectors(of: $0.accessor, [.vector3, .vector4], at: $0.place, rows: rows, filling: .zero)
        }
        return target
    }

    private mutating func deltas(_ index: Int, at place: JSONPlace, rows: [UInt32]?) throws -> [SIMD3<Float>] {
        try vectors(of: index, [.vector3], at: place, rows: rows, filling: .zero)
    }

    private mutating func vectors<Vector: SIMD>(
        of index: Int,
        _ shapes: [ElementShape],
        at place: JSONPlace,
        rows: [UInt32]?,
        filling: Vector
    ) throws -> [Vector] where Vector.Scalar == Float {
        let elements = try elements(of: index, shapes, at: place)
        try spend(vertexBytes: MemoryLayout<Vector>.stride, for: rows?.count ?? elements.count, at: place)
        return try elements.vectors(rows: rows, filling: filling)
    }

    private mutating func elements(
        of index: Int,
        _ shapes: [ElementShape],
        at place: JSONPlace
    ) throws -> AccessorElements {
        guard shapes.contains(accessors[index].shape) else {
            let names = shapes.map(\.rawValue).joined(separator: " or ")
            throw place.invalid("an accessor of type \(names), found \(accessors[index].shape.rawValue)")
        }
        return try elements(of: index)
    }
}

/// Attributes that come in numbered sets, such as TEXCOORD_0 and TEXCOORD_1.
private struct AttributeSets {
    typealias Entry = (accessor: Int, place: JSONPlace)

    private var entries: [String: [Int: Entry]] = [:]

    /// Takes the attribute if its name is of such a set.
    mutating func add(_ name: String, accessor: Int, place: JSONPlace) -> Bool {
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, ["TEXCOORD", "COLOR", "JOINTS", "WEIGHTS"].contains(parts[0]),
            let number = Int(parts[1]), number >= 0, String(number) == parts[1]
        else { return false }
        entries[String(parts[0]), default: [:]][number] = (accessor, place)
        return true
    }

    /// The accessors of the sets in order.
    func ordered(_ name: String, at place: JSONPlace) throws -> [Entry] {
        let sets = entries[name] ?? [:]
        return try (0..<sets.count).map { number in
            guard let entry = sets[number] else { throw place.invalid("\(name)_\(number) before higher numbers") }
            return entry
        }
    }
}
