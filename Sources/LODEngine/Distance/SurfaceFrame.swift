/// The frame in which distances are measured: about the middle of a surface, in parts of its longest side.
///
/// So squares of lengths stay far from the ends of 32-bit numbers, and rounding is a part of the surface's own size.
struct SurfaceFrame: Sendable {
    let origin: SIMD3<Float>
    /// The longest side of the box, or 1 where that has none.
    let extent: Float
    /// The box around the surface.
    let bounds: BoundingBox

    /// The frame of the triangles of `parts`; `nil` where there are none.
    init?(_ parts: [SurfacePart]) {
        var low = SIMD3<Float>(repeating: .infinity)
        var high = -low
        for part in parts {
            for triangle in 0..<part.triangleCount {
                guard let corners = part.corners(triangle), !corners.isLine else { continue }
                low = pointwiseMin(low, pointwiseMin(corners.a, pointwiseMin(corners.b, corners.c)))
                high = pointwiseMax(high, pointwiseMax(corners.a, pointwiseMax(corners.b, corners.c)))
            }
        }
        guard low.x <= high.x else { return nil }
        bounds = BoundingBox(min: low, max: high)
        origin = low + (high - low) / 2
        let side = (high - low).max()
        extent = side.isNormal && side.isFinite ? side : 1
    }

    @inline(__always)
    func apply(_ point: SIMD3<Float>) -> SIMD3<Float> { (point - origin) / extent }
}
