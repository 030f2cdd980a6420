extension Mesh {
    /// Makes vertices that are equal in place and every attribute one, and returns how many went.
    ///
    /// - Parameter places: The place of each vertex; becomes that of each vertex which is left.
    mutating func weldVertices(_ places: inout [UInt32]) -> Int {
        var table = WeldTable(capacity: vertexCount)
        var numbers = [UInt32](repeating: 0, count: vertexCount)
        var sources: [UInt32] = []
        for vertex in 0..<vertexCount {
            let hash = attributeHash(of: vertex) ^ (UInt64(places[vertex]) &* 0x9E37_79B9_7F4A_7C15)
            let known = table.find(hash) { number in
                let other = Int(sources[Int(number)])
                return places[other] == places[vertex] && hasEqualAttributes(vertex, other)
            }
            if let known {
                numbers[vertex] = known
            } else {
                numbers[vertex] = UInt32(sources.count)
                table.insert(UInt32(sources.count), hash)
                sources.append(UInt32(vertex))
            }
        }
        let welded = vertexCount - sources.count
        guard welded > 0 else { return 0 }
        for corner in indices.indices { indices[corner] = numbers[Int(indices[corner])] }
        takeVertices(sources)
        places = sources.map { places[Int($0)] }
        return welded
    }

    /// Leaves out triangles with a corner that has no position, and returns how many they were.
    mutating func dropUnplacedTriangles() -> Int {
        guard positions.contains(where: { !$0.isFinite }) else { return 0 }
        return keepTriangles(
            triangleStarts.map { first in
                (0..<3).allSatisfy { positions[Int(indices[first + $0])].isFinite }
            }
        )
    }

    /// Leaves out triangles that have the same corners and the same front as an earlier one; returns how many.
    mutating func dropDuplicateTriangles(_ places: [UInt32]) -> Int {
        var table = WeldTable(capacity: triangleCount)
        /// The corners' places, turned so that the least comes first; that keeps the front.
        func corners(_ first: Int) -> SIMD3<UInt32> {
            let (a, b, c) = (
                places[Int(indices[first])], places[Int(indices[first + 1])], places[Int(indices[first + 2])]
            )
            if a <= b, a <= c { return [a, b, c] }
            return b <= c ? [b, c, a] : [c, a, b]
        }
        let isKept = triangleStarts.map { first in
            let triangle = corners(first)
            var hash: UInt64 = 0
            for k in 0..<3 { WeldTable.mix(triangle[k], into: &hash) }
            guard table.find(hash, where: { corners(Int($0) * 3) == triangle }) == nil else { return false }
            table.insert(UInt32(first / 3), hash)
            return true
        }
        return keepTriangles(isKept)
    }

    /// Undoes triangles without area, and returns how many they were.
    ///
    /// Without area is a triangle whose height is below a millionth of its longest side. Where its corners are apart,
    /// one of them lies on the longest side: the triangle across that side is cut there in two, so that no crack
    /// opens. Where it cannot be, because a seam runs along the side, the flat triangle just goes.
    mutating func dropDegenerateTriangles() -> Int {
        let flat = triangleStarts.filter { isFlat($0) }
        guard !flat.isEmpty else { return 0 }
        var isGone = [Bool](repeating: false, count: triangleCount)
        for first in flat { isGone[first / 3] = true }
        var waiting: [FlatTriangle] = []
        for first in flat {
            let triangle = flatTriangle(first)
            let p = [triangle.a, triangle.b, triangle.c].map { positions[Int($0)] }
            if p[0] != p[1], p[1] != p[2], p[2] != p[0] { waiting.append(triangle) }
        }
        var sides = SideTable(wanted: waiting.map { SideTable.key($0.a, $0.c) })
        for first in triangleStarts where !isGone[first / 3] {
            sides.note(first, indices)
        }
        // One flat triangle may lie on another one's longest side, and so on, but hardly ever so often.
        for _ in 0..<8 where !waiting.isEmpty {
            waiting.removeAll { triangle in
                guard let across = sides.triangle(from: triangle.a, to: triangle.c) else { return false }
                let apex = (0..<3).map { indices[across + $0] }.first { $0 != triangle.a && $0 != triangle.c }
                guard let apex else { return false }
                sides.forget(across, indices)
                indices.replaceSubrange(across..<(across + 3), with: [triangle.a, triangle.b, apex])
                indices.replaceSubrange(triangle.first..<(triangle.first + 3), with: [triangle.b, triangle.c, apex])
                isGone[triangle.first / 3] = false
                sides.note(across, indices)
                sides.note(triangle.first, indices)
                return true
            }
        }
        _ = keepTriangles(isGone.map { !$0 })
        return flat.count
    }

    private func isFlat(_ first: Int) -> Bool {
        let p = (0..<3).map { SIMD3<Double>(positions[Int(indices[first + $0])]) }
        let (u, v, w) = (p[1] - p[0], p[2] - p[0], p[2] - p[1])
        let longest = max((u * u).sum(), (v * v).sum(), (w * w).sum())
        let normal = SIMD3(u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x)
        return (normal * normal).sum().squareRoot() <= 1e-6 * longest
    }

    /// A triangle whose corner `b` lies between `c` and `a`.
    private struct FlatTriangle {
        var first: Int
        var a: UInt32
        var b: UInt32
        var c: UInt32
    }

    private func flatTriangle(_ first: Int) -> FlatTriangle {
        func squaredSide(_ k: Int) -> Double {
            let side =
                SIMD3<Double>(positions[Int(indices[first + (k + 2) % 3])])
                - SIMD3<Double>(positions[Int(indices[first + k])])
            return (side * side).sum()
        }
        var start = 0
        for k in 1..<3 where squaredSide(k) > squaredSide(start) { start = k }
        return FlatTriangle(
            first: first,
            a: indices[first + start],
            b: indices[first + (start + 1) % 3],
            c: indices[first + (start + 2) % 3]
        )
    }

    /// The first corner of each triangle.
    private var triangleStarts: StrideTo<Int> { stride(from: 0, to: indices.count - 2, by: 3) }

    /// Leaves out the triangles that `isKept` does not say; returns how many.
    private mutating func keepTriangles(_ isKept: [Bool]) -> Int {
        var kept: [UInt32] = []
        kept.reserveCapacity(indices.count)
        for first in triangleStarts where isKept[first / 3] { kept += indices[first..<(first + 3)] }
        let dropped = (indices.count - kept.count) / 3
        if dropped > 0 { indices = kept }
        return dropped
    }
}

/// Which triangle has one of a few sides, by the side's two vertices in the triangle's order.
private struct SideTable {
    private var triangles: [UInt64: Int]

    init(wanted: [UInt64]) {
        triangles = Dictionary(wanted.map { ($0, -1) }) { first, _ in first }
    }

    static func key(_ start: UInt32, _ end: UInt32) -> UInt64 { UInt64(start) << 32 | UInt64(end) }

    /// The first corner of a triangle that has the side.
    func triangle(from start: UInt32, to end: UInt32) -> Int? {
        triangles[Self.key(start, end)].flatMap { $0 >= 0 ? $0 : nil }
    }

    mutating func note(_ first: Int, _ indices: [UInt32]) {
        guard !triangles.isEmpty else { return }
        for k in 0..<3 {
            let key = Self.key(indices[first + k], indices[first + (k + 1) % 3])
            if triangles[key] == -1 { triangles[key] = first }
        }
    }

    mutating func forget(_ first: Int, _ indices: [UInt32]) {
        for k in 0..<3 {
            let key = Self.key(indices[first + k], indices[first + (k + 1) % 3])
            if triangles[key] == first { triangles[key] = -1 }
        }
    }
}
