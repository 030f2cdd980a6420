internal import VitrineCIntrinsics

/// Collapses of an edge onto one of its ends, for meshes that keep their vertices.
///
/// The vertex that goes leaves its triangles to the other, and each of its wedges becomes the one across a triangle on
/// the edge: a half-edge collapse (L. Kobbelt, S. Campagna and H.-P. Seidel, "A General Framework for Mesh Decimation",
/// 1998). The attributes there are what they were, so the error is that of the means with these, not with their own.
extension Collapser {
    /// An end that stays, the one that goes, and what that costs.
    private struct End {
        var kept: UInt32
        var gone: UInt32
        var cost: Float
        var area: Float
    }

    /// Collapses `edge`, which came up under `key`, onto the better of its ends or else the other, or puts it back.
    mutating func takeEnd(of edge: UInt32, _ key: UInt16, _ rules: CollapseRules, _ squaredLimit: Float) {
        let record = state.edges[edge]
        let start = choice(keeping: record.start, record.end)
        let end = choice(keeping: record.end, record.start)
        let isEndBetter = (end?.cost ?? .infinity) < (start?.cost ?? .infinity)
        let (better, worse) = isEndBetter ? (end, start) : (start, end)
        if take(better, edge, key, rules, squaredLimit) || take(worse, edge, key, rules, squaredLimit) { return }
        postpone(edge, key)
    }

    /// What collapsing the edge from `a` to `b` onto `a` costs, or `nil` where a wedge of `b` would have no place.
    private mutating func choice(keeping a: UInt32, _ b: UInt32) -> End? {
        let offset = state.vertices[a].position - state.vertices[b].position
        let cost = state.vertices[a].quadric.c + state.vertices[b].quadric.value(at: offset)
        let area = state.vertices[a].quadric.area + state.vertices[b].quadric.area
        var end = End(kept: a, gone: b, cost: cost, area: area)
        if state.haveSingleWedges(a, b) {
            let wedge = state.vertices[a].wedge
            end.cost += miss(wedge, wedge, .zero) + miss(wedge, state.vertices[b].wedge, offset)
            return end
        }
        _ = merge.gather(a, b, state)
        guard merge.keepsFirst else { return nil }
        for slot in 0..<merge.count {
            let (wedge, group) = merge.member(slot)
            end.cost += miss(merge.member(group).wedge, wedge, slot < merge.startCount ? .zero : offset)
        }
        return end
    }

    /// What the attributes that `kept` keeps miss of those of `wedge`, told from a place at `offset` from its own.
    @inline(__always)
    private func miss(_ kept: UInt32, _ wedge: UInt32, _ offset: SIMD3<Float>) -> Float {
        guard state.attributes.width > 0 else { return 0 }
        let weight = state.wedges[wedge].area
        return state.attributes.difference(kept, of: state.kept, wedge, offset, weight: weight).linear.w
    }

    /// Collapses `edge` onto an end if that is as cheap as `key` says and the rules allow.
    ///
    /// - Returns: Whether the edge has been dealt with: collapsed, put back at its cost, or given up.
    private mutating func take(
        _ end: End?,
        _ edge: UInt32,
        _ key: UInt16,
        _ rules: CollapseRules,
        _ squaredLimit: Float
    ) -> Bool {
        guard let end else { return false }
        let endKey = CollapseQueue.key(end.cost)
        if endKey > key {
            queue.push(edge, key: endKey, state.edges)
            return true
        }
        if end.cost > squaredLimit * end.area { return true }
        let (a, b) = (end.kept, end.gone)
        ringA.load(a, partner: b, state)
        ringB.load(b, partner: a, state)
        guard ringB.sharedCount > 0 else {
            state.edges[edge].state = .gone
            return true
        }
        let stamps = stamps.take(state)
        guard leavesFloors(), !rules.keepsTopology || state.keepsTopology(a, b, ringA, ringB, stamps),
            isLegal(.zero, a, b, rules)
        else { return false }
        // Once more, as the wedges that were gathered last may be those of the other end.
        let quadric = state.haveSingleWedges(a, b) ? state.singleQuadric(a, b) : merge.gather(a, b, state)
        collapse(edge, a, b, to: .zero, quadric, rules, stamps.apex)
        return true
    }
}
