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
    func seed(_ state: borrowing CollapseState, _ layout: AttributeLayout) {
        for triangle in 0..<(state.cornerVertex.count / 3) { addSurface(triangle, state) }
        addEdges(state, EdgeUse(state), layout)
    }

    private func addSurface(_ triangle: Int, _ state: borrowing CollapseState) {
        let corner = triangle * 3
        let p0 = state.position[state.cornerVertex[corner]]
        let u = state.position[state.cornerVertex[corner + 1]] - p0
        let v = state.position[state.cornerVertex[corner + 2]] - p0
        let product = cross(u, v)
        guard let normal = unitVector(product) else { return }
        let share = length(product) / 6
        var quadric = Quadric()
        quadric.addPlane(normal, weight: share)
        quadric.addSpread(share * Self.spread)
        quadric.tail.x = share
        let count = state.weighedCount
        let uu = dot(u, u)
        let uv = dot(u, v)
        let vv = dot(v, v)
        // The determinant of the triangle's metric, kept from zero so that a needle's gradient stays bounded.
        let inverse = 1 / (uu * vv - uv * uv + 1e-6 * (uu + vv) * (uu + vv))
        let w0 = Int(state.cornerWedge[corner]) * count
        let w1 = Int(state.cornerWedge[corner + 1]) * count
        let w2 = Int(state.cornerWedge[corner + 2]) * count
        for k in 0..<count {
            let su = state.weighed[w1 + k] - state.weighed[w0 + k]
            let sv = state.weighed[w2 + k] - state.weighed[w0 + k]
            guard su != 0 || sv != 0 else { continue }
            let along = SIMD3<Float>(repeating: (su * vv - sv * uv) * inverse) * u
            let slope = along + SIMD3<Float>(repeating: (sv * uu - su * uv) * inverse) * v
            quadric.addOuter(SIMD4(slope, 0), weight: share)
            let weightedSlope = SIMD4(slope * share, 0)
            state.gradient[w0 + k] += weightedSlope
            state.gradient[w1 + k] += weightedSlope
            state.gradient[w2 + k] += weightedSlope
        }
        for k in 0..<3 {
            state.quadric.update(state.cornerVertex[corner + k]) { $0.add(quadric) }
            state.wedgeArea[state.cornerWedge[corner + k]] += share
        }
    }

    private func addEdges(_ state: borrowing CollapseState, _ use: borrowing EdgeUse, _ layout: AttributeLayout) {
        for corner in 0..<UInt32(state.cornerVertex.count) {
            let edge = state.cornerEdge[corner]
            let kind = use.kind[edge]
            guard kind != EdgeUse.smooth else { continue }
            let (start, end) = CollapseState.others(of: corner)
            let a = state.cornerVertex[start]
            let b = state.cornerVertex[end]
            let trait: UInt8 =
                switch kind {
                case EdgeUse.border: CollapseState.VertexTrait.border
                case EdgeUse.branch: CollapseState.VertexTrait.branch
                default: 0
                }
            state.traits[a] |= trait
            state.traits[b] |= trait
            let weight = kind == EdgeUse.seam ? options.seamWeight : options.borderWeight
            let along = state.position[b] - state.position[a]
            let inward = state.position[state.cornerVertex[corner]] - state.position[a]
            guard weight > 0, let normal = unitVector(cross(along, inward)),
                let upright = unitVector(cross(normal, along))
            else { continue }
            // The square of the edge's length makes an area of it; both ends share it.
            let share = dot(along, along) * weight / 2
            state.quadric.update(a) { $0.addPlane(upright, weight: share) }
            state.quadric.update(b) { $0.addPlane(upright, weight: share) }
        }
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
        let firstCorner = FlatArray(repeating: none, count: state.edgeStart.count)
        let secondCorner = FlatArray(repeating: none, count: state.edgeStart.count)
        kind = FlatArray(repeating: EdgeUse.border, count: state.edgeStart.count)
        for corner in 0..<UInt32(state.cornerVertex.count) {
            let edge = state.cornerEdge[corner]
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

    private static func kind(_ first: UInt32, _ second: UInt32, _ state: borrowing CollapseState) -> UInt8 {
        let (a, b) = CollapseState.others(of: first)
        let (c, d) = CollapseState.others(of: second)
        let isReversed = state.cornerVertex[a] == state.cornerVertex[d]
        let pairs = (
            (state.cornerWedge[a], state.cornerWedge[isReversed ? d : c]),
            (state.cornerWedge[b], state.cornerWedge[isReversed ? c : d])
        )
        if state.wedgeMesh[pairs.0.0] != state.wedgeMesh[pairs.0.1] { return meshBorder }
        let isSeam = differ(pairs.0.0, pairs.0.1, state) || differ(pairs.1.0, pairs.1.1, state)
        return isSeam ? seam : smooth
    }

    /// Whether two wedges differ in more than their normals: a hard edge has its own shape to hold it.
    private static func differ(_ a: UInt32, _ b: UInt32, _ state: borrowing CollapseState) -> Bool {
        guard a != b else { return false }
        let count = state.weighedCount
        for k in min(state.normalCount, count)..<count
        where state.weighed[Int(a) * count + k] != state.weighed[Int(b) * count + k] {
            return true
        }
        return false
    }
}
