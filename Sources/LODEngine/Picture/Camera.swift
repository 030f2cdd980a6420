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
        guard let scene = try? PreparedScene(meshes, threadCount: 1) else { return nil }
        return threeQuarterView(of: scene, aspect: aspect)
    }

    /// The same of meshes that are made ready.
    static func threeQuarterView(of scene: PreparedScene, aspect: Float) -> Camera? {
        let view = ViewAxes(back: SIMD3(0.56, 0.42, 0.82).normalized, up: SIMD3(0, 1, 0))
        let fieldOfView: Float = .pi / 7
        // The margin is taken off the opening, so that points at its edge stay inside the picture.
        let rise = tanf(fieldOfView / 2) * 0.94
        let extent = ViewExtent(of: scene, view: view, opening: SIMD2(rise * aspect, rise))
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

    /// Refuses what no picture can be taken from.
    func check() throws {
        let places = [position, target, up]
        guard places.allSatisfy({ $0.x.isFinite && $0.y.isFinite && $0.z.isFinite }) else {
            throw LODError(.invalidCamera, "the camera's position, target and up must be finite numbers")
        }
        guard verticalFieldOfView > 0, verticalFieldOfView < .pi else {
            throw LODError(
                .invalidCamera,
                "the camera's field of view is \(verticalFieldOfView) radians; take more than 0 and less than π"
            )
        }
        guard nearDistance > 0, nearDistance.isFinite else {
            throw LODError(
                .invalidCamera,
                "the camera's nearest distance is \(nearDistance); take a finite one above 0"
            )
        }
    }
}

/// The directions of a view: right, up, and back toward the viewer.
struct ViewAxes: Sendable {
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
