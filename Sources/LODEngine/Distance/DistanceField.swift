/// A surface that distances are measured to, from several threads at once.
struct DistanceField: Sendable {
    let tree: TriangleTree
    let frame: SurfaceFrame

    /// Makes a finder for one thread.
    func finder() -> Finder { Finder(self) }

    /// Finds distances one after the other, best of points that are close to each other.
    final class Finder {
        private let frame: SurfaceFrame
        private let finder: TriangleTree.Finder
        /// The triangle found last, which is often near the next point.
        private var hint = 0

        fileprivate init(_ field: DistanceField) {
            frame = field.frame
            finder = TriangleTree.Finder(field.tree)
        }

        /// The distance of a point of the scene from the surface; infinite if that has no triangle.
        func distance(from point: SIMD3<Float>) -> Float {
            distance(fromFramed: frame.apply(point)) * frame.extent
        }

        /// The distance of a point in the frame's coordinates, in the frame's units.
        func distance(fromFramed point: SIMD3<Float>) -> Float {
            guard finder.tree.count > 0 else { return .infinity }
            let found = finder.nearest(to: point, hint: hint, enough: 0)
            hint = found.triangle
            return found.squaredDistance.squareRoot()
        }
    }
}
