/// The light that every picture is taken in: a key light from the upper left, a weaker one from the right that opens
/// the shadows, and a sky that is brighter than the ground; with a highlight of the key (Blinn, 1977).
struct Lighting: Sendable {
    private let key: SIMD3<Float>
    private let fill: SIMD3<Float>
    private let halfway: SIMD3<Float>
    private let up: SIMD3<Float>

    init(view: ViewAxes) {
        key = (view.back * 0.62 + view.up * 0.72 - view.right * 0.45).normalized
        fill = (view.back * 0.45 + view.up * 0.05 + view.right * 0.9).normalized
        halfway = (key + view.back).normalized
        up = view.up
    }

    /// The light that a surface of linear colour `color` sends to the viewer.
    @inline(__always)
    func light(_ color: SIMD3<Float>, normal: SIMD3<Float>) -> SIMD3<Float> {
        let sky = 0.5 + 0.5 * normal.dot(up)
        let diffuse = 0.12 + 0.18 * sky + 0.72 * max(0, normal.dot(key)) + 0.18 * max(0, normal.dot(fill))
        var shine = max(0, normal.dot(halfway))
        for _ in 0..<5 { shine *= shine }
        let light = color * diffuse + SIMD3(repeating: 0.07 * shine + 0.012 * sky)
        // A shoulder like film's, so that white keeps its shape where the key falls on it.
        return light * (1 + 0.15 * light) / (1 + 0.45 * light)
    }
}
