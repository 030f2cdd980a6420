/// A 4×4 matrix in double precision, so that a deep tree of nodes does not shake its leaves.
struct WorldMatrix {
    private var x: SIMD4<Double>
    private var y: SIMD4<Double>
    private var z: SIMD4<Double>
    private var w: SIMD4<Double>

    static let identity = WorldMatrix(columnMajor: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])

    /// A matrix of 16 numbers, column by column.
    init(columnMajor numbers: [Double]) {
        x = SIMD4(numbers[0], numbers[1], numbers[2], numbers[3])
        y = SIMD4(numbers[4], numbers[5], numbers[6], numbers[7])
        z = SIMD4(numbers[8], numbers[9], numbers[10], numbers[11])
        w = SIMD4(numbers[12], numbers[13], numbers[14], numbers[15])
    }

    /// First scaling, then turning by a quaternion, then moving.
    init(translation: SIMD3<Double>, rotation: SIMD4<Double>, scale: SIMD3<Double>) {
        let square = (rotation * rotation).sum()
        let q = square > 0 ? rotation / square.squareRoot() : SIMD4(0, 0, 0, 1)
        x =
            SIMD4(1 - 2 * (q.y * q.y + q.z * q.z), 2 * (q.x * q.y + q.w * q.z), 2 * (q.x * q.z - q.w * q.y), 0)
            * scale.x
        y =
            SIMD4(2 * (q.x * q.y - q.w * q.z), 1 - 2 * (q.x * q.x + q.z * q.z), 2 * (q.y * q.z + q.w * q.x), 0)
            * scale.y
        z =
            SIMD4(2 * (q.x * q.z + q.w * q.y), 2 * (q.y * q.z - q.w * q.x), 1 - 2 * (q.x * q.x + q.y * q.y), 0)
            * scale.z
        w = SIMD4(translation, 1)
    }

    /// This matrix after `other`.
    func multiplied(by other: WorldMatrix) -> WorldMatrix {
        var product = self
        product.x = apply(to: other.x)
        product.y = apply(to: other.y)
        product.z = apply(to: other.z)
        product.w = apply(to: other.w)
        return product
    }

    private func apply(to vector: SIMD4<Double>) -> SIMD4<Double> {
        let xy = x * vector.x + y * vector.y
        let zw = z * vector.z + w * vector.w
        return xy + zw
    }

    /// The matrix in single precision.
    var transform: Transform {
        Transform(x: SIMD4(x), y: SIMD4(y), z: SIMD4(z), origin: SIMD4(w))
    }
}
