/// The corners at each vertex, listed one after the other in memory.
///
/// A list is its length and then its corners; the vertex knows where it begins. A merged list that is no longer than
/// one of the two takes its room, otherwise it goes to the end; when the end is reached, what is left moves together.
struct CornerRings: ~Copyable {
    private let words: FlatArray<UInt32>
    /// Where the next list goes, as the only number.
    private let tail: FlatArray<Int>

    /// Lists the corners of `cornerVertex`, four numbers a triangle of which the first three count, at their vertices.
    init(_ cornerVertex: borrowing FlatArray<UInt32>, _ vertices: borrowing FlatArray<VertexRecord>) {
        let triangleCount = cornerVertex.count / 4
        // Half as much again: no list is longer than the number of triangles, so a new one fits once the dead are gone.
        words = FlatArray(repeating: 0, count: (triangleCount * 3 + vertices.count) * 3 / 2 + 8)
        var end = 0
        for triangle in 0..<triangleCount {
            for corner in (triangle * 4)..<(triangle * 4 + 3) { vertices[cornerVertex[corner]].ring += 1 }
        }
        for vertex in 0..<vertices.count {
            let count = Int(vertices[vertex].ring)
            vertices[vertex].ring = UInt32(end)
            end += count + 1
        }
        tail = FlatArray(repeating: end, count: 1)
        for triangle in 0..<triangleCount {
            for corner in (triangle * 4)..<(triangle * 4 + 3) {
                append(UInt32(corner), at: vertices[cornerVertex[corner]].ring)
            }
        }
    }

    @inline(__always)
    private func append(_ corner: UInt32, at ring: UInt32) {
        words[ring] += 1
        words[ring + words[ring]] = corner
    }

    /// How many corners the list at `ring` has.
    @inline(__always)
    func count(_ ring: UInt32) -> Int { Int(words[ring]) }

    /// The corner at `place` of the list at `ring`.
    @inline(__always)
    func corner(_ ring: UInt32, _ place: Int) -> UInt32 { words[Int(ring) + 1 + place] }

    /// Takes `corner` out of the list at `ring`.
    @inline(__always)
    func remove(_ corner: UInt32, at ring: UInt32) {
        let count = words[ring]
        var place = ring + 1
        let last = ring + count
        while place <= last {
            if words[place] == corner {
                words[place] = words[last]
                words[ring] = count - 1
                return
            }
            place += 1
        }
    }

    /// Makes the surviving corners of two vertices the list of the first; the second's is empty from now on.
    @inline(__always)
    func merge(
        _ a: UInt32,
        _ b: UInt32,
        _ first: borrowing VertexRing,
        _ second: borrowing VertexRing,
        _ vertices: borrowing FlatArray<VertexRecord>
    ) {
        let count = first.count + second.count
        var ring = vertices[a].ring
        let other = vertices[b].ring
        if count > Int(words[ring]) {
            if count <= Int(words[other]) {
                vertices[a].ring = other
                vertices[b].ring = ring
                words[ring] = 0
                ring = other
            } else {
                words[ring] = 0
                words[other] = 0
                if tail[0] + count + 1 > words.count { compact(vertices) }
                // `a` leaves its old list to nobody; `b` keeps its own, empty.
                ring = UInt32(tail[0])
                vertices[a].ring = ring
                tail[0] += count + 1
            }
        } else {
            words[other] = 0
        }
        words[ring] = UInt32(count)
        var place = Int(ring) + 1
        for k in 0..<first.count {
            words[place] = first.corners[k]
            place += 1
        }
        for k in 0..<second.count {
            words[place] = second.corners[k]
            place += 1
        }
    }

    /// Moves all lists together, in the order of their vertices.
    private func compact(_ vertices: borrowing FlatArray<VertexRecord>) {
        let moved = FlatArray(repeating: UInt32(0), count: words.count)
        // One empty list serves all vertices that are gone.
        var end = 1
        for vertex in 0..<vertices.count {
            let ring = vertices[vertex].ring
            let count = words[ring]
            guard count > 0 else {
                vertices[vertex].ring = 0
                continue
            }
            vertices[vertex].ring = UInt32(end)
            for k in 0...count {
                moved[end] = words[ring + k]
                end += 1
            }
        }
        for place in 0..<end { words[place] = moved[place] }
        tail[0] = end
    }
}

/// The triangles at one end of an edge, taken out of the tables once for all tests of a collapse.
struct VertexRing: ~Copyable {
    /// Triangles that the other end has no part in.
    private(set) var count = 0
    /// Triangles on the edge.
    private(set) var sharedCount = 0
    /// The vertex's corner of each triangle that is not shared, and the two vertices after it.
    private(set) var corners: FlatArray<UInt32>
    private(set) var nexts: FlatArray<UInt32>
    private(set) var previouses: FlatArray<UInt32>
    /// The vertex's corner of each triangle that is shared.
    private(set) var shared: FlatArray<UInt32>

    init() {
        corners = FlatArray(repeating: 0, count: 32)
        nexts = FlatArray(repeating: 0, count: 32)
        previouses = FlatArray(repeating: 0, count: 32)
        shared = FlatArray(repeating: 0, count: 32)
    }

    /// Takes the triangles at `vertex`, told from those with `partner`.
    @inline(__always)
    mutating func load(_ vertex: UInt32, partner: UInt32, _ state: borrowing CollapseState) {
        let ring = state.vertices[vertex].ring
        let total = state.rings.count(ring)
        if total >= corners.count { makeRoom(total) }
        var count = 0
        var sharedCount = 0
        defer {
            self.count = count
            self.sharedCount = sharedCount
        }
        for place in 0..<total {
            let corner = state.rings.corner(ring, place)
            let next = state.cornerVertex[CollapseState.next(corner)]
            let previous = state.cornerVertex[CollapseState.previous(corner)]
            // Which it is cannot be foreseen: it is written to both lists, and one of them goes on.
            let isShared = next == partner || previous == partner
            shared[sharedCount] = corner
            corners[count] = corner
            nexts[count] = next
            previouses[count] = previous
            sharedCount &+= isShared ? 1 : 0
            count &+= isShared ? 0 : 1
        }
    }

    private mutating func makeRoom(_ needed: Int) {
        corners = FlatArray(repeating: 0, count: needed * 2)
        nexts = FlatArray(repeating: 0, count: needed * 2)
        previouses = FlatArray(repeating: 0, count: needed * 2)
        shared = FlatArray(repeating: 0, count: needed * 2)
    }
}
