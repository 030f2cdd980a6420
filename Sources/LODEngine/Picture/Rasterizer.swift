/// Draws triangles into a grid of samples, with a depth for each (Pineda, "A parallel algorithm for polygon
/// rasterization", 1988; perspective by Heckbert and Moreton, "Interpolation for polygon texture mapping", 1991).
///
/// Corners are rounded to 1/256 of a sample and edges are then exact integers, so that triangles that share an edge
/// leave no gap and overlap nowhere.
struct Rasterizer {
    let width: Int
    let height: Int
    private let projection: Projection
    private let lighting: Lighting
    /// One over the distance of what is seen; 0 is nothing.
    private var depth: [Float]
    /// Linear light, with alpha multiplied in.
    private var color: [SIMD4<Float>]

    /// A grid of samples in which nothing is seen yet.
    init(width: Int, height: Int, camera: Camera) {
        self.width = width
        self.height = height
        projection = Projection(camera: camera, aspect: Float(width) / Float(height))
        lighting = Lighting(view: projection.view)
        depth = [Float](repeating: 0, count: width * height)
        color = [SIMD4<Float>](repeating: .zero, count: width * height)
    }

    /// Draws a mesh over what is there; meshes that blend come last.
    mutating func draw(_ drawable: DrawableMesh) {
        let surface = Surface(drawable, projection: projection)
        for start in surface.drawingOrder {
            guard let corners = surface.corners(start) else { continue }
            let places = corners.map { surface.places[$0] }
            switch Clipper.verdict(places.a, places.b, places.c, near: projection.nearDistance) {
            case .outside: continue
            case .inside:
                fill(
                    ClipVertex(place: places.a, weights: SIMD3(1, 0, 0)),
                    ClipVertex(place: places.b, weights: SIMD3(0, 1, 0)),
                    ClipVertex(place: places.c, weights: SIMD3(0, 0, 1)),
                    of: corners,
                    start: start,
                    surface
                )
            case .crossing:
                let polygon = Clipper.clip(
                    [
                        ClipVertex(place: places.a, weights: SIMD3(1, 0, 0)),
                        ClipVertex(place: places.b, weights: SIMD3(0, 1, 0)),
                        ClipVertex(place: places.c, weights: SIMD3(0, 0, 1)),
                    ],
                    near: projection.nearDistance
                )
                for last in polygon.indices.dropFirst(2) {
                    fill(polygon[0], polygon[last - 1], polygon[last], of: corners, start: start, surface)
                }
            }
        }
    }

    private mutating func fill(
        _ a: ClipVertex,
        _ b: ClipVertex,
        _ c: ClipVertex,
        of corners: Corners<Int>,
        start: Int,
        _ surface: Surface
    ) {
        guard var edges = EdgeFunctions(a.place, b.place, c.place, width: width, height: height) else { return }
        let isFront = edges.isCounterClockwise != surface.isMirrored
        guard isFront || surface.material.isDoubleSided else { return }
        let shader = TriangleShader(
            surface,
            corners: corners,
            normals: surface.normals(start, corners),
            isFront: isFront,
            lighting: lighting,
            sampleCount: edges.area / 2
        )
        let inverse = SIMD3(1 / a.place.z, 1 / b.place.z, 1 / c.place.z)
        for y in edges.rows {
            let row = y * width
            for x in edges.startRow(y) {
                if let shares = edges.shares {
                    let scaled = shares * inverse
                    let nearness = scaled.x + scaled.y + scaled.z
                    if nearness > depth[row + x] {
                        let share = scaled / nearness
                        let weights = a.weights * share.x + b.weights * share.y + c.weights * share.z
                        place(shader.color(weights), nearness: nearness, at: row + x, shader.transparency)
                    }
                }
                edges.step()
            }
        }
    }

    @inline(__always)
    private mutating func place(
        _ sample: SIMD4<Float>,
        nearness: Float,
        at index: Int,
        _ transparency: DrawableMaterial.Transparency
    ) {
        switch transparency {
        case .opaque:
            depth[index] = nearness
            color[index] = SIMD4(sample.x, sample.y, sample.z, 1)
        case .mask(let cutoff):
            guard sample.w >= cutoff else { return }
            depth[index] = nearness
            color[index] = SIMD4(sample.x, sample.y, sample.z, 1)
        case .blend:
            let alpha = min(max(sample.w, 0), 1)
            let source = SIMD4(sample.x * alpha, sample.y * alpha, sample.z * alpha, alpha)
            color[index] = source + color[index] * (1 - alpha)
        }
    }

    /// The picture of `side` × `side` samples for each pixel, averaged in linear light.
    func resolved(side: Int) -> Picture {
        var picture = Picture(width: width / side, height: height / side)
        for y in 0..<picture.height {
            for x in 0..<picture.width {
                var sum = SIMD4<Float>.zero
                for row in y * side..<(y + 1) * side {
                    for sample in color[row * width + x * side..<row * width + (x + 1) * side] {
                        sum += pointwiseMin(sample, .one)
                    }
                }
                guard sum.w > 0 else { continue }
                picture.set(x, y, SIMD4(sum.x / sum.w, sum.y / sum.w, sum.z / sum.w, sum.w / Float(side * side)))
            }
        }
        return picture
    }
}
