/// The triangle codec: most triangles of an ordered list share an edge with a recent one and take one byte.
///
///     stream   header (e0 | e1), a code byte per triangle, extra bytes, table of 16 codes (`codeaux`)
///
/// The decoder remembers the last 16 edges and vertices, the next unseen vertex and the last one written out in full;
/// the specification's cases follow the high and low half of the code byte. Version 0 has no neighbours of the last
/// vertex: its codes d and e name recent vertices too.
struct MeshoptTriangleDecoder {
    private static let mode = MeshoptMode.triangles

    private var recent = MeshoptTriangleFIFO()
    private var next: UInt32 = 0
    private var last: UInt32 = 0
    private var position: Int
    private let dataEnd: Int
    /// The first low half that names no recent vertex: 13, or 15 in version 0.
    private let recentVertexEnd: UInt8

    /// Decodes `indexCount` indices of `byteStride` bytes.
    static func decode(_ source: Span<UInt8>, indexCount: Int, byteStride: Int) throws -> [UInt8] {
        guard source.count > 0, source[0] == 0xe0 || source[0] == 0xe1 else {
            throw MeshoptDecoder.malformed(mode, at: 0, "header e0 or e1")
        }
        let triangles = indexCount / 3
        guard source.count - 17 >= triangles else {
            throw MeshoptDecoder.malformed(mode, at: source.count, "\(triangles) codes and a table of 16 bytes")
        }
        var decoder = MeshoptTriangleDecoder(
            position: 1 + triangles,
            dataEnd: source.count - 16,
            recentVertexEnd: source[0] == 0xe0 ? 15 : 13
        )
        try decoder.checkTable(source)
        return try unsafe [UInt8](unsafeUninitializedCapacity: indexCount * byteStride) { target, filled in
            let target = UnsafeMutableRawBufferPointer(target)
            if byteStride == 4 {
                try unsafe decoder.decode(source, triangles, into: target, as: UInt32.self)
            } else {
                try unsafe decoder.decode(source, triangles, into: target, as: UInt16.self)
            }
            filled = indexCount * byteStride
        }
    }

    private init(position: Int, dataEnd: Int, recentVertexEnd: UInt8) {
        self.position = position
        self.dataEnd = dataEnd
        self.recentVertexEnd = recentVertexEnd
    }

    private func checkTable(_ source: Span<UInt8>) throws {
        for offset in dataEnd..<dataEnd + 16 {
            let entry = source[offset]
            guard entry & 15 != 15, entry >> 4 != 15, offset < dataEnd + 14 || entry == 0 else {
                throw MeshoptDecoder.malformed(Self.mode, at: offset, "a table without f, ending in two zeros")
            }
        }
    }

    /// Writes all triangles to `target`, which has room for them.
    private mutating func decode<Index: FixedWidthInteger & UnsignedInteger>(
        _ source: Span<UInt8>,
        _ triangles: Int,
        into target: UnsafeMutableRawBufferPointer,
        as type: Index.Type
    ) throws {
        let size = MemoryLayout<Index>.size
        var offset = 0
        for triangle in 0..<triangles {
            let (a, b, c) = try self.triangle(source, codeAt: 1 + triangle)
            // The target was reserved for three indices of each triangle.
            unsafe target.storeBytes(of: Index(truncatingIfNeeded: a).littleEndian, toByteOffset: offset, as: type)
            unsafe target.storeBytes(
                of: Index(truncatingIfNeeded: b).littleEndian,
                toByteOffset: offset &+ size,
                as: type
            )
            unsafe target.storeBytes(
                of: Index(truncatingIfNeeded: c).littleEndian,
                toByteOffset: offset &+ 2 &* size,
                as: type
            )
            offset &+= 3 &* size
        }
        guard position == dataEnd else {
            throw MeshoptDecoder.malformed(Self.mode, at: position, "the table at byte \(dataEnd)")
        }
    }

    @inline(__always)
    private mutating func triangle(_ source: Span<UInt8>, codeAt offset: Int) throws -> (UInt32, UInt32, UInt32) {
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
    @inline(__always)
    private mutating func alongEdge(
        _ source: Span<UInt8>,
        code: UInt8,
        at offset: Int
    ) throws -> (UInt32, UInt32, UInt32) {
        let place = Int(code >> 4)
        guard place < recent.edgeCount else {
            throw MeshoptDecoder.malformed(Self.mode, at: offset, "an edge that was met before")
        }
        let edge = recent.edge(place)
        let half = code & 15
        let c: UInt32
        if half == 0 {
            c = takeNext()
        } else if half < recentVertexEnd {
            c = try vertex(Int(half), at: offset)
        } else if half == 15 {
            c = try explicit(source)
        } else {
            last = half == 13 ? last &- 1 : last &+ 1
            c = last
        }
        recent.push(edge: c, edge.second)
        recent.push(edge: edge.first, c)
        if half == 0 || half >= recentVertexEnd { recent.push(vertex: c) }
        return (edge.first, edge.second, c)
    }

    /// A triangle whose second and third corner the two halves of `entry` name: 0 new, 1 to 14 recent, 15 in full.
    private mutating func apart(
        _ source: Span<UInt8>,
        a: UInt32,
        entry: UInt8,
        at offset: Int
    ) throws -> (UInt32, UInt32, UInt32) {
        let b = try corner(source, entry >> 4, at: offset)
        let c = try corner(source, entry & 15, at: offset)
        recent.push(triangle: a, b, c)
        recent.push(vertex: a)
        if entry >> 4 == 0 || entry >> 4 == 15 { recent.push(vertex: b) }
        if entry & 15 == 0 || entry & 15 == 15 { recent.push(vertex: c) }
        return (a, b, c)
    }

    private mutating func corner(_ source: Span<UInt8>, _ half: UInt8, at offset: Int) throws -> UInt32 {
        switch half {
        case 0: takeNext()
        case 15: try explicit(source)
        default: try vertex(Int(half) - 1, at: offset)
        }
    }

    @inline(__always)
    private mutating func takeNext() -> UInt32 {
        defer { next &+= 1 }
        return next
    }

    private mutating func explicit(_ source: Span<UInt8>) throws -> UInt32 {
        let value = try MeshoptDecoder.varint(source, at: &position, end: dataEnd, mode: Self.mode)
        last &+= (value >> 1) ^ (0 &- (value & 1))
        return last
    }

    @inline(__always)
    private func vertex(_ place: Int, at offset: Int) throws -> UInt32 {
        guard place < recent.vertexCount else {
            throw MeshoptDecoder.malformed(Self.mode, at: offset, "a vertex that was met before")
        }
        return recent.vertex(place)
    }
}
