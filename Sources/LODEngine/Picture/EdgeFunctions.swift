/// The three edges of a triangle on the grid of samples, as numbers that are positive inside.
struct EdgeFunctions {
    /// The samples' rows and columns that the triangle may cover.
    let rows: Range<Int>
    let columns: Range<Int>
    /// Whether the corners go counter-clockwise as the picture is seen.
    let isCounterClockwise: Bool
    /// Twice the area in samples.
    let area: Float

    private static let subsamples = 256
    private let inverseArea: Float
    private let isSwapped: Bool
    private var value: SIMD3<Int>
    private let alongColumn: SIMD3<Int>
    private let alongRow: SIMD3<Int>
    /// Values in the first column of row 0.
    private let start: SIMD3<Int>
    /// −1 for an edge whose points belong to the neighbour: the rule that a point on an edge belongs to the triangle
    /// below or to the right of it.
    private let bias: SIMD3<Int>

    /// The edges of a triangle inside the picture's borders; `nil` if it covers no sample.
    init?(_ a: SIMD3<Float>, _ b: SIMD3<Float>, _ c: SIMD3<Float>, width: Int, height: Int) {
        guard
            let a = Self.onGrid(a, width: width, height: height),
            var b = Self.onGrid(b, width: width, height: height),
            var c = Self.onGrid(c, width: width, height: height)
        else { return nil }
        var doubled = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
        guard doubled != 0 else { return nil }
        // Rows go down, so that counter-clockwise has a negative area; inside is made positive.
        isCounterClockwise = doubled < 0
        isSwapped = doubled < 0
        if isSwapped {
            swap(&b, &c)
            doubled = -doubled
        }
        rows = Self.samples(min(a.y, b.y, c.y), max(a.y, b.y, c.y), limit: height)
        columns = Self.samples(min(a.x, b.x, c.x), max(a.x, b.x, c.x), limit: width)
        guard !rows.isEmpty, !columns.isEmpty else { return nil }
        area = Float(doubled) / Float(Self.subsamples * Self.subsamples)
        inverseArea = 1 / Float(doubled)
        // The edge across from a, from b and from c.
        let origin = SIMD3(b.x, c.x, a.x)
        let originY = SIMD3(b.y, c.y, a.y)
        let dx = SIMD3(c.x, a.x, b.x) &- origin
        let dy = SIMD3(c.y, a.y, b.y) &- originY
        alongColumn = dy &* -Self.subsamples
        alongRow = dx &* Self.subsamples
        let half = Self.subsamples / 2
        let first = columns.lowerBound * Self.subsamples + half
        start = dx &* (SIMD3(repeating: half) &- originY) &- dy &* (SIMD3(repeating: first) &- origin)
        var bias = SIMD3<Int>.zero
        for edge in 0..<3 {
            let isTopOrLeft = dy[edge] < 0 || (dy[edge] == 0 && dx[edge] > 0)
            bias[edge] = isTopOrLeft ? 0 : -1
        }
        self.bias = bias
        value = .zero
    }

    /// Goes to a row; gives the columns in which the triangle may cover a sample, and stands in the first.
    ///
    /// In a wide triangle the edges are solved for the columns, because a long sliver covers few of its box.
    @inline(__always)
    mutating func startRow(_ y: Int) -> Range<Int> {
        value = start &+ alongRow &* y
        guard columns.count > 16 else { return columns }
        let biased = value &+ bias
        var (first, last) = (0, columns.count - 1)
        for edge in 0..<3 {
            let (here, slope) = (biased[edge], alongColumn[edge])
            if slope > 0, here < 0 {
                first = max(first, (slope - 1 - here) / slope)
            } else if slope <= 0, here < 0 {
                return columns.lowerBound..<columns.lowerBound
            } else if slope < 0 {
                last = min(last, here / -slope)
            }
        }
        guard first <= last else { return columns.lowerBound..<columns.lowerBound }
        value = value &+ alongColumn &* first
        return columns.lowerBound + first..<columns.lowerBound + last + 1
    }

    /// Goes to the next column.
    @inline(__always)
    mutating func step() {
        value = value &+ alongColumn
    }

    /// How much each corner counts at the sample, if the triangle covers it.
    @inline(__always)
    var shares: SIMD3<Float>? {
        let biased = value &+ bias
        guard biased.x | biased.y | biased.z >= 0 else { return nil }
        let shares = SIMD3(Float(value.x), Float(value.y), Float(value.z)) * inverseArea
        return isSwapped ? SIMD3(shares.x, shares.z, shares.y) : shares
    }

    private static func onGrid(_ place: SIMD3<Float>, width: Int, height: Int) -> SIMD2<Int>? {
        let x = (place.x / place.z * 0.5 + 0.5) * Float(width * subsamples)
        let y = (0.5 - place.y / place.z * 0.5) * Float(height * subsamples)
        // Clipping left a rounding beyond the borders at most; this also stops what is not a number.
        let limit = Float((max(width, height) + 1) * subsamples)
        guard abs(x) <= limit, abs(y) <= limit else { return nil }
        return SIMD2(Int(x.rounded()), Int(y.rounded()))
    }

    /// The samples whose middles lie between two places.
    private static func samples(_ least: Int, _ greatest: Int, limit: Int) -> Range<Int> {
        let half = subsamples / 2
        let first = max(0, (least - half + subsamples - 1) >> 8)
        let last = min(limit - 1, (greatest - half) >> 8)
        return first..<max(first, last + 1)
    }
}
