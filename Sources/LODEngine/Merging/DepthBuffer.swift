/// A triangle as a view from far away has it.
struct ViewTriangle {
    /// On the grid of samples.
    let screen: ScreenTriangle
    /// How near each corner is, in radii of the model toward the viewer.
    let nearness: SIMD3<Float>
    let isCounterClockwise: Bool

    /// `nil` where it is seen from its edge, or is no triangle.
    init?(_ a: SIMD3<Float>, _ b: SIMD3<Float>, _ c: SIMD3<Float>, grid: SampleGrid) {
        let doubled = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
        guard doubled != 0, doubled.isFinite, let first = grid.subsample(SIMD3(a.x, a.y, 1)),
            let second = grid.subsample(SIMD3(b.x, b.y, 1)), let third = grid.subsample(SIMD3(c.x, c.y, 1))
        else { return nil }
        isCounterClockwise = doubled > 0
        nearness = SIMD3(a.z, b.z, c.z)
        screen = ScreenTriangle(a: first, b: second, c: third, inverse: .one, placement: 0, triangle: 0, clip: -1)
    }
}

/// How near what is nearest is at each sample of a view.
struct DepthBuffer: ~Copyable {
    private let grid: SampleGrid
    private let depths: FlatArray<Float>
    /// What is no farther behind than this, in radii, still shows: surfaces that lie in one another are both seen.
    private static let thickness: Float = 1e-5

    /// A view of nothing.
    init(grid: SampleGrid) {
        self.grid = grid
        depths = FlatArray(repeating: -.infinity, count: grid.width * grid.height)
    }

    /// Draws a triangle that hides what is behind it.
    func draw(_ triangle: ViewTriangle) {
        _ = forEachSample(of: triangle) { sample, nearness in
            if nearness > depths[sample] { depths[sample] = nearness }
            return true
        }
    }

    /// Whether a triangle is nearest at one of its samples; where it has none, whether its middle is nearer than something
    /// around.
    func shows(_ triangle: ViewTriangle) -> Bool {
        var (hasSample, isSeen) = (false, false)
        _ = forEachSample(of: triangle) { sample, nearness in
            hasSample = true
            isSeen = nearness >= depths[sample] - Self.thickness
            return !isSeen
        }
        return isSeen || (!hasSample && showsMiddle(triangle))
    }

    private func showsMiddle(_ triangle: ViewTriangle) -> Bool {
        let sum = triangle.screen.a &+ triangle.screen.b &+ triangle.screen.c
        let (column, row) = (Int(sum.x) / 3 / SampleGrid.subsamples, Int(sum.y) / 3 / SampleGrid.subsamples)
        let nearness = triangle.nearness.max() + Self.thickness
        for y in max(row - 1, 0)...max(min(row + 1, grid.height - 1), 0) {
            for x in max(column - 1, 0)...max(min(column + 1, grid.width - 1), 0)
            where nearness >= depths[y * grid.width + x] {
                return true
            }
        }
        return false
    }

    /// Calls `body` with the samples that a triangle covers and how near it is there, until that is `false`.
    @inline(__always)
    private func forEachSample(of triangle: ViewTriangle, _ body: (Int, Float) -> Bool) -> Bool {
        guard let edges = EdgeFunctions(triangle.screen, rows: 0..<grid.height, width: grid.width) else { return true }
        let nears = edges.inCornerOrder(triangle.nearness) * edges.inverseArea
        let slopes = SIMD3<Float>(edges.alongColumn) * nears
        let slope = slopes.x + slopes.y + slopes.z
        for row in edges.rows {
            let values = edges.values(row: row)
            let shares = SIMD3<Float>(values) * nears
            let near = shares.x + shares.y + shares.z
            let start = row * grid.width + edges.columns.lowerBound
            for column in edges.span(values) where !body(start + column, near + slope * Float(column)) { return false }
        }
        return true
    }
}
