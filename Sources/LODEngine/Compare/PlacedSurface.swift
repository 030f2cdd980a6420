/// The triangles of a scene where they are placed, but for those that are not finite, ready to be measured.
struct PlacedSurface: Sendable {
    /// The surface as something to measure distances to; without triangles that are a line or a point.
    let field: DistanceField
    /// Placed triangles with finite corners.
    let triangleCount: Int
    /// The area up to and with each triangle.
    private let areas: [Double]

    /// Prepares `parts` in `frame`.
    init(_ parts: [SurfacePart], in frame: SurfaceFrame) {
        let tree = TriangleTree(parts, in: frame)
        field = DistanceField(tree: tree, frame: frame)
        triangleCount = parts.reduce(0) { sum, part in
            sum + (0..<part.triangleCount).count { part.corners($0) != nil }
        }
        var sum = 0.0
        areas = (0..<tree.count).map { number in
            let t = tree.triangle(number)
            sum += Double(length(cross(t.b - t.a, t.c - t.a))) / 2
            return sum
        }
    }

    /// Measures points spread over the surface, and bounds the distances of all others.
    func distances(
        to other: DistanceField,
        pointCount: Int,
        threadCount: Int,
        progress: (Double) throws -> Void
    ) throws -> SurfaceComparison.Distances {
        let spread = try measure(pointCount, to: other, threadCount) { try progress($0 * 0.6) }
        let search = FarthestSearch(source: field.tree, target: other.tree, threadCount: threadCount)
        var farthest = try search.bounds(widening: .zero) { try progress(0.6 + $0 * 0.4) }.upper
        if farthest > 0 { farthest += DistanceBounds.rounding }
        let unit = Double(field.frame.extent)
        var (sum, squares) = (0.0, 0.0)
        for distance in spread {
            sum += Double(distance)
            squares += Double(distance) * Double(distance)
        }
        let sorted = spread.sorted()
        return SurfaceComparison.Distances(
            mean: sum / Double(spread.count) * unit,
            rootMeanSquare: (squares / Double(spread.count)).squareRoot() * unit,
            percentile99: Double(sorted[min(sorted.count * 99 / 100, sorted.count - 1)]) * unit,
            max: Double(farthest) * unit
        )
    }

    private func measure(
        _ count: Int,
        to other: DistanceField,
        _ threadCount: Int,
        progress: (Double) throws -> Void
    ) throws -> [Float] {
        let pieceSize = 2_048
        let pieceCount = (count + pieceSize - 1) / pieceSize
        let step = max(threadCount * 4, 1)
        var distances: [Float] = []
        distances.reserveCapacity(count)
        for first in stride(from: 0, to: pieceCount, by: step) {
            let pieces = try Parallel.map(min(step, pieceCount - first), threadCount: threadCount) { piece in
                let start = (first + piece) * pieceSize
                let finder = other.finder()
                return (start..<min(start + pieceSize, count)).map { finder.distance(fromFramed: point($0, of: count)) }
            }
            distances += pieces.flatMap { $0 }
            try progress(Double(distances.count) / Double(count))
        }
        return distances
    }

    /// One of `count` points spread evenly over the surface, in the frame's coordinates.
    ///
    /// Along the triangles by their area, and within a triangle by the sequence R2 of M. Roberts, "The Unreasonable
    /// Effectiveness of Quasirandom Sequences", 2018, folded at the diagonal of the square.
    private func point(_ number: Int, of count: Int) -> SIMD3<Float> {
        let area = (Double(number) + 0.5) / Double(count) * (areas.last ?? 0)
        var (low, high) = (0, areas.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if areas[middle] < area { low = middle + 1 } else { high = middle }
        }
        let step = Double(number)
        var u = (0.5 + step * 0.754_877_666_246_693).truncatingRemainder(dividingBy: 1)
        var v = (0.5 + step * 0.569_840_290_998_053).truncatingRemainder(dividingBy: 1)
        if u + v > 1 { (u, v) = (1 - u, 1 - v) }
        let t = field.tree.triangle(low)
        return t.a + (t.b - t.a) * Float(u) + (t.c - t.a) * Float(v)
    }
}
