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
            stages.append(CollapseRules(foldCosine: options.relaxesFolds ? -1 : cosine, keepsTopology: false))
        }
        return stages
    }
}

/// Stamps for `CollapseState.mark`, fresh for each test.
struct LinkStamps {
    private var next: UInt32 = 1

    /// Two stamps that no vertex carries yet.
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
    /// Whether collapsing the edge from `a` to `b` keeps the surface's topology.
    ///
    /// The link condition (T. Dey, H. Edelsbrunner, S. Guha and D. Nekhayev, "Topology preserving edge contraction",
    /// 1999): the ends share no neighbours but the apexes of the edge's own triangles, no two triangles fall onto each
    /// other, and two borders or branches join only along one.
    func keepsTopology(_ a: UInt32, _ b: UInt32, _ stamps: inout LinkStamps) -> Bool {
        let (neighbour, apex) = stamps.take(self)
        var corner = vertexCorner[a]
        while corner != none {
            let (next, previous) = Self.others(of: corner)
            mark[cornerVertex[next]] = neighbour
            mark[cornerVertex[previous]] = neighbour
            corner = cornerNext[corner]
        }
        var apexCount = 0
        var survivors = 0
        corner = vertexCorner[b]
        while corner != none {
            let (next, previous) = Self.others(of: corner)
            let x = cornerVertex[next]
            let y = cornerVertex[previous]
            if x == a || y == a {
                let top = x == a ? y : x
                if mark[top] != apex { apexCount += 1 }
                mark[top] = apex
            } else {
                survivors += 1
            }
            corner = cornerNext[corner]
        }
        // Nothing would be left of a part of its own.
        if survivors == 0, !hasTriangle(at: a, without: b) { return false }
        // A chord from border to border would pinch the surface in between.
        if apexCount == 2, traits[a] != 0, traits[b] != 0 { return false }
        return joinsCleanly(a, b, neighbour: neighbour, apex: apex)
    }

    /// Whether no triangle at `b` has a neighbour of `a` for a corner, or falls onto one of `a`'s.
    private func joinsCleanly(_ a: UInt32, _ b: UInt32, neighbour: UInt32, apex: UInt32) -> Bool {
        var corner = vertexCorner[b]
        while corner != none {
            let (next, previous) = Self.others(of: corner)
            let x = cornerVertex[next]
            let y = cornerVertex[previous]
            if x != a, y != a {
                if mark[x] == neighbour || mark[y] == neighbour { return false }
                if mark[x] == apex, mark[y] == apex, hasTriangle(a, x, y) { return false }
            }
            corner = cornerNext[corner]
        }
        return true
    }

    private func hasTriangle(at a: UInt32, without b: UInt32) -> Bool {
        var corner = vertexCorner[a]
        while corner != none {
            let (next, previous) = Self.others(of: corner)
            if cornerVertex[next] != b, cornerVertex[previous] != b { return true }
            corner = cornerNext[corner]
        }
        return false
    }

    private func hasTriangle(_ a: UInt32, _ x: UInt32, _ y: UInt32) -> Bool {
        var corner = vertexCorner[a]
        while corner != none {
            let (next, previous) = Self.others(of: corner)
            let u = cornerVertex[next]
            let v = cornerVertex[previous]
            if (u == x && v == y) || (u == y && v == x) { return true }
            corner = cornerNext[corner]
        }
        return false
    }

    /// Whether all triangles at `vertex` but those with `partner` keep their side when it moves to `place`.
    func keepsSides(_ vertex: UInt32, movedTo place: SIMD3<Float>, without partner: UInt32, cosine: Float) -> Bool {
        let old = position[vertex]
        var corner = vertexCorner[vertex]
        while corner != none {
            let (next, previous) = Self.others(of: corner)
            let x = cornerVertex[next]
            let y = cornerVertex[previous]
            corner = cornerNext[corner]
            guard x != partner, y != partner else { continue }
            let px = position[x]
            let py = position[y]
            let before = cross(px - old, py - old)
            let after = cross(px - place, py - place)
            let sizeBefore = length(before)
            let sizeAfter = length(after)
            let side = dot(px - py, px - py)
            // Thinner than one in ten thousand is no triangle; one that was none before may stay as it is.
            let wasNeedle = !(sizeBefore > 1e-4 * max(dot(px - old, px - old), dot(py - old, py - old), side))
            guard !wasNeedle else { continue }
            if !(sizeAfter > 1e-4 * max(dot(px - place, px - place), dot(py - place, py - place), side)) {
                return false
            }
            if dot(before, after) < cosine * sizeBefore * sizeAfter { return false }
        }
        return true
    }
}
