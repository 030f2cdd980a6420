/// Finds the triangle nearest to a point.
///
/// A tree of boxes over triangles in Morton order, four children to a node, whose distances are found together. Triangles
/// refer to points by number; both are stored in the order of the leaves, some 55 bytes a triangle in all. Nothing changes
/// once it is made: hence the unchecked conformance.
final class TriangleTree: @unchecked Sendable {
    /// Triangles in the tree.
    let count: Int
    /// The frame's coordinates of the vertices.
    let points: FlatArray<SIMD3<Float>>
    /// Three points for each triangle.
    private let corners: FlatArray<UInt32>
    /// The boxes of four children each: first those of four triangles in a row, then those of four such, up to the root.
    private let nodes: FlatArray<BoxQuartet>
    /// Nodes whose children are triangles.
    private let leafCount: Int

    /// Builds the tree over the triangles of `parts` in `frame`, but for those that are none or a line.
    init(_ parts: [SurfacePart], in frame: SurfaceFrame) {
        let order = Self.order(parts, frame)
        count = order.count
        corners = FlatArray(repeating: 0, count: count * 3)
        points = FlatArray(Self.points(order, parts, frame, corners))
        leafCount = max((count + 3) / 4, 1)
        var nodeCount = leafCount
        var level = leafCount
        while level > 1 {
            level = (level + 3) / 4
            nodeCount += level
        }
        nodes = FlatArray(repeating: BoxQuartet(), count: nodeCount)
        for number in 0..<count {
            let t = triangle(number)
            nodes[number / 4].set(
                number & 3,
                low: pointwiseMin(t.a, pointwiseMin(t.b, t.c)),
                high: pointwiseMax(t.a, pointwiseMax(t.b, t.c))
            )
        }
        var (first, size) = (0, leafCount)
        while size > 1 {
            for child in 0..<size {
                let parent = first + size + child / 4
                nodes[parent].firstChild = UInt32(first + child / 4 * 4)
                let box = nodes[first + child].box
                nodes[parent].set(child & 3, low: box.min, high: box.max)
            }
            first += size
            size = (size + 3) / 4
        }
    }

    /// The triangles' numbers, counted through all parts, along a Morton curve over the frame.
    private static func order(_ parts: [SurfacePart], _ frame: SurfaceFrame) -> FlatArray<UInt64> {
        var words: [UInt64] = []
        words.reserveCapacity(parts.reduce(0) { $0 + $1.triangleCount })
        var first = 0
        for part in parts {
            for number in 0..<part.triangleCount {
                guard let corners = part.corners(number), !corners.isLine else { continue }
                let cell = (frame.apply(corners.center) + 0.5) * 1023
                words.append(SpatialOrder.mortonCode(cell) << 32 | UInt64(first + number))
            }
            first += part.triangleCount
        }
        let order = FlatArray(words)
        let other = FlatArray(repeating: UInt64(0), count: words.count)
        words = []
        SpatialOrder.sort(order, into: other, shift: 32)
        SpatialOrder.sort(other, into: order, shift: 42)
        SpatialOrder.sort(order, into: other, shift: 52)
        return other
    }

    /// The points that triangles use, in the order in which they are first used; notes the triangles' `corners` among them.
    private static func points(
        _ order: borrowing FlatArray<UInt64>,
        _ parts: [SurfacePart],
        _ frame: SurfaceFrame,
        _ corners: borrowing FlatArray<UInt32>
    ) -> [SIMD3<Float>] {
        var firstTriangle = [0]
        var firstVertex = [0]
        for part in parts {
            firstTriangle.append(firstTriangle[firstTriangle.count - 1] + part.triangleCount)
            firstVertex.append(firstVertex[firstVertex.count - 1] + part.positions.count)
        }
        let numbers = FlatArray(repeating: none, count: firstVertex[parts.count])
        var points: [SIMD3<Float>] = []
        points.reserveCapacity(min(numbers.count, order.count * 3))
        for place in 0..<order.count {
            let triangle = Int(UInt32(truncatingIfNeeded: order[place]))
            let part = parts.count == 1 ? 0 : Self.part(of: triangle, firstTriangle)
            for k in 0..<3 {
                let vertex = Int(parts[part].indices[(triangle - firstTriangle[part]) * 3 + k])
                var number = numbers[firstVertex[part] + vertex]
                if number == none {
                    number = UInt32(points.count)
                    numbers[firstVertex[part] + vertex] = number
                    points.append(frame.apply(parts[part].place(parts[part].positions[vertex])))
                }
                corners[place * 3 + k] = number
            }
        }
        return points
    }

