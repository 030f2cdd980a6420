/// Cuts polygons into triangles.
///
/// A convex polygon becomes a fan from its first corner. A concave one of up to `earClippedCornersMax` corners is cut
/// ear by ear (G. H. Meisters, "Polygons have ears", 1975) in the plane of its Newell normal; a larger one, and one
/// that crosses itself so that no ear is left, is fanned; so are all once a file has used up its tests of ears.
enum Triangulation {
    /// Ear clipping takes cubic time at worst, so that it is kept to polygons of this size.
    static let earClippedCornersMax = 256

    /// Tests of a corner against an ear that one file may cost: about a second.
    static let testsMax = 1 << 28

    /// Calls `emit` with three places in `corners`, which holds the polygon's positions, for each triangle.
    ///
    /// - Parameters:
    ///   - corners: The polygon's positions.
    ///   - testsLeft: The tests of ears that the file may still cost.
    ///   - emit: Takes each triangle's corners.
    static func triangulate(
        _ corners: [SIMD3<Float>],
        testsLeft: inout Int,
        emit: (Int, Int, Int) -> Void
    ) {
        guard corners.count > 3 else {
            if corners.count == 3 { emit(0, 1, 2) }
            return
        }
        if corners.count <= earClippedCornersMax, testsLeft > 0, let flat = projected(corners) {
            let isConvex = corners.indices.allSatisfy { corner in
                cross(
                    flat[corner],
                    flat[(corner + 1) % flat.count],
                    flat[(corner + 2) % flat.count]
                ) >= 0
            }
            if !isConvex { return clipEars(flat, testsLeft: &testsLeft, emit: emit) }
        }
        for corner in 1..<corners.count - 1 { emit(0, corner, corner + 1) }
    }

    /// The polygon seen along its normal, counter-clockwise; `nil` if it has no area.
    private static func projected(_ corners: [SIMD3<Float>]) -> [SIMD2<Double>]? {
        var normal = SIMD3<Double>.zero
        for (index, corner) in corners.enumerated() {
            let a = SIMD3<Double>(corner)
            let b = SIMD3<Double>(corners[(index + 1) % corners.count])
            normal.x += (a.y - b.y) * (a.z + b.z)
            normal.y += (a.z - b.z) * (a.x + b.x)
            normal.z += (a.x - b.x) * (a.y + b.y)
        }
        let size = SIMD3(abs(normal.x), abs(normal.y), abs(normal.z))
        guard size.max() > 0 else { return nil }
        if size.z == size.max() {
            return corners.map { SIMD2(Double($0.x), normal.z > 0 ? Double($0.y) : -Double($0.y)) }
        }
        if size.y == size.max() {
            return corners.map { SIMD2(Double($0.z), normal.y > 0 ? Double($0.x) : -Double($0.x)) }
        }
        return corners.map { SIMD2(Double($0.y), normal.x > 0 ? Double($0.z) : -Double($0.z)) }
    }

    private static func clipEars(_ flat: [SIMD2<Double>], testsLeft: inout Int, emit: (Int, Int, Int) -> Void) {
        var left = Array(flat.indices)
        while left.count > 3 {
            let found = left.indices.first { isEar(at: $0, of: left, flat) }
            let ear = found ?? 1
            testsLeft -= (found.map { $0 + 1 } ?? left.count) * left.count
            let before = left[(ear + left.count - 1) % left.count]
            emit(before, left[ear], left[(ear + 1) % left.count])
            left.remove(at: ear)
        }
        emit(left[0], left[1], left[2])
    }

    /// Whether the triangle at corner `place` of what is left turns left and holds no other corner.
    private static func isEar(at place: Int, of left: [Int], _ flat: [SIMD2<Double>]) -> Bool {
        let a = flat[left[(place + left.count - 1) % left.count]]
        let b = flat[left[place]]
        let c = flat[left[(place + 1) % left.count]]
        guard cross(a, b, c) > 0 else { return false }
        for other in left {
            let point = flat[other]
            if point == a || point == b || point == c { continue }
            if cross(a, b, point) >= 0, cross(b, c, point) >= 0, cross(c, a, point) >= 0 { return false }
        }
        return true
    }

    /// Twice the signed area of the triangle.
    private static func cross(_ a: SIMD2<Double>, _ b: SIMD2<Double>, _ c: SIMD2<Double>) -> Double {
        (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
    }
}

/// Converts colours that files state for display into the linear ones that meshes hold.
enum DisplayColor {
    /// The linear value of an sRGB component (IEC 61966-2-1), both 0 to 1.
    static func linear(_ component: Float) -> Float {
        component <= 0.04045 ? component / 12.92 : Float(pow24((Double(component) + 0.055) / 1.055))
    }

    /// `base` to the power 2.4, for a base of 0 to 1: 2.4 = 2 + 2/5, and the fifth root by Newton's method.
    private static func pow24(_ base: Double) -> Double {
        let square = base * base
        guard square > 0 else { return 0 }
        var root = 1.0
        for _ in 0..<40 {
            let fourth = root * root * root * root
            let next = (4 * root + square / fourth) / 5
            if next == root { break }
            root = next
        }
        return square * root
    }
}
