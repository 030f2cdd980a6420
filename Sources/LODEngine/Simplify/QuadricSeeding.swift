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

    /// The least parallelogram that is one, for sides of a thousand-millionth of the scene's extent.
    private static let leastSize: Float = 1e-18

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
        // As small as 32 bits can bear, for a scene of buildings may have screws.
        guard size > Self.leastSize, size.isFinite else { return }
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
        // What a held vertex has here is a part only: it is settled when the clusters are one again.
        guard state.attributes.width > 0, first != none, state.traits[vertex] & VertexTrait.held == 0 else { return }
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
        // Between two held vertices, other clusters may have triangles too.
        if state.traits[a] & state.traits[b] & VertexTrait.held != 0 { return }
        addEdge(a, b, apex: state.cornerVertex[corner], kind, state.vertices, state.traits)
    }

    /// `vector` at length 1, however short it is.
    private static func direction(_ vector: SIMD3<Float>) -> SIMD3<Float>? {
        let largest = max(abs(vector.x), abs(vector.y), abs(vector.z))
        return largest > leastSize ? unitVector(vector / largest) : nil
    }

    /// Adds the plane that stands on the edge from `a` to `b`, upright to a triangle there with a corner `apex`.
    func addEdge(
        _ a: UInt32,
        _ b: UInt32,
        apex: UInt32,
        _ kind: UInt8,
        _ vertices: borrowing FlatArray<VertexRecord>,
        _ traits: borrowing FlatArray<UInt8>
    ) {
        let trait: UInt8 =
            switch kind {
            case EdgeUse.border: VertexTrait.border
            case EdgeUse.branch: VertexTrait.branch
            default: 0
            }
        traits[a] |= trait
        traits[b] |= trait
        let weight = kind == EdgeUse.seam ? options.seamWeight : options.borderWeight
        let start = vertices[a].position
        let along = vertices[b].position - start
        let inward = vertices[apex].position - start
        guard weight > 0, let normal = Self.direction(cross(along, inward)),
            let upright = Self.direction(cross(normal, along))
        else { return }
        // The square of the edge's length makes an area of it; both ends share it.
        let share = dot(along, along) * weight / 2
        vertices[a].quadric.addPlane(upright, weight: share)
        vertices[b].quadric.addPlane(upright, weight: share)
    }
}

extension QuadricSeeding {
    /// Settles what clusters could not: the means at vertices that they shared, and the edges between these.
    func finish(_ surface: Surface) {
        let attributes = surface.attributes.width > 0
        for wedge in 0..<surface.wedges.count where attributes {
            let vertex = surface.wedgeVertex[wedge]
            let area = surface.wedges[wedge].area
            guard surface.traits[vertex] & VertexTrait.unseeded != 0, area > 0 else { continue }
            surface.vertices[vertex].quadric.add(surface.attributes.settle(UInt32(wedge), area: area))
        }
        var uses: [SharedEdges.Use] = []
        for corner in surface.corners.indices {
            let first = corner - corner % 3
            let next = surface.corners[first + (corner + 1) % 3]
            let previous = surface.corners[first + (corner + 2) % 3]
            let a = surface.wedgeVertex[Int(next)]
            let b = surface.wedgeVertex[Int(previous)]
            guard surface.traits[a] & surface.traits[b] & VertexTrait.unseeded != 0 else { continue }
            uses.append(.init(low: min(a, b), high: max(a, b), corner: UInt32(corner)))
        }
        for (use, kind) in SharedEdges.kinds(uses, surface) where kind != EdgeUse.smooth {
            let corner = Int(use.corner)
            let apex = surface.wedgeVertex[Int(surface.corners[corner])]
            addEdge(use.low, use.high, apex: apex, kind, surface.vertices, surface.traits)
        }
        for vertex in 0..<surface.vertexCount { surface.traits[vertex] &= VertexTrait.boundary }
    }
}

/// Edges whose triangles were in several clusters.
private enum SharedEdges {
    /// A triangle's corner opposite to an edge.
    struct Use {
        var low: UInt32
        var high: UInt32
        var corner: UInt32
    }

    /// What meets at the edge of each use, as `EdgeUse` has it.
    static func kinds(_ uses: [Use], _ surface: Surface) -> [(Use, UInt8)] {
        let sorted = uses.sorted { ($0.low, $0.high, $0.corner) < ($1.low, $1.high, $1.corner) }
        var result: [(Use, UInt8)] = []
        var first = 0
        while first < sorted.count {
            var end = first
            while end < sorted.count, sorted[end].low == sorted[first].low, sorted[end].high == sorted[first].high {
                end += 1
            }
            let kind = kind(sorted[first..<end], surface)
            for use in sorted[first..<end] { result.append((use, kind)) }
            first = end
        }
        return result
    }

    private static func kind(_ uses: ArraySlice<Use>, _ surface: Surface) -> UInt8 {
        // Triangles back to back, with one apex, are one sheet.
        var sheets: [(apex: UInt32, low: UInt32, high: UInt32)] = []
        for use in uses {
            let first = Int(use.corner) - Int(use.corner) % 3
            let apex = surface.wedgeVertex[Int(surface.corners[Int(use.corner)])]
            guard !sheets.contains(where: { $0.apex == apex }) else { continue }
            var ends = (use.low, use.high)
            for corner in first..<(first + 3) where corner != Int(use.corner) {
                let wedge = surface.corners[corner]
                if surface.wedgeVertex[Int(wedge)] == use.low { ends.0 = wedge } else { ends.1 = wedge }
            }
            sheets.append((apex, ends.0, ends.1))
        }
        guard sheets.count == 2 else { return sheets.count == 1 ? EdgeUse.border : EdgeUse.branch }
        let pairs = [(sheets[0].low, sheets[1].low), (sheets[0].high, sheets[1].high)]
        if pairs.allSatisfy({ $0 == $1 }) { return EdgeUse.smooth }
        if surface.wedges[sheets[0].low].mesh != surface.wedges[sheets[1].low].mesh { return EdgeUse.meshBorder }
        let differ = pairs.contains { one, two in surface.attributes.differ(one, two, from: surface.directionCount) }
        return differ ? EdgeUse.seam : EdgeUse.smooth
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
        let firstCorner = FlatArray(repeating: none, count: state.edgeCount)
        let secondCorner = FlatArray(repeating: none, count: state.edgeCount)
        kind = FlatArray(repeating: EdgeUse.border, count: state.edgeCount)
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

    /// Whether two wedges differ in more than their normals and tangents: a hard edge has its own shape to hold it.
    private static func differ(_ a: UInt32, _ b: UInt32, _ state: borrowing CollapseState) -> Bool {
        a != b && state.attributes.differ(a, b, from: state.directionCount)
    }
}
