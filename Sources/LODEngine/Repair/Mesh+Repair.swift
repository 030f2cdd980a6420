extension Mesh {
    /// Puts the mesh in order: numbers, equal vertices, triangles without area or said twice, normals and tangents.
    ///
    /// In this order: values that are no numbers are replaced; vertices within the tolerance come to one place, and
    /// equal ones become one; triangles without area and repeated ones go; vertices that no triangle uses go; normals
    /// and tangents are generated. What is in order already stays as it is, bit by bit, and a second repair changes
    /// nothing. A mesh of which nothing is left comes out empty.
    ///
    /// Normals are weighted by angle over the triangles that hang together over edges softer than the crease angle.
    /// Tangents are those of M. Mikkelsen's algorithm (MikkTSpace), which normal maps are baked against.
    ///
    /// - Parameter options: What is done, and how far.
    /// - Returns: What was changed.
    /// - Throws: `LODError` with `invalidModel` where the arrays do not fit together or an option is out of its range.
    /// - Complexity: O(n log n) in triangles, some 300 bytes of memory for each.
    @discardableResult
    public mutating func repair(_ options: RepairOptions = .init()) throws -> RepairReport {
        try options.check()
        try checkStructure(name: "the mesh")
        var meshes = [self]
        let report = Self.repair(&meshes, options, tangentSets: [options.tangentTextureSet])
        self = meshes[0]
        return report
    }

    /// Repairs meshes of one coordinate system, so that vertices of two of them that meet go on meeting.
    ///
    /// - Parameters:
    ///   - meshes: The meshes, whose arrays fit together.
    ///   - options: What is done.
    ///   - tangentSets: For each mesh, the texture coordinates that its tangents follow; `nil` for no tangents.
    static func repair(_ meshes: inout [Mesh], _ options: RepairOptions, tangentSets: [Int?]) -> RepairReport {
        var report = RepairReport()
        for number in meshes.indices {
            report.unplacedTriangles += meshes[number].dropUnplacedTriangles()
            report.unusedVertices += meshes[number].dropUnusedVertices()
        }
        let extent = BoundingBox(meshes.lazy.flatMap(\.positions))?.size.max() ?? 0
        let tolerance = extent.isFinite ? options.weldTolerance * extent : 0
        let table = PlaceTable(meshes, tolerance: tolerance)
        for number in meshes.indices {
            meshes[number].repair(options, table, table.places[number], tangentSets[number], &report)
        }
        return report
    }

    private mutating func repair(
        _ options: RepairOptions,
        _ table: PlaceTable,
        _ tablePlaces: [UInt32],
        _ tangentSet: Int?,
        _ report: inout RepairReport
    ) {
        var places = tablePlaces
        for vertex in positions.indices {
            let position = table.positions[Int(places[vertex])]
            guard positions[vertex] != position else { continue }
            positions[vertex] = position
            report.movedVertices += 1
        }
        let lost = cleanNumbers()
        report.replacedValues += lost.replaced
        restoreNormals(at: lost.normals)
        restoreTangents(at: lost.tangents)
        report.weldedVertices += weldVertices(&places)
        if options.dropsDegenerateTriangles { report.degenerateTriangles += dropDegenerateTriangles() }
        if options.dropsDuplicateTriangles { report.duplicateTriangles += dropDuplicateTriangles(places) }
        places = dropUnusedVertices(places, &report)
        let hasNewNormals = generateNormals(options, places, &report)
        guard let tangentSet, textureCoordinates.indices.contains(tangentSet), options.tangents != .never else {
            return
        }
        if options.tangents == .always || tangents == nil || hasNewNormals { generateTangents(tangentSet, &report) }
    }

    private mutating func dropUnusedVertices(_ places: [UInt32], _ report: inout RepairReport) -> [UInt32] {
        // The places of those that stay, by carrying the numbers along.
        var isUsed = [Bool](repeating: false, count: vertexCount)
        for index in indices { isUsed[Int(index)] = true }
        report.unusedVertices += dropUnusedVertices()
        return places.indices.filter { isUsed[$0] }.map { places[$0] }
    }

    private mutating func generateNormals(
        _ options: RepairOptions,
        _ places: [UInt32],
        _ report: inout RepairReport
    ) -> Bool {
        guard options.normals == .always || options.normals == .whereMissing && normals == nil else { return false }
        normals = nil
        var generator = NormalGenerator(self, places: places, creaseAngle: options.creaseAngle)
        report.addedVertices += splitVertices(by: generator.cornerNormals()) { $0.normals = $1 }
        report.generatedNormals += vertexCount
        return true
    }

    private mutating func generateTangents(_ set: Int, _ report: inout RepairReport) {
        guard let normals else { return }
        tangents = nil
        var generator = TangentGenerator(self, normals: normals, coordinates: textureCoordinates[set])
        report.addedVertices += splitVertices(by: generator.cornerTangents()) { $0.tangents = $1 }
        report.generatedTangents += vertexCount
    }
}

extension RepairOptions {
    /// Verifies that every number is in its range.
    fileprivate func check() throws {
        guard weldTolerance >= 0, weldTolerance <= 0.1 else {
            throw LODError(.invalidModel, "the weld tolerance is \(weldTolerance); it must be from 0 to 0.1")
        }
        guard creaseAngle >= 0, creaseAngle <= 180 else {
            throw LODError(.invalidModel, "the crease angle is \(creaseAngle); it must be from 0 to 180 degrees")
        }
    }
}

extension Model {
    /// Puts every mesh of the model in order, as `Mesh.repair(_:)` does.
    ///
    /// Vertices that the primitives of one mesh share go on being shared, whatever the tolerance. Tangents are
    /// generated for primitives whose material has a normal map, and follow the texture coordinates of that map; for
    /// others they would only cost bytes. A primitive of which nothing is left stays in the model, empty.
    ///
    /// - Parameter options: What is done, and how far.
    /// - Returns: What was changed, over all meshes.
    /// - Throws: `LODError` with `invalidModel` where the arrays do not fit together or an option is out of its range.
    /// - Complexity: O(n log n) in triangles, some 300 bytes of memory for each.
    @discardableResult
    public mutating func repair(_ options: RepairOptions = .init()) throws -> RepairReport {
        try options.check()
        var report = RepairReport()
        let sets = document.normalMapSets
        let byMesh = Dictionary(grouping: primitives.indices) { primitives[$0].meshIndex }
        for (_, numbers) in byMesh.sorted(by: { $0.key < $1.key }) {
            var meshes = numbers.map { primitives[$0].mesh }
            for mesh in meshes { try mesh.checkStructure(name: name) }
            let tangentSets = numbers.map { number in
                primitives[number].materialIndex.flatMap { sets.indices.contains($0) ? sets[$0] : nil }
            }
            report = report + Mesh.repair(&meshes, options, tangentSets: tangentSets)
            for (number, mesh) in zip(numbers, meshes) { primitives[number].mesh = mesh }
        }
        return report
    }
}

extension GLTFDocument {
    /// For each material, the set of texture coordinates of its normal map, if it has one.
    fileprivate var normalMapSets: [Int?] {
        (root["materials"]?.array ?? []).map { material in
            let extensions = material["extensions"]
            let map =
                material["normalTexture"] ?? extensions?["KHR_materials_clearcoat"]?["clearcoatNormalTexture"]
                ?? extensions?["KHR_materials_anisotropy"]?["anisotropyTexture"]
            guard let map else { return nil }
            return map["extensions"]?["KHR_texture_transform"]?["texCoord"]?.int ?? map["texCoord"]?.int ?? 0
        }
    }
}
