/// Bounds how far a surface reaches from another one: the one-sided Hausdorff distance, from below and from above.
///
/// By branch and bound, as in M. Guthe, P. Borodin and R. Klein, "Fast and Accurate Hausdorff Distance Calculation between
/// Meshes", WSCG 2005, and M. Tang, M. Lee and Y. Kim, "Interactive Hausdorff Distance Computation for General Polygonal
/// Models", SIGGRAPH 2009. The vertices give a first lower bound; what of the surface could be farther off than that by
/// more than the tolerance is cut until none is left (see `PieceSearch`).
///
/// The surface is taken in runs of triangles, and these in rounds: runs of one round start from the bounds that the round
/// before it found. So the result is the same on any number of threads.
struct FarthestSearch {
    let source: TriangleTree
    let target: TriangleTree
    let threadCount: Int

    private static let runSize = 256
    private static let roundCount = 8

    /// Widens `known` to bounds of the distance from all of `source`, in the units of the trees.
    ///
    /// Both trees must be of one frame and `target` must not be empty. What `progress` throws is thrown on.
    func bounds(
        widening known: DistanceBounds,
        progress: (Double) throws -> Void
    ) throws -> DistanceBounds {
        var bounds = known
        let hints = VertexHints(count: source.points.count)
        for step in [16, 1] {
            bounds.lower = try lowerBound(from: bounds.lower, every: step, hints)
            try progress(step == 1 ? 0.3 : 0.1)
        }
        bounds.upper = max(bounds.upper, bounds.lower)
        let runCount = (source.count + Self.runSize - 1) / Self.runSize
        let pieceCountMax = PieceSearch.pieceCountMax(source: source, target: target) / max(runCount, 1)
        for round in 0..<min(Self.roundCount, runCount) {
            let runs = Array(stride(from: round, to: runCount, by: Self.roundCount))
            let start = bounds
            let found = try Parallel.map(runs.count, threadCount: threads(for: source.count + target.count)) { number in
                var search = PieceSearch(target, from: start, pieceCountMax: pieceCountMax)
                let first = runs[number] * Self.runSize
                for triangle in first..<min(first + Self.runSize, source.count) {
                    let (a, b, c) = source.pointNumbers(triangle)
                    search.cover(source.triangle(triangle), hints: (hints[a], hints[b], hints[c]))
                }
                return search.bounds
            }
            bounds = found.reduce(bounds) { $0.union($1) }
            try progress(0.3 + 0.7 * Double(round + 1) / Double(Self.roundCount))
        }
        return bounds
    }

    /// The largest distance of every `step`-th point, if it is above `start`; notes a near triangle for each of them.
    private func lowerBound(from start: Float, every step: Int, _ hints: VertexHints) throws -> Float {
        let size = Self.runSize * 16
        let runCount = (source.points.count + size - 1) / size
        let found = try Parallel.map(runCount, threadCount: threads(for: source.points.count / step)) { run in
            let finder = TriangleTree.Finder(target)
            var lower = start * start
            var hint = 0
            for point in Swift.stride(from: run * size, to: min((run + 1) * size, source.points.count), by: step) {
                // Only points farther than the farthest yet count, so that most searches end at the first triangle that
                // is near enough, often the last point's.
                let near = finder.nearest(to: source.points[point], hint: hint, enough: lower)
                hint = near.triangle
                lower = max(lower, near.squaredDistance)
                hints.set(UInt32(truncatingIfNeeded: hint), at: point)
            }
            return lower.squareRoot()
        }
        return found.reduce(start, max)
    }

    /// Threads cost more than they spare where little is to be done.
    private func threads(for count: Int) -> Int { count < 1_000 ? 1 : threadCount }
}

/// A triangle of the other surface near each vertex.
///
/// Each is written by the thread that has the vertex's run, and read when those threads have been joined: hence the
/// unchecked conformance.
private final class VertexHints: @unchecked Sendable {
    private let triangles: FlatArray<UInt32>

    init(count: Int) {
        triangles = FlatArray(repeating: 0, count: count)
    }

    func set(_ triangle: UInt32, at vertex: Int) { triangles[vertex] = triangle }

    subscript(vertex: UInt32) -> Int { Int(triangles[vertex]) }
}
