internal import Glibc

/// A model at several levels of detail, the lightest first, each with the error it has.
public struct LODChain: Sendable {
    /// The levels, by rising number of triangles.
    public let levels: [Level]

    /// One level of a chain.
    public struct Level: Sendable {
        /// What it is called: `preview`, `standard` or `high`, or as the caller named it.
        public let name: String
        /// The model with this level's triangles; materials, images, skins and animations are the original's.
        public let model: Model
        /// Triangles of the model, each counted once however often it is placed.
        public let triangleCount: Int
        /// The measured distance to the original surface, both ways, in the scene's units; see `Simplification.error`.
        public let error: Float
        /// How long it took to make.
        public let duration: Duration
    }

    /// Makes every level of `levels` from `model` itself, so that no level inherits another's error.
    ///
    /// Vertices shared by the primitives of one mesh stay together, and all primitives share a level's budget.
    ///
    /// - Parameters:
    ///   - model: The original.
    ///   - levels: The levels with their targets, in any order.
    ///   - options: What counts while simplifying.
    ///   - progress: Is called now and then with the fraction done of all levels; what it throws ends the work.
    /// - Returns: The chain; a level whose target others undercut comes out no heavier than the next one.
    /// - Throws: `LODError` with `invalidModel` where the triangles contradict themselves, and what `progress` throws.
    /// - Complexity: O(n log n) in triangles for each level.
    public static func build(
        from model: Model,
        levels: [LODLevel] = LODLevel.standardChain,
        options: SimplificationOptions = .init(),
        progress: (Double) throws -> Void = { _ in }
    ) throws -> LODChain {
        let parts = model.sceneParts
        var measured = options
        measured.measuresError = true
        var built: [Level] = []
        for (index, level) in levels.enumerated() {
            let clock = ContinuousClock()
            let start = clock.now
            let result = try Simplifier.simplify(parts, to: level.target, options: measured) { fraction in
                try progress((Double(index) + fraction) / Double(levels.count))
            }
            built.append(
                Level(
                    name: level.name,
                    model: model.replacingMeshes(result.meshes),
                    triangleCount: result.triangleCount,
                    error: result.error ?? 0,
                    duration: start.duration(to: clock.now)
                )
            )
        }
        return LODChain(levels: built.sorted { $0.triangleCount < $1.triangleCount })
    }

    /// The level called `name`, if there is one.
    public subscript(name: String) -> Level? { levels.first { $0.name == name } }
}

/// A level to build: what it is called and how far it is simplified.
public struct LODLevel: Sendable, Hashable {
    /// What it is called.
    public var name: String
    /// How far it is simplified.
    public var target: SimplificationTarget

    /// Names a level and its target.
    public init(name: String, target: SimplificationTarget) {
        self.name = name
        self.target = target
    }

    /// A twentieth of the triangles for the first look, a quarter for the page, half for the close view.
    public static let standardChain = [
        LODLevel(name: "preview", target: .ratio(0.05)),
        LODLevel(name: "standard", target: .ratio(0.25)),
        LODLevel(name: "high", target: .ratio(0.5)),
    ]
}

extension Model {
    /// The primitives as parts of a scene: one frame per mesh, scaled as the largest placement is.
    var sceneParts: [ScenePart] {
        var scales = [Float](repeating: 0, count: primitives.count)
        for instance in instances {
            // The cube root of the volume's scale: the mean of the three axes'.
            let scale = Float(Double(abs(instance.transform.determinant)).cubeRoot)
            if scale.isFinite { scales[instance.primitiveIndex] = max(scales[instance.primitiveIndex], scale) }
        }
        return zip(primitives, scales).map { primitive, scale in
            // What the scene does not show, or shows flat, is measured in its own units.
            ScenePart(mesh: primitive.mesh, frame: primitive.meshIndex, scale: scale > 0 ? scale : 1)
        }
    }
}

extension Double {
    /// The number whose cube this is, for numbers from 0 up.
    fileprivate var cubeRoot: Double { self > 0 ? cbrt(self) : 0 }
}
