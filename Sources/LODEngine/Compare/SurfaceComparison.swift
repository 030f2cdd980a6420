/// How far a simplified scene's surface is from the original's, measured at points all over both.
///
/// As in P. Cignoni, C. Rocchini and R. Scopigno, "Metro: Measuring Error on Simplified Surfaces", 1998: points spread
/// evenly over each surface and at its corners, and the exact distance of each to the other surface. What lies between
/// the points may be farther off by a fraction of their spacing.
public struct SurfaceComparison: Sendable {
    /// Distances of one surface's points to the other surface, in the scene's units.
    public struct Distances: Sendable, Equatable {
        /// The mean over the surface.
        public let mean: Double
        /// The root of the mean of the squares over the surface.
        public let rootMeanSquare: Double
        /// The distance that 99 of 100 parts of the surface stay below.
        public let percentile99: Double
        /// The greatest found, at corners and elsewhere.
        public let max: Double
    }

    /// What is compared with.
    public let original: [DrawableMesh]
    /// What is compared.
    public let simplified: [DrawableMesh]
    /// Of the original's points to the simplified surface: great where a part was lost.
    public let fromOriginal: Distances
    /// Of the simplified surface's points to the original: great where something sticks out.
    public let fromSimplified: Distances
    /// The diagonal of the box around the original, in the scene's units: what distances are fractions of.
    public let extent: Double
    /// Placed triangles of the original.
    public let originalTriangleCount: Int
    /// Placed triangles of the simplified scene.
    public let simplifiedTriangleCount: Int
    /// The simplified surface, for heat maps.
    let simplifiedField: DistanceField

    /// The mean of both directions.
    public var mean: Double { (fromOriginal.mean + fromSimplified.mean) / 2 }
    /// The root of the mean of the squares of both directions.
    public var rootMeanSquare: Double {
        let (one, two) = (fromOriginal.rootMeanSquare, fromSimplified.rootMeanSquare)
        return ((one * one + two * two) / 2).squareRoot()
    }
    /// The greatest of both directions: the measured Hausdorff distance.
    public var max: Double { Swift.max(fromOriginal.max, fromSimplified.max) }

    /// The most placed triangles of one scene that are compared.
    public static let trianglesMax = 40_000_000

    /// Measures two scenes.
    ///
    /// Takes O(n log n) time in placed triangles and points, and some 150 bytes of memory for each placed triangle.
    /// Blocks: call it from a thread that may wait.
    ///
    /// - Parameters:
    ///   - original: What is compared with.
    ///   - simplified: What is compared, in the same place.
    ///   - pointCount: How many points are spread over each surface; up to twice as many corners come on top.
    ///   - threadCount: The most threads to use, the calling one among them; by default one for each processor.
    ///   - progress: Is called on the calling thread now and then with the fraction done; what it throws ends the work
    ///     and is thrown on.
    /// - Throws: `LODError.Code.invalidModel` when a scene has no triangle with a place, `.limitExceeded` when one has
    ///   more than `trianglesMax`; what `progress` throws.
    public init(
        original: [DrawableMesh],
        simplified: [DrawableMesh],
        pointCount: Int = 100_000,
        threadCount: Int? = nil,
        progress: (Double) throws -> Void = { _ in }
    ) throws {
        let threadCount = Swift.max(1, threadCount ?? Parallel.processorCount)
        let first = try PlacedSurface(original, name: "the original")
        let second = try PlacedSurface(simplified, name: "the simplified scene")
        try progress(0.1)
        let fields = try Parallel.map(2, threadCount: threadCount) { DistanceField([first, second][$0].corners) }
        try progress(0.3)
        self.original = original
        self.simplified = simplified
        extent = Double(first.bounds.diagonal)
        originalTriangleCount = first.triangleCount
        simplifiedTriangleCount = second.triangleCount
        simplifiedField = fields[1]
        let count = Swift.max(pointCount, 1)
        fromOriginal = try first.distances(to: fields[1], pointCount: count, threadCount: threadCount) {
            try progress(0.3 + 0.35 * $0)
        }
        fromSimplified = try second.distances(to: fields[0], pointCount: count, threadCount: threadCount) {
            try progress(0.65 + 0.35 * $0)
        }
    }
}

/// The triangles of a scene where they are placed, but for those that are not finite.
private struct PlacedSurface: Sendable {
    /// Three points for each triangle.
    let corners: [SIMD3<Float>]
    let bounds: BoundingBox
    /// The area up to and with each triangle.
    private let areas: [Double]

