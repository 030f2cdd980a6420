/// Collapses edges, cheapest first, until a budget or a limit is reached.
///
/// The queue is lazy, and exact all the same: a collapse only ever adds to the quadrics around it, so the cost under
/// which an edge waits is never above its true cost. An edge that comes first is evaluated anew; if it has become
/// dearer it goes back, otherwise it is the cheapest there is.
struct Collapser: ~Copyable {
    /// The mesh as far as it has shrunk.
    let state: CollapseState
    var merge: WedgeMerge
    var queue: CollapseQueue
    var ringA: VertexRing
    var ringB: VertexRing
    var stamps = LinkStamps()
    private let options: SimplificationOptions
    /// Triangles to be left.
    private var budget: Int
    /// Triangles that are left.
    private(set) var remaining: Int
    /// The key of the edge in hand.
    private var level: UInt16 = 0
    /// Triangles left of each mesh, and how many must stay.
    private let meshRemaining: FlatArray<Int>
    private let meshFloor: FlatArray<Int>

    /// A place for the vertex that an edge collapses into, relative to the edge's start, and what it costs.
    private typealias Placement = (offset: SIMD3<Float>, cost: Float)

    /// Prepares a mesh, of which `budget` triangles are to be left and of each of its parts `floors`.
    init(_ state: consuming CollapseState, options: SimplificationOptions, budget: Int, floors: [Int]) {
        queue = CollapseQueue()
        ringA = VertexRing()
        ringB = VertexRing()
        merge = WedgeMerge(state)
        remaining = state.triangleCount
        meshRemaining = FlatArray(repeating: 0, count: floors.count)
        for list in state.meshTriangles { meshRemaining[list.mesh] = list.triangles.count }
        meshFloor = FlatArray(floors)
        self.options = options
        self.budget = budget
        self.state = state
    }

    /// How many triangles each mesh keeps at least.
    ///
    /// Never less than one of a mesh that has any; the floors together take at most half of the budget beyond that.
    static func floors(_ counts: [Int], _ budget: Int, _ share: Float) -> [Int] {
        let total = counts.reduce(0, +)
        guard total > 0 else { return counts }
        let fair = Double(min(budget, total)) / Double(total) * Double(min(max(share, 0), 0.5))
        return counts.map { $0 == 0 ? 0 : max(1, Int(Double($0) * fair)) }
    }

    /// Puts all edges into the queue, for `advance(to:removing:_:)`.
    mutating func begin() {
        estimateEdges()
        queue.open(upTo: CollapseQueue.last)
        for edge in 0..<UInt32(state.edgeCount) {
            let record = state.edges[edge]
            if record.state == .waiting { queue.link(edge, key: record.key, state.edges) }
        }
    }

    /// Counts the waiting edges by their keys.
    func countWaiting(_ counts: inout [Int]) {
        for edge in 0..<state.edgeCount where state.edges[edge].state == .waiting {
            counts[Int(state.edges[edge].key)] += 1
        }
    }

    /// How many edges there are, and how many of them may collapse.
    var edgeCounts: (all: Int, free: Int) {
        var free = 0
        for edge in 0..<state.edgeCount where state.edges[edge].state != .held { free += 1 }
        return (state.edgeCount, free)
    }

    /// Collapses edges of keys up to `limit`, cheapest first, but no more than `most` triangles.
    mutating func advance(to limit: UInt16, removing most: Int, _ rules: CollapseRules, _ squaredLimit: Float) {
        budget = max(remaining - most, 0)
        takeEdges(upTo: limit, rules, squaredLimit) { _ in }
    }

