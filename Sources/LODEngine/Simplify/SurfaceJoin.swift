/// How pieces become one surface: their triangles along a new curve, and what is used numbered along that.
struct SurfaceJoin {
    private(set) var corners: [UInt32] = []
    private(set) var meshTriangles: [Range<Int>] = []
    let wedgeVertex: [UInt32]
    let vertexCount: Int
    /// The new number of each piece's wedges and vertices, one piece after the other from its start on.
    private(set) var wedges: [UInt32]
    private(set) var vertices: [UInt32]
    let wedgeStarts: [Int]
    let vertexStarts: [Int]

    /// Joins pieces of a surface that had so many wedges and vertices, along a curve that is moved by `shift` cells.
    init(_ pieces: [Surface], wedgeCount: Int, vertexCount: Int, shift: Float) {
        wedgeStarts = Self.starts(pieces.map { $0.wedges.count })
        vertexStarts = Self.starts(pieces.map { $0.vertices.count })
        // Of what several pieces share, the first one's stands for all.
        wedges = Array(0..<UInt32(wedgeStarts[pieces.count]))
        vertices = Array(0..<UInt32(vertexStarts[pieces.count]))
        var firstWedge = [UInt32](repeating: none, count: wedgeCount)
        var firstVertex = [UInt32](repeating: none, count: vertexCount)
        for (number, piece) in pieces.enumerated() {
            Self.unite(piece.sharedWedges, wedgeStarts[number], &wedges, &firstWedge)
            Self.unite(piece.sharedVertices, vertexStarts[number], &vertices, &firstVertex)
        }
        var use = UseOrder(wedges: wedges.count, vertices: vertices.count)
        corners.reserveCapacity(pieces.reduce(0) { $0 + $1.corners.count })
        for order in SpatialOrder.triangles(of: pieces, shift: shift) {
            let first = corners.count / 3
            for word in order {
                let (piece, triangle) = (Int(word >> 32), Int(word & 0xFFFF_FFFF))
                for corner in (triangle * 3)..<(triangle * 3 + 3) {
                    let wedge = pieces[piece].corners[corner]
                    let vertex = pieces[piece].wedgeVertex[Int(wedge)]
                    let place = wedges[wedgeStarts[piece] + Int(wedge)]
                    corners.append(use.use(place, at: vertices[vertexStarts[piece] + Int(vertex)]))
                }
            }
            meshTriangles.append(first..<(corners.count / 3))
        }
        wedgeVertex = use.wedgeVertex
        self.vertexCount = use.vertices.count
        for k in wedges.indices { wedges[k] = use.wedgeNumber[Int(wedges[k])] }
        for k in vertices.indices { vertices[k] = use.vertexNumber[Int(vertices[k])] }
    }

    /// Where each piece's numbers begin, and where the last one's end.
    private static func starts(_ counts: [Int]) -> [Int] {
        var starts = [0]
        for count in counts { starts.append(starts[starts.count - 1] + count) }
        return starts
    }

    /// Lets a piece's shared numbers stand for those of the first piece that has them.
    private static func unite(
        _ shared: borrowing FlatArray<UInt32>,
        _ start: Int,
        _ numbers: inout [UInt32],
        _ firsts: inout [UInt32]
    ) {
        for place in 0..<shared.count where shared[place] != none {
            let known = firsts[Int(shared[place])]
            if known == none {
                firsts[Int(shared[place])] = UInt32(start + place)
            } else {
                numbers[start + place] = known
            }
        }
    }
}

/// Numbers for wedges and vertices in the order in which they are used.
struct UseOrder {
    /// The wedges in order, and the vertices.
    private(set) var wedges: [UInt32] = []
    private(set) var vertices: [UInt32] = []
    /// The number of each wedge's vertex.
    private(set) var wedgeVertex: [UInt32] = []
    /// The number of each wedge that was used, and of each vertex.
    private(set) var wedgeNumber: [UInt32]
    private(set) var vertexNumber: [UInt32]

    /// Nothing is used yet of so many.
    init(wedges: Int, vertices: Int) {
        wedgeNumber = Array(repeating: none, count: wedges)
        vertexNumber = Array(repeating: none, count: vertices)
        self.wedges.reserveCapacity(wedges)
        wedgeVertex.reserveCapacity(wedges)
        self.vertices.reserveCapacity(vertices)
    }

    /// The number of `wedge`, which stands at `vertex`.
    @inline(__always)
    mutating func use(_ wedge: UInt32, at vertex: UInt32) -> UInt32 {
        let known = wedgeNumber[Int(wedge)]
        if known != none { return known }
        if vertexNumber[Int(vertex)] == none {
            vertexNumber[Int(vertex)] = UInt32(vertices.count)
            vertices.append(vertex)
        }
        let number = UInt32(wedges.count)
        wedgeNumber[Int(wedge)] = number
        wedges.append(wedge)
        wedgeVertex.append(vertexNumber[Int(vertex)])
        return number
    }
}
