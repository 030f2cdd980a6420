/// Draws small pictures of meshes on the processor.
public enum Thumbnail {
    /// The greatest width and height of a picture, in pixels.
    public static let sideMax = 4_096
    /// Samples per pixel along each axis.
    private static let sampleSide = 2

    /// Samples that are drawn at a time: larger pictures are drawn in strips of rows, each from all meshes.
    private static let stripSamples = 1 << 23

    /// A picture of meshes before a transparent background, with smooth edges (four samples for each pixel).
    ///
    /// What has alpha blends with what is behind it, as far as sorting some 250,000 triangles at a time by their distance
    /// goes. The same input gives the same picture, whatever the number of threads. Meshes that are copies of one are
    /// made ready once. Takes time in proportion to triangles and pixels; memory is 32 bytes for each vertex, 96 for each
    /// of up to two million pixels, and 4 for each pixel beyond. Blocks: call it from a thread that may wait.
    ///
    /// - Parameters:
    ///   - meshes: What is seen. Indices beyond the vertices and coordinates that are not finite are left out.
    ///   - width: Pixels in a row, 1 to `sideMax`.
    ///   - height: Rows, 1 to `sideMax`.
    ///   - camera: Where it is taken from; by default `Camera.threeQuarterView`.
    ///   - threadCount: The most threads to use, the calling one among them; by default one for each processor.
    ///   - progress: Is called on the calling thread now and then with the fraction done; what it throws ends the work
    ///     and is thrown on.
    /// - Throws: `LODError.Code.invalidImage` when the size is out of its range; `.invalidCamera` when the camera's numbers
    ///   are not finite or out of theirs; what `progress` throws.
    public static func picture(
        of meshes: [DrawableMesh],
        width: Int,
        height: Int,
        camera: Camera? = nil,
        threadCount: Int? = nil,
        progress: (Double) throws -> Void = { _ in }
    ) throws -> Picture {
        try picture(
            of: meshes,
            as: .material,
            width: width,
            height: height,
            camera: camera,
            threadCount: threadCount,
            progress: progress
        )
    }

    /// The same, drawn in strips of so many rows of samples, an even number: for tests.
    package static func picture(
        of meshes: [DrawableMesh],
        width: Int,
        height: Int,
        camera: Camera?,
        stripRows: Int
    ) throws -> Picture {
        try picture(
            of: meshes,
            as: .material,
            width: width,
            height: height,
            camera: camera,
            stripRows: stripRows,
            progress: { _ in }
        )
    }

    /// The same with the surfaces' look given.
    static func picture(
        of meshes: [DrawableMesh],
        as appearance: Rasterizer.Appearance,
        width: Int,
        height: Int,
        camera: Camera?,
        threadCount: Int? = nil,
        stripRows: Int? = nil,
        progress: (Double) throws -> Void
    ) throws -> Picture {
        guard (1...sideMax).contains(width), (1...sideMax).contains(height) else {
            throw LODError(
                .invalidImage,
                "a picture cannot be \(width) × \(height) pixels; take 1 to \(sideMax) for each side"
            )
        }
        try camera?.check()
        let threadCount = max(1, threadCount ?? Parallel.processorCount)
        let scene = try PreparedScene(meshes, threadCount: threadCount)
        let aspect = Float(width) / Float(height)
        guard let camera = camera ?? .threeQuarterView(of: scene, aspect: aspect) else {
            return Picture(width: width, height: height)
        }
        let grid = SampleGrid(width: width * sampleSide, height: height * sampleSide)
        let stripRows = stripRows ?? max(stripSamples / grid.width / sampleSide, 1) * sampleSide
        let strips = stride(from: 0, to: grid.height, by: stripRows).map { $0..<min($0 + stripRows, grid.height) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(width * height * 4)
        for (index, rows) in strips.enumerated() {
            let rasterizer = Rasterizer(
                scene,
                camera: camera,
                grid: grid,
                rows: rows,
                appearance: appearance,
                threadCount: threadCount
            )
            try rasterizer.draw { done in
                let share = Double(done) / Double(max(scene.placements.count, 1))
                try progress((Double(index) + share) / Double(strips.count))
            }
            bytes += try rasterizer.pixels(side: sampleSide)
        }
        return try Picture(width: width, height: height, bytes: bytes)
    }
}
