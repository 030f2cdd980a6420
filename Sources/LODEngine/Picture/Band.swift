/// Some rows of samples: what is seen in each, how near it is, and what it looks like.
///
/// Of several triangles drawn together the nearest at each sample is found first, and only that one is lit.
///
/// One thread at a time draws into a band, and the threads of one phase are joined before the next: hence the unchecked
/// conformance.
final class Band: @unchecked Sendable {
    let rows: Range<Int>
    private let width: Int
    /// One over the distance of what is seen; 0 is nothing.
    private let depth: FlatArray<Float>
    /// What is seen of what is drawn now; −1 is something else.
    private let seen: FlatArray<Int32>
    /// Linear light, with alpha multiplied in.
    private let color: FlatArray<SIMD4<Float>>

    /// How near the farthest sample of each square of `tileSide` samples is; 0 where one shows nothing.
    private let farthest: FlatArray<Float>
    private let tileColumns: Int
    private static let tileSide = 8

    /// Rows in which nothing is seen yet.
    init(rows: Range<Int>, width: Int) {
        self.rows = rows
        self.width = width
        tileColumns = (width + Self.tileSide - 1) / Self.tileSide
        let tileRows = (rows.count + Self.tileSide - 1) / Self.tileSide
        farthest = FlatArray(repeating: 0, count: tileColumns * tileRows)
        depth = FlatArray(repeating: 0, count: width * rows.count)
        seen = FlatArray(repeating: -1, count: width * rows.count)
        color = FlatArray(repeating: .zero, count: width * rows.count)
    }

    /// What a sample that is nearer than all before is to be taken for.
    enum Test {
        /// Seen.
        case passes
        /// Seen where the surface's alpha is at least the cutoff.
        case mask(cutoff: Float, TriangleShader)
    }

    /// Marks the samples where a triangle is nearer than all before.
    ///
    /// - Returns: Whether there is one.
    func mark(_ triangle: ScreenTriangle, _ edges: EdgeFunctions, as number: Int32, _ test: Test) -> Bool {
        var isSeen = false
        // One over the distance is linear on the screen: the corners', by their shares of the area.
        let inverse = edges.inCornerOrder(triangle.inverse) * edges.inverseArea
        let slopes = SIMD3<Float>(edges.alongColumn) * inverse
        let slope = slopes.x + slopes.y + slopes.z
        let steps = SIMD4<Float>(0, 1, 2, 3) * slope
        for y in edges.rows {
            let values = edges.values(row: y)
            let nears = SIMD3<Float>(values) * inverse
            let near = nears.x + nears.y + nears.z
            let row = (y - rows.lowerBound) * width + edges.columns.lowerBound
            if case .passes = test, edges.isSmall {
                if markSmall(edges, values, row, near: near, slope: slope, steps: steps, number) { isSeen = true }
                continue
            }
            for column in edges.span(values) {
                let nearness = near + slope * Float(column)
                guard nearness > depth[row + column] else { continue }
                if case .mask(let cutoff, let shader) = test {
                    let shares = Self.shares(edges, values, column)
                    guard shader.base(shader.weights(shares)).w >= cutoff else { continue }
                }
                depth[row + column] = nearness
                seen[row + column] = number
                isSeen = true
            }
        }
        return isSeen
    }

    /// Marks a row of a small triangle, four samples at a time.
    @inline(__always)
    private func markSmall(
        _ edges: EdgeFunctions,
        _ values: SIMD3<Int>,
        _ row: Int,
        near: Float,
        slope: Float,
        steps: SIMD4<Float>,
        _ number: Int32
    ) -> Bool {
        let biased = SIMD3<Int32>(truncatingIfNeeded: values &+ edges.bias)
        let along = SIMD3<Int32>(truncatingIfNeeded: edges.alongColumn)
        let ramp = SIMD4<Int32>(0, 1, 2, 3)
        var a = SIMD4(repeating: biased.x) &+ ramp &* along.x
        var b = SIMD4(repeating: biased.y) &+ ramp &* along.y
        var c = SIMD4(repeating: biased.z) &+ ramp &* along.z
        var isSeen = false
        for column in stride(from: 0, to: edges.columns.count, by: 4) {
            // The sign bit of the three together.
            let inside = (a | b | c) .>= SIMD4<Int32>.zero
            if inside != SIMDMask(repeating: false) {
                let nearness = steps + (near + slope * Float(column))
                let start = row + column
                for lane in 0..<min(4, edges.columns.count - column)
                where inside[lane] && nearness[lane] > depth[start + lane] {
                    depth[start + lane] = nearness[lane]
                    seen[start + lane] = number
                    isSeen = true
                }
            }
            a = a &+ along.x &* 4
            b = b &+ along.y &* 4
            c = c &+ along.z &* 4
        }
        return isSeen
    }

