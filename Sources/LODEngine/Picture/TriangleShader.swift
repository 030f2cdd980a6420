/// What one triangle looks like at each of its points.
struct TriangleShader {
    private let lighting: Lighting
    private let factor: SIMD4<Float>
    private let normals: Corners<SIMD3<Float>>
    /// The plane's own normal, toward the viewer: for where the vertices have none.
    private let faceNormal: SIMD3<Float>
    /// −1 where the back is seen, so that it is lit as the front of its other side.
    private let side: Float
    private let colors: Corners<SIMD4<Float>>?
    private let textured: Textured?
    private let inverse: SIMD3<Float>
    private let clip: Corners<SIMD3<Float>>?
    /// Where the corners are in the scene.
    private let points: Corners<SIMD3<Float>>

    private struct Textured {
        let texture: DrawableTexture
        let level: Int
        let coordinates: Corners<SIMD2<Float>>
    }

    init?(
        _ screen: ScreenTriangle,
        edges: EdgeFunctions,
        clip: Corners<SIMD3<Float>>?,
        mesh: PreparedMesh,
        placed: PlacedMesh,
        material: DrawableMaterial,
        lighting: Lighting
    ) {
        let triangle = Int(screen.triangle)
        guard let corners = mesh.corners(triangle) else { return nil }
        self.lighting = lighting
        self.clip = clip
        inverse = screen.inverse
        factor = material.baseColorFactor
        normals = mesh.normals(triangle, corners).map { placed.normal($0) }
        let isFront = edges.isCounterClockwise != placed.isMirrored
        side = isFront ? 1 : -1
        points = corners.map { placed.point(mesh.positions[$0]) }
        let plane = (points.b - points.a).cross(points.c - points.a).normalized
        faceNormal = isFront == placed.isMirrored ? -plane : plane
        colors = mesh.colors.isEmpty ? nil : corners.map { mesh.colors[$0] }
        textured = material.baseColorTexture.flatMap { texture in
            let set = texture.coordinateSet
            guard mesh.textureCoordinates.indices.contains(set),
                mesh.textureCoordinates[set].count == mesh.positions.count
            else { return nil }
            let places = corners.map { texture.coordinates(mesh.textureCoordinates[set][$0]) }
            let (u, v) = (places.b - places.a, places.c - places.a)
            // What clipping cut off covers the texture, but not the screen: the level is then a little coarse.
            let level = texture.level(area: abs(u.x * v.y - u.y * v.x) / 2, samples: edges.area / 2)
            return Textured(texture: texture, level: level, coordinates: places)
        }
    }

    /// How much each corner counts where the edges' shares of the area on the screen are these: Heckbert and Moreton,
    /// "Interpolation for polygon texture mapping and shading", 1991.
    @inline(__always)
    func weights(_ shares: SIMD3<Float>) -> SIMD3<Float> {
        let scaled = shares * inverse
        let weights = scaled / (scaled.x + scaled.y + scaled.z)
        return clip?.mixed(weights) ?? weights
    }

    /// Where in the scene the point is at which the corners count as much as `weights` says.
    @inline(__always)
    func point(_ weights: SIMD3<Float>) -> SIMD3<Float> {
        points.mixed(weights)
    }

    /// Linear RGBA of the surface itself.
    @inline(__always)
    func base(_ weights: SIMD3<Float>) -> SIMD4<Float> {
        var base = factor
        if let colors { base *= colors.mixed(weights) }
        if let textured {
            base *= textured.texture.sample(textured.coordinates.mixed(weights), level: textured.level)
        }
        return base
    }

    /// Linear light and alpha of a surface of colour `base`.
    @inline(__always)
    func lit(_ base: SIMD4<Float>, _ weights: SIMD3<Float>) -> SIMD4<Float> {
        let mixed = normals.mixed(weights)
        let length = mixed.dot(mixed)
        let normal = length > 1e-12 ? mixed * (side / length.squareRoot()) : faceNormal
        let light = lighting.light(SIMD3(base.x, base.y, base.z), normal: normal)
        return SIMD4(light.x, light.y, light.z, base.w)
    }
}
