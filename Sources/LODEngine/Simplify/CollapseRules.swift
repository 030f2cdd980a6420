internal import Glibc

/// What a collapse must not do.
struct CollapseRules {
    /// The cosine of the largest angle by which a triangle may turn.
    var foldCosine: Float
    /// Whether the surface must stay what it is topologically.
    var keepsTopology: Bool

    /// The rules of `options`, then those to fall back on one after the other.
    static func stages(_ options: SimplificationOptions) -> [CollapseRules] {
        let cosine = Float(cos(Double(min(max(options.foldAngle, 0), 180)) * Double.pi / 180))
        var stages = [CollapseRules(foldCosine: cosine, keepsTopology: true)]
        if options.relaxesFolds {
            stages.append(CollapseRules(foldCosine: min(cosine, 0), keepsTopology: true))
        }
        if options.relaxesTopology {
            stages.append(
                CollapseRules(foldCosine: options.relaxesFolds ? -1 : cosine, keepsTopology: false)
            )
        }
        return stages
    }
}

/// Stamps for `CollapseState.mark`, fresh for each test.
struct LinkStamps {
    private var next: UInt32 = 1

    /// Two stamps that no vertex carries yet.
    @inline(__always)
    mutating func take(_ state: borrowing CollapseState) -> (neighbour: UInt32, apex: UInt32) {
        if next > UInt32.max - 4 {
            for vertex in 0..<state.mark.count { state.mark[vertex] = 0 }
            next = 1
        }
        next += 2
        return (next - 2, next - 1)
    }
}

extension CollapseState {
    /// Whether collapsing the edge from `a` to `b`, whose rings are given, keeps the surface's topology.
    ///
    /// The link condition (T. Dey, H. Edelsbrunner, S. Guha and D. Nekhayev, "Topology preserving edge contraction",
    /// 1999): the ends share no neighbours but the apexes of the edge's own triangles, no two triangles fall onto each
    /// other, and two borders or branches join only along one.
    func keepsTopology(
        _ a: UInt32,
        _ b: UInt32,
        _ ringA: borrowing VertexRing,
        _ ringB: borrowing VertexRing,
        _ stamps: (neighbour: UInt32, apex: UInt32)
    ) -> Bool {
        // Nothing would be left of a part of its own.
        if ringA.count == 0, ringB.count == 0 { return false }
        for k in 0..<ringA.count {
            mark[ringA.nexts[k]] = stamps.neighbour
            mark[ringA.previouses[k]] = stamps.neighbour
        }
        var apexCount = 0
        for k in 0..<ringB.sharedCount {
            let apex = apex(ringB.shared[k], a)
            if mark[apex] != stamps.apex { apexCount += 1 }
            mark[apex] = stamps.apex
        }
        // A chord from border to border would pinch the surface in between.
        let isBoundary = traits[a] & VertexTrait.boundary != 0 && traits[b] & VertexTrait.boundary != 0
        if apexCount == 2, isBoundary { return false }
        for k in 0..<ringB.count {
            let x = mark[ringB.nexts[k]]
            let y = mark[ringB.previouses[k]]
            if x == stamps.neighbour || y == stamps.neighbour { return false }
            if x == stamps.apex, y == stamps.apex, ringA.hasTriangle(ringB.nexts[k], ringB.previouses[k]) {
                return false
            }
        }
        return true
    }

    /// The third vertex of the triangle of `corner`, which has `partner` for one of the other two.
    @inline(__always)
    func apex(_ corner: UInt32, _ partner: UInt32) -> UInt32 {
        let next = cornerVertex[Self.next(corner)]
        return next == partner ? cornerVertex[Self.previous(corner)] : next
    }

    /// Whether all triangles of `ring` keep their side when its vertex, now at `old`, moves to `place`.
    func keepsSides(
        _ ring: borrowing VertexRing,
        _ old: SIMD3<Float>,
        movedTo place: SIMD3<Float>,
        cosine: Float
    )
        -> Bool
    {
        let bound = cosine * abs(cosine)
        // Products of four sides of a small part would be 0 in 32 bits; a power of two rounds nothing.
        let scale: Float = 0x1p24
        let thin: Float = 1e-8 * scale * scale
        for k in 0..<ring.count {
            let px = vertices[ring.nexts[k]].position
            let py = vertices[ring.previouses[k]].position
            let ax = px - old
            let ay = py - old
            let bx = px - place
            let by = py - place
            let before = cross(ax, ay) * scale
            let after = cross(bx, by) * scale
            let sizeBefore = dot(before, before)
            let sizeAfter = dot(after, after)
            // Compared as squares with their signs, which saves the roots.
            let turn = dot(before, after)
            let turns = turn * abs(turn) < bound * sizeBefore * sizeAfter
            let along = px - py
            let side = dot(along, along)
            let longestAfter = max(dot(bx, bx), dot(by, by), side)
            // Thinner than one in ten thousand is no triangle; one that was none before may stay as it is.
            let isThin = !(sizeAfter > thin * longestAfter * longestAfter)
            guard turns || isThin else { continue }
            let longestBefore = max(dot(ax, ax), dot(ay, ay), side)
            if sizeBefore > thin * longestBefore * longestBefore { return false }
        }
        return true
    }
}

extension VertexRing {
    /// Whether one of the triangles has `x` and `y` for its other vertices.
    func hasTriangle(_ x: UInt32, _ y: UInt32) -> Bool {
        for k in 0..<count {
            if (nexts[k] == x && previouses[k] == y) || (nexts[k] == y && previouses[k] == x) {
                return true
            }
        }
        return false
    }
}
