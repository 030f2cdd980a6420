/// How far a simplified scene's surface is from the original's: means at points all over both, and what no point exceeds.
///
/// As in P. Cignoni, C. Rocchini and R. Scopigno, "Metro: Measuring Error on Simplified Surfaces", 1998: points spread
/// evenly over each surface, and the exact distance of each to the other surface. The greatest distance is not left to
/// points: it is bounded over the whole surfaces, as `Simplification.error` is.
public struct SurfaceComparison: Sendable {
    /// Distances of one surface's points to the other surface, in the scene's units.
    public struct Distances: Sendable, Equatable {
        /// The mean over the surface.
        public let mean: Double
        /// The root of the mean of the squares over the surface.
        public let rootMeanSquare: Double
        /// The distance that 99 of 100 parts of the surface stay below.
        public let percentile99: Double
        /// An upper bound on the greatest of any point, above it by 2 % or 3 millionths of the extent at most.
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
    /// The greatest of both directions: an upper bound on the Hausdorff distance, near as in `Distances.max`.
    public var max: Double { Swift.max(fromOriginal.max, fromSimplified.max) }

    /// The most placed triangles of one scene that are compared.
    public static let trianglesMax = 40_000_000

    /// Measures two scenes.
    ///
    /// Takes O(n log n) time in placed triangles and points, and some 60 bytes of memory for each placed triangle. Triangles
    /// with two corners in one place are counted but have no surface.
    /// Blocks: call it from a thread that may wait.
    ///
    /// - Parameters:
    ///   - original: What is compared with.
    ///   - simplified: What is compared, in the same place.
    ///   - pointCount: How many points are spread over each surface for the means.
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
        let parts = [
            try Self.parts(original, name: "the original"), try Self.parts(simplified, name: "the simplified scene"),
        ]
        guard let frame = SurfaceFrame(parts[0]) else { throw Self.nothing(in: "the original") }
        try progress(0.1)
        let surfaces = try Parallel.map(2, threadCount: threadCount) { PlacedSurface(parts[$0], in: frame) }
        let (first, second) = (surfaces[0], surfaces[1])
        guard second.field.tree.count > 0 else { throw Self.nothing(in: "the simplified scene") }
        try progress(0.3)
        self.original = original
        self.simplified = simplified
        extent = Double(frame.bounds.diagonal)
        originalTriangleCount = first.triangleCount
        simplifiedTriangleCount = second.triangleCount
        simplifiedField = second.field
        let count = Swift.max(pointCount, 1)
        fromOriginal = try first.distances(to: second.field, pointCount: count, threadCount: threadCount) {
            try progress(0.3 + 0.35 * $0)
        }
        fromSimplified = try second.distances(to: first.field, pointCount: count, threadCount: threadCount) {
            try progress(0.65 + 0.35 * $0)
        }
    }
    private static func parts(_ meshes: [DrawableMesh], name: String) throws -> [SurfacePart] {
        let total = meshes.reduce(0) { $0 + $1.mesh.triangleCount }
        guard total <= trianglesMax else {
            throw LODError(
                .limitExceeded,
                "\(name) places \(total) triangles; at most \(trianglesMax) are compared"
            )
        }
        return meshes.map { SurfacePart($0.mesh, transform: $0.transform) }
    }

    private static func nothing(in name: String) -> LODError {
        LODError(.invalidModel, "\(name) has no triangle that could be compared")
    }
}
