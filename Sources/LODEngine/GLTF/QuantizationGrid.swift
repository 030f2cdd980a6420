/// A mesh's positions as whole numbers: `origin + step · number`.
///
/// One step serves all axes: normals are not on the grid, and only a uniform scale leaves their direction as it is.
struct PositionGrid: Hashable {
    let origin: SIMD3<Float>
    let step: Float
    /// The greatest number.
    let most: Int

    /// The grid of `bits` bits around `box` whose steps also hold `deltaMax` in 16 bits with a sign.
    init?(_ box: BoundingBox, bits: Int, deltaMax: Float) {
        let extent = (box.max - box.min).max()
        guard extent.isFinite, deltaMax.isFinite else { return nil }
        most = (1 << bits) - 1
        origin = box.min
        let step = max(extent / Float(most), deltaMax / 32767)
        guard step.isFinite, extent == 0 || step.isNormal, box.min.x.isFinite, box.min.y.isFinite, box.min.z.isFinite
        else { return nil }
        self.step = step > 0 ? step : 1
    }

    /// How far a position may come to lie from where it was: half a step on every axis.
    var error: Float { step * 0.5 * Float(3).squareRoot() }

    /// The nearest numbers.
    func numbers(_ position: SIMD3<Float>) -> SIMD3<UInt16> {
        let scaled = ((position - origin) / step).rounded(.toNearestOrAwayFromZero)
        let clamped = pointwiseMin(pointwiseMax(scaled, .zero), SIMD3(repeating: Float(most)))
        return SIMD3<UInt16>(clamped)
    }

    /// The nearest numbers of a difference between positions.
    func numbers(delta: SIMD3<Float>) -> SIMD3<Int16> {
        let scaled = (delta / step).rounded(.toNearestOrAwayFromZero)
        let most = SIMD3<Float>(repeating: 32767)
        return SIMD3<Int16>(pointwiseMin(pointwiseMax(scaled, -most), most))
    }
}

/// Texture coordinates as whole numbers: `origin + step · number` on each axis.
struct TextureGrid: Hashable {
    let origin: SIMD2<Float>
    let step: SIMD2<Float>

    /// The grid from `low` to `high` of at least `bits` bits over a unit; `nil` where 16 bits do not hold it.
    init?(from low: SIMD2<Float>, to high: SIMD2<Float>, bits: Int) {
        let extent = (high - low).max()
        guard extent.isFinite else { return nil }
        var grown = bits
        while grown < 17, extent > Float(1 << (grown - bits)) { grown += 1 }
        guard grown <= 16 else { return nil }
        origin = low
        let steps = (high - low) / Float((1 << grown) - 1)
        step = SIMD2(steps.x.isNormal ? steps.x : 1, steps.y.isNormal ? steps.y : 1)
    }

    /// The nearest numbers.
    func numbers(_ coordinate: SIMD2<Float>) -> SIMD2<UInt16> {
        let scaled = ((coordinate - origin) / step).rounded(.toNearestOrAwayFromZero)
        return SIMD2<UInt16>(pointwiseMin(pointwiseMax(scaled, .zero), SIMD2(repeating: 65535)))
    }
}
