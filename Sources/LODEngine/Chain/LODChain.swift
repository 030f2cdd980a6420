internal import Glibc

/// A model at several levels of detail, the lightest first, each with the error it has.
public struct LODChain: Sendable {
    /// The levels, by rising number of triangles, each number once.
    public let levels: [Level]

    /// One level of a chain.
    public struct Level: Sendable {
        /// What it is called: `preview`, `standard` or `high`, or as the policy names it.
        public let name: String
        /// The names of heavier levels that would have come out with the same number of triangles: this one stands for them.
        public internal(set) var aliases: [String]
        /// The model with this level's triangles; materials, images, skins and animations are the original's.
        public let model: Model
        /// Triangles of the model, each counted once however often it is placed.
        public let triangleCount: Int
        /// An upper bound on the distance to the original surface, both ways, in the scene's units.
        ///
        /// As `Simplification.error`; a file whose positions are on a grid is a little farther off: `error(writtenWith:)`.
        public let error: Float
        /// How long it took to make.
        public let duration: Duration

        /// An upper bound on the distance of what `model.glb(options)` holds from the original surface, both ways, in the
        /// scene's units: `error` and `Model.quantizationError(_:)`.
        public func error(writtenWith options: GLBOptions) -> Float {
            error + model.quantizationError(options)
        }
    }

    /// Makes every level of `policy` from `model` itself, so that no level inherits another's error.
    ///
    /// Vertices shared by the primitives of one mesh stay together, and all primitives share a level's budget. Where
    /// levels come out with the same number of triangles, as they do of a model that is light already, the first of them
    /// stays and stands for the others.
    ///
    /// - Parameters:
    ///   - model: The original.
    ///   - policy: The levels with their targets, in any order.
    ///   - options: What counts while simplifying.
    ///   - progress: Is called now and then with the fraction done of all levels; what it throws ends the work.
    /// - Returns: The chain; a level whose target others undercut comes out no heavier than the next one.
    /// - Throws: `LODError` with `invalidModel` where the triangles contradict themselves or a target is no number,
    ///   `CancellationError` soon after the task that calls is cancelled, and what `progress` throws.
    /// - Complexity: O(n log n) in triangles for each level with a count or a ratio, up to ten times that for an error.
    public static func build(
        from model: Model,
        policy: LODPolicy = .standard,
        options: SimplificationOptions = .init(),
        progress: (Double) throws -> Void = { _ in }
    ) throws -> LODChain {
        let maker = LevelMaker(model: model, options: options)
        var built: [Level] = []
        for (index, level) in policy.levels.enumerated() {
            built.append(
                try maker.make(level) { fraction in
                    try Task.checkCancellation()
                    try progress((Double(index) + fraction) / Double(policy.levels.count))
                }
            )
        }
        return LODChain(levels: distinct(built))
    }

    /// The level called `name`, or the one that stands for it, if there is one.
    public subscript(name: String) -> Level? {
        levels.first { $0.name == name } ?? levels.first { $0.aliases.contains(name) }
    }

    /// The levels by rising triangles; of several with the same number the first that was asked for, with all names.
    private static func distinct(_ levels: [Level]) -> [Level] {
        var distinct: [Level] = []
        // Swift's sort is stable.
        for level in levels.sorted(by: { $0.triangleCount < $1.triangleCount }) {
            if let last = distinct.indices.last, distinct[last].triangleCount == level.triangleCount {
                distinct[last].aliases.append(level.name)
            } else {
                distinct.append(level)
            }
        }
        return distinct
    }
}

/// Makes levels of one model.
private struct LevelMaker {
    private let model: Model
    private let parts: [ScenePart]
    private var options: SimplificationOptions
    private let extent: Float

    /// How often a level that is too far off is made again, and with how many times the triangles.
    private static let retryCountMax = 3
    private static let retryGrowth = 1.5

    init(model: Model, options: SimplificationOptions) {
        self.model = model
        parts = model.sceneParts
        self.options = options
        // Without it no level would know its error.
        self.options.measuresError = true
        extent = model.bounds?.diagonal ?? 0
    }

    func make(_ level: LODLevel, progress: (Double) throws -> Void) throws -> LODChain.Level {
        let clock = ContinuousClock()
        let start = clock.now
        let total = model.triangleCount
        var target = try level.simplificationTarget(triangleCount: total, extent: extent)
        let errorMax = (level.relativeErrorMax ?? .infinity) * extent
        let retryCount = level.relativeErrorMax == nil ? 0 : Self.retryCountMax
        var result: Simplification
        var attempt = 0
        repeat {
            // Each attempt gets half of what is left of the bar, as it may be followed by another one.
            let done = retryCount == 0 ? 0 : 1 - pow(0.5, Double(attempt))
            let share = retryCount == 0 ? 1 : (1 - done) / 2
            result = try Simplifier.simplify(parts, to: target, options: options) { try progress(done + $0 * share) }
            guard let error = result.error, error > errorMax, result.triangleCount < total else { break }
            target = .triangles(min(Int(Double(result.triangleCount) * Self.retryGrowth) + 1, total))
            attempt += 1
        } while attempt <= retryCount
        try progress(1)
        return LODChain.Level(
            name: level.name,
            aliases: [],
            model: model.replacingMeshes(result.meshes),
            triangleCount: result.triangleCount,
            error: result.error ?? 0,
            duration: start.duration(to: clock.now)
        )
    }
}

extension Model {
    /// The primitives as parts of a scene, for `Simplifier`, scaled by the most that a placement stretches them along any
    /// axis.
    ///
    /// The primitives of one mesh have one frame, and so do meshes that the scene places alike, the same times in the same
    /// places: where they touch, they stay together. What comes back goes into the model by `replacingMeshes(_:)`.
    public var sceneParts: [ScenePart] {
        var scales = [Float](repeating: 0, count: primitives.count)
        var placements = [[Transform]](repeating: [], count: primitives.count)
        for instance in instances {
            placements[instance.primitiveIndex].append(instance.transform)
            // The axis that is stretched most: an error along it is seen so large.
            let scale = instance.transform.stretch
            if scale.isFinite { scales[instance.primitiveIndex] = max(scales[instance.primitiveIndex], scale) }
        }
        var frames: [[Transform]: Int] = [:]
        var frameOfMesh: [Int: Int] = [:]
        return primitives.indices.map { number in
            let mesh = primitives[number].meshIndex
            // What the scene does not show is placed like nothing else.
            let alike = placements[number].isEmpty ? nil : frames[placements[number]]
            let frame = frameOfMesh[mesh] ?? alike ?? mesh
            frameOfMesh[mesh] = frame
            if !placements[number].isEmpty, alike == nil { frames[placements[number]] = frame }
            // What the scene does not show, or shows flat, is measured in its own units.
            let scale = scales[number] > 0 ? scales[number] : 1
            return ScenePart(mesh: primitives[number].mesh, frame: frame, scale: scale)
        }
    }
}
