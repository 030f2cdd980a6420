/// The mesh while it shrinks: vertices, wedges, triangles and edges in flat tables that refer to each other by number.
///
/// Corner `4t + k` is triangle `t`'s `k`-th. The wedges at a vertex form a ring. A triangle that is gone has `none` for
/// its first vertex.
struct CollapseState: ~Copyable {
    let vertices: FlatArray<VertexRecord>
    /// The bits of `VertexTrait`.
    let traits: FlatArray<UInt8>
    /// Scratch of the link test: equal to one of the current stamps where a vertex is marked.
    let mark: FlatArray<UInt32>
    /// Scratch: the edge to a marked vertex.
    let markEdge: FlatArray<UInt32>

    let wedges: FlatArray<WedgeRecord>
    /// The weighed attributes of each wedge.
    let attributes: AttributeRows
    /// The weighed attributes that each wedge began with, where vertices are kept; otherwise no rows.
    let kept: AttributeRows
    /// What wedges carry besides.
    let carried: CarriedRows
    /// A vertex of the mesh that has the attributes which the wedge began with.
    let wedgeSource: FlatArray<UInt32>
    /// How many of the weighed numbers are normals and tangents; they come first.
    let directionCount: Int
    /// Weighed numbers per wedge.
    let weighedCount: Int

    /// Which triangles are whose.
    let meshTriangles: [Patch.MeshTriangles]
    /// The vertex of each corner, and the mesh as each triangle's fourth number.
    let cornerVertex: FlatArray<UInt32>
    /// The wedge of each corner, at `CollapseState.dense(corner)`.
    let cornerWedge: FlatArray<UInt32>
    /// The edge opposite each corner, at `CollapseState.dense(corner)`.
    let cornerEdge: FlatArray<UInt32>
    /// The corners at each vertex.
    let rings: CornerRings

    let edges: FlatArray<EdgeRecord>
    /// How many edges there are; the rest of the table is not set.
    let edgeCount: Int

    /// Triangles before any collapse.
    var triangleCount: Int { cornerVertex.count / 4 }

    /// Whether triangle `t` is still there.
    @inline(__always)
    func isAlive(_ triangle: Int) -> Bool { cornerVertex[triangle * 4] != none }

    /// The mesh of triangle `t`.
    @inline(__always)
    func mesh(of triangle: UInt32) -> UInt32 { cornerVertex[triangle * 4 + 3] }

    /// Where a corner stands in tables of three numbers a triangle.
    @inline(__always)
    static func dense(_ corner: UInt32) -> UInt32 { corner &- corner >> 2 }

    // Which corner of a triangle it is cannot be foreseen, so the next two do not branch on it.

    /// The corner after `corner` in its triangle.
    @inline(__always)
    static func next(_ corner: UInt32) -> UInt32 { corner &+ 1 &- 3 &* (corner >> 1 & 1) }

    /// The corner before `corner` in its triangle.
    @inline(__always)
    static func previous(_ corner: UInt32) -> UInt32 { corner &- 1 &+ 3 &* ((corner & 3) &- 1) >> 31 }

    /// Sets up the triangles of `patch`; vertices and wedges are blank until they are loaded.
    init(_ patch: borrowing Patch, layout: AttributeLayout) {
        let vertexCount = patch.vertexNumbers.count
        let wedgeCount = patch.wedgeNumbers.count
        let triangles = patch.corners.count / 3
        vertices = FlatArray(repeating: VertexRecord(.zero), count: vertexCount)
        traits = FlatArray(repeating: 0, count: vertexCount)
        mark = FlatArray(repeating: 0, count: vertexCount)
        markEdge = FlatArray(repeating: none, count: vertexCount)
        wedges = FlatArray(repeating: WedgeRecord(mesh: 0), count: wedgeCount)
        wedgeSource = FlatArray(repeating: none, count: wedgeCount)
        weighedCount = layout.weighedCount
        directionCount = layout.directionCount
        attributes = AttributeRows(count: wedgeCount, width: layout.blockCount)
        kept = AttributeRows(count: layout.keepsVertices ? wedgeCount : 0, width: layout.blockCount)
        cornerVertex = FlatArray(unset: triangles * 4)
        cornerWedge = FlatArray(copying: patch.corners)
        cornerEdge = FlatArray(repeating: none, count: triangles * 3)
        meshTriangles = patch.meshTriangles
        for list in meshTriangles {
            for triangle in list.triangles {
                for k in 0..<3 {
                    let wedge = cornerWedge[triangle * 3 + k]
                    cornerVertex[triangle * 4 + k] = patch.wedgeVertex[wedge]
                    if wedges[wedge].use == 0 { wedges[wedge] = WedgeRecord(mesh: UInt32(list.mesh)) }
                    wedges[wedge].use += 1
                }
                cornerVertex[triangle * 4 + 3] = UInt32(list.mesh)
            }
        }
        carried = CarriedRows(wedges, layout)
        rings = CornerRings(cornerVertex, vertices)
        for wedge in 0..<wedgeCount {
            let vertex = patch.wedgeVertex[wedge]
            let head = vertices[vertex].wedge
            if head == none {
                vertices[vertex].wedge = UInt32(wedge)
                wedges[wedge].next = UInt32(wedge)
            } else {
                wedges[wedge].next = wedges[head].next
                wedges[head].next = UInt32(wedge)
            }
        }
        // A triangle has three edges, and most share each with another triangle.
        edges = FlatArray(unset: triangles * 3 + 1)
        edgeCount = EdgeTable.fill(edges, vertices, cornerVertex, rings, cornerEdge)
    }

