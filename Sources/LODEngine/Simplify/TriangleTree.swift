/// Finds the triangle nearest to a point.
///
/// A binary tree of boxes over triangles in Morton order, complete, so that a node's children are found by its number.
struct TriangleTree: ~Copyable {
    /// Triangles in the tree.
    let count: Int
    private let leafCount: Int
    /// Box of each node; the root is 1, the children of `n` are `2n` and `2n + 1`.
    private let low: FlatArray<SIMD3<Float>>
    private let high: FlatArray<SIMD3<Float>>
    /// The three corners of each triangle, in Morton order.
    private let corners: FlatArray<SIMD3<Float>>
    private static let leafSize = 4

    /// Builds the tree over triangles given as three points each.
    init(_ points: [SIMD3<Float>]) {
        count = points.count / 3
        var lowest = SIMD3<Float>(repeating: .infinity)
        var highest = -lowest
        for point in points {
            lowest = pointwiseMin(lowest, point)
            highest = pointwiseMax(highest, point)
        }
        let size = max(highest.x - lowest.x, highest.y - lowest.y, highest.z - lowest.z)
        let scale = size > 0 ? 1023 / size : 0
        let order = (0..<count).map { triangle -> UInt64 in
            let sum = points[triangle * 3] + points[triangle * 3 + 1] + points[triangle * 3 + 2]
            let cell = (sum / 3 - lowest) * scale
            return SpatialOrder.mortonCode(cell) << 32 | UInt64(triangle)
        }.sorted()
        let sorted = FlatArray(repeating: SIMD3<Float>.zero, count: count * 3)
        for (place, word) in order.enumerated() {
            let triangle = Int(UInt32(truncatingIfNeeded: word))
            for k in 0..<3 { sorted[place * 3 + k] = points[triangle * 3 + k] }
        }
        var leaves = 1
        while leaves * Self.leafSize < count { leaves *= 2 }
        leafCount = leaves
        low = FlatArray(repeating: SIMD3(repeating: .infinity), count: leaves * 2)
        high = FlatArray(repeating: SIMD3(repeating: -.infinity), count: leaves * 2)
        for leaf in 0..<leaves {
            for corner in Self.corners(ofLeaf: leaf, count) {
                low[leaves + leaf] = pointwiseMin(low[leaves + leaf], sorted[corner])
                high[leaves + leaf] = pointwiseMax(high[leaves + leaf], sorted[corner])
            }
        }
        for node in stride(from: leaves - 1, to: 0, by: -1) {
            low[node] = pointwiseMin(low[node * 2], low[node * 2 + 1])
            high[node] = pointwiseMax(high[node * 2], high[node * 2 + 1])
        }
        corners = sorted
    }

    /// The nearest triangle that is closer than the root of `limit`, with its squared distance.
    ///
    /// - Parameters:
    ///   - point: Where to look from.
    ///   - limit: The square of the distance within which to look.
    ///   - enough: The square of a distance within which any triangle will do, not only the nearest.
    ///   - stack: Scratch of at least 64 numbers.
    func nearest(
        to point: SIMD3<Float>,
        within limit: Float,
        enough: Float,
        _ stack: borrowing FlatArray<UInt32>
    ) -> (triangle: Int, squaredDistance: Float)? {
        var best = limit
        var found: Int?
        var depth = 0
        var node = 1
        while true {
            if node >= leafCount {
                let range = Self.corners(ofLeaf: node - leafCount, count)
                for corner in stride(from: range.lowerBound, to: range.upperBound, by: 3) {
                    let distance = squaredDistance(from: point, toTriangle: corner / 3)
                    if distance < best {
                        best = distance
                        found = corner / 3
                        if best <= enough { return (corner / 3, best) }
                    }
                }
            } else {
                let left = squaredDistance(from: point, toBox: node * 2)
                let right = squaredDistance(from: point, toBox: node * 2 + 1)
                let (near, far) = left <= right ? (node * 2, node * 2 + 1) : (node * 2 + 1, node * 2)
                if max(left, right) < best {
                    stack[depth] = UInt32(far)
                    depth += 1
                }
                if min(left, right) < best {
                    node = near
                    continue
                }
            }
            repeat {
                guard depth > 0 else { return found.map { ($0, best) } }
                depth -= 1
                node = Int(stack[depth])
            } while squaredDistance(from: point, toBox: node) >= best
        }
    }

    /// The squared distance from `point` to a triangle of the tree.
    func squaredDistance(from point: SIMD3<Float>, toTriangle triangle: Int) -> Float {
        let nearest = closestPoint(
            to: point,
            corners[triangle * 3],
            corners[triangle * 3 + 1],
            corners[triangle * 3 + 2]
        )
        return dot(point - nearest, point - nearest)
    }

    @inline(__always)
    private func squaredDistance(from point: SIMD3<Float>, toBox node: Int) -> Float {
        let outside = pointwiseMax(pointwiseMax(low[node] - point, point - high[node]), .zero)
        return dot(outside, outside)
    }

    private static func corners(ofLeaf leaf: Int, _ count: Int) -> Range<Int> {
        let first = min(leaf * leafSize, count)
        return (first * 3)..<(min(first + leafSize, count) * 3)
    }
}

/// The point of triangle `abc` that is closest to `p`.
///
/// C. Ericson, "Real-Time Collision Detection", 2005, section 5.1.5: by the Voronoi region of the triangle's features.
func closestPoint(
    to p: SIMD3<Float>,
    _ a: SIMD3<Float>,
    _ b: SIMD3<Float>,
    _ c: SIMD3<Float>
) -> SIMD3<Float> {
    let ab = b - a
    let ac = c - a
    let d1 = dot(ab, p - a)
    let d2 = dot(ac, p - a)
    if d1 <= 0, d2 <= 0 { return a }
    let d3 = dot(ab, p - b)
    let d4 = dot(ac, p - b)
    if d3 >= 0, d4 <= d3 { return b }
    let vc = d1 * d4 - d3 * d2
    if vc <= 0, d1 >= 0, d3 <= 0 { return d1 > d3 ? a + ab * (d1 / (d1 - d3)) : a }
    let d5 = dot(ab, p - c)
    let d6 = dot(ac, p - c)
    if d6 >= 0, d5 <= d6 { return c }
    let vb = d5 * d2 - d1 * d6
    if vb <= 0, d2 >= 0, d6 <= 0 { return d2 > d6 ? a + ac * (d2 / (d2 - d6)) : a }
    let va = d3 * d6 - d5 * d4
    if va <= 0, d4 - d3 >= 0, d5 - d6 >= 0 {
        let sum = (d4 - d3) + (d5 - d6)
        return sum > 0 ? b + (c - b) * ((d4 - d3) / sum) : b
    }
    let sum = va + vb + vc
    guard sum > 0 else { return a }
    return a + ab * (vb / sum) + ac * (vc / sum)
}
