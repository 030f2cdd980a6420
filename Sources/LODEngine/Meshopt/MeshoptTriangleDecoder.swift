/// The triangle codec: most triangles of an ordered list share an edge with a recent one and take one byte.
///
///     stream   header (e1), a code byte per triangle, extra bytes, table of 16 codes (`codeaux`)
///
/// The decoder remembers the last 16 edges and vertices, the next unseen vertex and the last one written out in full;
/// the specification's cases follow the high and low half of the code byte.
struct MeshoptTriangleDecoder {
    private static let mode = MeshoptMode.triangles

    private var edges = [SIMD2<UInt32>](repeating: .zero, count: 16)
    private var edgeCount = 0
    private var vertices = [UInt32](repeating: 0, count: 16)
    private var vertexCount = 0
    private var next: UInt32 = 0
    private var last: UInt32 = 0
    private var position: Int
    private let dataEnd: Int

    /// Decodes `indexCount` indices of `byteStride` bytes.
    static func decode(_ source: Span<UInt8>, indexCount: Int, byteStride: Int) throws -> [UInt8] {
        guard source.count > 0, source[0] == 0xe1 else {
            throw MeshoptDecoder.malformed(mode, at: 0, "header e1")
        }
        let triangles = indexCount / 3
        guard source.count - 17 >= triangles else {
            throw MeshoptDecoder.malformed(mode, at: source.count, "\(triangles) codes and a table of 16 bytes")
        }
        var decoder = MeshoptTriangleDecoder(position: 1 + triangles, dataEnd: source.count - 16)
        try decoder.checkTable(source)
        var output: [UInt8] = []
        output.reserveCapacity(indexCount * byteStride)
        for triangle in 0..<triangles {
            let corners = try decoder.triangle(source, codeAt: 1 + triangle)
            for corner in 0..<3 { output.appendIndex(corners[corner], byteStride: byteStride) }
        }
        guard decoder.position == decoder.dataEnd else {
            throw MeshoptDecoder.malformed(mode, at: decoder.position, "the table at byte \(decoder.dataEnd)")
        }
        return output
    }

    private init(position: Int, dataEnd: Int) {
        self.position = position
        self.dataEnd = dataEnd
    }

    private func checkTable(_ source: Span<UInt8>) throws {
        for offset in dataEnd..<dataEnd + 16 {
            let entry = source[offset]
            guard entry & 15 != 15, entry >> 4 != 15, offset < dataEnd + 14 || entry == 0 else {
                throw MeshoptDecoder.malformed(Self.mode, at: offset, "a table without f, ending in two zeros")
            }
        }
    }

    private mutating func triangle(_ source: Span<UInt8>, codeAt offset: Int) throws -> SIMD3<UInt32> {
        let code = source[offset]
        if code < 0xf0 { return try alongEdge(source, code: code, at: offset) }
        if code < 0xfe {
            let entry = source[dataEnd + Int(code & 15)]
            let a = takeNext()
            return try apart(source, a: a, entry: entry, at: offset)
        }
        guard position < dataEnd else { throw MeshoptDecoder.malformed(Self.mode, at: position, "a triangle's byte") }
        let entry = source[position]
        position += 1
        if entry == 0 { next = 0 }
        let a = code == 0xfe ? takeNext() : try explicit(source)
        return try apart(source, a: a, entry: entry, at: offset)
    }

    /// A triangle on a recent edge.
    private mutating func alongEdge(_ source: Span<UInt8>, code: UInt8, at offset: Int) throws -> SIMD3<UInt32> {
        let recent = Int(code >> 4)
        guard recent < edgeCount else {
            throw MeshoptDecoder.malformed(Self.mode, at: offset, "an edge that was met before")
        }
        let edge = edges[(edgeCount - 1 - recent) & 15]
        let c: UInt32
        var isNew = true
        switch code & 15 {
        case 0: c = takeNext()
        case 0xd:
            last &-= 1
            c = last
        case 0xe:
            last &+= 1
            c = last
        case 0xf: c = try explicit(source)
        case let recentVertex:
            c = try vertex(Int(recentVertex), at: offset)
            isNew = false
        }
        push(edge: SIMD2(c, edge.y))
        push(edge: SIMD2(edge.x, c))
        if isNew { push(vertex: c) }
        return SIMD3(edge.x, edge.y, c)
    }

    /// A triangle whose second and third corner the two halves of `entry` name: 0 new, 1 to 14 recent, 15 in full.
    private mutating func apart(_ source: Span<UInt8>, a: UInt32, entry: UInt8, at offset: Int) throws -> SIMD3<UInt32>
    {
        let b = try corner(source, entry >> 4, at: offset)
        let c = try corner(source, entry & 15, at: offset)
        push(edge: SIMD2(b, a))
        push(edge: SIMD2(c, b))
        push(edge: SIMD2(a, c))
        push(vertex: a)
        if entry >> 4 == 0 || entry >> 4 == 15 { push(vertex: b) }
        if entry & 15 == 0 || entry & 15 == 15 { push(vertex: c) }
        return SIMD3(a, b, c)
    }

    private mutating func corner(_ source: Span<UInt8>, _ half: UInt8, at offset: Int) throws -> UInt32 {
        switch half {
        case 0: takeNext()
        case 15: try explicit(source)
        default: try vertex(Int(half) - 1, at: offset)
        }
    }

    private mutating func takeNext() -> UInt32 {
        defer { next &+= 1 }
        return next
    }

    private mutating func explicit(_ source: Span<UInt8>) throws -> UInt32 {
        let value = try MeshoptDecoder.varint(source, at: &position, end: dataEnd, mode: Self.mode)
        last &+= (value >> 1) ^ (0 &- (value & 1))
        return last
    }

    private func vertex(_ recent: Int, at offset: Int) throws -> UInt32 {
        guard recent < vertexCount else {
            throw MeshoptDecoder.malformed(Self.mode, at: offset, "a vertex that was met before")
        }
        return vertices[(vertexCount - 1 - recent) & 15]
    }

    private mutating func push(edge: SIMD2<UInt32>) {
        edges[edgeCount & 15] = edge
        edgeCount += 1
    }

    private mutating func push(vertex: UInt32) {
        vertices[vertexCount & 15] = vertex
        vertexCount += 1
    }
}

extension [UInt8] {
    /// Appends an index as 4 little-endian bytes, or its low 2.
    mutating func appendIndex(_ index: UInt32, byteStride: Int) {
        append(UInt8(truncatingIfNeeded: index))
        append(UInt8(truncatingIfNeeded: index >> 8))
        guard byteStride == 4 else { return }
        append(UInt8(truncatingIfNeeded: index >> 16))
        append(UInt8(truncatingIfNeeded: index >> 24))
    }
}
