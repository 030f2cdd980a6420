/// Covers triangles of a surface with pieces none of which is farther from another surface than the bounds allow.
///
/// The distance from one triangle `t` is a convex function, so that over a flat piece it is largest at a corner: the
/// largest of the corners' distances from any `t` bounds the piece from above, and the distance of its centre from the
/// nearest one bounds it from below. A piece that is not within reach so is cut: along the edges of the triangle it lies
/// over, so that the middle part has the exact bound of two planes, or else in two at its longest edge.
struct PieceSearch: ~Copyable {
    /// What was found so far; the upper bound is of what was covered.
    private(set) var bounds: DistanceBounds
    private let finder: TriangleTree.Finder
    /// The distance within which pieces are covered.
    private var reach: Float
    private var pieces: [Triangle] = []
    /// Triangles of the other surface that were found near pieces of the triangle in hand.
    private var nearby: [Int] = []
    /// How many pieces may still be cut.
    private var cutsLeft: Int
    private var clip = TriangleClip()

    private static let nearbyCountMax = 16

    /// How many pieces are cut at most; beyond, each is given the bound that it has.
    ///
    /// Real models take a few for each triangle of both surfaces. Without a limit, contrived ones could take as long as
    /// they please.
    static func pieceCountMax(source: TriangleTree, target: TriangleTree) -> Int {
        4_000_000 + 64 * (source.count + target.count)
    }

    init(_ target: TriangleTree, from bounds: DistanceBounds, pieceCountMax: Int) {
        finder = TriangleTree.Finder(target)
        self.bounds = bounds
        reach = DistanceBounds.reach(bounds.lower)
        cutsLeft = pieceCountMax
    }

    /// Covers a triangle; `hints` are triangles near its corners.
    mutating func cover(_ triangle: Triangle, hints: (Int, Int, Int)) {
        if isCovered(triangle, by: hints.0) { return }
        if hints.1 != hints.0, isCovered(triangle, by: hints.1) { return }
        if hints.2 != hints.1, hints.2 != hints.0, isCovered(triangle, by: hints.2) { return }
        nearby.removeAll(keepingCapacity: true)
        nearby.append(hints.0)
        if hints.1 != hints.0 { nearby.append(hints.1) }
        if hints.2 != hints.1, hints.2 != hints.0 { nearby.append(hints.2) }
        pieces.append(triangle)
        while let piece = pieces.popLast() { settle(piece) }
    }

    /// Covers `piece`, or cuts it.
    private mutating func settle(_ piece: Triangle) {
        let center = piece.center
        // What is near another piece of the same triangle is mostly near this one.
        var known = (triangle: nearby[0], squaredDistance: Float.infinity)
        for other in nearby {
            let squared = finder.tree.squaredDistance(from: center, toTriangle: other)
            if squared <= reach * reach, isCovered(piece, by: other) { return }
            if squared < known.squaredDistance { known = (other, squared) }
        }
        // Where the centre is no farther than the farthest yet, what is nearest to it hardly matters.
        let isNear = known.squaredDistance <= bounds.lower * bounds.lower
        if isNear, cutsLeft > 0, takeMiddle(of: piece, over: known.triangle) { return }
        let radius = piece.radius(around: center)
        let spare = reach - radius
        let enough = spare > 0 ? spare * spare : -1
        let near = finder.nearest(to: center, hint: known.triangle, enough: enough)
        let distance = near.squaredDistance.squareRoot()
        if near.squaredDistance <= enough {
            bounds.upper = max(bounds.upper, distance + radius)
            return
        }
        // Not within what would have been enough: the search went on to the nearest.
        if distance > bounds.lower {
            bounds.lower = distance
            bounds.upper = max(bounds.upper, distance)
            reach = DistanceBounds.reach(distance)
        }
        if distance + radius <= reach {
            bounds.upper = max(bounds.upper, distance + radius)
            return
        }
        if near.triangle != known.triangle, nearby.count < Self.nearbyCountMax { nearby.append(near.triangle) }
        if isCovered(piece, by: near.triangle) { return }
        guard cutsLeft > 0 else {
            let bound = squaredBound(piece, near.triangle).squareRoot()
            bounds.upper = max(bounds.upper, min(bound, distance + radius))
            return
        }
        if takeMiddle(of: piece, over: near.triangle) { return }
        cutsLeft -= 1
        let (one, other) = piece.halves
        pieces.append(one)
        pieces.append(other)
    }

    /// The square of the largest distance of a corner from a triangle of the other surface.
    @inline(__always)
    private func squaredBound(_ corners: Triangle, _ other: Int) -> Float {
        max(
            finder.tree.squaredDistance(from: corners.a, toTriangle: other),
            finder.tree.squaredDistance(from: corners.b, toTriangle: other),
            finder.tree.squaredDistance(from: corners.c, toTriangle: other)
        )
    }

    /// Whether all of a piece is within reach of one triangle.
    @inline(__always)
    private mutating func isCovered(_ corners: Triangle, by other: Int) -> Bool {
        let limit = reach * reach
        let first = finder.tree.squaredDistance(from: corners.a, toTriangle: other)
        guard first <= limit else { return false }
        let second = finder.tree.squaredDistance(from: corners.b, toTriangle: other)
        guard second <= limit else { return false }
        let third = finder.tree.squaredDistance(from: corners.c, toTriangle: other)
        guard third <= limit else { return false }
        let bound = max(first, second, third)
        if bound > bounds.upper * bounds.upper { bounds.upper = bound.squareRoot() }
        return true
    }

    /// Covers the part of a piece that lies over a triangle of the other surface, and leaves the rest to be covered.
    ///
    /// - Returns: Whether that part is of some size and within reach; otherwise nothing was done.
    private mutating func takeMiddle(of corners: Triangle, over other: Int) -> Bool {
        guard clip.cut(corners, along: finder.tree.triangle(other)) else { return false }
        var bound: Float = 0
        for k in 0..<clip.middleCount {
            bound = max(bound, finder.tree.squaredDistance(from: clip.middle(k), toTriangle: other))
        }
        guard bound <= reach * reach else { return false }
        bounds.upper = max(bounds.upper, bound.squareRoot())
        cutsLeft -= 1
        for k in 0..<clip.restCount { pieces.append(clip.rest(k)) }
        return true
    }
}
