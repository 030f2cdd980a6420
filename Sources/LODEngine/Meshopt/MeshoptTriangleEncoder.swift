/// Writes the triangle codec's streams, as `MeshoptTriangleDecoder` tells.
///
/// The table of pairs is made for the list: its 14 most frequent pairs of corners, after all triangles are known.
struct MeshoptTriangleEncoder {
    /// A triangle apart from all recent edges whose pair of corners may yet find a place in the table.
    private struct Apart {
        let triangle: Int
        /// Where its pair stands among the extra bytes.
        let offset: Int
    }

    private var recent = MeshoptTriangleFIFO()
    private var next: UInt32 = 0
    private var last: UInt32 = 0
    private var codes: [UInt8]
    private var extra: [UInt8] = []
    private var apart: [Apart] = []
    /// 0 or 1.
    private let version: Int
    /// The first low half that names no recent vertex.
    private let recentVertexEnd: Int

    /// Encodes whole triangles as a stream of `version` 0 or 1.
    static func encode(_ indices: Span<UInt32>, version: Int) -> [UInt8] {
        var encoder = MeshoptTriangleEncoder(version: version, triangles: indices.count / 3)
        for triangle in 0..<indices.count / 3 {
            let first = triangle &* 3
            encoder.codes[triangle] = encoder.add(indices[first], indices[first &+ 1], indices[first &+ 2], triangle)
        }
        return encoder.finish()
    }

    private init(version: Int, triangles: Int) {
        self.version = version
        recentVertexEnd = version == 0 ? 15 : 13
        codes = [UInt8](repeating: 0, count: triangles)
    }

    @inline(__always)
    private mutating func add(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ triangle: Int) -> UInt8 {
        guard let place = recent.place(ofEdgeOf: a, b, c) else { return addApart(a, b, c, triangle) }
        // The edge first; a triangle may begin at any corner.
        switch place.edge {
        case 0: return add(onEdge: place.recent, a, b, c)
        case 1: return add(onEdge: place.recent, b, c, a)
        default: return add(onEdge: place.recent, c, a, b)
        }
    }

    @inline(__always)
    private mutating func add(onEdge place: Int, _ a: UInt32, _ b: UInt32, _ c: UInt32) -> UInt8 {
        let half: Int
        if c == next {
            next &+= 1
            half = 0
        } else if let vertex = recent.place(of: c, within: recentVertexEnd), vertex > 0 {
            // Number 0 is never the third corner of a triangle on a recent edge, unless two corners are one.
            half = vertex
        } else if version == 1, c == last &- 1 {
            half = 13
        } else if version == 1, c == last &+ 1 {
            half = 14
        } else {
            half = 15
        }
        if half == 15 {
            addExplicit(c)
        } else if half >= recentVertexEnd {
            last = c
        }
        if half == 0 || half >= recentVertexEnd { recent.push(vertex: c) }
        recent.push(edge: c, b)
        recent.push(edge: a, c)
        return UInt8(truncatingIfNeeded: place << 4 | half)
    }

    private mutating func addApart(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ triangle: Int) -> UInt8 {
        // The corner that is new goes first, where a code of its own says so; as a list begins anew at 0 it stays.
        let isRestart = version == 1 && a == 0 && b == 1 && c == 2 && next > 0
        if isRestart { next = 0 }
        let (a, b, c) =
            if a == next { (a, b, c) } else if b == next { (b, c, a) } else if c == next { (c, a, b) } else {
                (a, b, c)
            }
        let isNew = a == next
        if isNew { next &+= 1 }
        let offset = extra.count
        extra.append(0)
        if !isNew { addExplicit(a) }
        // Only the pair 00 begins the numbers anew, whatever is recent.
        let second = corner(b, looksBack: !isRestart)
        if second == 15 { addExplicit(b) }
        let third = corner(c, looksBack: !isRestart)
        if third == 15 { addExplicit(c) }
        extra[offset] = second << 4 | third
        // In the table the pair 00 would not begin the numbers anew.
        if isNew, !isRestart, second < 15, third < 15 { apart.append(Apart(triangle: triangle, offset: offset)) }
        recent.push(triangle: a, b, c)
        recent.push(vertex: a)
        if second == 0 || second == 15 { recent.push(vertex: b) }
        if third == 0 || third == 15 { recent.push(vertex: c) }
        return isNew ? 0xfe : 0xff
    }

    /// How a corner is named: 0 new, 1 to 14 recent, 15 in full.
    private mutating func corner(_ vertex: UInt32, looksBack: Bool) -> UInt8 {
        if looksBack, let place = recent.place(of: vertex, within: 14) { return UInt8(place + 1) }
        guard vertex == next else { return 15 }
        next &+= 1
        return 0
    }

    private mutating func addExplicit(_ vertex: UInt32) {
        extra.appendVarint(MeshoptEncoder.zigzag(vertex &- last))
        last = vertex
    }

    /// Puts the pairs that the table holds into the codes, and everything together.
    private mutating func finish() -> [UInt8] {
        let table = frequentPairs()
        var stream: [UInt8] = [UInt8(0xe0 + version)]
        stream.reserveCapacity(1 + codes.count + extra.count + 16)
        var kept: [UInt8] = []
        kept.reserveCapacity(extra.count)
        var copied = 0
        for place in apart {
            let pair = extra[place.offset]
            if let entry = table.prefix(14).firstIndex(of: pair) {
                codes[place.triangle] = 0xf0 | UInt8(entry)
                kept += extra[copied..<place.offset]
                copied = place.offset + 1
            } else if pair == 0 {
                // Written out, it would begin the numbers anew: the table always holds it.
                preconditionFailure("the table lacks the pair of two new corners")
            }
        }
        kept += extra[copied...]
        stream += codes
        stream += kept
        stream += table
        return stream
    }

    /// The table: 00 and the most frequent other pairs, then two zeros.
    private func frequentPairs() -> [UInt8] {
        var counts = [Int](repeating: 0, count: 256)
        for place in apart { counts[Int(extra[place.offset])] += 1 }
        let others = (1...255).filter { counts[$0] > 0 }.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(13)
        let table = [0] + others.map { UInt8($0) }
        return table + [UInt8](repeating: 0, count: 16 - table.count)
    }
}
