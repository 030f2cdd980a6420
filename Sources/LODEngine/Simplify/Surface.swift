/// What is left of a surface, or of a cluster of it, between two rounds: only what is still used, packed.
final class Surface: Sendable {
    let corners: [UInt32]
    let wedgeVertex: [UInt32]
    let meshTriangles: [Range<Int>]
    let vertices: FlatArray<VertexRecord>
    let traits: FlatArray<UInt8>
    let wedges: FlatArray<WedgeRecord>
    let wedgeSource: FlatArray<UInt32>
    let attributes: AttributeRows
    let carried: CarriedRows
    /// How many of the attributes are normals and tangents; they come first.
    let directionCount: Int
    /// What the surface that a cluster was cut from calls the vertices that other clusters use too; `none` for others.
    let sharedVertices: FlatArray<UInt32>
    /// The same for the wedges at these.
    let sharedWedges: FlatArray<UInt32>

    var vertexCount: Int { vertices.count }
    var triangleCount: Int { corners.count / 3 }
    var connectivity: Connectivity {
        Connectivity(
            corners: corners,
            wedgeVertex: wedgeVertex,
            vertexCount: vertexCount,
            meshTriangles: meshTriangles
        )
    }

    /// Packs what a cluster has become; what it shares with others is kept even where its own triangles are gone.
    init(_ state: borrowing CollapseState, _ patch: borrowing Patch, meshCount: Int, layout: AttributeLayout) {
        var numbering = UseOrder(wedges: state.wedges.count, vertices: state.vertices.count)
        var corners: [UInt32] = []
        corners.reserveCapacity(state.triangleCount * 3)
        var ranges = [Range<Int>](repeating: 0..<0, count: meshCount)
        for list in state.meshTriangles {
            let first = corners.count / 3
            for triangle in list.triangles where state.isAlive(triangle) {
                for k in 0..<3 {
                    let wedge = state.cornerWedge[triangle * 3 + k]
                    corners.append(numbering.use(wedge, at: state.cornerVertex[triangle * 4 + k]))
                }
            }
            ranges[list.mesh] = first..<(corners.count / 3)
        }
        for vertex in 0..<UInt32(state.vertices.count) where state.traits[vertex] & VertexTrait.held != 0 {
            let first = state.vertices[vertex].wedge
            guard first != none else { continue }
            var wedge = first
            repeat {
                _ = numbering.use(wedge, at: vertex)
                wedge = state.wedges[wedge].next
            } while wedge != first
        }
        self.corners = corners
        directionCount = layout.directionCount
        wedgeVertex = numbering.wedgeVertex
        meshTriangles = ranges
        let (usedWedges, usedVertices) = (numbering.wedges, numbering.vertices)
        vertices = FlatArray(unset: usedVertices.count)
        traits = FlatArray(unset: usedVertices.count)
        sharedVertices = FlatArray(unset: usedVertices.count)
        for (place, vertex) in usedVertices.enumerated() {
            vertices[place] = state.vertices[vertex]
            traits[place] = state.traits[vertex]
            sharedVertices[place] = traits[place] & VertexTrait.held != 0 ? patch.vertexNumbers[vertex] : none
        }
        wedges = FlatArray(unset: usedWedges.count)
        wedgeSource = FlatArray(unset: usedWedges.count)
        sharedWedges = FlatArray(unset: usedWedges.count)
        attributes = AttributeRows(unset: usedWedges.count, width: state.attributes.width)
        for (place, wedge) in usedWedges.enumerated() {
            wedges[place] = state.wedges[wedge]
            wedgeSource[place] = state.wedgeSource[wedge]
            let isShared = sharedVertices[wedgeVertex[place]] != none
            sharedWedges[place] = isShared ? patch.wedgeNumbers[wedge] : none
            attributes.copy(UInt32(place), from: state.attributes, wedge)
        }
        carried = CarriedRows(wedges, layout)
        if !carried.isEmpty {
            for (place, wedge) in usedWedges.enumerated() { carried.copy(place, from: state.carried, Int(wedge)) }
        }
    }

    /// Makes one surface of pieces, and lets go of each as soon as it is copied.
    ///
    /// - Parameters:
    ///   - pieces: The clusters, in their order.
    ///   - join: How the triangles lie and what the pieces' numbers have become.
    ///   - isSeeded: Whether shared vertices are whole in each piece; otherwise each has a part of their quadrics.
    ///   - layout: What wedges carry.
    init(_ pieces: inout [Surface?], _ join: SurfaceJoin, isSeeded: Bool, layout: AttributeLayout) {
        corners = join.corners
        directionCount = layout.directionCount
        wedgeVertex = join.wedgeVertex
        meshTriangles = join.meshTriangles
        let wedgeCount = join.wedgeVertex.count
        vertices = FlatArray(unset: join.vertexCount)
        traits = FlatArray(repeating: 0xFF, count: join.vertexCount)
        wedges = FlatArray(repeating: WedgeRecord(mesh: 0), count: wedgeCount)
        for (mesh, triangles) in join.meshTriangles.enumerated() {
            for corner in (triangles.lowerBound * 3)..<(triangles.upperBound * 3) {
                wedges[join.corners[corner]] = WedgeRecord(mesh: UInt32(mesh))
            }
        }
        wedgeSource = FlatArray(repeating: none, count: wedgeCount)
        attributes = AttributeRows(unset: wedgeCount, width: layout.blockCount)
        carried = CarriedRows(wedges, layout)
        sharedVertices = FlatArray(unset: 0)
        sharedWedges = FlatArray(unset: 0)
        for number in pieces.indices {
            guard let piece = pieces[number] else { continue }
            takeVertices(piece, join.vertices, join.vertexStarts[number], isSeeded: isSeeded)
            takeWedges(piece, join.wedges, join.wedgeStarts[number], isSeeded: isSeeded)
            pieces[number] = nil
        }
        for vertex in 0..<vertices.count {
            let isHeld = traits[vertex] & VertexTrait.held != 0
            traits[vertex] &= VertexTrait.boundary
            if isHeld, !isSeeded { traits[vertex] |= VertexTrait.unseeded }
        }
    }

    private func takeVertices(_ piece: Surface, _ numbers: [UInt32], _ start: Int, isSeeded: Bool) {
        for vertex in 0..<piece.vertexCount {
            let place = numbers[start + vertex]
            guard place != none else { continue }
            if traits[place] == 0xFF {
                vertices[place] = piece.vertices[vertex]
                vertices[place].wedge = none
                vertices[place].ring = 0
                traits[place] = piece.traits[vertex]
            } else if !isSeeded {
                vertices[place].quadric.add(piece.vertices[vertex].quadric)
                traits[place] |= piece.traits[vertex]
            }
        }
    }

    private func takeWedges(_ piece: Surface, _ numbers: [UInt32], _ start: Int, isSeeded: Bool) {
        for wedge in 0..<piece.wedges.count {
            let place = numbers[start + wedge]
            guard place != none else { continue }
            if wedgeSource[place] == none {
                wedges[place] = piece.wedges[wedge]
                wedgeSource[place] = piece.wedgeSource[wedge]
                attributes.copy(place, from: piece.attributes, UInt32(wedge))
                carried.copy(Int(place), from: piece.carried, wedge)
            } else if !isSeeded {
                wedges[place].area += piece.wedges[wedge].area
                attributes.addGradients(place, from: piece.attributes, UInt32(wedge))
            }
        }
    }
}