    /// Gives the samples that show a triangle their colour.
    func shade(
        _ edges: EdgeFunctions,
        number: Int32,
        shader: TriangleShader,
        _ color: (TriangleShader, SIMD3<Float>) -> SIMD4<Float>
    ) {
        for y in edges.rows {
            let row = (y - rows.lowerBound) * width + edges.columns.lowerBound
            let values = edges.values(row: y)
            for column in edges.isSmall ? 0..<edges.columns.count : edges.span(values)
            where seen[row + column] == number {
                let weights = shader.weights(Self.shares(edges, values, column))
                let light = color(shader, weights)
                self.color[row + column] = SIMD4(light.x, light.y, light.z, 1)
            }
        }
    }

    /// Blends a triangle over what is behind it.
    func blend(_ triangle: ScreenTriangle, _ edges: EdgeFunctions, shader: TriangleShader) {
        let inverse = triangle.inverse
        for y in edges.rows {
            let row = (y - rows.lowerBound) * width + edges.columns.lowerBound
            let values = edges.values(row: y)
            for column in edges.span(values) {
                let shares = Self.shares(edges, values, column)
                let scaled = shares * inverse
                guard scaled.x + scaled.y + scaled.z > depth[row + column] else { continue }
                let weights = shader.weights(shares)
                let light = shader.lit(shader.base(weights), weights)
                let alpha = min(max(light.w, 0), 1)
                let source = SIMD4(light.x * alpha, light.y * alpha, light.z * alpha, alpha)
                color[row + column] = source + color[row + column] * (1 - alpha)
            }
        }
    }

    /// Makes room for the numbers of what is drawn next, and notes what is hidden now.
    func forgetNumbers() {
        for index in 0..<seen.count { seen[index] = -1 }
        for tile in 0..<farthest.count {
            let (x, y) = (tile % tileColumns * Self.tileSide, tile / tileColumns * Self.tileSide)
            var least = Float.infinity
            for row in y..<min(y + Self.tileSide, rows.count) {
                for column in x..<min(x + Self.tileSide, width) { least = min(least, depth[row * width + column]) }
            }
            farthest[tile] = least
        }
    }

    /// Whether all of a box's samples in these rows show something nearer.
    func hides(_ box: ScreenBox) -> Bool {
        let touched = box.rows.clamped(to: rows)
        guard !touched.isEmpty else { return true }
        let side = Self.tileSide
        for y in (touched.lowerBound - rows.lowerBound) / side...(touched.upperBound - 1 - rows.lowerBound) / side {
            for x in box.columns.lowerBound / side...(box.columns.upperBound - 1) / side
            where farthest[y * tileColumns + x] <= box.nearness {
                return false
            }
        }
        return true
    }

    /// How much each corner counts on the screen at a column of the triangle's own.
    @inline(__always)
    private static func shares(_ edges: EdgeFunctions, _ values: SIMD3<Int>, _ column: Int) -> SIMD3<Float> {
        let here = values &+ edges.alongColumn &* column
        return edges.inCornerOrder(SIMD3<Float>(here) * edges.inverseArea)
    }

    /// Pixels of `side` × `side` samples each, averaged in linear light: four bytes for each, row by row.
    func pixels(side: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (width / side) * (rows.count / side) * 4)
        var start = 0
        for y in 0..<rows.count / side {
            for x in 0..<width / side {
                var sum = SIMD4<Float>.zero
                for row in y * side..<(y + 1) * side {
                    for column in x * side..<(x + 1) * side {
                        sum += pointwiseMin(color[row * width + column], .one)
                    }
                }
                if sum.w > 0 {
                    let rgb = SRGB.encode(SIMD3(sum.x / sum.w, sum.y / sum.w, sum.z / sum.w))
                    bytes[start] = rgb.x
                    bytes[start + 1] = rgb.y
                    bytes[start + 2] = rgb.z
                    bytes[start + 3] = UInt8((min(sum.w / Float(side * side), 1) * 255).rounded())
                }
                start += 4
            }
        }
        return bytes
    }
}
