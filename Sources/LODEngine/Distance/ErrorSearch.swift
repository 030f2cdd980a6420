internal import Glibc

/// Finds how few triangles keep the measured distance within a bound.
///
/// The distance of what is left grows as triangles go, about as a power of their number, though not with every single one.
/// So counts are tried between the fewest that held the bound and the most that did not, where a straight line between
/// the two in logarithms meets it, until both are within a twenty-fifth of each other.
struct ErrorSearch {
    /// The distance that must not be passed.
    let bound: Float
    /// Triangles of the original, whose distance is 0.
    let total: Int

    /// What an attempt goes by.
    enum Target {
        /// The cost of a collapse, as a distance: a mean over the surface where the bound is for a maximum.
        case cost(Float)
        /// The triangles to leave.
        case triangles(Int)
    }

    private static let attemptCountMax = 10
    private static let closeness = 0.96

    /// What to try next; `nil` when the search has ended.
    private(set) var target: Target?
    /// The lightest that held the bound; `nil` where none did, and nothing may collapse.
    private(set) var best: Simplification?
    /// The heaviest that did not.
    private var bad: (triangleCount: Int, error: Float)?
    private var attemptCount = 0

    init(bound: Float, total: Int) {
        self.bound = bound
        self.total = total
        target = .cost(bound)
    }

    /// How much of the work is done: each attempt gets half of what is left, as it may be followed by another one.
    var fractionDone: Double { 1 - pow(0.5, Double(attemptCount)) }

    /// Takes in what came of `target`.
    mutating func note(_ result: Simplification) {
        attemptCount += 1
        var isLeast = false
        if result.error ?? .infinity <= bound {
            if result.triangleCount <= best?.triangleCount ?? .max { best = result }
            // Nothing more may collapse.
            if case .triangles(let count) = target, result.triangleCount > count { isLeast = true }
        } else if result.triangleCount >= bad?.triangleCount ?? 0 {
            bad = (result.triangleCount, result.error ?? .infinity)
        }
        target = isLeast || attemptCount == Self.attemptCountMax ? nil : next(best, bad).map { .triangles($0) }
    }

    /// The count to try next; `nil` where the two are close enough.
    private func next(_ good: Simplification?, _ bad: (triangleCount: Int, error: Float)?) -> Int? {
        guard bound > 0 else { return nil }
        let most = Double(good?.triangleCount ?? total)
        guard let bad else {
            // About the count at which the bound is met; not too far at once.
            let share = Double((good?.error ?? 0) / bound)
            let next = Int(most * min(max(share, 1.0 / 16), 0.8))
            return next > 0 ? next : nil
        }
        let least = Double(bad.triangleCount)
        guard least < most * Self.closeness, most - least > 1.5 else { return nil }
        let errors = (log(Double(max(good?.error ?? 0, bound / 16))), log(Double(bad.error)))
        let share = errors.1.isFinite ? (log(Double(bound)) - errors.1) / (errors.0 - errors.1) : 0.5
        // A little on the good side, and never so near to either that hardly anything would be won.
        let place = min(max(share + 0.05, 0.15), 0.85)
        return min(max(Int(exp(log(least) + place * (log(most) - log(least)))), Int(least) + 1), Int(most) - 1)
    }
}
