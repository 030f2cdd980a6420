/// What becomes of the wedges at both ends of an edge when it collapses, and what that costs.
///
/// A triangle on the edge has a wedge at either end, and when it vanishes these two become one. Wedges that share no
/// triangle on the edge live on side by side in the new place. So an edge along a seam merges the wedges of each side
/// with one another and keeps the sides apart, and an edge that leads to a seam moves onto it.
///
/// A wedge knows the mean of its attributes' linear functions over its surface, and the vertex's quadric what the
/// functions of single triangles miss of that mean: Hoppe's wedge quadric (1999, section 5) with the attributes
/// eliminated. Where two wedges become one, the new mean misses either old one by a share of their difference. By
/// Steiner's theorem on parallel axes that adds, whatever the place, the square of the difference times half the
/// harmonic mean of the areas. So nothing is ever subtracted, and rounding stays small.
struct WedgeMerge: ~Copyable {
    /// Wedges taking part; those of the first end come first.
    private(set) var count = 0
    /// How many of them are of the first end.
    private(set) var startCount = 0

    private var members: FlatArray<UInt32>
    private var parents: FlatArray<Int32>
    /// The area behind the group that a slot leads.
    private var areas: FlatArray<Float>
    /// The functions of the group that a slot leads, told from the first end; set by `gather`.
    private(set) var means: AttributeRows
    private let slotOfWedge: FlatArray<Int32>
    private let width: Int

    /// Prepares for a state's wedges.
    init(_ state: borrowing CollapseState) {
        width = state.attributes.width
        slotOfWedge = FlatArray(repeating: -1, count: state.wedges.count)
        members = FlatArray(repeating: none, count: 32)
        parents = FlatArray(repeating: 0, count: 32)
        areas = FlatArray(repeating: 0, count: 32)
        means = AttributeRows(count: 32, width: width)
    }

    /// Finds the wedges at `a` and `b`, how they merge, and the error of that as a function of the place from `a`.
    mutating func gather(_ a: UInt32, _ b: UInt32, _ state: borrowing CollapseState) -> Quadric {
        count = 0
        list(state.vertices[a].wedge, state)
        startCount = count
        list(state.vertices[b].wedge, state)
        joinPairs(a, b, state)
        let offset = state.vertices[a].position - state.vertices[b].position
        var quadric = state.vertices[b].quadric
        quadric.move(by: offset)
        quadric.add(state.vertices[a].quadric)
        for slot in 0..<count {
            let group = Int(root(Int32(slot)))
            if group == slot { lead(slot, offset, state) } else { merge(slot, into: group, offset, &quadric, state) }
        }
        return quadric
    }

    /// Whether each wedge of the second end becomes one of the first's, and no two of the first's become one.
    var keepsFirst: Bool {
        for slot in 0..<count {
            let isLed = root(Int32(slot)) != Int32(slot)
            if isLed == (slot < startCount) { return false }
        }
        return true
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

    private mutating func makeRoom() {
        let old = members.elements
        let size = count * 2
        members = FlatArray(repeating: none, count: size)
        parents = FlatArray(repeating: 0, count: size)
        areas = FlatArray(repeating: 0, count: size)
        means = AttributeRows(count: size, width: width)
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

    /// Begins the group of `slot` with its own wedge.
    @inline(__always)
    private func lead(_ slot: Int, _ offset: SIMD3<Float>, _ state: borrowing CollapseState) {
        let wedge = members[slot]
        areas[slot] = state.wedges[wedge].area
        if width == 0 { return }
        means.move(UInt32(slot), from: state.attributes, wedge, slot >= startCount ? offset : .zero)
    }

    /// Adds the wedge in `slot` to a group, and what that costs to `quadric`.
    @inline(__always)
    private func merge(
        _ slot: Int,
        into group: Int,
        _ offset: SIMD3<Float>,
        _ quadric: inout Quadric,
        _ state: borrowing CollapseState
    ) {
        let wedge = members[slot]
        let area = state.wedges[wedge].area
        let whole = areas[group] + area
        let share = whole > 0 ? area / whole : 0
        if width > 0 {
            let told = slot >= startCount ? offset : .zero
            let weight = areas[group] * share
            quadric.add(state.attributes.difference(UInt32(group), of: means, wedge, told, weight: weight))
            means.blend(UInt32(group), with: state.attributes, wedge, told, share: share)
        }
        areas[group] = whole
    }
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
    @inline(__always)
    func singleQuadric(_ a: UInt32, _ b: UInt32) -> Quadric {
        let offset = vertices[a].position - vertices[b].position
        var quadric = vertices[b].quadric
        quadric.move(by: offset)
        quadric.add(vertices[a].quadric)
        let one = vertices[a].wedge
        let two = vertices[b].wedge
        let whole = wedges[one].area + wedges[two].area
        guard whole > 0, attributes.width > 0 else { return quadric }
        let weight = wedges[one].area * wedges[two].area / whole
        quadric.add(attributes.difference(one, two, offset, weight: weight))
        return quadric
    }
}