    /// Collapses until the budget is met, no edge within `errorLimit` (in scene extents) is left, or nothing more may.
    mutating func run(errorLimit: Float, progress: (Double) throws -> Void) throws {
        guard remaining > budget else { return }
        let first = remaining
        let squaredLimit = errorLimit * errorLimit
        let stages = CollapseRules.stages(options)
        for rules in errorLimit.isFinite ? Array(stages.prefix(1)) : stages {
            var before: Int
            repeat {
                before = remaining
                estimateEdges()
                try drain(rules, squaredLimit, first: first, progress)
                if remaining <= budget { return try progress(1) }
                // A pass that changed a good part may have made room for edges that were blocked before it.
            } while remaining < before - before / 1000
        }
        try progress(1)
    }

    /// Lets all edges wait that do not.
    private mutating func estimateEdges() {
        queue.open(upTo: 0)
        for edge in 0..<UInt32(state.edgeCount) {
            let record = state.edges[edge]
            guard record.state == .idle else { continue }
            guard stillJoins(record) else {
                state.edges[edge].state = .gone
                continue
            }
            if (state.traits[record.start] | state.traits[record.end]) & VertexTrait.held != 0 {
                state.edges[edge].state = .held
                continue
            }
            let key = CollapseQueue.key(estimate(record.start, record.end))
            state.edges[edge].attempts = 0
            state.edges[edge].key = key
            state.edges[edge].state = .waiting
        }
    }

    /// Whether both ends of an edge have triangles; an edge whose triangles all went keeps its old ends.
    @inline(__always)
    private func stillJoins(_ edge: EdgeRecord) -> Bool {
        state.vertices[edge.start].wedge != none && state.vertices[edge.end].wedge != none
    }

    /// Edges that are taken together; with their surroundings they fit a processor's second cache.
    private static let blockSize = 12_288

    /// Collapses edges up to rising limits, block by block within each, and the last few in their true order.
    ///
    /// What happens in one part of a surface hardly depends on when: only the cost at which the work ends counts for
    /// all. So each block of neighbouring edges is brought up to a limit while it is in the cache, and the limit is
    /// such that it leaves a good part of the work to the next one.
    private mutating func drain(
        _ rules: CollapseRules,
        _ squaredLimit: Float,
        first: Int,
        _ progress: (Double) throws -> Void
    ) throws {
        let edgeCount = state.edgeCount
        let goal = Double(max(first - budget, 1))
        while remaining > budget {
            let excess = remaining - budget
            let isLast = edgeCount <= 2 * Self.blockSize || excess * 24 < first
            let limit = isLast ? CollapseQueue.last : limit(leaving: excess)
            let size = limit == CollapseQueue.last ? edgeCount : Self.blockSize
            for start in stride(from: 0, to: edgeCount, by: size) {
                try progress(Double(first - remaining) / goal)
                try drain(start..<min(start + size, edgeCount), limit, rules, squaredLimit) {
                    try progress(Double(first - $0) / goal)
                }
                if remaining <= budget { return }
            }
            if limit == CollapseQueue.last { return }
        }
    }

    private func limit(leaving excess: Int) -> UInt16 {
        var counts = [Int](repeating: 0, count: Int(CollapseQueue.last) + 1)
        countWaiting(&counts)
        return CollapseQueue.limit(leaving: excess, counts)
    }

    /// Collapses the edges of `block` and those around them up to a limit; `report` is told what remains now and then.
    private mutating func drain(
        _ block: Range<Int>,
        _ limit: UInt16,
        _ rules: CollapseRules,
        _ squaredLimit: Float,
        _ report: (Int) throws -> Void
    ) rethrows {
        queue.open(upTo: limit)
        for edge in block {
            let record = state.edges[edge]
            if record.state == .waiting, record.key <= limit {
                queue.link(UInt32(truncatingIfNeeded: edge), key: record.key, state.edges)
            }
        }
        try takeEdges(upTo: limit, rules, squaredLimit, report)
    }

