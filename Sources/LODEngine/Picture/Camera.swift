internal import Glibc

/// Where a picture is taken from: a perspective view.
public struct Camera: Sendable, Equatable {
    /// Where it stands.
    public var position: SIMD3<Float>
    /// What it looks at: in the middle of the picture.
    public var target: SIMD3<Float>
    /// What is up; not the direction of view.
    public var up: SIMD3<Float>
    /// From the picture's lower edge to its upper one, in radians; more than 0 and less than π.
    public var verticalFieldOfView: Float
    /// What is nearer than this, in the scene's units, is not seen; more than 0.
    public var nearDistance: Float

    /// Sets up a camera.
    public init(
        position: SIMD3<Float>,
        target: SIMD3<Float>,
        up: SIMD3<Float> = SIMD3(0, 1, 0),
        verticalFieldOfView: Float = .pi / 6,
        nearDistance: Float = 0.01
    ) {
        self.position = position
        self.target = target
        self.up = up
        self.verticalFieldOfView = verticalFieldOfView
        self.nearDistance = nearDistance
    }

    /// A view from the front, a little from the right and above, that just holds all meshes with a margin.
    ///
    /// Front is +z and up is +y, as in glTF. Takes time in proportion to the triangles.
    ///
    /// - Parameters:
    ///   - meshes: What is to be in the picture.
    ///   - aspect: The picture's width over its height.
    /// - Returns: `nil` when no triangle has a place.
    public static func threeQuarterView(of meshes: [DrawableMesh], aspect: Float) -> Camera? {
        let view = ViewAxes(back: SIMD3(0.56, 0.42, 0.82).normalized, up: SIMD3(0, 1, 0))
        let fieldOfView: Float = .pi / 7
        // The margin is taken off the opening, so that points at its edge stay inside the picture.
        let rise = tanf(fieldOfView / 2) * 0.94
        let extent = ViewExtent(of: meshes, view: view, opening: SIMD2(rise * aspect, rise))
        guard let extent else { return nil }
        let eye = extent.eye
        let position = view.right * eye.x + view.up * eye.y + view.back * eye.z
        let depth = eye.z - extent.nearest
        // A flat or single-point scene gives no depth to measure by.
        let distance = max(depth, abs(eye.z) * 1e-3, .leastNormalMagnitude * 1e6)
        return Camera(
            position: position,
            target: position - view.back * max(eye.z - extent.farthest, distance),
            up: view.up,
            verticalFieldOfView: fieldOfView,
            nearDistance: distance * 0.5
        )
    }
}

/// The directions of a view: right, up, and back toward the viewer.
struct ViewAxes {
    let right: SIMD3<Float>
    let up: SIMD3<Float>
    let back: SIMD3<Float>

    /// Axes for a direction back toward the viewer; where `up` does not help, some up is chosen.
    init(back: SIMD3<Float>, up: SIMD3<Float>) {
        var right = up.cross(back).normalized
        if right == .zero {
            right = (abs(back.x) < 0.9 ? SIMD3<Float>(1, 0, 0) : SIMD3(0, 0, 1)).cross(back).normalized
        }
        self.right = right
        self.up = back.cross(right)
        self.back = back
    }

    /// A point's coordinates along the axes.
    func coordinates(_ point: SIMD3<Float>) -> SIMD3<Float> {
        SIMD3(point.dot(right), point.dot(up), point.dot(back))
    }
}

/// The place from which all points are just seen.
///
/// A point (x, y, z) along the view's axes is inside the horizontal opening t of an eye at e when
/// |x − e.x| ≤ t (e.z − z): two half-planes, so that the greatest of x + t z and of −x + t z over all points tell the
/// nearest eye, and the same for the vertical. The direction that is not the tight one is then centred.
private struct ViewExtent {
    private(set) var eye: SIMD3<Float>
    private(set) var nearest = -Float.infinity
    private(set) var farthest = Float.infinity

    init?(of meshes: [DrawableMesh], view: ViewAxes, opening: SIMD2<Float>) {
        var plus = SIMD2(repeating: -Float.infinity)
        var minus = plus
        var (nearest, farthest) = (nearest, farthest)
        Self.forEachPoint(of: meshes, view: view) { point in
            let across = SIMD2(point.x, point.y)
            plus = pointwiseMax(plus, across + opening * point.z)
            minus = pointwiseMax(minus, opening * point.z - across)
            nearest = max(nearest, point.z)
            farthest = min(farthest, point.z)
        }
        guard nearest > -.infinity else { return nil }
        let center = (plus - minus) / 2
        let distance = (plus + minus) / (opening * 2)
        eye = SIMD3(center.x, center.y, max(distance.x, distance.y))
        (self.nearest, self.farthest) = (nearest, farthest)
        for _ in 0..<2 { recenter(meshes, view: view) }
    }

    /// Moves the eye across until the outermost points on either side look equally far out.
    private mutating func recenter(_ meshes: [DrawableMesh], view: ViewAxes) {
        let eye = eye
        guard eye.z > nearest else { return }
        // How far out the outermost points look, and one over their distance.
        var (most, least) = (SIMD2(repeating: -Float.infinity), SIMD2(repeating: Float.infinity))
        var (atMost, atLeast) = (SIMD2<Float>.zero, SIMD2<Float>.zero)
        Self.forEachPoint(of: meshes, view: view) { point in
            let inverse = 1 / (eye.z - point.z)
            let out = SIMD2(point.x - eye.x, point.y - eye.y) * inverse
            atMost.replace(with: inverse, where: out .> most)
            atLeast.replace(with: inverse, where: out .< least)
            most = pointwiseMax(most, out)
            least = pointwiseMin(least, out)
        }
        let shift = (most + least) / (atMost + atLeast)
        if shift.x.isFinite { self.eye.x += shift.x }
        if shift.y.isFinite { self.eye.y += shift.y }
    }

    /// Every corner of every triangle along the view's axes, but for those that have no place.
    private static func forEachPoint(of meshes: [DrawableMesh], view: ViewAxes, _ body: (SIMD3<Float>) -> Void) {
        for drawable in meshes {
            let positions = drawable.mesh.positions
            for index in drawable.mesh.indices where Int(index) < positions.count {
                let point = view.coordinates(drawable.transform.apply(to: positions[Int(index)]))
                if point.x.isFinite && point.y.isFinite && point.z.isFinite { body(point) }
            }
        }
    }
}

extension SIMD3<Float> {
    @inline(__always)
    func dot(_ other: SIMD3<Float>) -> Float {
        x * other.x + y * other.y + z * other.z
    }

    @inline(__always)
    func cross(_ other: SIMD3<Float>) -> SIMD3<Float> {
        SIMD3(y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
    }

    /// The same direction with length 1; zero if it has none.
    @inline(__always)
    var normalized: SIMD3<Float> {
        let length = dot(self).squareRoot()
        return length > 0 && length.isFinite ? self / length : .zero
    }
}
