/// The three edges of a triangle on the grid of samples, as numbers that are positive inside.
///
/// Corners are whole subsamples, so that the edges are exact: triangles that share one leave no gap and overlap
/// nowhere.
struct EdgeFunctions {
    /// The samples' rows and columns that the triangle may cover.
    let rows: Range<Int>
    let columns: Range<Int>
    /// Whether the corners go counter-clockwise as the picture is seen.
    let isCounterClockwise: Bool
    /// Twice the area in samples.
    let area: Float
    /// One over twice the area in subsamples.
    let inverseArea: Float
    /// Whether all numbers fit 32 bits: the triangle is no longer than 64 samples either way.
    let isSmall: Bool
    /// From one column to the next.
    let alongColumn: SIMD3<Int>
    /// −1 for an edge whose points belong to the neighbour: the rule that a point on an edge belongs to the triangle
    /// below or to the right of it.
    let bias: SIMD3<Int>
    private let alongRow: SIMD3<Int>
    /// Values in the first column of row 0.
    private let start: SIMD3<Int>

    /// The edges of a triangle within some rows; `nil` if it covers no sample there.
    init?(_ triangle: ScreenTriangle, rows limit: Range<Int>, width: Int) {
        let a = SIMD2<Int>(truncatingIfNeeded: triangle.a)
        var b = SIMD2<Int>(truncatingIfNeeded: triangle.b)
        var c = SIMD2<Int>(truncatingIfNeeded: triangle.c)
        var doubled = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
        rows = triangle.rows.clamped(to: limit)
        let allColumns = triangle.columns
        columns = allColumns.clamped(to: 0..<width)
        guard doubled != 0, !rows.isEmpty, !columns.isEmpty else { return nil }
        // Rows go down, so that counter-clockwise has a negative area; inside is made positive.
        isCounterClockwise = doubled < 0
        if isCounterClockwise {
            swap(&b, &c)
            doubled = -doubled
        }
        let step = SampleGrid.subsamples
        area = Float(doubled) / Float(step * step)
        inverseArea = 1 / Float(doubled)
        let extent = max(
            max(a.x, b.x, c.x) - min(a.x, b.x, c.x),
            max(a.y, b.y, c.y) - min(a.y, b.y, c.y)
        )
        isSmall = extent <= 64 * step
        // The edge across from a, from b and from c.
        let origin = SIMD3(b.x, c.x, a.x)
        let originY = SIMD3(b.y, c.y, a.y)
        let dx = SIMD3(c.x, a.x, b.x) &- origin
        let dy = SIMD3(c.y, a.y, b.y) &- originY
        alongColumn = dy &* -step
        alongRow = dx &* step
        let half = step / 2
        let first = columns.lowerBound * step + half
        start = dx &* (SIMD3(repeating: half) &- originY) &- dy &* (SIMD3(repeating: first) &- origin)
        var bias = SIMD3<Int>.zero
        for edge in 0..<3 {
            let isTopOrLeft = dy[edge] < 0 || (dy[edge] == 0 && dx[edge] > 0)
            bias[edge] = isTopOrLeft ? 0 : -1
        }
        self.bias = bias
    }

    /// The edges' values in the first column of a row.
    @inline(__always)
    func values(row: Int) -> SIMD3<Int> {
        start &+ alongRow &* row
    }

    /// The columns of a row that are inside, solved from the edges: a long sliver covers few of its box.
    @inline(__always)
    func span(_ values: SIMD3<Int>) -> Range<Int> {
        let biased = values &+ bias
        var (first, last) = (0, columns.count - 1)
        for edge in 0..<3 {
            let (here, slope) = (biased[edge], alongColumn[edge])
            if slope > 0, here < 0 {
                first = max(first, (slope - 1 - here) / slope)
            } else if slope <= 0, here < 0 {
                return 0..<0
            } else if slope < 0 {
                last = min(last, here / -slope)
            }
        }
        return first <= last ? first..<last + 1 : 0..<0
    }

    /// Numbers for the edges in the order of the triangle's corners.
    @inline(__always)
    func inCornerOrder(_ edges: SIMD3<Float>) -> SIMD3<Float> {
        isCounterClockwise ? SIMD3(edges.x, edges.z, edges.y) : edges
    }
}
