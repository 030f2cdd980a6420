/// Collapses edges, cheapest first, until a budget or a limit is reached.
///
/// The queue is lazy, and exact all the same: a collapse only ever adds to the quadrics around it, so the cost under
/// which an edge waits is never above its true cost. An edge that comes first is evaluated anew; if it has become
/// dearer it goes back, otherwise it is the cheapest there is.
struct Collapser: ~Copyable {
    /// The mesh as far as it has shrunk.
    let state: CollapseState
    /// The skin influences as far as they have been blended.
    let skins: SkinRows
    /// How attributes are kept in `state`.
    let layout: AttributeLayout
    private var queue: CollapseQueue
    private var merge: WedgeMerge
    private var stamps = LinkStamps()
    private let options: SimplificationOptions
    private let budget: Int
    private var remaining: Int
    /// Triangles left of each mesh, and how many must stay.
    private let meshRemaining: FlatArray<Int>
    private let meshFloor: FlatArray<Int>

    /// Prepares `scene`, of which `budget` triangles are to be left.
    init(scene: WeldedScene, parts: [ScenePart], options: SimplificationOptions, budget: Int) {
        layout = AttributeLayout(parts: parts, scene: scene, options: options)
        let state = CollapseState(scene: scene, parts: parts, layout: layout)
        QuadricSeeding(options: options).seed(state, layout)
        queue = CollapseQueue(edgeCount: state.edgeStart.count)
        merge = WedgeMerge(state)
        skins = SkinRows(scene: scene, parts: parts)
        remaining = scene.corners.count / 3
        meshRemaining = FlatArray(scene.meshTriangles.map(\.count))
        meshFloor = FlatArray(Self.floors(scene.meshTriangles.map(\.count), budget, options.floorShare))
        self.options = options
        self.budget = budget
        self.state = state
    }

    /// How many triangles each mesh keeps at least.
    ///
    /// Never less than one of a mesh that has any; the floors together take at most half of the budget beyond that.
    private static func floors(_ counts: [Int], _ budget: Int, _ share: Float) -> [Int] {
        let total = counts.reduce(0, +)
        guard total > 0 else { return counts }
        let fair = Double(min(budget, total)) / Double(total) * Double(min(max(share, 0), 0.5))
        return counts.map { $0 == 0 ? 0 : max(1, Int(Double($0) * fair)) }
    }

    /// Collapses until the budget is met, no edge within `errorLimit` (in scene extents) is left, or nothing more may.
    mutating func run(errorLimit: Float, progress: (Double) throws -> Void) throws {
        guard remaining > budget else { return }
        let first = remaining
        let squaredLimit = errorLimit.isFinite ? errorLimit * errorLimit : .infinity
        let stages = CollapseRules.stages(options)
        for rules in errorLimit.isFinite ? Array(stages.prefix(1)) : stages {
            var before: Int
            repeat {
                before = remaining
                fillQueue()
                try drain(rules, squaredLimit, first: first, progress)
                if remaining <= budget { return try progress(1) }
                // A pass that changed a good part may have made room for edges that were blocked before it.
            } while remaining < before - before / 1000
        }
        try progress(1)
    }

    private mutating func fillQueue() {
        for corner in 0..<state.cornerEdge.count where state.cornerVertex[corner - corner % 3] != none {
            let edge = state.cornerEdge[corner]
            guard queue.cost(of: edge) == nil else { continue }
            merge.gather(state.edgeStart[edge], state.edgeEnd[edge], state)
            state.edgeAttempts[edge] = 0
            let cost = place(state.edgeStart[edge], state.edgeEnd[edge]).cost
            queue.append(edge, cost: cost)
        }
        queue.order()
    }

