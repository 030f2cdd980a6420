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
        slotOfWedge = FlatArray(repeating: -1, count: state.wedges.count)
        members = FlatArray(repeating: none, count: 32)
        parents = FlatArray(repeating: 0, count: 32)
        areas = FlatArray(repeating: 0, count: 32)
        sums = FlatArray(repeating: .zero, count: 32 * width)
    }

    /// Finds the wedges at `a` and `b`, how they merge, and the quadrics of that; positions are relative to `a`.
    mutating func gather(_ a: UInt32, _ b: UInt32, _ state: borrowing CollapseState) {
        count = 0
        list(state.vertices[a].wedge, state)
        startCount = count
        list(state.vertices[b].wedge, state)
        joinPairs(a, b, state)
        let offset = state.vertices[a].position - state.vertices[b].position
        var quadric = state.vertices[b].quadric
        quadric.move(by: offset)
        quadric.add(state.vertices[a].quadric)
        sum(offset: offset, &quadric, state)
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
    func member(_ slot: Int) -> (wedge: UInt32, group: Int) {
        (members[slot], Int(root(Int32(slot))))
    }

    /// The area behind the group of `slot`, for the first slot of a group.
    @inline(__always)
    func area(ofGroup slot: Int) -> Float { areas[slot] }

    /// The linear function of the group's attribute `k`, times the area: gradient, and value next to the survivor's.
    @inline(__always)
    func linear(ofGroup slot: Int, _ k: Int) -> SIMD4<Float> { sums[slot * width + k] }

    private mutating func makeRoom() {
        let old = members.elements
        let size = count * 2
        members = FlatArray(repeating: none, count: size)
        parents = FlatArray(repeating: 0, count: size)
        areas = FlatArray(repeating: 0, count: size)
        sums = FlatArray(repeating: .zero, count: size * width)
        for slot in 0..<count {
            members[slot] = old[slot]
            parents[slot] = Int32(slot)
        }
    }

    @inline(__always)
    private mutating func list(_ first: UInt32, _ state: borrowing CollapseState) {
        guard first != none else { return }
        var wedge = first
        repeat {
            if count == members.count { makeRoom() }
            members[count] = wedge
            parents[count] = Int32(count)
            slotOfWedge[wedge] = Int32(count)
            count += 1
            wedge = state.wedges[wedge].next
        } while wedge != first
    }

    /// Joins the wedges at both ends of each triangle on the edge, found at the end that has fewer triangles.
    @inline(__always)
    private func joinPairs(_ a: UInt32, _ b: UInt32, _ state: borrowing CollapseState) {
        var ring = state.vertices[a].ring
        var partner = b
        if state.rings.count(state.vertices[b].ring) < state.rings.count(ring) {
            ring = state.vertices[b].ring
            partner = a
        }
        for place in 0..<state.rings.count(ring) {
            let corner = state.rings.corner(ring, place)
            let next = CollapseState.next(corner)
            let previous = CollapseState.previous(corner)
            let other = state.cornerVertex[next] == partner ? next : previous
            if other == next || state.cornerVertex[previous] == partner {
                let wedge = state.cornerWedge[CollapseState.dense(corner)]
                join(wedge, state.cornerWedge[CollapseState.dense(other)])
            }
        }
    }

    @inline(__always)
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
    private func sum(offset: SIMD3<Float>, _ quadric: inout Quadric, _ state: borrowing CollapseState) {
        for slot in 0..<count {
            let wedge = Int(members[slot])
            let group = Int(root(Int32(slot)))
            let area = state.wedges[wedge].area
            let isSecond = slot >= startCount
            if group == slot {
                areas[slot] = area
                for k in 0..<width {
                    var linear = state.slopes[wedge * width + k]
                    linear.w = isSecond ? along(linear, offset) : 0
                    sums[slot * width + k] = linear
                }
                continue
            }
            let leader = Int(members[group])
            areas[group] += area
            for k in 0..<width {
                var linear = state.slopes[wedge * width + k]
                // The values are told from the leader's from here on.
                let step = linear.w - state.slopes[leader * width + k].w
                linear.w = isSecond ? along(linear, offset) : 0
                quadric.addLinear(linear * step)
                quadric.c += step * (2 * linear.w + area * step)
                linear.w += area * step
                sums[group * width + k] += linear
            }
        }
    }
}

/// The product of the first three numbers of `v` with `offset`.
@inline(__always)
func along(_ v: SIMD4<Float>, _ offset: SIMD3<Float>) -> Float {
    v.x * offset.x + v.y * offset.y + v.z * offset.z
}

extension CollapseState {
    /// Whether each of two vertices has one wedge only, as most have.
    @inline(__always)
    func haveSingleWedges(_ a: UInt32, _ b: UInt32) -> Bool {
        let one = vertices[a].wedge
        let two = vertices[b].wedge
        return wedges[one].next == one && wedges[two].next == two
    }

    /// What `WedgeMerge` finds, for two vertices of one wedge each: the quadric of both in the frame of the first.
    ///
    /// - Parameters:
    ///   - a: The first vertex.
    ///   - b: The second one.
    ///   - reduce: Whether the best attributes are filled in.
    ///   - visit: Is called with each attribute and its joint linear function.
    @inline(__always)
    func singleQuadric(
        _ a: UInt32,
        _ b: UInt32,
        reduce: Bool,
        _ visit: (Int, SIMD4<Float>) -> Void = { _, _ in }
    ) -> Quadric {
        let one = vertices[a]
        let two = vertices[b]
        let offset = one.position - two.position
        var quadric = two.quadric
        quadric.move(by: offset)
        quadric.add(one.quadric)
        let secondArea = wedges[two.wedge].area
        let area = wedges[one.wedge].area + secondArea
        let weight = area > 0 && reduce ? -1 / area : 0
        let first = Int(one.wedge) * weighedCount
        let second = Int(two.wedge) * weighedCount
        var shift = SIMD4<Float>.zero
        for k in 0..<weighedCount {
            let slope = slopes[first + k]
            let other = slopes[second + k]
            let step = other.w - slope.w
            let value = along(other, offset)
            shift += other * step
            quadric.c += step * (2 * value + secondArea * step)
            var linear = slope + other
            linear.w = value + secondArea * step
            if reduce { quadric.addOuter(linear, weight: weight) }
            visit(k, linear)
        }
        quadric.addLinear(shift)
        return quadric
    }
}
