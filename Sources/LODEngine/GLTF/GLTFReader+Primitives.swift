extension GLTFReader {
    /// Whether a primitive becomes one of the model's: triangles of any kind that have positions.
    static func isDrawn(_ primitive: JSONValue) -> Bool {
        let mode = primitive["mode"].map { $0.int } ?? Primitive.Mode.triangles.rawValue
        return mode.flatMap { Primitive.Mode(rawValue: $0) } != nil && primitive["attributes"]?["POSITION"] != nil
    }

    /// Reads the triangles of all meshes.
    mutating func readPrimitives() throws -> [Primitive] {
        let materialCount = try root.objects("materials").count
        var primitives: [Primitive] = []
        for (meshIndex, mesh) in try root.objects("meshes").enumerated() {
            let name = try mesh.string("name")
            let places = try mesh.objects("primitives")
            guard !places.isEmpty else { throw mesh.invalid("at least one primitive") }
            var targetCount: Int?
            for (primitiveIndex, place) in places.enumerated() {
                let mode = try place.int("mode", in: 0...6) ?? Primitive.Mode.triangles.rawValue
                let material = try place.index("material", below: materialCount, of: "materials")
                guard GLTFReader.isDrawn(place.value), let mode = Primitive.Mode(rawValue: mode) else { continue }
                let triangles = try readMesh(at: place, mode: mode)
                guard targetCount ?? triangles.morphTargets.count == triangles.morphTargets.count else {
                    throw place.invalid("as many morph targets as the mesh's other primitives have")
                }
                targetCount = triangles.morphTargets.count
                primitives.append(
                    Primitive(
                        meshIndex: meshIndex,
                        primitiveIndex: primitiveIndex,
                        materialIndex: material,
                        name: name,
                        mode: mode,
                        mesh: triangles
                    )
                )
            }
        }
        return primitives
    }

    private mutating func readMesh(at place: JSONPlace, mode: Primitive.Mode) throws -> Mesh {
        let attributes = try place.required("attributes")
        guard let position = try attributes.index("POSITION", below: accessors.count, of: "accessors") else {
            throw attributes.invalid("member \"POSITION\"")
        }
        let vertexCount = accessors[position].count
        let corners = try readCorners(at: place, vertexCount: vertexCount, mode: mode)
        var indices = GLTFReader.triangles(of: corners, mode: mode)
        let rows = GLTFReader.compact(&indices, vertexCount: vertexCount)
        try spend(vertices: rows?.count ?? vertexCount, at: place)
        var mesh = try readAttributes(at: attributes, vertexCount: vertexCount, rows: rows)
        mesh.indices = indices
        mesh.morphTargets = try place.objects("targets").map {
            try readTarget(at: $0, vertexCount: vertexCount, rows: rows)
        }
        return mesh
    }

    /// The vertices in the order in which the mode makes triangles of them.
    ///
    /// Spends their triangles before the list is made: a zero-filled accessor may state any count, and a strip that
    /// has no triangle with area takes as long to go through as one that has.
    private mutating func readCorners(
        at place: JSONPlace,
        vertexCount: Int,
        mode: Primitive.Mode
    ) throws -> [UInt32] {
        func triangleCount(_ cornerCount: Int) -> Int {
            mode == .triangles ? cornerCount / 3 : max(cornerCount - 2, 0)
        }
        guard let index = try place.index("indices", below: accessors.count, of: "accessors") else {
            try spend(triangles: triangleCount(vertexCount), at: place)
            guard vertexCount <= Int(UInt32.max) else { throw place.invalid("at most \(UInt32.max) vertices") }
            return Array(0..<UInt32(vertexCount))
        }
        let accessor = accessors[index]
        try spend(triangles: triangleCount(accessor.count), at: place)
        guard accessor.shape == .scalar else {
            throw accessor.place.invalid("indices of type SCALAR, found \(accessor.shape.rawValue)")
        }
        let corners = try elements(of: index).unsigned()
        let restart: UInt32 =
            switch accessor.component {
            case .uint8: 0xFF
            case .uint16: 0xFFFF
            default: 0xFFFF_FFFF
            }
        // The greatest number of the type would restart a strip on some hardware (glTF 2.0, 3.7.2.1).
        guard let place = corners.firstIndex(where: { $0 >= vertexCount || $0 == restart }) else { return corners }
        throw accessor.place.invalid(
            "indices below the \(vertexCount) vertices and the restart value, found \(corners[place]) at index \(place)"
        )
    }

    /// Three vertices for each triangle; corners that are left over at the end make none.
    static func triangles(of corners: [UInt32], mode: Primitive.Mode) -> [UInt32] {
        if mode == .triangles {
            return corners.count % 3 == 0 ? corners : Array(corners.dropLast(corners.count % 3))
        }
        guard corners.count >= 3 else { return [] }
        var triangles: [UInt32] = []
        triangles.reserveCapacity((corners.count - 2) * 3)
        for index in 0..<corners.count - 2 {
            // The orders of glTF 2.0, section 3.7.2.1.
            let (a, b, c) =
                mode == .triangleFan
                ? (corners[index + 1], corners[index + 2], corners[0])
                : (corners[index], corners[index + 1 + index % 2], corners[index + 2 - index % 2])
            // A strip repeats vertices where it jumps; those triangles are no part of the surface.
            if a != b && b != c && c != a { triangles += [a, b, c] }
        }
        return triangles
    }

    /// Renumbers the vertices so that those which no triangle uses are left out.
    ///
    /// Returns the old number of each vertex that stays, in order, or `nil` when all do. Files often share one array
    /// of vertices among many primitives.
    static func compact(_ indices: inout [UInt32], vertexCount: Int) -> [UInt32]? {
        guard indices.count > vertexCount / 16 else {
            // So few of so many that a table of all would cost more than sorting.
            let rows = Set(indices).sorted()
            let places = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1, UInt32($0)) })
            indices = indices.map { places[$0] ?? 0 }
            return rows
        }
        var places = [UInt32](repeating: .max, count: vertexCount)
        for index in indices { places[Int(index)] = 0 }
        var rows: [UInt32] = []
        for row in places.indices where places[row] == 0 {
            places[row] = UInt32(rows.count)
            rows.append(UInt32(row))
        }
        guard rows.count < vertexCount else { return nil }
        for place in indices.indices { indices[place] = places[Int(indices[place])] }
        return rows
    }
}