    var triangleCount: Int { corners.count / 3 }

    init(_ meshes: [DrawableMesh], name: String) throws {
        let total = meshes.reduce(0) { $0 + $1.mesh.triangleCount }
        guard total <= SurfaceComparison.trianglesMax else {
            throw LODError(
                .limitExceeded,
                "\(name) places \(total) triangles; at most \(SurfaceComparison.trianglesMax) are compared"
            )
        }
        var corners: [SIMD3<Float>] = []
        corners.reserveCapacity(total * 3)
        for drawable in meshes {
            let positions = drawable.mesh.positions
            let indices = drawable.mesh.indices
            for start in stride(from: 0, to: indices.count / 3 * 3, by: 3) {
                let vertices = indices[start..<start + 3].map { Int($0) }
                guard vertices.allSatisfy({ $0 < positions.count }) else { continue }
                let points = vertices.map { drawable.transform.apply(to: positions[$0]) }
                guard points.allSatisfy({ $0.x.isFinite && $0.y.isFinite && $0.z.isFinite }) else { continue }
                corners += points
            }
        }
        guard let bounds = BoundingBox(corners) else {
            throw LODError(.invalidModel, "\(name) has no triangle that could be compared")
        }
        self.corners = corners
        self.bounds = bounds
        var sum = 0.0
        areas = (0..<corners.count / 3).map { triangle in
            let a = corners[triangle * 3]
            let normal = (corners[triangle * 3 + 1] - a).cross(corners[triangle * 3 + 2] - a)
            sum += Double(normal.dot(normal).squareRoot()) / 2
            return sum
        }
    }

    /// Measures points spread over the surface, and its corners.
    func distances(
        to field: DistanceField,
        pointCount: Int,
        threadCount: Int,
        progress: (Double) throws -> Void
    ) throws -> SurfaceComparison.Distances {
        let spread = try measure(pointCount, to: field, threadCount, progress: { try progress($0 * 0.6) }, point: point)
        // Where there are too many, every so-manyth corner; 3 must not divide it, so that all three have their turn.
        var step = max(corners.count / (pointCount * 2), 1)
        if step.isMultiple(of: 3) { step += 1 }
        let every = step
        let cornerCount = (corners.count + every - 1) / every
        let atCorners = try measure(
            cornerCount,
            to: field,
            threadCount,
            progress: { try progress(0.6 + $0 * 0.4) },
            point: { corner, _ in corners[corner * every] }
        )
        var (sum, squares) = (0.0, 0.0)
        for distance in spread {
            sum += Double(distance)
            squares += Double(distance) * Double(distance)
        }
        let sorted = spread.sorted()
        return SurfaceComparison.Distances(
            mean: sum / Double(spread.count),
            rootMeanSquare: (squares / Double(spread.count)).squareRoot(),
            percentile99: Double(sorted[min(sorted.count * 99 / 100, sorted.count - 1)]),
            max: Double(max(sorted[sorted.count - 1], atCorners.max() ?? 0))
        )
    }

    private func measure(
        _ count: Int,
        to field: DistanceField,
        _ threadCount: Int,
        progress: (Double) throws -> Void,
        point: @Sendable (_ number: Int, _ count: Int) -> SIMD3<Float>
    ) throws -> [Float] {
        let pieceSize = 2_048
        let pieceCount = (count + pieceSize - 1) / pieceSize
        let step = max(threadCount * 4, 1)
        var distances: [Float] = []
        distances.reserveCapacity(count)
        for first in stride(from: 0, to: pieceCount, by: step) {
            let pieces = try Parallel.map(min(step, pieceCount - first), threadCount: threadCount) { piece in
                let start = (first + piece) * pieceSize
                let finder = field.finder()
                return (start..<min(start + pieceSize, count)).map { finder.distance(from: point($0, count)) }
            }
            distances += pieces.flatMap { $0 }
            try progress(Double(distances.count) / Double(count))
        }
        return distances
    }

    /// One of `count` points spread evenly over the surface.
    ///
    /// Along the triangles by their area, and within a triangle by the sequence R2 of M. Roberts, "The Unreasonable
    /// Effectiveness of Quasirandom Sequences", 2018, folded at the diagonal of the square.
    @Sendable
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
        let a = corners[low * 3]
        return a + (corners[low * 3 + 1] - a) * Float(u) + (corners[low * 3 + 2] - a) * Float(v)
    }
}
