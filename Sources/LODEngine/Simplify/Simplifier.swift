/// Makes meshes lighter by collapsing the edges that matter least.
///
/// Edges collapse in the order of a quadric error over position, normals, texture coordinates and colours together
/// (M. Garland and P. Heckbert 1997 and 1998; H. Hoppe, "New Quadric Metric for Simplifying Meshes with Appearance
/// Attributes", IEEE Visualization 1999), each to the position where that error is least. `Docs` describes the whole.
public enum Simplifier {
    /// Simplifies meshes of one coordinate system within one budget.
    ///
    /// Vertices at the same position, of one mesh or of two, stay together: no crack opens along a seam or between
    /// two materials. The same input and options give the same result, bit by bit.
    ///
    /// - Parameters:
    ///   - meshes: The meshes; the scene's units are theirs.
    ///   - target: How far to go.
    ///   - options: What counts.
    ///   - progress: Is called now and then with the fraction done; what it throws ends the work and is thrown on.
    /// - Returns: As many meshes as came, none empty that was not.
    /// - Throws: `LODError` with `invalidModel` where a mesh contradicts itself or has a position that is not a number.
    /// - Complexity: O(n log n) in triangles, up to 400 bytes of memory for each, half of that in a large mesh.
    public static func simplify(
        _ meshes: [Mesh],
        to target: SimplificationTarget,
        options: SimplificationOptions = .init(),
        progress: (Double) throws -> Void = { _ in }
    ) throws -> Simplification {
        try simplify(
            meshes.map { ScenePart(mesh: $0) },
            to: target,
            options: options,
            progress: progress
        )
    }

    /// Simplifies the parts of a scene within one budget, with errors compared in the scene's units.
    ///
    /// - Parameters:
    ///   - parts: The meshes with their frames and scales.
    ///   - target: How far to go.
    ///   - options: What counts.
    ///   - progress: Is called now and then with the fraction done; what it throws ends the work and is thrown on.
    /// - Returns: As many meshes as came, none empty that was not.
    /// - Throws: `LODError` with `invalidModel` where a mesh contradicts itself or has a position that is not a number.
    /// - Complexity: O(n log n) in triangles, up to 400 bytes of memory for each, half of that in a large mesh.
    public static func simplify(
        _ parts: [ScenePart],
        to target: SimplificationTarget,
        options: SimplificationOptions = .init(),
        progress: (Double) throws -> Void = { _ in }
    ) throws -> Simplification {
        for (index, part) in parts.enumerated() {
            try part.mesh.check(name: "mesh \(index)")
            guard part.scale.isFinite, part.scale > 0 else {
                throw LODError(
                    .invalidModel,
                    "mesh \(index) has scale \(part.scale); it must be a number above 0"
                )
            }
        }
        let total = parts.reduce(0) { $0 + $1.mesh.triangleCount }
        switch target {
        case .triangles(let count):
            return try run(parts, budget: max(count, 0), limit: .infinity, options, progress)
        case .ratio(let ratio):
            guard ratio.isFinite else {
                throw LODError(.invalidModel, "the ratio is \(ratio); it must be a number, such as 0.1")
            }
            // Half of a quad would be no lighter and no longer the quad.
            let share = Int((Double(total) * min(max(ratio, 0), 1)).rounded())
            let budget = max(share, min(total, 12))
            return try run(parts, budget: budget, limit: .infinity, options, progress)
        case .error(let bound):
            return try runWithin(bound, parts, options, progress)
        }
    }

    private static func run(
        _ parts: [ScenePart],
        budget: Int,
        limit: Float,
        _ options: SimplificationOptions,
        _ progress: (Double) throws -> Void
    ) throws -> Simplification {
        let share = options.measuresError ? 0.8 : 1
        // The tables are gone by the time the distance is measured, which needs memory of its own.
        let meshes = try collapsed(parts, budget: budget, limit: limit, options) { try progress(share * $0) }
        var error: Float?
        // Every collapse takes triangles: where all are left, nothing has moved.
        if options.measuresError, SurfacePart.count(meshes) == SurfacePart.count(parts.map(\.mesh)) {
            error = 0
        } else if options.measuresError {
            error = try SurfaceDistance(from: parts, to: meshes).bounds { try progress(share + (1 - share) * $0) }.upper
        }
        try progress(1)
        return Simplification(
            meshes: meshes,
            originalTriangleCount: parts.reduce(0) { $0 + $1.mesh.triangleCount },
            triangleCount: meshes.reduce(0) { $0 + $1.triangleCount },
            error: error
        )
    }

