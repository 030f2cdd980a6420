/// The distance between the original surface and what is left of it, both ways, measured at many points of both.
///
/// As in P. Cignoni, C. Rocchini and R. Scopigno, "Metro: Measuring Error on Simplified Surfaces", 1998: points all over
/// one surface, denser where triangles are large, and the exact distance of each to the other surface.
struct SurfaceDistance {
    /// The corners of the original's triangles, by frame.
    private var originals: [[SIMD3<Float>]]
    /// The corners of the result's triangles, by frame.
    private var results: [[SIMD3<Float>]]

    /// About how many points are taken of a surface in each frame, besides its vertices, at most.
    private static let sampleCountMax = 20_000

    /// Gathers the surfaces of `scene` and of what `state` has made of it.
    init(scene: WeldedScene, state: borrowing CollapseState) {
        originals = Array(repeating: [], count: scene.places.count)
        results = originals
        for (mesh, triangles) in scene.meshTriangles.enumerated() {
            let frame = scene.meshFrames[mesh]
            for corner in (triangles.lowerBound * 3)..<(triangles.upperBound * 3) {
                originals[frame].append(scene.positions[Int(scene.wedgeVertex[Int(scene.corners[corner])])])
            }
            for triangle in triangles where state.isAlive(triangle) {
                for corner in (triangle * 3)..<(triangle * 3 + 3) {
                    results[frame].append(state.position[state.cornerVertex[corner]])
                }
            }
        }
    }

    /// The largest distance found, in scene extents.
    func farthest() -> Float {
        var farthest: Float = 0
        for frame in originals.indices where !originals[frame].isEmpty && !results[frame].isEmpty {
            let forth = Self.farthest(from: originals[frame], to: TriangleTree(results[frame]))
            let back = Self.farthest(from: results[frame], to: TriangleTree(originals[frame]))
            farthest = max(farthest, forth, back)
        }
        return farthest
    }

    /// The largest distance of points of `surface` from `tree`.
    private static func farthest(from surface: [SIMD3<Float>], to tree: borrowing TriangleTree) -> Float {
        let other = tree.count
        let stack = FlatArray(repeating: UInt32(0), count: 64)
        var reached: Float = 0
        var hint = 0
        func visit(_ point: SIMD3<Float>) {
            // The triangle nearest to the last point bounds the search for this one, and often ends it.
            let start = tree.squaredDistance(from: point, toTriangle: hint)
            guard start > reached else { return }
            let found = tree.nearest(to: point, within: start, stack) ?? (hint, start)
            hint = found.triangle
            reached = max(reached, found.squaredDistance)
        }
        let sampleCount = min(max(surface.count, other * 3, 600), sampleCountMax)
        // Corners come some six times each; every `stride`-th is enough, with 3 not dividing it so that all turns come.
        var stride = max(surface.count / (sampleCount * 3), 1)
        if stride.isMultiple(of: 3) { stride += 1 }
        for corner in Swift.stride(from: 0, to: surface.count, by: stride) { visit(surface[corner]) }
        let areas = (0..<(surface.count / 3)).map { triangle in
            let a = surface[triangle * 3]
            return Double(length(cross(surface[triangle * 3 + 1] - a, surface[triangle * 3 + 2] - a)))
        }
        let spacing = (areas.reduce(0, +) / Double(sampleCount)).squareRoot()
        guard spacing > 0 else { return reached.squareRoot() }
        // What is left of a sample when triangles are smaller than one is carried to the next.
        var carried = 0.5
        for triangle in areas.indices {
            carried += areas[triangle] / (spacing * spacing)
            guard carried >= 1 else { continue }
            let rows = max(Int(carried.squareRoot()), 1)
            carried -= Double(rows * rows)
            let a = surface[triangle * 3]
            let u = (surface[triangle * 3 + 1] - a) / Float(rows)
            let v = (surface[triangle * 3 + 2] - a) / Float(rows)
            for row in 0..<rows {
                for column in 0..<(rows - row) {
                    let cell = a + u * Float(row) + v * Float(column)
                    visit(cell + (u + v) / 3)
                    if column + row + 1 < rows { visit(cell + (u + v) * Float(2.0 / 3)) }
                }
            }
        }
        return reached.squareRoot()
    }
}
