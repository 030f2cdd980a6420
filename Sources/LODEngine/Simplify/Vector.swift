/// The vector at right angles to both, as long as their parallelogram is large.
@inline(__always)
func cross(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> SIMD3<Float> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

/// The scalar product.
@inline(__always)
func dot(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> Float {
    a.x * b.x + a.y * b.y + a.z * b.z
}

/// The Euclidean length.
@inline(__always)
func length(_ a: SIMD3<Float>) -> Float {
    dot(a, a).squareRoot()
}

/// `vector` at length 1, or `nil` where it has no direction.
@inline(__always)
func unitVector(_ vector: SIMD3<Float>) -> SIMD3<Float>? {
    let size = length(vector)
    guard size > 1e-12, size.isFinite else { return nil }
    return vector / size
}
