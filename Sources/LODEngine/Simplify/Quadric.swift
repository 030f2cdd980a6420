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
    /// Rows of `A`, each with its component of `b` as the fourth number; below the diagonal nothing is read.
    var x: SIMD4<Float>
    var y: SIMD4<Float>
    var z: SIMD4<Float>
    /// The weight with which distances count, an area.
    var area: Float
    /// What is left at the origin.
    var c: Float

    /// The quadric of nothing: zero everywhere.
    @inline(__always)
    init() {
        x = .zero
        y = .zero
        z = .zero
        area = 0
        c = 0
    }

    /// Adds the squared distance to the plane through the origin with unit normal `normal`.
    @inline(__always)
    mutating func addPlane(_ normal: SIMD3<Float>, weight: Float) {
        let v = SIMD4(normal, 0)
        let scaled = v * weight
        x += scaled * v.x
        y += scaled * v.y
        z += scaled * v.z
    }

    /// Adds the square of the linear function `v·(p, 1)`.
    @inline(__always)
    mutating func addOuter(_ v: SIMD4<Float>, weight: Float) {
        let scaled = v * weight
        x += scaled * v.x
        y += scaled * v.y
        z += scaled * v.z
        c += scaled.w * v.w
    }

    /// Adds `2 v·p` for the first three numbers of `v`.
    @inline(__always)
    mutating func addLinear(_ v: SIMD4<Float>) {
        x.w += v.x
        y.w += v.y
        z.w += v.z
    }

    /// Adds `weight` times the squared distance to the origin, so that there is one minimum even in a plane.
    @inline(__always)
    mutating func addSpread(_ weight: Float) {
        x.x += weight
        y.y += weight
        z.z += weight
    }

    /// Adds another quadric of the same origin.
    @inline(__always)
    mutating func add(_ other: Quadric) {
        x += other.x
        y += other.y
        z += other.z
        area += other.area
        c += other.c
    }

    /// Moves the origin by `offset`: the result at `p` is what was at `p + offset`.
    @inline(__always)
    mutating func move(by offset: SIMD3<Float>) {
        let bx = x.w + (x.x * offset.x + x.y * offset.y + x.z * offset.z)
        let by = y.w + (x.y * offset.x + y.y * offset.y + y.z * offset.z)
        let bz = z.w + (x.z * offset.x + y.z * offset.y + z.z * offset.z)
        c += offset.x * (x.w + bx) + offset.y * (y.w + by) + offset.z * (z.w + bz)
        x.w = bx
        y.w = by
        z.w = bz
    }

    /// The value at `p`, never negative.
    @inline(__always)
    func value(at p: SIMD3<Float>) -> Float {
        let alongX = x.x * p.x + 2 * (x.y * p.y + x.z * p.z + x.w)
        let alongY = y.y * p.y + 2 * (y.z * p.z + y.w)
        let alongZ = z.z * p.z + 2 * z.w
        return max(0, p.x * alongX + p.y * alongY + p.z * alongZ + c)
    }

    /// Where the value is least, or `nil` where that is not one place.
    ///
    /// Solved in 64 bits by the adjugate of `A`; the determinant is compared with the cube of the trace.
    @inline(__always)
    func minimum() -> SIMD3<Float>? {
        let a = Double(x.x)
        let b = Double(x.y)
        let c = Double(x.z)
        let d = Double(y.y)
        let e = Double(y.z)
        let f = Double(z.z)
        let xx = d * f - e * e
        let xy = c * e - b * f
        let xz = b * e - c * d
        let determinant = a * xx + b * xy + c * xz
        let trace = a + d + f
        guard determinant > 1e-15 * trace * trace * trace else { return nil }
        let yy = a * f - c * c
        let yz = b * c - a * e
        let zz = a * d - b * b
        let scale = -1 / determinant
        let u = Double(x.w)
        let v = Double(y.w)
        let w = Double(z.w)
        let px = (xx * u + xy * v + xz * w) * scale
        let py = (xy * u + yy * v + yz * w) * scale
        let pz = (xz * u + yz * v + zz * w) * scale
        return SIMD3(Float(px), Float(py), Float(pz))
    }
}
