/// What becomes of the wedges at both ends of an edge when it collapses, and what that costs.
///
/// A triangle on the edge has a wedge at either end, and when it vanishes these two become one. Wedges that share no
/// triangle on the edge live on side by side in the new place. So an edge along a seam merges the wedges of each side
/// with one another and keeps the sides apart, and an edge that leads to a seam moves onto it.
///
/// For a given place, the best value of each attribute of a merged wedge has a closed form, which leaves a quadric in
/// the place alone: the Schur complement of Hoppe's wedge quadric (1999, section 5).
struct WedgeMerge: ~Copyable {
    /// The quadric of both ends in the frame of the first, attributes still free; set by `gather`.
    private(set) var whole = Quadric()
    /// The same with the best attributes filled in: what is to be minimised.
    private(set) var reduced = Quadric()
    /// Wedges taking part; those of the first end come first.
    private(set) var count = 0
    /// How many of them are of the first end.
    private(set) var startCount = 0

    private var members: FlatArray<UInt32>
    private var parents: FlatArray<Int32>
    private var areas: FlatArray<Float>
    private var sums: FlatArray<SIMD4<Float>>
    private let slotOfWedge: FlatArray<Int32>
    private let width: Int

    /// Prepares for a state's wedges.
    init(_ state: borrowing CollapseState) {
        width = state.weighedCount
        slotOfWedge = FlatArray(repeating: -1, count: state.wedgeNext.count)
        members = FlatArray(repeating: none, count: 32)
        parents = FlatArray(repeating: 0, count: 32)
        areas = FlatArray(repeating: 0, count: 32)
        sums = FlatArray(repeating: .zero, count: 32 * width)
    }

    /// Finds the wedges at `a` and `b`, how they merge, and the quadrics of that; positions are relative to `a`.
    mutating func gather(_ a: UInt32, _ b: UInt32, _ state: borrowing CollapseState) {
        makeRoom(Int(state.wedgeCount[a]) + Int(state.wedgeCount[b]))
        count = 0
        list(state.vertexWedge[a], state)
        startCount = count
        list(state.vertexWedge[b], state)
        if count == 2 {
            parents[1] = 0
        } else {
            joinPairs(a, b, state)
        }
        let offset = state.position[a] - state.position[b]
        var quadric = state.quadric[a]
        quadric.add(state.quadric[b].moved(by: offset))
        sum(offset: SIMD4(offset, 0), &quadric, state)
        whole = quadric
        for slot in 0..<count where parents[slot] == Int32(slot) && areas[slot] > 0 {
            let weight = -1 / areas[slot]
            for k in 0..<width { quadric.addOuter(sums[slot * width + k], weight: weight) }
        }
        reduced = quadric
    }

    /// The wedge that stands for `wedge`, which took part, after the collapse.
    @inline(__always)
    func survivor(of wedge: UInt32) -> UInt32 { members[Int(root(slotOfWedge[wedge]))] }

    /// The wedge in `slot` and the slot of the group it joins.
    @inline(__always)
    func member(_ slot: Int) -> (wedge: UInt32, group: Int) { (members[slot], Int(root(Int32(slot)))) }

    /// The area behind the group of `slot`, for the first slot of a group.
    @inline(__always)
    func area(ofGroup slot: Int) -> Float { areas[slot] }

    /// The linear function of the group's attribute `k`, times the area: gradient, and value next to the survivor's.
    @inline(__always)
    func linear(ofGroup slot: Int, _ k: Int) -> SIMD4<Float> { sums[slot * width + k] }

    private mutating func makeRoom(_ needed: Int) {
        guard needed > members.count else { return }
        members = FlatArray(repeating: none, count: needed * 2)
        parents = FlatArray(repeating: 0, count: needed * 2)
        areas = FlatArray(repeating: 0, count: needed * 2)
        sums = FlatArray(repeating: .zero, count: needed * 2 * width)
    }

    private mutating func list(_ first: UInt32, _ state: borrowing CollapseState) {
        guard first != none else { return }
        var wedge = first
        repeat {
            members[count] = wedge
            parents[count] = Int32(count)
            slotOfWedge[wedge] = Int32(count)
            count += 1
            wedge = state.wedgeNext[wedge]
        } while wedge != first
    }

    private func joinPairs(_ a: UInt32, _ b: UInt32, _ state: borrowing CollapseState) {
        var corner = state.vertexCorner[a]
        while corner != none {
            let (next, previous) = CollapseState.others(of: corner)
            if state.cornerVertex[next] == b {
                join(state.cornerWedge[corner], state.cornerWedge[next])
            } else if state.cornerVertex[previous] == b {
                join(state.cornerWedge[corner], state.cornerWedge[previous])
            }
            corner = state.cornerNext[corner]
        }
    }

    private func join(_ first: UInt32, _ second: UInt32) {
        let one = root(slotOfWedge[first])
        let two = root(slotOfWedge[second])
        // The lower slot leads, so that a group with a wedge of the first end keeps that wedge.
        parents[Int(max(one, two))] = min(one, two)
    }

    @inline(__always)
    private func root(_ slot: Int32) -> Int32 {
        var slot = slot
        while parents[Int(slot)] != slot { slot = parents[Int(slot)] }
        return slot
    }

    /// Sums each group's linear functions, all of them relative to the first wedge's values, into `sums`.
    @inline(__always)
    private func sum(offset: SIMD4<Float>, _ quadric: inout Quadric, _ state: borrowing CollapseState) {
        for slot in 0..<count {
            let wedge = Int(members[slot])
            let group = Int(root(Int32(slot)))
            let area = state.wedgeArea[wedge]
            if group == slot {
                areas[slot] = area
                for k in 0..<width {
                    var linear = state.gradient[wedge * width + k]
                    if slot >= startCount { linear.w = (linear * offset).sum() }
                    sums[slot * width + k] = linear
                }
                continue
            }
            let leader = Int(members[group])
            areas[group] += area
            for k in 0..<width {
                var linear = state.gradient[wedge * width + k]
                if slot >= startCount { linear.w = (linear * offset).sum() }
                // The values are told from the leader's from here on.
                let step = state.weighed[wedge * width + k] - state.weighed[leader * width + k]
                quadric.x.w += step * linear.x
                quadric.y.w += step * linear.y
                quadric.z.w += step * linear.z
                quadric.tail.w += step * (2 * linear.w + area * step)
                linear.w += area * step
                sums[group * width + k] += linear
            }
        }
    }
}
