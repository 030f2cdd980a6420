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
    /// The carried attributes, a row per wedge at `rowStart`.
    let rows: FlatArray<Float>
    /// Where each wedge's row begins, and after the last one, where it ends; empty if nothing is carried.
    let rowStart: FlatArray<Int>
    /// How many of the weighed numbers are normals; they come first.
    let normalCount: Int
    /// Weighed numbers per wedge.
    let weighedCount: Int

    /// The vertex of each corner, and the mesh as each triangle's fourth number.
    let cornerVertex: FlatArray<UInt32>
    /// The wedge of each corner, at `CollapseState.dense(corner)`.
    let cornerWedge: FlatArray<UInt32>
    /// The edge opposite each corner, at `CollapseState.dense(corner)`.
    let cornerEdge: FlatArray<UInt32>
    /// The corners at each vertex.
    let rings: CornerRings

    let edges: FlatArray<EdgeRecord>

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
    static func dense(_ corner: UInt32) -> UInt32 { corner - corner >> 2 }

    /// The corner after `corner` in its triangle.
    @inline(__always)
    static func next(_ corner: UInt32) -> UInt32 { corner & 3 == 2 ? corner - 2 : corner + 1 }

    /// The corner before `corner` in its triangle.
    @inline(__always)
    static func previous(_ corner: UInt32) -> UInt32 { corner & 3 == 0 ? corner + 2 : corner - 1 }

    /// Sets up `scene`; quadrics are zero until they are seeded.
    init(scene: WeldedScene, parts: [ScenePart], layout: AttributeLayout) {
        let vertexCount = scene.positions.count
        let wedgeTotal = scene.wedgeVertex.count
        let triangles = scene.corners.count / 3
        vertices = FlatArray(repeating: VertexRecord(.zero), count: vertexCount)
        for vertex in 0..<vertexCount { vertices[vertex] = VertexRecord(scene.positions[vertex]) }
        traits = FlatArray(repeating: 0, count: vertexCount)
        mark = FlatArray(repeating: 0, count: vertexCount)
        markEdge = FlatArray(repeating: none, count: vertexCount)
        wedges = FlatArray(repeating: WedgeRecord(mesh: 0), count: wedgeTotal)
        weighedCount = layout.weighedCount
        normalCount = layout.normalCount
        attributes = AttributeRows(count: wedgeTotal, width: layout.blockCount)
        let carriesRows = layout.meshes.contains { $0.rowWidth > 0 }
        rowStart = FlatArray(repeating: 0, count: carriesRows ? wedgeTotal + 1 : 0)
        var rowTotal = 0
        if carriesRows {
            for wedge in 0..<wedgeTotal {
                rowStart[wedge] = rowTotal
                rowTotal += layout.meshes[Int(scene.wedgeMesh[wedge])].rowWidth
            }
            rowStart[wedgeTotal] = rowTotal
        }
        rows = FlatArray(repeating: 0, count: rowTotal)
        cornerVertex = FlatArray(repeating: 0, count: triangles * 4)
        cornerWedge = FlatArray(scene.corners)
        cornerEdge = FlatArray(repeating: none, count: triangles * 3)
        for wedge in 0..<wedgeTotal { wedges[wedge] = WedgeRecord(mesh: scene.wedgeMesh[wedge]) }
        for (number, range) in scene.meshTriangles.enumerated() {
            for triangle in range {
                for k in 0..<3 {
                    let wedge = cornerWedge[triangle * 3 + k]
                    cornerVertex[triangle * 4 + k] = scene.wedgeVertex[Int(wedge)]
                    wedges[wedge].use += 1
                }
                cornerVertex[triangle * 4 + 3] = UInt32(number)
            }
        }
        rings = CornerRings(cornerVertex, vertices)
        for wedge in 0..<wedgeTotal {
            let vertex = scene.wedgeVertex[wedge]
            let head = vertices[vertex].wedge
            if head == none {
                vertices[vertex].wedge = UInt32(wedge)
                wedges[wedge].next = UInt32(wedge)
            } else {
                wedges[wedge].next = wedges[head].next
                wedges[head].next = UInt32(wedge)
            }
        }
        edges = FlatArray(EdgeTable.edges(vertices, cornerVertex, rings, cornerEdge))
        load(layout, scene, parts)
    }

    /// Fills in the attributes.
    private func load(_ layout: AttributeLayout, _ scene: WeldedScene, _ parts: [ScenePart]) {
        var wedge = 0
        let count = scene.wedgeMesh.count
        for (number, part) in parts.enumerated() {
            let first = wedge
            while wedge < count, scene.wedgeMesh[wedge] == UInt32(number) { wedge += 1 }
            let sources = Array(scene.wedgeSource[first..<wedge])
            for stream in layout.meshes[number].weighed {
                stream.stream.read(part.mesh, at: sources) { place, component, value in
                    attributes[UInt32(first + place), stream.offset + component] = value * stream.weight
                }
            }
            for carried in layout.meshes[number].carried {
                carried.stream.read(part.mesh, at: sources) { place, component, value in
                    rows[rowStart[first + place] + carried.offset + component] = value
                }
            }
        }
    }
}

/// The edges of all triangles, numbered once each, in the order of their lower vertex.
private enum EdgeTable {
    /// Numbers the edges and notes each in `cornerEdge` of the corners opposite.
    static func edges(
        _ vertices: borrowing FlatArray<VertexRecord>,
        _ cornerVertex: borrowing FlatArray<UInt32>,
        _ rings: borrowing CornerRings,
        _ cornerEdge: borrowing FlatArray<UInt32>
    ) -> [EdgeRecord] {
        var edges: [EdgeRecord] = []
        edges.reserveCapacity(cornerEdge.count / 2 + 16)
        let edgeTo = FlatArray(repeating: none, count: vertices.count)
        for vertex in 0..<UInt32(vertices.count) {
            let firstOwn = UInt32(edges.count)
            func note(_ other: UInt32, _ opposite: UInt32) {
                guard other > vertex else { return }
                // An edge number below this vertex's first belongs to an earlier vertex.
                var edge = edgeTo[other]
                if edge == none || edge < firstOwn {
                    edge = UInt32(edges.count)
                    edges.append(EdgeRecord(start: vertex, end: other))
                    edgeTo[other] = edge
                }
                cornerEdge[CollapseState.dense(opposite)] = edge
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
        return edges
    }
}
