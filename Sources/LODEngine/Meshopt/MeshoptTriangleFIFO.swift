/// What the triangle codec's two directions remember alike: the last 16 edges and vertices.
///
/// A ring of 16: what is older is forgotten. Number 0 is the latest.
struct MeshoptTriangleFIFO {
    /// The first vertex in the high half, so that an edge is compared as one number.
    private var edges: InlineArray<16, UInt64> = .init(repeating: 0)
    private var vertices: InlineArray<16, UInt32> = .init(repeating: 0)
    /// How many edges were ever met.
    private(set) var edgeCount = 0
    /// How many vertices were ever met.
    private(set) var vertexCount = 0

    /// Edge number `recent`, of those that were met.
    @inline(__always)
    func edge(_ recent: Int) -> (first: UInt32, second: UInt32) {
        let edge = edges[(edgeCount &- 1 &- recent) & 15]
        return (UInt32(truncatingIfNeeded: edge >> 32), UInt32(truncatingIfNeeded: edge))
    }

    /// Vertex number `recent`, of those that were met.
    @inline(__always)
    func vertex(_ recent: Int) -> UInt32 { vertices[(vertexCount &- 1 &- recent) & 15] }

    /// Remembers an edge.
    @inline(__always)
    mutating func push(edge first: UInt32, _ second: UInt32) {
        edges[edgeCount & 15] = Self.number(first, second)
        edgeCount &+= 1
    }

    /// Remembers a vertex.
    @inline(__always)
    mutating func push(vertex: UInt32) {
        vertices[vertexCount & 15] = vertex
        vertexCount &+= 1
    }

    /// Remembers a triangle's edges, turned so that its neighbours find them in their own direction.
    @inline(__always)
    mutating func push(triangle a: UInt32, _ b: UInt32, _ c: UInt32) {
        push(edge: b, a)
        push(edge: c, b)
        push(edge: a, c)
    }

    /// The number of `vertex` among the latest `limit`, 16 at most, if it is there.
    @inline(__always)
    func place(of vertex: UInt32, within limit: Int) -> Int? {
        var recent = 0
        while recent < limit {
            if vertices[(vertexCount &- 1 &- recent) & 15] == vertex { return recent < vertexCount ? recent : nil }
            recent &+= 1
        }
        return nil
    }

    /// The number of the latest edge of triangle `a`, `b`, `c` among the 15 that a code can name, and which of the
    /// triangle's edges it is: 0 for `a` `b`, 1 for `b` `c`, 2 for `c` `a`.
    @inline(__always)
    func place(ofEdgeOf a: UInt32, _ b: UInt32, _ c: UInt32) -> (recent: Int, edge: Int)? {
        let ab = Self.number(a, b)
        let bc = Self.number(b, c)
        let ca = Self.number(c, a)
        var recent = 0
        while recent < 15 {
            let known = edges[(edgeCount &- 1 &- recent) & 15]
            if known == ab || known == bc || known == ca {
                // What was never met holds zeros, which a triangle without area may look for.
                guard recent < edgeCount else { return nil }
                return (recent, known == ab ? 0 : known == bc ? 1 : 2)
            }
            recent &+= 1
        }
        return nil
    }

    @inline(__always)
    private static func number(_ first: UInt32, _ second: UInt32) -> UInt64 {
        UInt64(first) << 32 | UInt64(second)
    }
}
