/// The two-sided distance between the meshes of a scene and what they were simplified to, from below and above.
///
/// Meshes of one frame are one surface; frames are measured one by one, and the scene's distance is the largest of them.
package struct SurfaceDistance {
    private let frames: [Frame]
    private let threadCount: Int

    /// A frame's two surfaces.
    private struct Frame {
        var originals: [SurfacePart] = []
        var results: [SurfacePart] = []
        /// Scene units per unit of the frame.
        var scale: Float = 0
        /// Triangles of both surfaces.
        var weight: Int { (originals + results).reduce(0) { $0 + $1.triangleCount } }
    }

    /// Gathers the surfaces of `parts` and of the mesh that each became.
    ///
    /// - Parameters:
    ///   - parts: The originals; the largest scale of a frame's parts is the frame's.
    ///   - meshes: As many meshes.
    ///   - threadCount: The most threads to use; by default one for each processor.
    package init(from parts: [ScenePart], to meshes: [Mesh], threadCount: Int? = nil) {
        var numbers: [Int: Int] = [:]
        var frames: [Frame] = []
        for (part, mesh) in zip(parts, meshes) {
            let number = numbers[part.frame] ?? frames.count
            if number == frames.count {
                numbers[part.frame] = number
                frames.append(Frame())
            }
            frames[number].originals.append(SurfacePart(part.mesh))
            frames[number].results.append(SurfacePart(mesh))
            frames[number].scale = max(frames[number].scale, part.scale)
        }
        self.frames = frames
        self.threadCount = max(1, threadCount ?? Parallel.processorCount)
    }

    /// Bounds in scene units: of what both surfaces are apart at most, in either direction.
    ///
    /// The upper bound is above the lower one by no more than `DistanceBounds.relativeTolerance` of it, or by
    /// `absoluteTolerance` and `rounding` of the longest side of the frame. Triangles with two corners in one place do not
    /// count. Some 50 bytes of memory for each triangle of a frame's surfaces.
    package func bounds(progress: (Double) throws -> Void = { _ in }) throws -> DistanceBounds {
        var bounds = DistanceBounds.zero
        let total = Double(max(frames.reduce(0) { $0 + $1.weight }, 1))
        var done = 0.0
        for frame in frames {
            let (before, share) = (done, Double(frame.weight) / total)
            bounds = try widen(bounds, by: frame) { try progress(before + share * $0) }
            done += share
            try progress(min(done, 1))
        }
        return bounds
    }

    private func widen(
        _ known: DistanceBounds,
        by surfaces: Frame,
        progress: (Double) throws -> Void
    ) throws -> DistanceBounds {
        guard let frame = SurfaceFrame(surfaces.originals) else { return known }
        let unit = frame.extent * surfaces.scale
        let pair = [surfaces.originals, surfaces.results]
        let isLarge = surfaces.weight > 5_000
        let trees = try Parallel.map(2, threadCount: isLarge ? threadCount : 1) { TriangleTree(pair[$0], in: frame) }
        try progress(0.2)
        guard trees[1].count > 0 else { return DistanceBounds(lower: .infinity, upper: .infinity) }
        // The result first, which has fewer triangles and mostly the greater distance.
        let forth = FarthestSearch(source: trees[1], target: trees[0], threadCount: threadCount)
        let back = FarthestSearch(source: trees[0], target: trees[1], threadCount: threadCount)
        let floor = DistanceBounds(lower: known.lower / unit, upper: known.lower / unit)
        var bounds = try forth.bounds(widening: floor) { try progress(0.2 + 0.4 * $0) }
        bounds = try back.bounds(widening: bounds) { try progress(0.6 + 0.4 * $0) }
        if bounds.upper > floor.lower { bounds.upper += DistanceBounds.rounding }
        return known.union(bounds.scaled(by: unit))
    }
}
