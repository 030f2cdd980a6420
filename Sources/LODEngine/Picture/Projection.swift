internal import Glibc

/// From the scene to the picture.
struct Projection: Sendable {
    let view: ViewAxes
    private let position: SIMD3<Float>
    private let scale: SIMD2<Float>
    let nearDistance: Float

    init(camera: Camera, aspect: Float) {
        view = ViewAxes(back: (camera.position - camera.target).normalized, up: camera.up)
        position = camera.position
        let rise = tanf(camera.verticalFieldOfView / 2)
        scale = SIMD2(1 / (rise * aspect), 1 / rise)
        nearDistance = camera.nearDistance
    }

    /// The way from a mesh's coordinates to homogeneous ones (x, y, w): the picture is |x| ≤ w, |y| ≤ w, with x to the
    /// right and y up, and w is the distance along the view.
    ///
    /// Computed in double precision, for a scene may lie far from its origin.
    func map(_ transform: Transform) -> AffineMap {
        let (right, up, back) = (SIMD3<Double>(view.right), SIMD3<Double>(view.up), SIMD3<Double>(view.back))
        let (rightScale, upScale) = (Double(scale.x), Double(scale.y))
        func seen(_ column: SIMD4<Float>, _ shift: SIMD3<Double>) -> SIMD4<Float> {
            let vector = SIMD3(Double(column.x), Double(column.y), Double(column.z)) - shift
            let place = SIMD4(
                (vector * right).sum() * rightScale,
                (vector * up).sum() * upScale,
                -(vector * back).sum(),
                0
            )
            return SIMD4<Float>(place)
        }
        return AffineMap(
            x: seen(transform.x, .zero),
            y: seen(transform.y, .zero),
            z: seen(transform.z, .zero),
            origin: seen(transform.origin, SIMD3<Double>(position))
        )
    }
}

/// A corner of a triangle, or of what clipping left of one.
struct ClipVertex: Sendable {
    /// Homogeneous coordinates, as `Projection` gives them.
    var place: SIMD3<Float>
    /// How much each corner of the whole triangle counts here.
    var weights: SIMD3<Float>
}

/// Cuts triangles at the borders of what is seen (Sutherland and Hodgman, "Reentrant polygon clipping", 1974).
enum Clipper {
    /// The signed distances to the five borders; negative is outside.
    private static func distances(_ place: SIMD3<Float>, near: Float) -> SIMD8<Float> {
        let (x, y, w) = (place.x, place.y, place.z)
        return SIMD8(w - near, w + x, w - x, w + y, w - y, 0, 0, 0)
    }

    /// A bit for each border that a place is beyond; all of them where a coordinate is not a number.
    @inline(__always)
    static func outcode(_ place: SIMD3<Float>, near: Float) -> UInt8 {
        let (x, y, w) = (place.x, place.y, place.z)
        var code: UInt8 = w >= near ? 0 : 1
        code |= -x <= w ? 0 : 2
        code |= x <= w ? 0 : 4
        code |= -y <= w ? 0 : 8
        code |= y <= w ? 0 : 16
        return code
    }

    /// What is left of a polygon; fewer than three corners if nothing is.
    static func clip(_ polygon: [ClipVertex], near: Float) -> [ClipVertex] {
        var polygon = polygon
        for border in 0..<5 {
            var kept: [ClipVertex] = []
            for (index, vertex) in polygon.enumerated() {
                let next = polygon[(index + 1) % polygon.count]
                let here = distances(vertex.place, near: near)[border]
                let there = distances(next.place, near: near)[border]
                if here >= 0 { kept.append(vertex) }
                if (here >= 0) != (there >= 0) {
                    let share = here / (here - there)
                    kept.append(
                        ClipVertex(
                            place: vertex.place + (next.place - vertex.place) * share,
                            weights: vertex.weights + (next.weights - vertex.weights) * share
                        )
                    )
                }
            }
            polygon = kept
            if polygon.count < 3 { return [] }
        }
        return polygon
    }
}
