import LODEngine
import VitrineTestSupport

/// The distance between surfaces as one sees it who looks at many points of each and at every triangle for each point.
///
/// In double precision, so that what it finds is not rounded up.
enum SampledDistance {
    typealias Point = SIMD3<Double>

    /// The largest distance of points of either surface from the other.
    static func betweenBoth(
        _ one: [Mesh],
        _ other: [Mesh],
        pointCount: Int,
        _ random: inout SeededGenerator
    ) -> Double {
        max(
            from(one, to: other, pointCount: pointCount, &random),
            from(other, to: one, pointCount: pointCount, &random)
        )
    }

    /// The largest distance from points of `source` to `target`: some corners, and points of triangles at random.
    static func from(
        _ source: [Mesh],
        to target: [Mesh],
        pointCount: Int,
        _ random: inout SeededGenerator
    ) -> Double {
        let sources = triangles(source)
        let targets = triangles(target)
        guard !sources.isEmpty, !targets.isEmpty else { return 0 }
        var farthest = 0.0
        for number in 0..<pointCount {
            let (a, b, c) = sources[Int.random(in: 0..<sources.count, using: &random)]
            var u = Double.random(in: 0...1, using: &random)
            var v = Double.random(in: 0...1, using: &random)
            if number % 4 == 0 { (u, v) = (u.rounded(), 0) }
            if u + v > 1 { (u, v) = (1 - u, 1 - v) }
            let point = a + (b - a) * u + (c - a) * v
            farthest = max(farthest, squaredDistance(point, targets, beyond: farthest))
        }
        // What double precision makes of no distance at all.
        return farthest.squareRoot() < 1e-12 ? 0 : farthest.squareRoot()
    }

    /// The squared distance of a point from the nearest of `triangles`; from a nearer than `limit` on, any will do.
    private static func squaredDistance(
        _ p: Point,
        _ triangles: [(Point, Point, Point)],
        beyond limit: Double
    ) -> Double {
        var nearest = Double.infinity
        for (a, b, c) in triangles where nearest > limit {
            nearest = min(nearest, squaredDistance(p, a, b, c))
        }
        return nearest
    }

    /// From a point to a triangle: to the plane where it falls inside, else to the nearest edge.
    private static func squaredDistance(_ p: Point, _ a: Point, _ b: Point, _ c: Point) -> Double {
        let normal = cross(b - a, c - a)
        let size = (normal * normal).sum()
        let (ab, bc, ca) = (b - a, c - b, a - c)
        if size > 0, (cross(ab, p - a) * normal).sum() >= 0, (cross(bc, p - b) * normal).sum() >= 0,
            (cross(ca, p - c) * normal).sum() >= 0
        {
            let height = ((p - a) * normal).sum()
            return height * height / size
        }
        return min(toEdge(p, a, ab), toEdge(p, b, bc), toEdge(p, c, ca))
    }

    private static func toEdge(_ p: Point, _ start: Point, _ along: Point) -> Double {
        let size = (along * along).sum()
        let t = size > 0 ? min(max(((p - start) * along).sum() / size, 0), 1) : 0
        let away = p - start - along * t
        return (away * away).sum()
    }

    private static func cross(_ a: Point, _ b: Point) -> Point {
        Point(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    }

    private static func triangles(_ meshes: [Mesh]) -> [(Point, Point, Point)] {
        var found: [(Point, Point, Point)] = []
        for (a, b, c) in meshes.flatMap({ $0.triangles }) where a != b && b != c && c != a {
            found.append((Point(a), Point(b), Point(c)))
        }
        return found
    }
}
