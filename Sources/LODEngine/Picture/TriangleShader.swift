/// What one triangle looks like at each of its points.
struct TriangleShader {
    let transparency: DrawableMaterial.Transparency
    private let lighting: Lighting
    private let factor: SIMD4<Float>
    private let normals: Corners<SIMD3<Float>>
    /// The plane's own normal, toward the viewer: for where the vertices have none.
    private let faceNormal: SIMD3<Float>
    /// −1 where the back is seen, so that it is lit as the front of its other side.
    private let side: Float
    private let colors: Corners<SIMD4<Float>>?
    private let textured: Textured?

    private struct Textured {
        let texture: DrawableTexture
        let level: Int
        let coordinates: Corners<SIMD2<Float>>
    }

    init(
        _ surface: Surface,
        corners: Corners<Int>,
        normals: Corners<SIMD3<Float>>,
        isFront: Bool,
        lighting: Lighting,
        sampleCount: Float
    ) {
        self.lighting = lighting
        transparency = surface.material.transparency
        factor = surface.material.baseColorFactor
        self.normals = normals
        side = isFront ? 1 : -1
        let points = corners.map { surface.points[$0] }
        let plane = (points.b - points.a).cross(points.c - points.a).normalized
        faceNormal = isFront == surface.isMirrored ? -plane : plane
        colors = surface.colors.isEmpty ? nil : corners.map { surface.colors[$0] }
        if let texture = surface.material.baseColorTexture, !surface.textureCoordinates.isEmpty {
            let places = corners.map { surface.textureCoordinates[$0] }
            let (u, v) = (places.b - places.a, places.c - places.a)
            let level = texture.level(area: abs(u.x * v.y - u.y * v.x) / 2, samples: sampleCount)
            textured = Textured(texture: texture, level: level, coordinates: places)
        } else {
            textured = nil
        }
    }

    /// Linear light and alpha where the corners count as much as `weights` says.
    @inline(__always)
    func color(_ weights: SIMD3<Float>) -> SIMD4<Float> {
        var base = factor
        if let colors { base *= colors.mixed(weights) }
        if let textured {
            base *= textured.texture.sample(textured.coordinates.mixed(weights), level: textured.level)
        }
        let mixed = normals.mixed(weights)
        let length = mixed.dot(mixed)
        let normal = length > 1e-12 ? mixed * (side / length.squareRoot()) : faceNormal
        let light = lighting.light(SIMD3(base.x, base.y, base.z), normal: normal)
        return SIMD4(light.x, light.y, light.z, base.w)
    }
}
