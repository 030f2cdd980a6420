/// The place from which all points are just seen.
///
/// A point (x, y, z) along the view's axes is inside the horizontal opening t of an eye at e when
/// |x − e.x| ≤ t (e.z − z): two half-planes, so that the greatest of x + t z and of −x + t z over all points tell the
/// nearest eye, and the same for the vertical. The direction that is not the tight one is then centred.
///
/// All that is asked for is greatest, over a box, at one of its corners: a placement whose box's corners change nothing
/// is passed over.
struct ViewExtent {
    private(set) var eye: SIMD3<Float>
    private(set) var nearest = -Float.infinity
    private(set) var farthest = Float.infinity

    init?(of scene: PreparedScene, view: ViewAxes, opening: SIMD2<Float>) {
        var reach = Reach(opening: opening)
        Self.forEachPoint(of: scene, view: view, of: &reach)
        guard reach.nearest > -.infinity else { return nil }
        let center = (reach.plus - reach.minus) / 2
        let distance = (reach.plus + reach.minus) / (opening * 2)
        eye = SIMD3(center.x, center.y, max(distance.x, distance.y))
        (nearest, farthest) = (reach.nearest, reach.farthest)
        for _ in 0..<2 { recenter(scene, view: view) }
    }

    /// Moves the eye across until the outermost points on either side look equally far out.
    private mutating func recenter(_ scene: PreparedScene, view: ViewAxes) {
        guard eye.z > nearest else { return }
        var outmost = Outmost(eye: eye)
        Self.forEachPoint(of: scene, view: view, of: &outmost)
        let shift = (outmost.most + outmost.least) / (outmost.atMost + outmost.atLeast)
        if shift.x.isFinite { eye.x += shift.x }
        if shift.y.isFinite { eye.y += shift.y }
    }

    /// Adds every corner of every triangle along the view's axes, but for those that have no place or cannot count.
    private static func forEachPoint(of scene: PreparedScene, view: ViewAxes, of extreme: inout some Extreme) {
        for placement in scene.placements {
            let mesh = scene.meshes[placement.mesh]
            guard let bounds = mesh.bounds else { continue }
            let transform = scene.drawables[placement.drawable].transform
            func seen(_ point: SIMD3<Float>) -> SIMD3<Float> { view.coordinates(transform.apply(to: point)) }
            guard bounds.corners.contains(where: { extreme.isExceeded(by: seen($0)) }) else { continue }
            for index in mesh.indices where Int(index) < mesh.positions.count {
                let point = seen(mesh.positions[Int(index)])
                if point.x.isFinite && point.y.isFinite && point.z.isFinite { extreme.add(point) }
            }
        }
    }
}

/// Something that is greatest at the outermost of some points.
private protocol Extreme {
    /// Whether it would be greater with this point; true for what is no number.
    func isExceeded(by point: SIMD3<Float>) -> Bool
    /// Counts a point.
    mutating func add(_ point: SIMD3<Float>)
}

/// How far points reach toward the planes of the opening.
private struct Reach: Extreme {
    let opening: SIMD2<Float>
    var plus = SIMD2(repeating: -Float.infinity)
    var minus = SIMD2(repeating: -Float.infinity)
    var nearest = -Float.infinity
    var farthest = Float.infinity

    init(opening: SIMD2<Float>) {
        self.opening = opening
    }

    func isExceeded(by point: SIMD3<Float>) -> Bool {
        let across = SIMD2(point.x, point.y)
        let (plus, minus) = (across + opening * point.z, opening * point.z - across)
        return
            !(plus.x <= self.plus.x && plus.y <= self.plus.y && minus.x <= self.minus.x && minus.y <= self.minus.y
            && point.z <= nearest && point.z >= farthest)
    }

    mutating func add(_ point: SIMD3<Float>) {
        let across = SIMD2(point.x, point.y)
        plus = pointwiseMax(plus, across + opening * point.z)
        minus = pointwiseMax(minus, opening * point.z - across)
        nearest = max(nearest, point.z)
        farthest = min(farthest, point.z)
    }
}

/// How far out the outermost points look, and one over their distance.
private struct Outmost: Extreme {
    let eye: SIMD3<Float>
    var most = SIMD2(repeating: -Float.infinity)
    var least = SIMD2(repeating: Float.infinity)
    var atMost = SIMD2<Float>.zero
    var atLeast = SIMD2<Float>.zero

    init(eye: SIMD3<Float>) {
        self.eye = eye
    }

    func isExceeded(by point: SIMD3<Float>) -> Bool {
        // A box's corner may lie beside or behind the eye, where looking out has no bound.
        guard point.z < eye.z else { return true }
        let out = SIMD2(point.x - eye.x, point.y - eye.y) / (eye.z - point.z)
        return !(out.x <= most.x && out.y <= most.y && out.x >= least.x && out.y >= least.y)
    }

    mutating func add(_ point: SIMD3<Float>) {
        let inverse = 1 / (eye.z - point.z)
        let out = SIMD2(point.x - eye.x, point.y - eye.y) * inverse
        atMost.replace(with: inverse, where: out .> most)
        atLeast.replace(with: inverse, where: out .< least)
        most = pointwiseMax(most, out)
        least = pointwiseMin(least, out)
    }
}
