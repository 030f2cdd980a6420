/// A quadratic function of a position: the squared error that a vertex makes where it stands, weighted by area.
///
/// `value(p) = pᵀAp + 2bᵀp + c`, with `p` relative to the vertex that owns the quadric. Keeping the origin at the
/// vertex keeps `b` and `c` small, so that 32-bit numbers are enough even for a fine part of a large scene; in world
/// coordinates they would drown the error in rounding.
///
/// Sources: M. Garland and P. Heckbert, "Surface Simplification Using Quadric Error Metrics", SIGGRAPH 1997; the
/// regularised minimum follows P. Trettner and L. Kobbelt, "Fast and Robust QEF Minimization using Probabilistic
/// Quadrics", Eurographics 2020, whose isotropic term `addSpread(_:)` is.
struct Quadric: BitwiseCopyable {
    /// The upper triangle of `A`.
    var xx: Float = 0
    var xy: Float = 0
    var xz: Float = 0
    var yy: Float = 0
    var yz: Float = 0
    var zz: Float = 0
    /// The vector `b`.
    var bx: Float = 0
    var by: Float = 0
    var bz: Float = 0
    /// What is left at the origin.
    var c: Float = 0
    /// The weight with which distances count, an area.
    var area: Float = 0

    /// The quadric of nothing: zero everywhere.
    @inline(__always)
    init() {}

    /// Adds the squared distance to the plane through the origin with unit normal `normal`.
    @inline(__always)
    mutating func addPlane(_ normal: SIMD3<Float>, weight: Float) {
        let scaled = normal * weight
        xx += scaled.x * normal.x
        xy += scaled.x * normal.y
        xz += scaled.x * normal.z
        yy += scaled.y * normal.y
        yz += scaled.y * normal.z
        zz += scaled.z * normal.z
    }

    /// Adds `weight` times the squared distance to the origin, so that there is one minimum even in a plane.
    @inline(__always)
    mutating func addSpread(_ weight: Float) {
        xx += weight
        yy += weight
        zz += weight
    }

    /// Adds another quadric of the same origin.
    @inline(__always)
    mutating func add(_ other: Quadric) {
        xx += other.xx
        xy += other.xy
        xz += other.xz
        yy += other.yy
        yz += other.yz
        zz += other.zz
        bx += other.bx
        by += other.by
        bz += other.bz
        c += other.c
        area += other.area
    }

    /// Moves the origin by `offset`: the result at `p` is what was at `p + offset`.
    @inline(__always)
    mutating func move(by offset: SIMD3<Float>) {
        let x = bx + (xx * offset.x + xy * offset.y + xz * offset.z)
        let y = by + (xy * offset.x + yy * offset.y + yz * offset.z)
        let z = bz + (xz * offset.x + yz * offset.y + zz * offset.z)
        c += offset.x * (bx + x) + offset.y * (by + y) + offset.z * (bz + z)
        bx = x
        by = y
        bz = z
    }

    /// The value at `p`, never negative; no number where numbers overflowed.
    @inline(__always)
    func value(at p: SIMD3<Float>) -> Float {
        let alongX = xx * p.x + 2 * (xy * p.y + xz * p.z + bx)
        let alongY = yy * p.y + 2 * (yz * p.z + by)
        let alongZ = zz * p.z + 2 * bz
        let value = p.x * alongX + p.y * alongY + p.z * alongZ + c
        // Not by `max`, which makes 0, the least of costs, of what is no number.
        return value < 0 ? 0 : value
    }

    /// Where the value is least, or `nil` where that is not one place.
    ///
    /// Solved in 64 bits by the adjugate of `A`; the determinant is compared with the cube of the trace.
    @inline(__always)
    func minimum() -> SIMD3<Float>? {
        let a = Double(xx)
        let b = Double(xy)
        let c = Double(xz)
        let d = Double(yy)
        let e = Double(yz)
        let f = Double(zz)
        let m00 = d * f - e * e
        let m01 = c * e - b * f
        let m02 = b * e - c * d
        let determinant = a * m00 + b * m01 + c * m02
        let trace = a + d + f
        guard determinant > 1e-15 * trace * trace * trace else { return nil }
        let m11 = a * f - c * c
        let m12 = b * c - a * e
        let m22 = a * d - b * b
        let scale = -1 / determinant
        let u = Double(bx)
        let v = Double(by)
        let w = Double(bz)
        let px = (m00 * u + m01 * v + m02 * w) * scale
        let py = (m01 * u + m11 * v + m12 * w) * scale
        let pz = (m02 * u + m12 * v + m22 * w) * scale
        return SIMD3(Float(px), Float(py), Float(pz))
    }
}
