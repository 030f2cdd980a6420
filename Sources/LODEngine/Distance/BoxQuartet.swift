/// Four boxes, axis by axis, so that one instruction does the same for all.
struct BoxQuartet: BitwiseCopyable {
    var lowX = SIMD4<Float>(repeating: .infinity)
    var lowY = SIMD4<Float>(repeating: .infinity)
    var lowZ = SIMD4<Float>(repeating: .infinity)
    var highX = SIMD4<Float>(repeating: -.infinity)
    var highY = SIMD4<Float>(repeating: -.infinity)
    var highZ = SIMD4<Float>(repeating: -.infinity)
    /// The node of the first child.
    var firstChild: UInt32 = 0

    mutating func set(_ lane: Int, low: SIMD3<Float>, high: SIMD3<Float>) {
        lowX[lane] = low.x
        lowY[lane] = low.y
        lowZ[lane] = low.z
        highX[lane] = high.x
        highY[lane] = high.y
        highZ[lane] = high.z
    }

    /// The box around the four.
    var box: BoundingBox {
        BoundingBox(
            min: SIMD3(lowX.min(), lowY.min(), lowZ.min()),
            max: SIMD3(highX.max(), highY.max(), highZ.max())
        )
    }

    /// The squares of a point's distances; infinite where there is no box.
    @inline(__always)
    func squaredDistances(from point: SIMD3<Float>) -> SIMD4<Float> {
        let x = Self.outside(lowX, highX, point.x)
        let y = Self.outside(lowY, highY, point.y)
        let z = Self.outside(lowZ, highZ, point.z)
        return x * x + y * y + z * z
    }

    @inline(__always)
    private static func outside(_ low: SIMD4<Float>, _ high: SIMD4<Float>, _ point: Float) -> SIMD4<Float> {
        let place = SIMD4(repeating: point)
        let (below, above) = (low - place, place - high)
        let larger = below.replacing(with: above, where: above .> below)
        return larger.replacing(with: 0, where: larger .< 0)
    }
}
