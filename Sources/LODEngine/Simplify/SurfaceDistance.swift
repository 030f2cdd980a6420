/// An upper bound on the distance between the original surface and what is left of it, both ways.
///
/// The distance to one fixed triangle is a convex function, so over another triangle it is largest at a corner: the
/// largest of three corner distances bounds the whole triangle. Where no single triangle gives a good bound the other
/// one is halved. Only the triangles with the worst bounds are, until the worst bound of all is near the
/// distance of the farthest point found (branch and bound after M. Guthe, P. Borodin and R. Klein, "Fast and accurate Hausdorff
/// distance calculation between meshes", 2005).
struct SurfaceDistance {
    /// The corners of the original's triangles, by frame.
    private var originals: [[SIMD3<Float>]]
    /// The corners of the result's triangles, by frame.
    private var results: [[SIMD3<Float>]]

    /// Gathers the surfaces of `scene` and of what `state` has made of it.
    init(scene: WeldedScene, state: borrowing CollapseState) {
        originals = Array(repeating: [], count: scene.places.count)
        results = originals
        for (mesh, triangles) in scene.meshTriangles.enumerated() {
            let frame = scene.meshFrames[mesh]
            for corner in (triangles.lowerBound * 3)..<(triangles.upperBound * 3) {
                originals[frame].append(scene.positions[Int(scene.wedgeVertex[Int(scene.corners[corner])])])
            }
            for triangle in triangles where state.isAlive(triangle) {
                for corner in (triangle * 3)..<(triangle * 3 + 3) {
                    results[frame].append(state.position[state.cornerVertex[corner]])
                }
            }
        }
    }

    /// The bound, in scene extents: at most 5 % and a ten-thousandth of the extent above the distance itself.
    ///
    /// It is looser, and still a bound, where the search takes more than some millions of steps.
    func upperBound() -> Float {
        var bound: Float = 0
        for frame in originals.indices where !originals[frame].isEmpty && !results[frame].isEmpty {
            let original = TriangleTree(originals[frame])
            let result = TriangleTree(results[frame])
            bound = max(bound, Self.bound(from: originals[frame], to: result, atLeast: bound))
            bound = max(bound, Self.bound(from: results[frame], to: original, atLeast: bound))
        }
        return bound
    }

    /// A triangle whose bound may still matter.
    private struct Patch {
        var a: SIMD3<Float>
        var b: SIMD3<Float>
        var c: SIMD3<Float>
        /// Triangles of the other surface that are near a corner.
        var near: SIMD3<Int32>
        /// The squared bound.
        var bound: Float
    }

    /// How far any point of `surface` may be from `tree`; exactness beyond `floor` only.
    private static func bound(
        from surface: [SIMD3<Float>],
        to tree: borrowing TriangleTree,
        atLeast floor: Float
    ) -> Float {
        let stack = FlatArray(repeating: UInt32(0), count: 64)
        var reached = floor
        // A first look at points all over the surface, so that most triangles can be passed over below.
        for sample in stride(from: 0, to: surface.count, by: max(surface.count / 6000, 1)) {
            if let found = tree.nearest(to: surface[sample], within: .infinity, stack) {
                reached = max(reached, found.squaredDistance.squareRoot())
            }
        }
        var patches: [Patch] = []
        var hint = 0
        for triangle in 0..<(surface.count / 3) {
            let (a, b, c) = (surface[triangle * 3], surface[triangle * 3 + 1], surface[triangle * 3 + 2])
            // Neighbours in the list are often neighbours in space.
            guard bound(a, b, c, tree, hint) > goal(reached) else { continue }
            var near = SIMD3<Int32>.zero
            var best = Float.infinity
            for k in 0..<3 {
                let point = surface[triangle * 3 + k]
                let start = tree.squaredDistance(from: point, toTriangle: hint)
                let found = tree.nearest(to: point, within: start, stack) ?? (hint, start)
                hint = found.triangle
                near[k] = Int32(found.triangle)
                reached = max(reached, found.squaredDistance.squareRoot())
                best = min(best, bound(a, b, c, tree, found.triangle))
                if best <= goal(reached) { break }
            }
            if best > goal(reached) { patches.append(Patch(a: a, b: b, c: c, near: near, bound: best)) }
        }
        return refine(patches, tree, reached, stack)
    }

    /// A squared bound that need not be better when a point at distance `reached` is known.
    @inline(__always)
    private static func goal(_ reached: Float) -> Float {
        let distance = reached * 1.05 + resolution
        return distance * distance
    }

    /// Differences below this part of the scene's extent are not resolved.
    private static let resolution: Float = 1e-4

    private static func bound(
        _ a: SIMD3<Float>,
        _ b: SIMD3<Float>,
        _ c: SIMD3<Float>,
        _ tree: borrowing TriangleTree,
        _ triangle: Int
    ) -> Float {
        max(
            tree.squaredDistance(from: a, toTriangle: triangle),
            tree.squaredDistance(from: b, toTriangle: triangle),
            tree.squaredDistance(from: c, toTriangle: triangle)
        )
    }

    /// Halves the patches whose bounds are too loose until none is; returns the bound.
    private static func refine(
        _ patches: [Patch],
        _ tree: borrowing TriangleTree,
        _ farthest: Float,
        _ stack: borrowing FlatArray<UInt32>
    ) -> Float {
        var reached = farthest
        var current = patches
        var queries = 0
        // Past so many the bound stands as it is, only less tight: a surface that is rough everywhere.
        while !current.isEmpty, queries < 4_000_000 {
            var next: [Patch] = []
            for patch in current where patch.bound > goal(reached) {
                let (middle, halves) = halve(patch)
                var start = Float.infinity
                for k in 0..<3 {
                    start = min(start, tree.squaredDistance(from: middle, toTriangle: Int(patch.near[k])))
                }
                let found = tree.nearest(to: middle, within: start, stack)
                queries += 1
                reached = max(reached, (found?.squaredDistance ?? start).squareRoot())
                for var half in [halves.0, halves.1] {
                    if let found { half.near.z = Int32(found.triangle) }
                    for k in 0..<3 {
                        half.bound = min(half.bound, bound(half.a, half.b, half.c, tree, Int(half.near[k])))
                    }
                    if half.bound > goal(reached) { next.append(half) }
                }
            }
            current = next
        }
        return current.reduce(goal(reached)) { max($0, $1.bound) }.squareRoot()
    }

    /// Cuts a patch at the middle of its longest side; the last neighbour of each half is to be found by that point.
    private static func halve(_ patch: Patch) -> (middle: SIMD3<Float>, halves: (Patch, Patch)) {
        let ab = dot(patch.b - patch.a, patch.b - patch.a)
        let bc = dot(patch.c - patch.b, patch.c - patch.b)
        let ca = dot(patch.a - patch.c, patch.a - patch.c)
        // Turned so that the longest side runs from a to b.
        var turned = patch
        if bc >= ab, bc >= ca {
            (turned.a, turned.b, turned.c) = (patch.b, patch.c, patch.a)
            turned.near = [patch.near.y, patch.near.z, patch.near.x]
        } else if ca >= ab {
            (turned.a, turned.b, turned.c) = (patch.c, patch.a, patch.b)
            turned.near = [patch.near.z, patch.near.x, patch.near.y]
        }
        let middle = (turned.a + turned.b) / 2
        var first = turned
        first.b = turned.c
        first.c = middle
        first.near = [turned.near.x, turned.near.z, turned.near.y]
        var second = turned
        second.a = turned.c
        second.c = middle
        second.near = [turned.near.z, turned.near.y, turned.near.x]
        return (middle, (first, second))
    }
}
