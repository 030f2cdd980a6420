/// Between which two numbers a greatest distance lies.
package struct DistanceBounds: Sendable, Equatable {
    /// The distance of a point that was looked at.
    package var lower: Float
    /// No point is farther off; never below `lower`.
    package var upper: Float

    /// Two surfaces that are the same.
    static let zero = DistanceBounds(lower: 0, upper: 0)

    /// By how much `upper` may be above `lower`, as a part of it.
    package static let relativeTolerance: Float = 0.02
    /// By how much it may be in any case, in parts of the surface's longest side; rounding comes on top.
    package static let absoluteTolerance: Float = 2e-6
    /// What rounding may take away from distances, in the same parts, along all the cuts that lead to a piece.
    static let rounding: Float = 1e-6

    /// The greatest upper bound that will do for `lower`.
    static func reach(_ lower: Float) -> Float {
        lower + max(lower * relativeTolerance, absoluteTolerance)
    }

    /// The bounds of the greater of two distances.
    func union(_ other: DistanceBounds) -> DistanceBounds {
        DistanceBounds(lower: max(lower, other.lower), upper: max(upper, other.upper))
    }

    /// The bounds in another unit.
    func scaled(by scale: Float) -> DistanceBounds {
        DistanceBounds(lower: lower * scale, upper: upper * scale)
    }
}