    private mutating func drain(
        _ rules: CollapseRules,
        _ squaredLimit: Float,
        first: Int,
        _ progress: (Double) throws -> Void
    ) throws {
        var steps = 0
        while remaining > budget, let (edge, waited) = queue.first {
            steps &+= 1
            if steps & 4095 == 0 {
                try progress(Double(first - remaining) / Double(max(first - budget, 1)))
            }
            let a = state.edgeStart[edge]
            let b = state.edgeEnd[edge]
            // An edge whose triangles all went while others collapsed keeps its old ends.
            guard state.heir[a] == a, state.heir[b] == b else {
                queue.remove(edge)
                continue
            }
            merge.gather(a, b, state)
            let best = place(a, b)
            if best.cost > waited * 1.000_01 {
                queue.update(edge, cost: best.cost)
            } else if best.cost > squaredLimit * merge.whole.area {
                queue.remove(edge)
            } else {
                attempt(edge, a, b, best, waited, rules)
            }
        }
    }

    /// Collapses `edge`, whose wedges are gathered, if the rules allow; otherwise puts it back at a higher cost.
    private mutating func attempt(
        _ edge: UInt32,
        _ a: UInt32,
        _ b: UInt32,
        _ best: (offset: SIMD3<Float>, cost: Float),
        _ waited: Float,
        _ rules: CollapseRules
    ) {
        guard state.areJoined(a, b) else { return queue.remove(edge) }
        guard leavesFloors(a, b), !rules.keepsTopology || state.keepsTopology(a, b, &stamps) else {
            return postpone(edge, waited)
        }
        if isLegal(best.offset, a, b, rules) { return collapse(edge, a, b, to: best.offset) }
        // Where the best place folds a triangle, one on the edge itself may not.
        let end = state.position[b] - state.position[a]
        var choice: (offset: SIMD3<Float>, cost: Float)?
        for offset in [end / 2, .zero, end] {
            let cost = merge.reduced.value(at: offset)
            if cost < choice?.cost ?? .infinity, isLegal(offset, a, b, rules) { choice = (offset, cost) }
        }
        guard let choice else { return postpone(edge, waited) }
        if choice.cost > waited * 1.000_01 {
            queue.update(edge, cost: choice.cost)
        } else {
            collapse(edge, a, b, to: choice.offset)
        }
    }

    /// Puts a blocked edge back at twice its cost, a few times: the collapse of a neighbour may free it.
    private mutating func postpone(_ edge: UInt32, _ waited: Float) {
        let attempts = state.edgeAttempts[edge]
        state.edgeAttempts[edge] = attempts &+ 1
        if attempts < 8 {
            queue.update(edge, cost: max(waited * 2, 1e-12))
        } else {
            queue.remove(edge)
        }
    }

    /// The place of least error, relative to the edge's start, and its cost.
    @inline(__always)
    private func place(_ a: UInt32, _ b: UInt32) -> (offset: SIMD3<Float>, cost: Float) {
        let end = state.position[b] - state.position[a]
        let middle = end / 2
        // A minimum far away comes of quadrics that hardly say where along a line or a plane it is.
        if let offset = merge.reduced.minimum(), dot(offset - middle, offset - middle) <= 4 * dot(end, end) {
            return (offset, merge.reduced.value(at: offset))
        }
        var best = (offset: middle, cost: merge.reduced.value(at: middle))
        for offset in [SIMD3<Float>.zero, end] {
            let cost = merge.reduced.value(at: offset)
            if cost < best.cost { best = (offset, cost) }
        }
        return best
    }

    private func isLegal(_ offset: SIMD3<Float>, _ a: UInt32, _ b: UInt32, _ rules: CollapseRules) -> Bool {
        let place = state.position[a] + offset
        return state.keepsSides(a, movedTo: place, without: b, cosine: rules.foldCosine)
            && state.keepsSides(b, movedTo: place, without: a, cosine: rules.foldCosine)
    }

    /// Whether every mesh keeps its floor when the triangles between `a` and `b` go.
    private func leavesFloors(_ a: UInt32, _ b: UInt32) -> Bool {
        var isAbove = true
        var corner = state.vertexCorner[a]
        while corner != none {
            if state.touches(corner, b) {
                let mesh = state.wedgeMesh[state.cornerWedge[corner]]
                meshRemaining[mesh] -= 1
                if meshRemaining[mesh] < meshFloor[mesh] { isAbove = false }
            }
            corner = state.cornerNext[corner]
        }
        corner = state.vertexCorner[a]
        while corner != none {
            if state.touches(corner, b) { meshRemaining[state.wedgeMesh[state.cornerWedge[corner]]] += 1 }
            corner = state.cornerNext[corner]
        }
        return isAbove
    }

