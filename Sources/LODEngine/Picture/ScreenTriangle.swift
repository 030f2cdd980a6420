/// A vertex, or a corner that clipping made, as the picture has it.
struct ScreenVertex: Sendable {
    /// Homogeneous coordinates, as `Projection` gives them.
    let place: SIMD3<Float>
    /// The nearest point of the grid, in subsamples; of no meaning where `isOnGrid` is false.
    let grid: SIMD2<Int32>
    /// Which borders of the picture it is beyond.
    let outcode: UInt8
    /// Whether it is on the grid: within the picture, but for a rounding, and a number.
    let isOnGrid: Bool

    @inline(__always)
    init(_ place: SIMD3<Float>, grid: SampleGrid, near: Float) {
        self.place = place
        outcode = Clipper.outcode(place, near: near)
        let found = grid.subsample(place)
        self.grid = found ?? .zero
        isOnGrid = found != nil
    }
}

/// A triangle, or a part of one that clipping left, on the grid of samples.
struct ScreenTriangle: Sendable {
    /// The corners in subsamples.
    let a: SIMD2<Int32>
    let b: SIMD2<Int32>
    let c: SIMD2<Int32>
    /// One over the corners' distances.
    let inverse: SIMD3<Float>
    /// The placement, by its place in the list that is drawn.
    let placement: UInt32
    let triangle: UInt32
    /// How much each corner of the whole triangle counts at each of these, by its place in the piece's list; −1 where
    /// they are the same corners.
    let clip: Int32

    /// The rows of samples that it may cover.
    var rows: Range<Int> {
        let half = Int32(SampleGrid.subsamples / 2)
        let least = min(a.y, b.y, c.y)
        let greatest = max(a.y, b.y, c.y)
        let first = (least - half + Int32(SampleGrid.subsamples) - 1) >> 8
        let last = (greatest - half) >> 8
        return Int(first)..<Int(max(first, last + 1))
    }

    /// The columns of samples that it may cover.
    var columns: Range<Int> {
        let half = Int32(SampleGrid.subsamples / 2)
        let least = min(a.x, b.x, c.x)
        let greatest = max(a.x, b.x, c.x)
        let first = (least - half + Int32(SampleGrid.subsamples) - 1) >> 8
        let last = (greatest - half) >> 8
        return Int(first)..<Int(max(first, last + 1))
    }

    /// Whether the corners go counter-clockwise as the picture is seen; `nil` if it has no area.
    var isCounterClockwise: Bool? {
        let (u, v) = (SIMD2<Int>(truncatingIfNeeded: b &- a), SIMD2<Int>(truncatingIfNeeded: c &- a))
        let doubled = u.x * v.y - u.y * v.x
        // Rows go down.
        return doubled == 0 ? nil : doubled < 0
    }

    /// The mean distance of its corners.
    var distance: Float {
        let distances = 1 / inverse
        return distances.x + distances.y + distances.z
    }
}

/// Some of the triangles that are drawn together, set up for the picture, and which of them touch which band of rows.
struct ScreenPiece: Sendable {
    private(set) var triangles: [ScreenTriangle] = []
    /// How much each corner of the whole triangle counts at the corners of what clipping left.
    private(set) var clips: [Corners<SIMD3<Float>>] = []
    /// Where each band's part of `order` starts, and one more for the end.
    private var starts: [Int32] = []
    /// The triangles by band.
    private var order: [UInt32] = []

    /// The triangles that touch a band, by their places in `triangles`, in the order in which they are to be drawn.
    func triangles(in band: Int) -> ArraySlice<UInt32> {
        order[Int(starts[band])..<Int(starts[band + 1])]
    }

    /// Adds triangles of one placement.
    ///
    /// - Parameters:
    ///   - range: Which of the mesh's.
    ///   - mesh: The mesh.
    ///   - vertices: Its vertices in the picture.
    ///   - view: The placement and what there is to know about the picture.
    mutating func add(
        _ range: Range<Int>,
        of mesh: PreparedMesh,
        vertices: ArraySlice<ScreenVertex>,
        view: TriangleSetup
    ) {
        let first = vertices.startIndex
        for triangle in range {
            guard let corners = mesh.corners(triangle) else { continue }
            let found = corners.map { vertices[first + $0] }
            if found.a.outcode | found.b.outcode | found.c.outcode == 0 {
                add(found, triangle: triangle, clip: nil, view: view)
            } else if found.a.outcode & found.b.outcode & found.c.outcode == 0 {
                addClipped(found, triangle: triangle, view: view)
            }
        }
    }

