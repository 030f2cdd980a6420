/// Gives every vertex and wedge the quadrics of the triangles around it.
///
/// A triangle counts a third of its area at each corner: its plane, and for each weighed attribute the linear function
/// that runs through its three corners (gradient form of Hoppe 1999). Relative to a corner both are zero there, so
/// that only gradients remain. Open borders, borders between meshes and texture seams add planes that stand upright
/// on the edge (Garland and Heckbert 1997, section 6), which hold its shape but let it slide along itself.
struct QuadricSeeding {
    let options: SimplificationOptions

    /// How much distance within a plane counts next to distance from it; makes every minimum unique.
    private static let spread: Float = 1e-5

    /// Adds all quadrics to `state`.
    func seed(_ state: borrowing CollapseState) {
        for triangle in 0..<state.triangleCount { addSurface(triangle, state) }
        for vertex in 0..<UInt32(state.vertices.count) { settle(vertex, state) }
        addEdges(state, EdgeUse(state))
    }

    @inline(__always)
    private func addSurface(_ triangle: Int, _ state: borrowing CollapseState) {
        let v0 = state.cornerVertex[triangle * 4]
        let v1 = state.cornerVertex[triangle * 4 + 1]
        let v2 = state.cornerVertex[triangle * 4 + 2]
        let p0 = state.vertices[v0].position
        let u = state.vertices[v1].position - p0
        let v = state.vertices[v2].position - p0
        let product = cross(u, v)
        let size = length(product)
        guard size > 1e-12, size.isFinite else { return }
        let share = size / 6
        var quadric = Quadric()
        quadric.addPlane(product / size, weight: share)
        quadric.addSpread(share * Self.spread)
        quadric.area = share
        let wedges = (
            state.cornerWedge[triangle * 3], state.cornerWedge[triangle * 3 + 1], state.cornerWedge[triangle * 3 + 2]
        )
        if state.attributes.width > 0 { addGradients(wedges, u, v, share, &quadric, state) }
        state.vertices[v0].quadric.add(quadric)
        state.vertices[v1].quadric.add(quadric)
        state.vertices[v2].quadric.add(quadric)
        state.wedges[wedges.0].area += share
        state.wedges[wedges.1].area += share
        state.wedges[wedges.2].area += share
    }

    /// Adds the gradients of a triangle's attributes, times `share`, to its wedges, and their squares to `quadric`.
    @inline(__always)
    private func addGradients(
        _ wedges: (UInt32, UInt32, UInt32),
        _ u: SIMD3<Float>,
        _ v: SIMD3<Float>,
        _ share: Float,
        _ quadric: inout Quadric,
        _ state: borrowing CollapseState
    ) {
        let uu = dot(u, u)
        let uv = dot(u, v)
        let vv = dot(v, v)
        // The determinant of the triangle's metric, kept from zero so that a needle's gradient stays bounded.
        let inverse = 1 / (uu * vv - uv * uv + 1e-6 * (uu + vv) * (uu + vv))
        // The gradient of an attribute is the sum of these two, each times its step along `u` and `v`.
        let alongU = (u * vv - v * uv) * inverse
        let alongV = (v * uu - u * uv) * inverse
        quadric.add(state.attributes.seed(wedges.0, wedges.1, wedges.2, alongU, alongV, share: share))
    }

    /// Makes means of the gradients that were summed at a vertex's wedges, and leaves in its quadric what these miss.
    @inline(__always)
    private func settle(_ vertex: UInt32, _ state: borrowing CollapseState) {
        let first = state.vertices[vertex].wedge
        guard state.attributes.width > 0, first != none else { return }
        var wedge = first
        repeat {
            let area = state.wedges[wedge].area
            if area > 0 { state.vertices[vertex].quadric.add(state.attributes.settle(wedge, area: area)) }
            wedge = state.wedges[wedge].next
        } while wedge != first
    }

    private func addEdges(_ state: borrowing CollapseState, _ use: borrowing EdgeUse) {
        for triangle in 0..<UInt32(state.triangleCount) {
            for corner in (triangle * 4)..<(triangle * 4 + 3) {
                let kind = use.kind[state.cornerEdge[CollapseState.dense(corner)]]
                if kind != EdgeUse.smooth { addEdge(opposite: corner, kind, state) }
            }
        }
    }