    /// Carries out the collapse of `edge`: `b` goes, `a` moves by `offset` and takes over what `b` had.
    private mutating func collapse(_ edge: UInt32, _ a: UInt32, _ b: UInt32, to offset: SIMD3<Float>) {
        queue.remove(edge)
        state.settleAttributes(a, b, offset, merge, skins)
        let stamp = stamps.take(state).neighbour
        state.markEdges(of: a, stamp)
        dissolve(a, b, stamp)
        state.takeSurvivors(a, merge)
        state.position[a] += offset
        state.traits[a] |= state.traits[b]
        state.heir[b] = a
        refreshEdges(of: a)
    }

    /// Removes the triangles between `a` and `b` and hands the others of `b` to `a`.
    private mutating func dissolve(_ a: UInt32, _ b: UInt32, _ stamp: UInt32) {
        var corner = state.vertexCorner[b]
        state.vertexCorner[b] = none
        while corner != none {
            let following = state.cornerNext[corner]
            let (next, previous) = CollapseState.others(of: corner)
            let x = state.cornerVertex[next]
            let y = state.cornerVertex[previous]
            if x == a || y == a {
                let (startCorner, apexCorner) = x == a ? (next, previous) : (previous, next)
                let apex = state.cornerVertex[apexCorner]
                unite(state.cornerEdge[startCorner], into: state.markEdge[apex])
                state.unlink(startCorner, from: a)
                state.unlink(apexCorner, from: apex)
                let mesh = state.wedgeMesh[state.cornerWedge[corner]]
                meshRemaining[mesh] -= 1
                remaining -= 1
                state.remove(triangle: Int(corner / 3))
            } else {
                moveEdge(opposite: previous, to: x, a, b, stamp)
                moveEdge(opposite: next, to: y, a, b, stamp)
                let wedge = state.cornerWedge[corner]
                let survivor = merge.survivor(of: wedge)
                state.wedgeUse[wedge] -= 1
                state.wedgeUse[survivor] += 1
                state.cornerWedge[corner] = survivor
                state.cornerVertex[corner] = a
                state.cornerNext[corner] = state.vertexCorner[a]
                state.vertexCorner[a] = corner
            }
            corner = following
        }
    }

    /// Makes the edge from `b` to `other` one of `a`, or the same as the one that `a` has already.
    private mutating func moveEdge(opposite corner: UInt32, to other: UInt32, _ a: UInt32, _ b: UInt32, _ stamp: UInt32)
    {
        let edge = state.cornerEdge[corner]
        if state.mark[other] == stamp {
            let kept = state.markEdge[other]
            unite(edge, into: kept)
            state.cornerEdge[corner] = kept
        } else if state.edgeStart[edge] == b {
            state.edgeStart[edge] = a
        } else if state.edgeEnd[edge] == b {
            state.edgeEnd[edge] = a
        }
    }

    /// Takes `edge` out of the queue in favour of `kept`; the dearer of the two costs is a lower bound for both.
    private mutating func unite(_ edge: UInt32, into kept: UInt32) {
        guard edge != kept, let cost = queue.cost(of: edge) else { return }
        queue.remove(edge)
        // Costs that were raised because an edge was blocked bound nothing.
        guard state.edgeAttempts[edge] == 0, state.edgeAttempts[kept] == 0 else { return }
        if let keptCost = queue.cost(of: kept), keptCost < cost { queue.update(kept, cost: cost) }
    }

    /// Lets the edges at `a` try again that were given up.
    private mutating func refreshEdges(of a: UInt32) {
        var corner = state.vertexCorner[a]
        while corner != none {
            let (next, previous) = CollapseState.others(of: corner)
            refresh(state.cornerEdge[next])
            refresh(state.cornerEdge[previous])
            corner = state.cornerNext[corner]
        }
    }

    @inline(__always)
    private mutating func refresh(_ edge: UInt32) {
        state.edgeAttempts[edge] = 0
        if queue.cost(of: edge) == nil { queue.update(edge, cost: 0) }
    }
}