    /// Fills in positions and attributes from the scene.
    func load(_ patch: borrowing Patch, _ scene: WeldedScene, _ layout: AttributeLayout, _ parts: [ScenePart]) {
        for vertex in 0..<vertices.count {
            vertices[vertex].position = scene.positions[Int(patch.vertexNumbers[vertex])]
        }
        for wedge in 0..<wedges.count where wedges[wedge].use > 0 {
            wedgeSource[wedge] = scene.wedgeSource[Int(patch.wedgeNumbers[wedge])]
        }
        forEachMesh { mesh, range, sources in
            for stream in layout.meshes[mesh].weighed {
                stream.stream.read(parts[mesh].mesh, at: sources) { place, component, value in
                    attributes[UInt32(range.lowerBound + place), stream.offset + component] = value * stream.weight
                }
            }
            if !carried.isEmpty { carried.load(parts[mesh].mesh, layout.meshes[mesh], range, sources) }
        }
        loadKept(layout, parts)
    }

    /// Hands stretches of wedges of one mesh to `body`, with the vertices of it whose attributes they began with.
    private func forEachMesh(_ body: (_ mesh: Int, _ wedges: Range<Int>, _ sources: [UInt32]) -> Void) {
        var wedge = 0
        while wedge < wedges.count {
            // Only triangles that are none have it: it belongs to no mesh, and nobody asks for it.
            guard wedges[wedge].use > 0 else {
                wedge += 1
                continue
            }
            let first = wedge
            let mesh = wedges[wedge].mesh
            var sources: [UInt32] = []
            while wedge < wedges.count, wedges[wedge].use > 0, wedges[wedge].mesh == mesh {
                sources.append(wedgeSource[wedge])
                wedge += 1
            }
            body(Int(mesh), first..<wedge, sources)
        }
    }

    /// Fills in the attributes that wedges keep, if they do.
    private func loadKept(_ layout: AttributeLayout, _ parts: [ScenePart]) {
        guard layout.keepsVertices, layout.blockCount > 0 else { return }
        forEachMesh { mesh, range, sources in
            for stream in layout.meshes[mesh].weighed {
                stream.stream.read(parts[mesh].mesh, at: sources) { place, component, value in
                    kept[UInt32(range.lowerBound + place), stream.offset + component] = value * stream.weight
                }
            }
        }
    }

    /// Fills in what an earlier round left.
    func load(_ patch: borrowing Patch, _ surface: Surface, _ layout: AttributeLayout, _ parts: [ScenePart]) {
        for vertex in 0..<vertices.count {
            let number = patch.vertexNumbers[vertex]
            vertices[vertex].quadric = surface.vertices[number].quadric
            vertices[vertex].position = surface.vertices[number].position
            traits[vertex] = surface.traits[number]
        }
        for wedge in 0..<wedges.count {
            let number = patch.wedgeNumbers[wedge]
            wedges[wedge].area = surface.wedges[number].area
            wedges[wedge].isMoved = surface.wedges[number].isMoved
            wedgeSource[wedge] = surface.wedgeSource[number]
            attributes.copy(UInt32(wedge), from: surface.attributes, number)
            carried.copy(wedge, from: surface.carried, Int(number))
        }
        loadKept(layout, parts)
    }

    /// Keeps the vertices in place that other clusters use as well.
    func hold(_ patch: borrowing Patch, _ plan: ClusterPlan) {
        for vertex in 0..<vertices.count where plan.isShared[Int(patch.vertexNumbers[vertex])] {
            traits[vertex] |= VertexTrait.held
        }
    }
}

/// The edges of all triangles, numbered once each, in the order of their lower vertex.
private enum EdgeTable {
    /// Numbers the edges, notes each in `cornerEdge` of the corners opposite, and returns how many there are.
    static func fill(
        _ edges: borrowing FlatArray<EdgeRecord>,
        _ vertices: borrowing FlatArray<VertexRecord>,
        _ cornerVertex: borrowing FlatArray<UInt32>,
        _ rings: borrowing CornerRings,
        _ cornerEdge: borrowing FlatArray<UInt32>
    ) -> Int {
        var count: UInt32 = 0
        let edgeTo = FlatArray(repeating: none, count: vertices.count)
        for vertex in 0..<UInt32(vertices.count) {
            let firstOwn = count
            // Which end is lower and which edge is new cannot be foreseen, so nothing here branches on it: what is not
            // to be kept is written where it will be overwritten.
            @inline(__always)
            func note(_ other: UInt32, _ opposite: UInt32) {
                let isOwn = other > vertex
                let known = edgeTo[other]
                // An edge number below this vertex's first belongs to an earlier vertex.
                let isNew = isOwn && (known &+ 1 <= firstOwn)
                let edge = isNew ? count : known
                edges[count] = EdgeRecord(start: vertex, end: other)
                edgeTo[other] = edge
                let place = CollapseState.dense(opposite)
                cornerEdge[place] = isOwn ? edge : cornerEdge[place]
                count &+= isNew ? 1 : 0
            }
            let ring = vertices[vertex].ring
            for place in 0..<rings.count(ring) {
                let corner = rings.corner(ring, place)
                let next = CollapseState.next(corner)
                let previous = CollapseState.previous(corner)
                note(cornerVertex[next], previous)
                note(cornerVertex[previous], next)
            }
        }
        return Int(count)
    }
}
