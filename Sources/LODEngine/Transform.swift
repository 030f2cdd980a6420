/// A 4×4 matrix in glTF's convention: columns in order, the last one holds the translation.
public struct Transform: Sendable, Hashable {
    /// Where the x axis goes, then y, z and the origin.
    public var columns: [SIMD4<Float>] { [x, y, z, origin] }

    /// The first column: where the x axis goes.
    public var x: SIMD4<Float>
    /// The second column: where the y axis goes.
    public var y: SIMD4<Float>
    /// The third column: where the z axis goes.
    public var z: SIMD4<Float>
    /// The fourth column: where the origin goes.
    public var origin: SIMD4<Float>

    /// A matrix of four columns.
    public init(x: SIMD4<Float>, y: SIMD4<Float>, z: SIMD4<Float>, origin: SIMD4<Float>) {
        self.x = x
        self.y = y
        self.z = z
        self.origin = origin
    }

    /// The matrix that changes nothing.
    public static let identity = Transform(
        x: SIMD4(1, 0, 0, 0),
        y: SIMD4(0, 1, 0, 0),
        z: SIMD4(0, 0, 1, 0),
        origin: SIMD4(0, 0, 0, 1)
    )

    /// Whether all numbers are finite.
    var isFinite: Bool {
        // Zero times infinity or NaN is NaN, which no number equals.
        let sum: SIMD4<Float> = x * 0 + y * 0
        return sum + z * 0 + origin * 0 == .zero
    }

    /// Where a point goes.
    public func apply(to point: SIMD3<Float>) -> SIMD3<Float> {
        let moved = x * point.x + y * point.y + z * point.z + origin
        return SIMD3(moved.x, moved.y, moved.z)
    }

    /// The signed volume that it makes of a unit cube; where it is negative, triangles show their other side.
    public var determinant: Float {
        x.x * (y.y * z.z - y.z * z.y) - y.x * (x.y * z.z - x.z * z.y) + z.x * (x.y * y.z - x.z * y.y)
    }

    /// A bound on how much longer it makes any vector, exact where the axes stay at right angles.
    ///
    /// The largest sum of magnitudes in a row of the matrix's product with its transpose bounds that product's
    /// eigenvalues (Gershgorin).
    var stretch: Float {
        func dot(_ a: SIMD4<Float>, _ b: SIMD4<Float>) -> Float { abs(a.x * b.x + a.y * b.y + a.z * b.z) }
        let (xy, yz, zx) = (dot(x, y), dot(y, z), dot(z, x))
        return max(dot(x, x) + xy + zx, dot(y, y) + xy + yz, dot(z, z) + zx + yz).squareRoot()
    }
}
