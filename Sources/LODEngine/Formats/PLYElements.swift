/// The vertices of a PLY file.
struct PLYVertices {
    private(set) var positions: [SIMD3<Float>] = []
    private var normals: [SIMD3<Float>] = []
    private var textureCoordinates: [SIMD2<Float>] = []
    private var colors: [SIMD4<Float>] = []

    /// The properties that are read, in the order of the slots that a row's values go to.
    private static let slots: [[String]] = [
        ["x"], ["y"], ["z"], ["nx"], ["ny"], ["nz"], ["u", "s", "texture_u"], ["v", "t", "texture_v"],
        ["red", "r", "diffuse_red"], ["green", "g", "diffuse_green"], ["blue", "b", "diffuse_blue"], ["alpha", "a"],
    ]

    /// Reads all rows.
    mutating func read(_ element: PLYHeader.Element, from values: inout PLYValues, _ bytes: Span<UInt8>) throws {
        let slotOf = element.properties.map { property in
            property.lengthType == nil ? Self.slots.firstIndex { $0.contains(property.name) } : nil
        }
        let found = Set(slotOf.compactMap { $0 })
        guard element.count == 0 || found.isSuperset(of: 0..<3) else {
            throw values.cursor.error(bytes, "a vertex element with x, y and z")
        }
        let scales = element.properties.map(\.type.colorScale)
        // Whole-number colours repeat among 256 values.
        let linear = (0..<256).map { DisplayColor.linear(Float($0) / 255) }
        positions.reserveCapacity(element.count)
        var row = [Double](repeating: 0, count: Self.slots.count)
        row[11] = 1
        for _ in 0..<element.count {
            let start = values.cursor.position
            for (place, property) in element.properties.enumerated() {
                guard let slot = slotOf[place] else {
                    try values.pass(property, bytes)
                    continue
                }
                let value = try values.next(property.type, bytes)
                row[slot] = slot >= 8 ? value / scales[place] : value
            }
            guard row.allSatisfy({ Float($0).isFinite }) else {
                throw values.cursor.error(bytes, at: start, "a vertex of finite numbers")
            }
            positions.append(SIMD3(Float(row[0]), Float(row[1]), Float(row[2])))
            if found.isSuperset(of: 3..<6) {
                normals.append(normalized(SIMD3(Float(row[3]), Float(row[4]), Float(row[5]))))
            }
            if found.isSuperset(of: 6..<8) { textureCoordinates.append(SIMD2(Float(row[6]), 1 - Float(row[7]))) }
            if found.isSuperset(of: 8..<11) {
                var color = SIMD4<Float>(repeating: 1)
                for component in 0..<3 {
                    let value = min(max(row[8 + component], 0), 1)
                    let step = (value * 255).rounded()
                    color[component] = step == value * 255 ? linear[Int(step)] : DisplayColor.linear(Float(value))
                }
                color.w = Float(min(max(row[11], 0), 1))
                colors.append(color)
            }
        }
    }

    /// The mesh of these vertices and `indices`, which the caller has checked.
    func mesh(indices: [UInt32]) -> Mesh {
        var mesh = Mesh(positions: positions, indices: indices)
        if !normals.isEmpty { mesh.normals = normals }
        if !textureCoordinates.isEmpty { mesh.textureCoordinates = [textureCoordinates] }
        if !colors.isEmpty { mesh.colors = [colors] }
        return mesh
    }
}

/// The polygons of a PLY file, kept until all vertices are known: faces may stand before them.
struct PLYPolygons {
    let vertexCount: Int
    private var corners: [UInt32] = []
    /// The polygons' ends in `corners`.
    private var ends: [Int] = []

    init(vertexCount: Int) {
        self.vertexCount = vertexCount
    }

    /// Reads the polygons or strips of an element's rows from property `list`.
    mutating func read(
        _ element: PLYHeader.Element,
        list: Int,
        from values: inout PLYValues,
        _ bytes: Span<UInt8>
    ) throws {
        let property = element.properties[list]
        let areStrips = element.name == "tristrips"
        for _ in 0..<element.count {
            for (place, other) in element.properties.enumerated() {
                guard place == list, let lengthType = property.lengthType else {
                    try values.pass(other, bytes)
                    continue
                }
                let length = try values.nextLength(lengthType, of: property.type, bytes)
                var strip: [UInt32] = []
                for _ in 0..<length {
                    let start = values.cursor.position
                    let index = try values.nextInteger(property.type, bytes)
                    if areStrips, index == -1 {
                        addStrip(strip)
                        strip.removeAll()
                        continue
                    }
                    guard index >= 0, index < vertexCount else {
                        throw values.cursor.error(bytes, at: start, "an index of one of \(vertexCount) vertices")
                    }
                    if areStrips { strip.append(UInt32(index)) } else { corners.append(UInt32(index)) }
                }
                if areStrips { addStrip(strip) } else { ends.append(corners.count) }
            }
        }
    }

    private mutating func addStrip(_ strip: [UInt32]) {
        guard strip.count >= 3 else { return }
        for place in 0..<strip.count - 2 {
            let isOdd = place & 1
            corners += [strip[place], strip[place + 1 + isOdd], strip[place + 2 - isOdd]]
            ends.append(corners.count)
        }
    }

    /// Cuts the polygons into triangles.
    func triangles(_ positions: [SIMD3<Float>]) -> [UInt32] {
        var indices: [UInt32] = []
        indices.reserveCapacity(corners.count)
        var outline: [SIMD3<Float>] = []
        var testsLeft = Triangulation.testsMax
        var start = 0
        for end in ends {
            defer { start = end }
            if end - start == 3 {
                indices += corners[start..<end]
                continue
            }
            outline.removeAll(keepingCapacity: true)
            for corner in start..<end { outline.append(positions[Int(corners[corner])]) }
            Triangulation.triangulate(outline, testsLeft: &testsLeft) { a, b, c in
                indices.append(corners[start + a])
                indices.append(corners[start + b])
                indices.append(corners[start + c])
            }
        }
        return indices
    }
}