    private mutating func addClipped(_ found: Corners<ScreenVertex>, triangle: Int, view: TriangleSetup) {
        let polygon = Clipper.clip(
            [
                ClipVertex(place: found.a.place, weights: SIMD3(1, 0, 0)),
                ClipVertex(place: found.b.place, weights: SIMD3(0, 1, 0)),
                ClipVertex(place: found.c.place, weights: SIMD3(0, 0, 1)),
            ],
            near: view.near
        )
        for last in polygon.indices.dropFirst(2) {
            let part = Corners(a: polygon[0], b: polygon[last - 1], c: polygon[last])
            let vertices = part.map { ScreenVertex($0.place, grid: view.grid, near: view.near) }
            add(vertices, triangle: triangle, clip: part.map(\.weights), view: view)
        }
    }

    @inline(__always)
    private mutating func add(
        _ vertices: Corners<ScreenVertex>,
        triangle: Int,
        clip: Corners<SIMD3<Float>>?,
        view: TriangleSetup
    ) {
        guard vertices.a.isOnGrid && vertices.b.isOnGrid && vertices.c.isOnGrid else { return }
        let screen = ScreenTriangle(
            a: vertices.a.grid,
            b: vertices.b.grid,
            c: vertices.c.grid,
            inverse: SIMD3(1 / vertices.a.place.z, 1 / vertices.b.place.z, 1 / vertices.c.place.z),
            placement: view.placement,
            triangle: UInt32(truncatingIfNeeded: triangle),
            clip: clip == nil ? -1 : Int32(truncatingIfNeeded: clips.count)
        )
        let (rows, columns) = (screen.rows, screen.columns)
        guard !rows.isEmpty, !columns.isEmpty, rows.lowerBound < view.rows.upperBound,
            rows.upperBound > view.rows.lowerBound, columns.lowerBound < view.grid.width, columns.upperBound > 0,
            let isCounterClockwise = screen.isCounterClockwise,
            view.isDoubleSided || isCounterClockwise != view.isMirrored
        else { return }
        if let clip { clips.append(clip) }
        triangles.append(screen)
    }

    /// Sorts the triangles by their distance, the farthest first.
    mutating func sortBackToFront() {
        let distances = triangles.map(\.distance)
        triangles = distances.indices.sorted { (distances[$0], $1) > (distances[$1], $0) }.map { triangles[$0] }
    }

    /// Takes over another piece's triangles, behind its own.
    mutating func append(_ other: ScreenPiece) {
        let shift = Int32(truncatingIfNeeded: clips.count)
        clips += other.clips
        triangles += other.triangles.map { triangle in
            guard triangle.clip >= 0, shift > 0 else { return triangle }
            return ScreenTriangle(
                a: triangle.a,
                b: triangle.b,
                c: triangle.c,
                inverse: triangle.inverse,
                placement: triangle.placement,
                triangle: triangle.triangle,
                clip: triangle.clip + shift
            )
        }
    }

    /// Finds which triangles touch which band.
    mutating func divide(rows: Range<Int>, bandRows: Int, bandCount: Int) {
        func bands(_ triangle: ScreenTriangle) -> ClosedRange<Int> {
            let touched = triangle.rows.clamped(to: rows)
            return (touched.lowerBound - rows.lowerBound) / bandRows...(touched.upperBound - 1 - rows.lowerBound)
                / bandRows
        }
        starts = [Int32](repeating: 0, count: bandCount + 1)
        for triangle in triangles { for band in bands(triangle) { starts[band + 1] += 1 } }
        for band in 0..<bandCount { starts[band + 1] += starts[band] }
        var next = starts
        order = [UInt32](repeating: 0, count: Int(starts[bandCount]))
        for (index, triangle) in triangles.enumerated() {
            for band in bands(triangle) {
                order[Int(next[band])] = UInt32(truncatingIfNeeded: index)
                next[band] += 1
            }
        }
    }
}

/// What setting up the triangles of a placement needs to know about the picture.
struct TriangleSetup: Sendable {
    let grid: SampleGrid
    /// The rows of samples that are drawn now.
    let rows: Range<Int>
    let near: Float
    /// By its place in the list that is drawn.
    let placement: UInt32
    let isMirrored: Bool
    let isDoubleSided: Bool
}