    private static func collapsed(
        _ parts: [ScenePart],
        budget: Int,
        limit: Float,
        _ options: SimplificationOptions,
        _ progress: (Double) throws -> Void
    ) throws -> [Mesh] {
        let total = parts.reduce(0) { $0 + $1.mesh.triangleCount }
        var scene = WeldedScene(parts, sorts: ClusterRounds.areWorthwhile(total, budget: budget))
        let layout = AttributeLayout(parts: parts, scene: scene, options: options, budget: budget)
        let floors = Collapser.floors(scene.meshTriangles.map(\.count), budget, options.floorShare)
        let rounds = ClusterRounds(
            parts: parts,
            layout: layout,
            options: options,
            threadCount: max(options.threadCount ?? Parallel.processorCount, 1),
            budget: budget,
            squaredLimit: limit / scene.unit * (limit / scene.unit),
            floors: floors
        )
        let surface = try rounds.run(&scene, progress: progress)
        var collapser = Collapser(
            Self.state(surface, scene, parts, layout, options),
            options: options,
            budget: budget,
            floors: floors
        )
        let progressed =
            surface == nil ? 0 : min(Double(total - collapser.remaining) / Double(max(total - budget, 1)), 1)
        try collapser.run(errorLimit: limit / scene.unit) { try progress(progressed + $0 * (1 - progressed)) }
        let assembly = MeshAssembly(scene: scene, parts: parts, layout: layout)
        return assembly.meshes(from: collapser.state)
    }

    /// The tables of what the rounds have left, or of the whole scene if there were none.
    private static func state(
        _ surface: Surface?,
        _ scene: WeldedScene,
        _ parts: [ScenePart],
        _ layout: AttributeLayout,
        _ options: SimplificationOptions
    ) -> CollapseState {
        if let surface {
            let patch = Patch(ClusterPlan(whole: surface.connectivity).clusters[0], surface.connectivity)
            let state = CollapseState(patch, layout: layout)
            state.load(patch, surface, layout, parts)
            return state
        }
        let patch = Patch(ClusterPlan(whole: scene.connectivity).clusters[0], scene.connectivity)
        let state = CollapseState(patch, layout: layout)
        state.load(patch, scene, layout, parts)
        QuadricSeeding(options: options).seed(state)
        return state
    }

    /// Looks for the fewest triangles whose measured distance is within the bound.
    private static func runWithin(
        _ bound: Float,
        _ parts: [ScenePart],
        _ options: SimplificationOptions,
        _ progress: (Double) throws -> Void
    ) throws -> Simplification {
        guard bound >= 0 else {
            throw LODError(
                .invalidModel,
                "the error bound is \(bound); it must be 0 or a distance above it"
            )
        }
        var measured = options
        measured.measuresError = true
        let total = parts.reduce(0) { $0 + $1.mesh.triangleCount }
        var search = ErrorSearch(bound: bound, total: total)
        while let target = search.target {
            let done = search.fractionDone
            func attempt(_ budget: Int, _ limit: Float) throws -> Simplification {
                try run(parts, budget: budget, limit: limit, measured) { try progress(done + (1 - done) / 2 * $0) }
            }
            switch target {
            case .cost(let limit): search.note(try attempt(0, limit))
            case .triangles(let count): search.note(try attempt(count, .infinity))
            }
        }
        if let best = search.best {
            try progress(1)
            return best
        }
        let done = search.fractionDone
        return try run(parts, budget: .max, limit: 0, measured) { try progress(done + (1 - done) * $0) }
    }
}
