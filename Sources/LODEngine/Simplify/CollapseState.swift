/// The mesh while it shrinks: places, wedges, triangles and edges in flat tables that refer to each other by number.
///
/// Corner `3t + k` is triangle `t`'s `k`-th. The corners at a vertex form a list through `cornerNext`, the wedges at a
/// vertex a ring through `wedgeNext`. A triangle that is gone has `none` for its first vertex.
struct CollapseState: ~Copyable {
    // Vertices.
    let position: FlatArray<SIMD3<Float>>
    /// Relative to the vertex's position.
    let quadric: FlatArray<Quadric>
    let vertexCorner: FlatArray<UInt32>
    let vertexWedge: FlatArray<UInt32>
    let wedgeCount: FlatArray<UInt32>
    /// The bits of `VertexTrait`.
    let traits: FlatArray<UInt8>
    /// The vertex that this one collapsed into, or itself.
    let heir: FlatArray<UInt32>
    /// Scratch of the link test: equal to one of the current stamps where a vertex is marked.
    let mark: FlatArray<UInt32>
    /// Scratch: the edge to a marked vertex.
    let markEdge: FlatArray<UInt32>

    // Wedges.
    let wedgeNext: FlatArray<UInt32>
    let wedgeMesh: FlatArray<UInt32>
    /// Corners that use the wedge.
    let wedgeUse: FlatArray<UInt32>
    /// The area behind the wedge's attributes.
    let wedgeArea: FlatArray<Float>
    /// Area times the gradient of each weighed attribute, `weighedCount` per wedge.
    let gradient: FlatArray<SIMD4<Float>>
    /// The weighed attributes times their weights, `weighedCount` per wedge.
    let weighed: FlatArray<Float>
    /// The carried attributes, a row per wedge at `rowStart`.
    let rows: FlatArray<Float>
    /// Where each wedge's row begins, and after the last one, where it ends.
    let rowStart: FlatArray<Int>
    /// 1 where the wedge is no longer as it was in the original.
    let isMoved: FlatArray<UInt8>
    /// How many of the weighed numbers are normals; they come first.
    let normalCount: Int
    /// Numbers per wedge in `weighed` and `gradient`.
    let weighedCount: Int

    // Triangles.
    let cornerVertex: FlatArray<UInt32>
    let cornerWedge: FlatArray<UInt32>
    let cornerNext: FlatArray<UInt32>
    /// The edge opposite the corner.
    let cornerEdge: FlatArray<UInt32>

    // Edges.
    let edgeStart: FlatArray<UInt32>
    let edgeEnd: FlatArray<UInt32>
    /// How often an edge was found blocked since its surroundings last changed.
    let edgeAttempts: FlatArray<UInt8>

    /// What a vertex lies on.
    enum VertexTrait {
        /// An edge with triangles on one side only.
        static let border: UInt8 = 1
        /// An edge where three or more sheets meet.
        static let branch: UInt8 = 2
    }

    /// Whether triangle `t` is still there.
    @inline(__always)
    func isAlive(_ triangle: Int) -> Bool { cornerVertex[triangle * 3] != none }

    /// The two other corners of `corner`'s triangle, in order.
    @inline(__always)
    static func others(of corner: UInt32) -> (next: UInt32, previous: UInt32) {
        switch corner % 3 {
        case 0: (corner + 1, corner + 2)
        case 1: (corner + 1, corner - 1)
        default: (corner - 2, corner - 1)
        }
    }