    private static func part(of triangle: Int, _ firstTriangle: [Int]) -> Int {
        var (low, high) = (0, firstTriangle.count - 2)
        while low < high {
            let middle = (low + high + 1) / 2
            if firstTriangle[middle] <= triangle { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// The points of a triangle's corners, by number.
    @inline(__always)
    func pointNumbers(_ triangle: Int) -> (UInt32, UInt32, UInt32) {
        (corners[triangle * 3], corners[triangle * 3 + 1], corners[triangle * 3 + 2])
    }

    /// A triangle in the frame's coordinates.
    @inline(__always)
    func triangle(_ triangle: Int) -> Triangle {
        let (a, b, c) = pointNumbers(triangle)
        return Triangle(a: points[a], b: points[b], c: points[c])
    }

    /// The squared distance from `point` to a triangle of the tree.
    @inline(__always)
    func squaredDistance(from point: SIMD3<Float>, toTriangle number: Int) -> Float {
        let away = point - triangle(number).closestPoint(to: point)
        return dot(away, away)
    }
}

extension TriangleTree {
    /// Looks for one nearest triangle after the other; one for each thread.
    struct Finder: ~Copyable {
        let tree: TriangleTree
        /// Nodes to be looked at, three for each level at most: the squared distances of their boxes above their numbers.
        private let stack = FlatArray(repeating: UInt64(0), count: 64)

        init(_ tree: TriangleTree) {
            self.tree = tree
        }

        /// The nearest triangle, with its squared distance.
        ///
        /// - Parameters:
        ///   - point: Where to look from.
        ///   - hint: A triangle that may be near; the search starts with its distance.
        ///   - enough: The square of a distance within which any triangle will do, not only the nearest.
        /// - Precondition: The tree has a triangle.
        func nearest(to point: SIMD3<Float>, hint: Int, enough: Float) -> (triangle: Int, squaredDistance: Float) {
            var found = hint
            var best = tree.squaredDistance(from: point, toTriangle: hint)
            if best <= enough { return (found, best) }
            var depth = 0
            var node = tree.nodes.count - 1
            while true {
                let distances = tree.nodes[node].squaredDistances(from: point)
                if node < tree.leafCount {
                    for lane in 0..<4 where distances[lane] < best {
                        let triangle = node * 4 + lane
                        let distance = tree.squaredDistance(from: point, toTriangle: triangle)
                        guard distance < best else { continue }
                        (found, best) = (triangle, distance)
                        if best <= enough { return (found, best) }
                    }
                } else {
                    let first = Int(tree.nodes[node].firstChild)
                    var nearest = 0
                    for lane in 1..<4 where distances[lane] < distances[nearest] { nearest = lane }
                    for lane in 0..<4 where lane != nearest && distances[lane] < best {
                        stack[depth] = UInt64(distances[lane].bitPattern) << 32 | UInt64(first + lane)
                        depth += 1
                    }
                    if distances[nearest] < best {
                        node = first + nearest
                        continue
                    }
                }
                repeat {
                    guard depth > 0 else { return (found, best) }
                    depth -= 1
                    node = Int(UInt32(truncatingIfNeeded: stack[depth]))
                } while Float(bitPattern: UInt32(truncatingIfNeeded: stack[depth] >> 32)) >= best
            }
        }
    }
}