    private func addEdge(opposite corner: UInt32, _ kind: UInt8, _ state: borrowing CollapseState) {
        let a = state.cornerVertex[CollapseState.next(corner)]
        let b = state.cornerVertex[CollapseState.previous(corner)]
        let trait: UInt8 =
            switch kind {
            case EdgeUse.border: VertexTrait.border
            case EdgeUse.branch: VertexTrait.branch
            default: 0
            }
        state.traits[a] |= trait
        state.traits[b] |= trait
        let weight = kind == EdgeUse.seam ? options.seamWeight : options.borderWeight
        let start = state.vertices[a].position
        let along = state.vertices[b].position - start
        let inward = state.vertices[state.cornerVertex[corner]].position - start
        guard weight > 0, let normal = unitVector(cross(along, inward)),
            let upright = unitVector(cross(normal, along))
        else { return }
        // The square of the edge's length makes an area of it; both ends share it.
        let share = dot(along, along) * weight / 2
        state.vertices[a].quadric.addPlane(upright, weight: share)
        state.vertices[b].quadric.addPlane(upright, weight: share)
    }
}

/// What meets at each edge.
struct EdgeUse: ~Copyable {
    /// Two sheets of one mesh with the same texture coordinates.
    static let smooth: UInt8 = 0
    /// Two sheets of one mesh whose texture coordinates or colours differ.
    static let seam: UInt8 = 1
    /// Two sheets of different meshes.
    static let meshBorder: UInt8 = 2
    /// One sheet.
    static let border: UInt8 = 3
    /// Three sheets or more.
    static let branch: UInt8 = 4

    /// The kind of each edge.
    let kind: FlatArray<UInt8>

    /// Classifies all edges of `state`.
    ///
    /// Sheets are counted by their apex: two triangles back to back, as in a leaf that is modelled from both sides,
    /// are one sheet.
    init(_ state: borrowing CollapseState) {
        let firstCorner = FlatArray(repeating: none, count: state.edges.count)
        let secondCorner = FlatArray(repeating: none, count: state.edges.count)
        kind = FlatArray(repeating: EdgeUse.border, count: state.edges.count)
        for triangle in 0..<UInt32(state.triangleCount) {
            for corner in (triangle * 4)..<(triangle * 4 + 3) {
                let edge = state.cornerEdge[CollapseState.dense(corner)]
                let first = firstCorner[edge]
                if first == none {
                    firstCorner[edge] = corner
                } else if state.cornerVertex[first] != state.cornerVertex[corner] {
                    let second = secondCorner[edge]
                    if second == none {
                        secondCorner[edge] = corner
                        kind[edge] = Self.kind(first, corner, state)
                    } else if state.cornerVertex[second] != state.cornerVertex[corner] {
                        kind[edge] = EdgeUse.branch
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func kind(_ first: UInt32, _ second: UInt32, _ state: borrowing CollapseState)
        -> UInt8
    {
        let (a, b) = (CollapseState.next(first), CollapseState.previous(first))
        let (c, d) = (CollapseState.next(second), CollapseState.previous(second))
        let isReversed = state.cornerVertex[a] == state.cornerVertex[d]
        let one = state.cornerWedge[CollapseState.dense(a)]
        let two = state.cornerWedge[CollapseState.dense(b)]
        let oneAcross = state.cornerWedge[CollapseState.dense(isReversed ? d : c)]
        let twoAcross = state.cornerWedge[CollapseState.dense(isReversed ? c : d)]
        if one == oneAcross, two == twoAcross { return smooth }
        if state.wedges[one].mesh != state.wedges[oneAcross].mesh { return meshBorder }
        return differ(one, oneAcross, state) || differ(two, twoAcross, state) ? seam : smooth
    }

    /// Whether two wedges differ in more than their normals: a hard edge has its own shape to hold it.
    private static func differ(_ a: UInt32, _ b: UInt32, _ state: borrowing CollapseState) -> Bool {
        guard a != b else { return false }
        for number in state.normalCount..<max(state.weighedCount, state.normalCount)
        where state.attributes[a, number] != state.attributes[b, number] {
            return true
        }
        return false
    }
}
