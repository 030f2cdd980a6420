/// Which levels a chain has, and how far each is simplified.
public struct LODPolicy: Sendable, Hashable {
    /// The levels, in any order.
    public var levels: [LODLevel]

    /// A policy of these levels.
    public init(levels: [LODLevel]) {
        self.levels = levels
    }

    /// A twentieth of the triangles for the first look, a quarter for the page, half for the close view.
    ///
    /// Small models keep enough to be recognised: 150, 300 and 600 triangles; and a preview that would be farther off
    /// than a twenty-fifth of the model's extent gets more triangles.
    public static let standard = LODPolicy(levels: [
        LODLevel(name: "preview", target: .ratio(0.05), triangleCountMin: 150, relativeErrorMax: 0.04),
        LODLevel(name: "standard", target: .ratio(0.25), triangleCountMin: 300),
        LODLevel(name: "high", target: .ratio(0.5), triangleCountMin: 600),
    ])

    /// Levels that are off by no more than some pixels where they are shown: a thumbnail, a page, a whole screen.
    ///
    /// - Parameters:
    ///   - pixels: The tolerance in device pixels, for all levels.
    ///   - views: What each level is called and where it is shown.
    public static func pixels(_ pixels: Double, at views: [(name: String, view: ScreenView)]) -> LODPolicy {
        LODPolicy(levels: views.map { LODLevel(name: $0.name, target: .pixels(pixels, at: $0.view)) })
    }
}

/// A level to build: what it is called and how far it is simplified.
public struct LODLevel: Sendable, Hashable {
    /// How far a level is simplified.
    @nonexhaustive
    public enum Target: Sendable, Hashable {
        /// To at most this many triangles, all meshes together.
        case triangles(Int)
        /// To at most this share of the triangles: 0.1 keeps a tenth.
        case ratio(Double)
        /// As far as the surface stays within this distance of the original, in the scene's units.
        case error(Float)
        /// As far as the surface stays within this part of the extent, which is the diagonal of the model's bounds.
        case relativeError(Float)
        /// As far as the surface stays within this many device pixels of the original where the model is seen so.
        ///
        /// `ScreenView` says how pixels follow from a distance. The error that is held is the upper bound that
        /// `Simplification.error` states.
        case pixels(Double, at: ScreenView)
    }

    /// What it is called; unique within a policy.
    public var name: String
    /// How far it is simplified.
    public var target: Target
    /// The triangles that it keeps in any case, if the original has so many.
    public var triangleCountMin: Int
    /// The error that it may have, as a part of the extent; `nil` where any will do.
    ///
    /// A level that a count or a ratio takes farther off is made again with half as many triangles more, three times
    /// at most: what cannot be shown with so few comes out heavier, not torn.
    public var relativeErrorMax: Float?

    /// Names a level and how far it is simplified.
    public init(name: String, target: Target, triangleCountMin: Int = 0, relativeErrorMax: Float? = nil) {
        self.name = name
        self.target = target
        self.triangleCountMin = triangleCountMin
        self.relativeErrorMax = relativeErrorMax
    }

    /// The target in the terms of the simplifier, for a model of `triangleCount` triangles and a diagonal of `extent`.
    func simplificationTarget(triangleCount: Int, extent: Float) throws -> SimplificationTarget {
        let floor = min(max(triangleCountMin, 0), triangleCount)
        switch target {
        case .triangles(let count):
            return .triangles(max(count, floor))
        case .ratio(let ratio):
            guard ratio.isFinite else { throw invalid("the ratio is \(ratio); it must be a number, such as 0.1") }
            let share = Double(triangleCount) * min(max(ratio, 0), 1)
            return share.rounded() < Double(floor) ? .triangles(floor) : .ratio(ratio)
        case .error(let bound):
            return .error(try checked(bound))
        case .relativeError(let part):
            return .error(try checked(part) * extent)
        case .pixels(let pixels, let view):
            return .error(try checked(Float(view.distance(ofPixels: pixels, radius: Double(extent) / 2))))
        }
    }

    private func checked(_ bound: Float) throws -> Float {
        guard bound >= 0 else {
            throw invalid("the error bound comes to \(bound); it must be 0 or above, and so must the sizes of its view")
        }
        return bound
    }

    private func invalid(_ problem: String) -> LODError {
        LODError(.invalidModel, "level \(name): \(problem)")
    }
}