    /// Collapses the edges in the queue up to a limit.
    private mutating func takeEdges(
        upTo limit: UInt16,
        _ rules: CollapseRules,
        _ squaredLimit: Float,
        _ report: (Int) throws -> Void
    ) rethrows {
        var steps = 0
        while remaining > budget, let (edge, key) = queue.pop(upTo: limit, state.edges) {
            level = key
            steps &+= 1
            if steps & 8191 == 0 { try report(remaining) }
            let record = state.edges[edge]
            if record.state == .gone { continue }
            guard stillJoins(record) else {
                state.edges[edge].state = .gone
                continue
            }
            let estimate = CollapseQueue.key(estimate(record.start, record.end))
            if estimate > key {
                queue.push(edge, key: estimate, state.edges)
                continue
            }
            state.edges[edge].state = .idle
            if options.keepsVertices {
                takeEnd(of: edge, key, rules, squaredLimit)
                continue
            }
            let (quadric, best) = evaluate(record.start, record.end)
            let bestKey = CollapseQueue.key(best.cost)
            if bestKey > key {
                queue.push(edge, key: bestKey, state.edges)
            } else if !(best.cost > squaredLimit * quadric.area) {
                attempt(edge, record.start, record.end, quadric, best, key, rules)
            }
        }
    }

    /// About the least that collapsing the edge from `a` to `b` costs, found at a tenth of the price of evaluating it.
    ///
    /// What both ends miss already, and half of the least that two springs of their stiffness along the edge would
    /// hold. Most edges become one with others before they are ever evaluated.
    @inline(__always)
    private func estimate(_ a: UInt32, _ b: UInt32) -> Float {
        let end = state.vertices[b].position - state.vertices[a].position
        let first = state.vertices[a].quadric.c
        let second = state.vertices[b].quadric.c
        let there = max(state.vertices[a].quadric.value(at: end) - first, 0)
        let back = max(state.vertices[b].quadric.value(at: -end) - second, 0)
        return first + second + Self.caution * there * (back / max(there + back, .leastNormalMagnitude))
    }

    /// By how much an estimate stays below the error along the edge, as the least error may lie beside it.
    private static let caution: Float = 0.5

    /// The error of collapsing the edge from `a` to `b`, as a function of the place, and where it is least.
    @inline(__always)
    private mutating func evaluate(_ a: UInt32, _ b: UInt32) -> (quadric: Quadric, best: Placement) {
        let end = state.vertices[b].position - state.vertices[a].position
        let quadric = state.haveSingleWedges(a, b) ? state.singleQuadric(a, b) : merge.gather(a, b, state)
        return (quadric, Self.place(quadric, end))
    }

    /// The place of least error for an edge that leads to `end`.
    @inline(__always)
    private static func place(_ quadric: Quadric, _ end: SIMD3<Float>) -> Placement {
        let middle = end / 2
        // A minimum far away comes of quadrics that hardly say where along a line or a plane it is.
        if let offset = quadric.minimum(), dot(offset - middle, offset - middle) <= 4 * dot(end, end) {
            return (offset, quadric.value(at: offset))
        }
        var best = (offset: middle, cost: quadric.value(at: middle))
        let start = quadric.value(at: .zero)
        if start < best.cost || best.cost.isNaN { best = (.zero, start) }
        let atEnd = quadric.value(at: end)
        if atEnd < best.cost || best.cost.isNaN { best = (end, atEnd) }
        return best
    }

    /// Collapses `edge`, which was just evaluated, if the rules allow; otherwise puts it back at a higher cost.
    private mutating func attempt(
        _ edge: UInt32,
        _ a: UInt32,
        _ b: UInt32,
        _ quadric: Quadric,
        _ best: Placement,
        _ key: UInt16,
        _ rules: CollapseRules
    ) {
        ringA.load(a, partner: b, state)
        ringB.load(b, partner: a, state)
        guard ringB.sharedCount > 0 else {
            state.edges[edge].state = .gone
            return
        }
        let stamps = stamps.take(state)
        guard leavesFloors(), !rules.keepsTopology || state.keepsTopology(a, b, ringA, ringB, stamps)
        else {
            return postpone(edge, key)
        }
        if isLegal(best.offset, a, b, rules) {
            return collapse(edge, a, b, to: best.offset, quadric, rules, stamps.apex)
        }
        // Where the best place folds a triangle, one on the edge itself may not.
        let end = state.vertices[b].position - state.vertices[a].position
        var choice: Placement?
        for number in 0..<3 {
            let offset = end * (number == 0 ? 0.5 : number == 1 ? 0 : 1)
            let cost = quadric.value(at: offset)
            if cost < choice?.cost ?? .infinity, isLegal(offset, a, b, rules) { choice = (offset, cost) }
        }
        guard let choice else { return postpone(edge, key) }
        let choiceKey = CollapseQueue.key(choice.cost)
        if choiceKey > key {
            queue.push(edge, key: choiceKey, state.edges)
        } else {
            collapse(edge, a, b, to: choice.offset, quadric, rules, stamps.apex)
        }
    }

