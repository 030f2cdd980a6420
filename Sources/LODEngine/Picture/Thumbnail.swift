/// Draws small pictures of meshes on the processor.
public enum Thumbnail {
    /// The greatest width and height of a picture, in pixels.
    public static let sideMax = 4_096
    /// Samples per pixel along each axis.
    private static let sampleSide = 2

    /// A picture of meshes before a transparent background, with smooth edges (four samples for each pixel).
    ///
    /// What has alpha blends with what is behind it, as far as sorting each mesh's triangles by their distance goes. The same
    /// input gives the same picture. Takes time in proportion to triangles and pixels, on the calling thread, and 80
    /// bytes for each pixel.
    ///
    /// - Parameters:
    ///   - meshes: What is seen. Indices beyond the vertices and coordinates that are not finite are left out.
    ///   - width: Pixels in a row, 1 to `sideMax`.
    ///   - height: Rows, 1 to `sideMax`.
    ///   - camera: Where it is taken from; by default `Camera.threeQuarterView`.
    /// - Throws: `LODError.Code.invalidImage` when the size is out of its range.
    public static func picture(
        of meshes: [DrawableMesh],
        width: Int,
        height: Int,
        camera: Camera? = nil
    ) throws -> Picture {
        guard (1...sideMax).contains(width), (1...sideMax).contains(height) else {
            throw LODError(
                .invalidImage,
                "a picture cannot be \(width) × \(height) pixels; take 1 to \(sideMax) for each side"
            )
        }
        let aspect = Float(width) / Float(height)
        guard let camera = camera ?? .threeQuarterView(of: meshes, aspect: aspect) else {
            return Picture(width: width, height: height)
        }
        var rasterizer = Rasterizer(width: width * sampleSide, height: height * sampleSide, camera: camera)
        for drawable in meshes where drawable.material.transparency != .blend { rasterizer.draw(drawable) }
        for drawable in meshes where drawable.material.transparency == .blend { rasterizer.draw(drawable) }
        return rasterizer.resolved(side: sampleSide)
    }
}