    /// Sets up `scene`; quadrics are zero until they are seeded.
    init(scene: WeldedScene, parts: [ScenePart], layout: AttributeLayout) {
        let vertexCount = scene.positions.count
        let wedges = scene.wedgeVertex.count
        let cornerCount = scene.corners.count
        position = FlatArray(scene.positions)
        quadric = FlatArray(repeating: Quadric(), count: vertexCount)
        vertexCorner = FlatArray(repeating: none, count: vertexCount)
        vertexWedge = FlatArray(repeating: none, count: vertexCount)
        wedgeCount = FlatArray(repeating: 0, count: vertexCount)
        traits = FlatArray(repeating: 0, count: vertexCount)
        heir = FlatArray(Array(0..<UInt32(vertexCount)))
        mark = FlatArray(repeating: 0, count: vertexCount)
        markEdge = FlatArray(repeating: none, count: vertexCount)
        wedgeNext = FlatArray(repeating: none, count: wedges)
        wedgeMesh = FlatArray(scene.wedgeMesh)
        wedgeUse = FlatArray(repeating: 0, count: wedges)
        wedgeArea = FlatArray(repeating: 0, count: wedges)
        weighedCount = layout.weighedCount
        normalCount = layout.normalCount
        gradient = FlatArray(repeating: .zero, count: wedges * layout.weighedCount)
        weighed = FlatArray(repeating: 0, count: wedges * layout.weighedCount)
        isMoved = FlatArray(repeating: 0, count: wedges)
        rowStart = FlatArray(repeating: 0, count: wedges + 1)
        var rowTotal = 0
        for wedge in 0..<wedges {
            rowStart[wedge] = rowTotal
            rowTotal += layout.meshes[Int(scene.wedgeMesh[wedge])].rowWidth
        }
        rowStart[wedges] = rowTotal
        rows = FlatArray(repeating: 0, count: rowTotal)
        cornerVertex = FlatArray(repeating: 0, count: cornerCount)
        cornerWedge = FlatArray(scene.corners)
        cornerNext = FlatArray(repeating: none, count: cornerCount)
        cornerEdge = FlatArray(repeating: none, count: cornerCount)
        for corner in stride(from: cornerCount - 1, through: 0, by: -1) {
            let wedge = cornerWedge[corner]
            let vertex = scene.wedgeVertex[Int(wedge)]
            cornerVertex[corner] = vertex
            cornerNext[corner] = vertexCorner[vertex]
            vertexCorner[vertex] = UInt32(corner)
            wedgeUse[wedge] += 1
        }
        for wedge in 0..<wedges {
            let vertex = scene.wedgeVertex[wedge]
            let head = vertexWedge[vertex]
            if head == none {
                vertexWedge[vertex] = UInt32(wedge)
                wedgeNext[wedge] = UInt32(wedge)
            } else {
                wedgeNext[wedge] = wedgeNext[head]
                wedgeNext[head] = UInt32(wedge)
            }
            wedgeCount[vertex] += 1
        }
        let edges = EdgeTable(cornerVertex, vertexCorner, cornerNext, cornerEdge)
        edgeStart = FlatArray(edges.starts)
        edgeEnd = FlatArray(edges.ends)
        edgeAttempts = FlatArray(repeating: 0, count: edges.starts.count)
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
                    weighed[(first + place) * weighedCount + stream.offset + component] = value * stream.weight
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
private struct EdgeTable {
    var starts: [UInt32] = []
    var ends: [UInt32] = []

    /// Numbers the edges and notes each in `cornerEdge` of the corners opposite.
    init(
        _ cornerVertex: borrowing FlatArray<UInt32>,
        _ vertexCorner: borrowing FlatArray<UInt32>,
        _ cornerNext: borrowing FlatArray<UInt32>,
        _ cornerEdge: borrowing FlatArray<UInt32>
    ) {
        starts.reserveCapacity(cornerVertex.count / 2 + 16)
        ends.reserveCapacity(cornerVertex.count / 2 + 16)
        let edgeTo = FlatArray(repeating: none, count: vertexCorner.count)
        for vertex in 0..<UInt32(vertexCorner.count) {
            let firstOwn = UInt32(starts.count)
            var corner = vertexCorner[vertex]
            while corner != none {
                let (next, previous) = CollapseState.others(of: corner)
                note(cornerVertex[next], from: vertex, opposite: previous, firstOwn, edgeTo, cornerEdge)
                note(cornerVertex[previous], from: vertex, opposite: next, firstOwn, edgeTo, cornerEdge)
                corner = cornerNext[corner]
            }
        }
    }

    @inline(__always)
    private mutating func note(
        _ other: UInt32,
        from vertex: UInt32,
        opposite: UInt32,
        _ firstOwn: UInt32,
        _ edgeTo: borrowing FlatArray<UInt32>,
        _ cornerEdge: borrowing FlatArray<UInt32>
    ) {
        guard other > vertex else { return }
        // An edge number below this vertex's first belongs to an earlier vertex.
        var edge = edgeTo[other]
        if edge == none || edge < firstOwn {
            edge = UInt32(starts.count)
            starts.append(vertex)
            ends.append(other)
            edgeTo[other] = edge
        }
        cornerEdge[opposite] = edge
    }
}