    /// Puts a blocked edge back at twice its cost, a few times: the collapse of a neighbour may free it.
    mutating func postpone(_ edge: UInt32, _ key: UInt16) {
        let attempts = state.edges[edge].attempts
        state.edges[edge].attempts = attempts &+ 1
        state.traits[state.edges[edge].start] |= VertexTrait.blocked
        state.traits[state.edges[edge].end] |= VertexTrait.blocked
        guard attempts < 8 else { return }
        let dearer = max(key + CollapseQueue.doubling, CollapseQueue.key(1e-12))
        queue.push(edge, key: min(dearer, CollapseQueue.last), state.edges)
    }

    func isLegal(_ offset: SIMD3<Float>, _ a: UInt32, _ b: UInt32, _ rules: CollapseRules)
        -> Bool
    {
        let start = state.vertices[a].position
        let place = start + offset
        return state.keepsSides(ringA, start, movedTo: place, cosine: rules.foldCosine)
            && state.keepsSides(
                ringB,
                state.vertices[b].position,
                movedTo: place,
                cosine: rules.foldCosine
            )
    }

    /// Whether every mesh keeps its floor when the triangles on the edge go.
    func leavesFloors() -> Bool {
        var isAbove = true
        for k in 0..<ringB.sharedCount {
            let mesh = state.mesh(of: ringB.shared[k] >> 2)
            meshRemaining[mesh] -= 1
            if meshRemaining[mesh] < meshFloor[mesh] { isAbove = false }
        }
        for k in 0..<ringB.sharedCount { meshRemaining[state.mesh(of: ringB.shared[k] >> 2)] += 1 }
        return isAbove
    }

    /// Carries out the collapse of `edge`: `b` goes, `a` moves by `offset` and takes over what `b` had.
    mutating func collapse(
        _ edge: UInt32,
        _ a: UInt32,
        _ b: UInt32,
        to offset: SIMD3<Float>,
        _ quadric: Quadric,
        _ rules: CollapseRules,
        _ stamp: UInt32
    ) {
        state.edges[edge].state = .gone
        let isSingle = state.haveSingleWedges(a, b)
        settleAttributes(a, b, offset, isSingle: isSingle)
        state.vertices[a].quadric = quadric
        state.vertices[a].quadric.move(by: offset)
        if !rules.keepsTopology { markEdges(stamp) }
        removeShared(a, stamp)
        let wedge = state.vertices[a].wedge
        for k in 0..<ringB.count {
            let corner = ringB.corners[k]
            moveEdge(opposite: CollapseState.previous(corner), to: ringB.nexts[k], a, b, stamp)
            moveEdge(opposite: CollapseState.next(corner), to: ringB.previouses[k], a, b, stamp)
            let place = CollapseState.dense(corner)
            let survivor = isSingle ? wedge : merge.survivor(of: state.cornerWedge[place])
            state.wedges[state.cornerWedge[place]].use -= 1
            state.wedges[survivor].use += 1
            state.cornerWedge[place] = survivor
            state.cornerVertex[corner] = a
        }
        state.rings.merge(a, b, ringA, ringB, state.vertices)
        if !isSingle { takeSurvivors(a) }
        state.vertices[b].wedge = none
        if ringA.count + ringB.count == 0 { state.vertices[a].wedge = none }
        state.vertices[a].position += offset
        let traits = state.traits[a] | state.traits[b]
        state.traits[a] = traits & ~VertexTrait.blocked
        if traits & VertexTrait.blocked != 0 { retryEdges(of: a) }
    }

