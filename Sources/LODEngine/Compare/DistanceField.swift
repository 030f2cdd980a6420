/// A surface that distances are measured to, from several threads at once.
///
/// The tree is not changed once it is made: hence the unchecked conformance.
final class DistanceField: @unchecked Sendable {
    private let tree: TriangleTree

    /// Triangles of the surface.
    var triangleCount: Int { tree.count }

    /// A surface of triangles given as three finite points each.
    init(_ corners: [SIMD3<Float>]) {
        tree = TriangleTree(corners)
    }

    /// Makes a finder for one thread.
    func finder() -> Finder { Finder(self) }

    /// Finds distances one after the other, best of points that are close to each other.
    final class Finder {
        private let field: DistanceField
        private let stack = FlatArray(repeating: UInt32.zero, count: 64)
        /// The triangle found last, which is often near the next point.
        private var hint = 0

        fileprivate init(_ field: DistanceField) {
            self.field = field
        }

        /// The distance of a point from the surface; infinite if that has no triangle.
        func distance(from point: SIMD3<Float>) -> Float {
            guard field.tree.count > 0 else { return .infinity }
            let start = field.tree.squaredDistance(from: point, toTriangle: hint)
            guard let found = field.tree.nearest(to: point, within: start, enough: 0, stack) else {
                return start.squareRoot()
            }
            hint = found.triangle
            return found.squaredDistance.squareRoot()
        }
    }
}
