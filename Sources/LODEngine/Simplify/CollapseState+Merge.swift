extension CollapseState {
    /// Whether one of the two other corners of `corner`'s triangle is at `vertex`.
    @inline(__always)
    func touches(_ corner: UInt32, _ vertex: UInt32) -> Bool {
        let (next, previous) = Self.others(of: corner)
        return cornerVertex[next] == vertex || cornerVertex[previous] == vertex
    }

    /// Whether `a` and `b` share a triangle.
    func areJoined(_ a: UInt32, _ b: UInt32) -> Bool {
        var corner = vertexCorner[a]
        while corner != none {
            if touches(corner, b) { return true }
            corner = cornerNext[corner]
        }
        return false
    }

    /// Gives the merged wedges their attributes at `offset` from `a`, and `a` the quadric of both ends there.
    func settleAttributes(
        _ a: UInt32,
        _ b: UInt32,
        _ offset: SIMD3<Float>,
        _ merge: borrowing WedgeMerge,
        _ skins: borrowing SkinRows
    ) {
        let end = position[b] - position[a]
        let t = min(max(dot(offset, end) / max(dot(end, end), .leastNormalMagnitude), 0), 1)
        let step = SIMD4(offset, 1)
        var whole = merge.whole.moved(by: offset)
        let isInPlace = offset == .zero
        for slot in 0..<merge.count {
            let (wedge, group) = merge.member(slot)
            if group != slot {
                if slot >= merge.startCount { carry(merge.member(group).wedge, wedge, group, t, merge, skins) }
                continue
            }
            let area = merge.area(ofGroup: slot)
            for k in 0..<weighedCount {
                let linear = merge.linear(ofGroup: slot, k)
                let change = area > 0 ? (linear * step).sum() / area : 0
                whole.x.w -= change * linear.x
                whole.y.w -= change * linear.y
                whole.z.w -= change * linear.z
                whole.tail.w -= area * change * change
                weighed[Int(wedge) * weighedCount + k] += change
                gradient[Int(wedge) * weighedCount + k] = SIMD4(linear.x, linear.y, linear.z, 0)
            }
            wedgeArea[wedge] = area
            if !isInPlace || slot >= merge.startCount { isMoved[wedge] = 1 }
        }
        quadric[a] = whole
    }

    /// Blends what is only carried of `other` into `wedge`, which stands for both from now on.
    private func carry(
        _ wedge: UInt32,
        _ other: UInt32,
        _ group: Int,
        _ t: Float,
        _ merge: borrowing WedgeMerge,
        _ skins: borrowing SkinRows
    ) {
        isMoved[wedge] = 1
        // A group of wedges of the second end only has nothing to be blended with.
        guard group < merge.startCount else { return }
        let width = rowWidth(of: wedge)
        let start = rowStart[wedge]
        let otherStart = rowStart[other]
        for k in 0..<width { rows[start + k] += t * (rows[otherStart + k] - rows[start + k]) }
        skins.blend(wedge, other, t)
    }

    private func rowWidth(of wedge: UInt32) -> Int {
        rowStart[Int(wedge) + 1] - rowStart[wedge]
    }

    /// Notes at each neighbour of `a` the edge that leads there.
    func markEdges(of a: UInt32, _ stamp: UInt32) {
        var corner = vertexCorner[a]
        while corner != none {
            let (next, previous) = Self.others(of: corner)
            mark[cornerVertex[next]] = stamp
            markEdge[cornerVertex[next]] = cornerEdge[previous]
            mark[cornerVertex[previous]] = stamp
            markEdge[cornerVertex[previous]] = cornerEdge[next]
            corner = cornerNext[corner]
        }
    }

    /// Takes `corner` out of the list of `vertex`.
    func unlink(_ corner: UInt32, from vertex: UInt32) {
        var current = vertexCorner[vertex]
        if current == corner {
            vertexCorner[vertex] = cornerNext[corner]
            return
        }
        while current != none {
            let next = cornerNext[current]
            if next == corner {
                cornerNext[current] = cornerNext[corner]
                return
            }
            current = next
        }
    }

    /// Marks a triangle, whose corners are in no list any more, as gone.
    func remove(triangle: Int) {
        for corner in (triangle * 3)..<(triangle * 3 + 3) {
            wedgeUse[cornerWedge[corner]] -= 1
            cornerVertex[corner] = none
        }
    }

    /// Makes `a`'s corners and ring those of the wedges that survive `merge`.
    func takeSurvivors(_ a: UInt32, _ merge: borrowing WedgeMerge) {
        if merge.startCount > 1 {
            var corner = vertexCorner[a]
            while corner != none {
                let wedge = cornerWedge[corner]
                let survivor = merge.survivor(of: wedge)
                if survivor != wedge {
                    wedgeUse[wedge] -= 1
                    wedgeUse[survivor] += 1
                    cornerWedge[corner] = survivor
                }
                corner = cornerNext[corner]
            }
        }
        var first = none
        var last = none
        var count: UInt32 = 0
        for slot in 0..<merge.count {
            let (wedge, group) = merge.member(slot)
            guard group == slot else { continue }
            if wedgeUse[wedge] == 0 {
                forget(wedge, at: a)
                continue
            }
            if first == none { first = wedge } else { wedgeNext[last] = wedge }
            last = wedge
            count += 1
        }
        if first != none { wedgeNext[last] = first }
        vertexWedge[a] = first
        wedgeCount[a] = count
    }

    /// Leaves the attributes of a wedge that lost its last triangle free, so that they hold nothing any more.
    private func forget(_ wedge: UInt32, at vertex: UInt32) {
        let area = wedgeArea[wedge]
        guard area > 0 else { return }
        for k in 0..<weighedCount {
            quadric.update(vertex) { $0.addOuter(gradient[Int(wedge) * weighedCount + k], weight: -1 / area) }
        }
    }
}
