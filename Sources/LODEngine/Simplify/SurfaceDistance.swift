/// The distance between the original surface and what is left of it, both ways, measured at many points of both.
///
/// As in P. Cignoni, C. Rocchini and R. Scopigno, "Metro: Measuring Error on Simplified Surfaces", 1998: points all over
/// one surface, denser where triangles are large, and the exact distance of each to the other surface.
struct SurfaceDistance {
    /// The corners of the original's triangles, by frame.
    private var originals: [[SIMD3<Float>]]
    /// The corners of the result's triangles, by frame.
    private var results: [[SIMD3<Float>]]

    /// About how many points are taken of each surface, besides its vertices; frames share them by triangles.
    private static let sampleCountMax = 20_000

    /// Corners of triangles are all measured up to this number: those of 200,000 triangles.
    private static let cornerCountMax = 600_000

    /// Gathers the surfaces of `scene` and of what `state` has made of it.
    init(scene: WeldedScene, state: borrowing CollapseState) {
        originals = Array(repeating: [], count: scene.places.count)
        results = originals
        for (mesh, triangles) in scene.meshTriangles.enumerated() {
            let frame = scene.meshFrames[mesh]
            for corner in (triangles.lowerBound * 3)..<(triangles.upperBound * 3) {
                originals[frame].append(scene.positions[Int(scene.wedgeVertex[Int(scene.corners[corner])])])
            }
        }
        for list in state.meshTriangles {
            for triangle in list.triangles where state.isAlive(triangle) {
                for corner in (triangle * 4)..<(triangle * 4 + 3) {
                    results[scene.meshFrames[list.mesh]].append(state.vertices[state.cornerVertex[corner]].position)
                }
            }
        }
    }

    /// The largest distance found, in scene extents.
    func farthest() -> Float {
        var farthest: Float = 0
        let total = originals.reduce(0) { $0 + $1.count }
        for frame in originals.indices where !originals[frame].isEmpty && !results[frame].isEmpty {
            let share = Int(Double(Self.sampleCountMax) * Double(originals[frame].count) / Double(total))
            let sampleCount = max(share, 3000 / originals.count, 50)
            let original = TriangleTree(originals[frame])
            let result = TriangleTree(results[frame])
            farthest = Self.farthest(
                from: results[frame],
                to: original,
                atLeast: farthest,
                sampleCount: sampleCount
            )
            farthest = Self.farthest(
                from: originals[frame],
                to: result,
                atLeast: farthest,
                sampleCount: sampleCount
            )
        }
        return farthest
    }

    /// The largest distance of points of `surface` from `tree`, or `floor` if none is farther.
    private static func farthest(
        from surface: [SIMD3<Float>],
        to tree: borrowing TriangleTree,
        atLeast floor: Float,
        sampleCount: Int
    ) -> Float {
        let stack = FlatArray(repeating: UInt32(0), count: 64)
        var reached = floor * floor
        var hint = 0
        func visit(_ point: SIMD3<Float>) {
            // Only points farther than the farthest yet count, so that most searches end at the first triangle that is
            // near enough, often the last point's.
            let start = tree.squaredDistance(from: point, toTriangle: hint)
            guard start > reached else { return }
            let found = tree.nearest(to: point, within: start, enough: reached, stack) ?? (hint, start)
            hint = found.triangle
            reached = max(reached, found.squaredDistance)
        }
        // A first look all over, so that the rest can be passed over quickly.
        for corner in Swift.stride(from: 0, to: surface.count, by: max(surface.count / 997, 1)) {
            visit(surface[corner])
        }
        // Where there are too many, every `stride`-th; 3 must not divide it, so that all three corners have their turn.
        var stride = max(surface.count / cornerCountMax, 1)
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
