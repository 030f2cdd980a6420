extension Collapser {
    /// Gives the wedges of `a` and `b` that merge their attributes at `offset` from `a`.
    @inline(__always)
    mutating func settleAttributes(_ a: UInt32, _ b: UInt32, _ offset: SIMD3<Float>, isSingle: Bool) {
        if isSingle { settleSingle(a, b, offset) } else { settleGroups(a, b, offset) }
    }

    @inline(__always)
    private func settleSingle(_ a: UInt32, _ b: UInt32, _ offset: SIMD3<Float>) {
        let wedge = state.vertices[a].wedge
        let other = state.vertices[b].wedge
        let second = state.wedges[other].area
        let area = state.wedges[wedge].area + second
        let share = area > 0 ? second / area : 0
        let fromOther = state.vertices[a].position - state.vertices[b].position + offset
        if state.attributes.width > 0 { state.attributes.blend(wedge, other, offset, fromOther, share: share) }
        state.wedges[wedge].area = area
        state.wedges[wedge].isMoved = true
        if !state.carried.isEmpty { state.carried.blend(wedge, other, self.share(of: offset, a, b)) }
    }

    private mutating func settleGroups(_ a: UInt32, _ b: UInt32, _ offset: SIMD3<Float>) {
        let t = share(of: offset, a, b)
        let isInPlace = offset == .zero
        for slot in 0..<merge.count {
            let (wedge, group) = merge.member(slot)
            if group != slot {
                guard slot >= merge.startCount else { continue }
                let leader = merge.member(group).wedge
                state.wedges[leader].isMoved = true
                // A group of wedges of the second end only has nothing to be blended with.
                if !state.carried.isEmpty, group < merge.startCount { state.carried.blend(leader, wedge, t) }
                continue
            }
            if state.attributes.width > 0 {
                state.attributes.move(wedge, from: merge.means, UInt32(slot), offset)
            }
            state.wedges[wedge].area = merge.area(ofGroup: slot)
            if !isInPlace || slot >= merge.startCount { state.wedges[wedge].isMoved = true }
        }
    }

    /// How far along the edge from `a` to `b` the place at `offset` is, from 0 to 1.
    private func share(of offset: SIMD3<Float>, _ a: UInt32, _ b: UInt32) -> Float {
        let end = state.vertices[b].position - state.vertices[a].position
        return min(max(dot(offset, end) / max(dot(end, end), .leastNormalMagnitude), 0), 1)
    }

    /// Makes `a`'s corners and its ring of wedges those that survive the merge; its ring of corners has been joined.
    mutating func takeSurvivors(_ a: UInt32) {
        if merge.startCount > 1 {
            let ring = state.vertices[a].ring
            for place in 0..<state.rings.count(ring) {
                let corner = CollapseState.dense(state.rings.corner(ring, place))
                let wedge = state.cornerWedge[corner]
                let survivor = merge.survivor(of: wedge)
                if survivor != wedge {
                    state.wedges[wedge].use -= 1
                    state.wedges[survivor].use += 1
                    state.cornerWedge[corner] = survivor
                }
            }
        }
        var first = none
        var last = none
        for slot in 0..<merge.count {
            let (wedge, group) = merge.member(slot)
            guard group == slot else { continue }
            if state.wedges[wedge].use == 0 { continue }
            if first == none { first = wedge } else { state.wedges[last].next = wedge }
            last = wedge
        }
        if first != none { state.wedges[last].next = first }
        state.vertices[a].wedge = first
    }
}
