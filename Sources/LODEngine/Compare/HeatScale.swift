/// Colours for distances: dark blue for none, over green and yellow to red for the greatest.
struct HeatScale: Sendable {
    /// The distance that is red, as all greater ones are; above 0.
    let top: Float

    /// Linear light at equal steps of the scale.
    private static let stops: [SIMD3<Float>] = [
        SIMD3(0.030, 0.045, 0.240), SIMD3(0.020, 0.210, 0.340), SIMD3(0.110, 0.440, 0.170), SIMD3(0.830, 0.620, 0.060),
        SIMD3(0.640, 0.035, 0.030),
    ]

    /// The linear colour of a distance.
    func color(_ distance: Float) -> SIMD3<Float> {
        let last = Self.stops.count - 1
        let share = distance / top
        // Also for what is no number.
        guard share < 1 else { return Self.stops[last] }
        let place = max(share, 0) * Float(last)
        let step = min(Int(place), last - 1)
        let rest = place - Float(step)
        return Self.stops[step] * (1 - rest) + Self.stops[step + 1] * rest
    }
}

/// What colours a surface by its distance to another one.
struct DistanceColors: Sendable {
    let field: DistanceField
    let scale: HeatScale

    /// Makes what colours points on one thread.
    func finder() -> Finder { Finder(finder: field.finder(), scale: scale) }

    struct Finder {
        fileprivate let finder: DistanceField.Finder
        fileprivate let scale: HeatScale

        /// The colour of a point in the scene.
        func color(at point: SIMD3<Float>) -> SIMD4<Float> {
            SIMD4(scale.color(finder.distance(from: point)), 1)
        }
    }
}