    /// Notes at each neighbour of the first end the edge that leads there.
    private func markEdges(_ stamp: UInt32) {
        for k in 0..<ringA.count {
            let corner = ringA.corners[k]
            state.mark[ringA.nexts[k]] = stamp
            state.markEdge[ringA.nexts[k]] =
                state.cornerEdge[CollapseState.dense(CollapseState.previous(corner))]
            state.mark[ringA.previouses[k]] = stamp
            state.markEdge[ringA.previouses[k]] =
                state.cornerEdge[CollapseState.dense(CollapseState.next(corner))]
        }
    }

    /// Removes the triangles on the edge, and notes at each one's apex the edge from `a` that stays.
    private mutating func removeShared(_ a: UInt32, _ stamp: UInt32) {
        for k in 0..<ringB.sharedCount {
            let corner = ringB.shared[k]
            let next = CollapseState.next(corner)
            let previous = CollapseState.previous(corner)
            let isNext = state.cornerVertex[next] == a
            let (startCorner, apexCorner) = isNext ? (next, previous) : (previous, next)
            let apex = state.cornerVertex[apexCorner]
            let kept = state.cornerEdge[CollapseState.dense(corner)]
            state.mark[apex] = stamp
            state.markEdge[apex] = kept
            unite(state.cornerEdge[CollapseState.dense(startCorner)], into: kept)
            state.rings.remove(apexCorner, at: state.vertices[apex].ring)
            let triangle = corner >> 2
            meshRemaining[state.mesh(of: triangle)] -= 1
            remaining -= 1
            for corner in (triangle * 3)..<(triangle * 3 + 3) {
                state.wedges[state.cornerWedge[corner]].use -= 1
            }
            state.cornerVertex[triangle * 4] = none
        }
    }

    /// Makes the edge from `b` to `other` one of `a`, or the same as the one that `a` has already.
    @inline(__always)
    private mutating func moveEdge(
        opposite corner: UInt32,
        to other: UInt32,
        _ a: UInt32,
        _ b: UInt32,
        _ stamp: UInt32
    ) {
        let place = CollapseState.dense(corner)
        let edge = state.cornerEdge[place]
        if state.mark[other] == stamp {
            let kept = state.markEdge[other]
            unite(edge, into: kept)
            state.cornerEdge[place] = kept
        } else if state.edges[edge].start == b {
            state.edges[edge].start = a
        } else if state.edges[edge].end == b {
            state.edges[edge].end = a
        }
    }

    /// Ends `edge` in favour of `kept`, which stands for both from now on.
    @inline(__always)
    private mutating func unite(_ edge: UInt32, into kept: UInt32) {
        guard edge != kept else { return }
        if state.edges[edge].state == .waiting, state.edges[kept].state == .idle {
            queue.push(kept, key: level, state.edges)
        }
        state.edges[edge].state = .gone
    }

    /// Lets the edges at `a` try again that were given up.
    private mutating func retryEdges(of a: UInt32) {
        let ring = state.vertices[a].ring
        for place in 0..<state.rings.count(ring) {
            let corner = state.rings.corner(ring, place)
            retry(state.cornerEdge[CollapseState.dense(CollapseState.next(corner))])
            retry(state.cornerEdge[CollapseState.dense(CollapseState.previous(corner))])
        }
    }

    @inline(__always)
    private mutating func retry(_ edge: UInt32) {
        state.edges[edge].attempts = 0
        // Its cost is not known: it comes up at once, to be evaluated.
        if state.edges[edge].state == .idle { queue.push(edge, key: level, state.edges) }
    }
}
