/// Orders patches of triangles so that what faces outwards is drawn before what it may hide.
///
/// After Sander, Nehab and Barczak, "Fast Triangle Reordering for Vertex Locality and Reduced Overdraw" (SIGGRAPH
/// 2007): a list that is in order for the vertex cache is cut where that costs little, and the patches are sorted by
/// how far outside they lie, along their own normals, of the mesh's middle. The order within a patch stays.
enum OverdrawOrder {
    /// Vertices that the modelled cache holds: first in, first out.
    private static let cacheSize: UInt32 = 16

    /// The triangles in their new order, three vertices each.
    ///
    /// - Parameters:
    ///   - indices: Triangles in an order that suits the vertex cache.
    ///   - positions: Where their vertices are.
    ///   - threshold: How many times as many cache misses the cuts may cost; 1.05 is a twentieth more.
    static func ordered(_ indices: [UInt32], positions: [SIMD3<Float>], threshold: Float) -> [UInt32] {
        guard indices.count > 3 else { return indices }
        let cuts = patches(indices, vertexCount: positions.count, threshold: threshold)
        guard cuts.count > 1 else { return indices }
        let outwardness = outwardness(of: cuts, indices, positions)
        let sorted = cuts.indices.sorted { (outwardness[$1], $0) < (outwardness[$0], $1) }
        var ordered: [UInt32] = []
        ordered.reserveCapacity(indices.count)
        for patch in sorted {
            let end = patch + 1 < cuts.count ? cuts[patch + 1] : indices.count / 3
            ordered += indices[cuts[patch] * 3..<end * 3]
        }
        return ordered
    }

    /// The first triangle of each patch.
    ///
    /// The list is cut where the cache starts afresh anyhow, all three vertices missing, and in each of those parts
    /// again as soon as a patch, drawn with an empty cache, misses no more often than `threshold` allows.
    private static func patches(_ indices: [UInt32], vertexCount: Int, threshold: Float) -> [Int] {
        let triangles = indices.count / 3
        var cache = FIFOCache(vertexCount: vertexCount, size: cacheSize)
        var starts: [Int] = []
        for triangle in 0..<triangles where cache.misses(indices, triangle) == 3 { starts.append(triangle) }
        if starts.first != 0 { starts.insert(0, at: 0) }
        var patches: [Int] = []
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : triangles
            cache.clear()
            let misses = (start..<end).reduce(0) { $0 + cache.misses(indices, $1) }
            let limit = threshold * Float(misses) / Float(end - start)
            cache.clear()
            patches.append(start)
            var patchStart = start
            var patchMisses = 0
            for triangle in start..<end {
                patchMisses += cache.misses(indices, triangle)
                let size = triangle + 1 - patchStart
                guard triangle + 1 < end, Float(patchMisses) <= limit * Float(size) else { continue }
                cache.clear()
                patchStart = triangle + 1
                patchMisses = 0
                patches.append(patchStart)
            }
        }
        return patches
    }

    /// How far each patch lies outside, along its own normal.
    private static func outwardness(_ patch: Range<Int>, _ indices: [UInt32], _ positions: [SIMD3<Float>])
        -> (center: SIMD3<Float>, normal: SIMD3<Float>, area: Float)
    {
        var center = SIMD3<Float>.zero
        var normal = SIMD3<Float>.zero
        var total: Float = 0
        for triangle in patch {
            let a = positions[Int(indices[triangle * 3])]
            let b = positions[Int(indices[triangle * 3 + 1])]
            let c = positions[Int(indices[triangle * 3 + 2])]
            let doubled = cross(b - a, c - a)
            let area = (doubled * doubled).sum().squareRoot()
            normal += doubled
            center += (a + b + c) * (area / 3)
            total += area
        }
        return (center, normal, total)
    }

    private static func outwardness(
        of cuts: [Int],
        _ indices: [UInt32],
        _ positions: [SIMD3<Float>]
    ) -> [Float] {
        let parts = cuts.indices.map { index in
            let end = index + 1 < cuts.count ? cuts[index + 1] : indices.count / 3
            return outwardness(cuts[index]..<end, indices, positions)
        }
        var middle = SIMD3<Float>.zero
        var total: Float = 0
        for part in parts {
            middle += part.center
            total += part.area
        }
        guard total > 0, total.isFinite else { return cuts.map { _ in 0 } }
        middle /= total
        return parts.map { part in
            let length = (part.normal * part.normal).sum().squareRoot()
            guard part.area > 0, length > 0 else { return 0 }
            let outwardness = ((part.center / part.area - middle) * (part.normal / length)).sum()
            return outwardness.isFinite ? outwardness : 0
        }
    }

    private static func cross(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> SIMD3<Float> {
        SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    }
}

/// A cache of transformed vertices that forgets the one it took in first.
struct FIFOCache {
    private var stamps: [UInt32]
    private var time: UInt32
    private let size: UInt32

    /// A cache without vertices.
    init(vertexCount: Int, size: UInt32) {
        stamps = [UInt32](repeating: 0, count: vertexCount)
        self.size = size
        time = size + 1
    }

    /// Forgets all.
    mutating func clear() {
        // Times wrap after four thousand million misses, of which no list that is indexed by 32 bits has as many.
        time &+= size + 1
    }

    /// How many of a triangle's vertices were not there; they are now.
    mutating func misses(_ indices: [UInt32], _ triangle: Int) -> Int {
        var misses = 0
        for corner in triangle * 3..<triangle * 3 + 3 where time &- stamps[Int(indices[corner])] > size {
            stamps[Int(indices[corner])] = time
            time &+= 1
            misses += 1
        }
        return misses
    }
}
