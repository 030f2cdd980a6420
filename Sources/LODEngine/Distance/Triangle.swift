/// Three points.
struct Triangle {
    var a: SIMD3<Float>
    var b: SIMD3<Float>
    var c: SIMD3<Float>

    /// Whether two corners are one: what collapses to a line or a point has no surface to be far from.
    @inline(__always)
    var isLine: Bool { a == b || b == c || c == a }

    @inline(__always)
    var center: SIMD3<Float> { (a + b + c) / 3 }
}

extension Triangle {
    /// How far the farthest corner is from `point`.
    @inline(__always)
    func radius(around point: SIMD3<Float>) -> Float {
        let (toA, toB, toC) = (a - point, b - point, c - point)
        return max(dot(toA, toA), dot(toB, toB), dot(toC, toC)).squareRoot()
    }

    /// Two triangles that part at the middle of the longest edge.
    ///
    /// Cut so again and again, triangles do not grow thinner (M. C. Rivara 1984).
    var halves: (Triangle, Triangle) {
        let (ab, bc, ca) = (dot(b - a, b - a), dot(c - b, c - b), dot(a - c, a - c))
        if ab >= bc, ab >= ca {
            let middle = (a + b) / 2
            return (Triangle(a: a, b: middle, c: c), Triangle(a: middle, b: b, c: c))
        }
        if bc >= ca {
            let middle = (b + c) / 2
            return (Triangle(a: a, b: b, c: middle), Triangle(a: a, b: middle, c: c))
        }
        let middle = (c + a) / 2
        return (Triangle(a: a, b: b, c: middle), Triangle(a: middle, b: b, c: c))
    }
}

extension Triangle {
    /// The point of the triangle that is closest to `p`.
    ///
    /// C. Ericson, "Real-Time Collision Detection", 2005, section 5.1.5: by the Voronoi region of the triangle's features.
    /// Rounding may choose another point than the closest, but none outside the triangle: a distance to it is never
    /// below the true one by more than the last digits of the coordinates.
    @inline(__always)
    func closestPoint(to p: SIMD3<Float>) -> SIMD3<Float> {
        let ab = b - a
        let ac = c - a
        let ap = p - a
        let d1 = dot(ab, ap)
        let d2 = dot(ac, ap)
        if d1 <= 0, d2 <= 0 { return a }
        let bp = p - b
        let d3 = dot(ab, bp)
        let d4 = dot(ac, bp)
        if d3 >= 0, d4 <= d3 { return b }
        let vc = d1 * d4 - d3 * d2
        if vc <= 0, d1 >= 0, d3 <= 0 { return d1 > d3 ? a + ab * (d1 / (d1 - d3)) : a }
        let cp = p - c
        let d5 = dot(ab, cp)
        let d6 = dot(ac, cp)
        if d6 >= 0, d5 <= d6 { return c }
        let vb = d5 * d2 - d1 * d6
        if vb <= 0, d2 >= 0, d6 <= 0 { return d2 > d6 ? a + ac * (d2 / (d2 - d6)) : a }
        let va = d3 * d6 - d5 * d4
        if va <= 0, d4 - d3 >= 0, d5 - d6 >= 0 {
            let sum = (d4 - d3) + (d5 - d6)
            return sum > 0 ? b + (c - b) * ((d4 - d3) / sum) : b
        }
        // Never below 0, which rounding makes of the areas of a sliver.
        let (u, v, w) = (max(va, 0), max(vb, 0), max(vc, 0))
        let sum = u + v + w
        guard sum > 0 else { return a }
        return a + ab * (v / sum) + ac * (w / sum)
    }
}
