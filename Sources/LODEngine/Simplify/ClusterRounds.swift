internal import Glibc

/// Simplifies large meshes in rounds: cut into clusters, each simplified by itself, and joined again.
///
/// What clusters share is held in a round, and the cuts lie elsewhere in the next, so that nothing of them is seen in
/// the result. A round ends at a cost at which a good part of its work is left to the next, so that no cluster gives
/// more than its share, and the rest is done on the whole by `Collapser`. How clusters are cut and how far each goes
/// depends on the mesh alone, not on the threads: the result is the same on any number of them. And a cluster's tables
/// fit a processor's cache, while memory holds the tables of a few clusters only.
///
/// Source of the rounds: M. Garland and E. Shaffer, "A Multiphase Approach to Efficient Surface Simplification", 2002.
struct ClusterRounds {
    let parts: [ScenePart]
    let layout: AttributeLayout
    let options: SimplificationOptions
    let threadCount: Int
    /// Triangles to be left.
    let budget: Int
    /// The most that a collapse may cost, as the square of a distance.
    let squaredLimit: Float
    /// Triangles of each mesh to be left at least.
    let floors: [Int]

    /// Triangles of a cluster, about, for meshes that would otherwise keep some processors idle.
    private static let clusterSize = 4096
    /// The same for larger ones: fewer vertices are held, and the tables just fit a processor's second cache.
    private static let largeClusterSize = 8192
    /// From so many triangles on clusters are large.
    private static let largeTriangleCount = 200_000
    /// At most so many clusters, or half as many again, are watched together to find how far a round may go.
    ///
    /// Their tables do not fit the cache together, so it is a quarter of them at most.
    private static let pilotCount = 16
    /// And so many of the others are worked on between two reports of progress.
    private static let batchCount = 16

    /// Whether a mesh of so many triangles is worth cutting.
    static func areWorthwhile(_ triangleCount: Int, budget: Int) -> Bool {
        triangleCount >= 2 * clusterSize && (triangleCount - budget) * 20 > triangleCount * 11
    }

    /// Simplifies `scene`, which is let go of as soon as it is not needed, to about the budget and never below it.
    ///
    /// - Returns: What is left, or `nil` if the scene is not worth cutting.
    func run(_ scene: inout WeldedScene, progress: (Double) throws -> Void) throws -> Surface? {
        let total = scene.corners.count / 3
        guard Self.areWorthwhile(total, budget: budget) else { return nil }
        var before = total
        var size = (scene.wedgeVertex.count, scene.positions.count)
        var pieces = try pieces(of: .scene(scene), total, progress)
        scene.release()
        var surface: Surface? = join(&pieces, size, isSeeded: false, shift: 171)
        var shift: Float = 341
        while let whole = surface, Self.areWorthwhile(whole.triangleCount, budget: budget),
            whole.triangleCount <= before - before / 8
        {
            before = whole.triangleCount
            size = (whole.wedgeVertex.count, whole.vertexCount)
            pieces = try self.pieces(of: .surface(whole), total, progress)
            surface = nil
            surface = join(&pieces, size, isSeeded: true, shift: shift)
            shift = shift == 341 ? 85 : 341
        }
        return surface
    }

    /// What a round begins with.
    private enum Source {
        case scene(WeldedScene)
        case surface(Surface)

        var connectivity: Connectivity {
            switch self {
            case .scene(let scene): scene.connectivity
            case .surface(let surface): surface.connectivity
            }
        }
    }

    /// Cuts a surface into clusters and simplifies each.
    private func pieces(of source: Source, _ total: Int, _ progress: (Double) throws -> Void) throws -> [Surface?] {
        let whole = source.connectivity
        let count = whole.corners.count / 3
        let size = count < Self.largeTriangleCount ? Self.clusterSize : Self.largeClusterSize
        let clusterCount = 2 * max((count + size) / (2 * size), 1)
        let plan = ClusterPlan(whole, count: clusterCount)
        let work = RoundWork(
            plan: plan,
            excess: count - budget,
            allowances: allowances(whole.meshTriangles.map(\.count))
        )
        var remaining = count
        func report() throws { try progress(Double(total - remaining) / Double(max(total - budget, 1))) }
        try report()
        let step = clusterCount <= 8 ? 2 : max(4, clusterCount / Self.pilotCount)
        let pilots = Array(stride(from: 0, to: clusterCount, by: step))
        var pieces = [Surface?](repeating: nil, count: clusterCount)
        let (limit, done) = try pilot(pilots, source, work)
        func take(_ numbers: [Int], _ done: [Surface?]) {
            for (number, piece) in zip(numbers, done) {
                pieces[number] = piece
                remaining -= plan.clusters[number].triangles.count - (piece?.triangleCount ?? 0)
            }
        }
        take(pilots, done)
        try report()
        let others = (0..<clusterCount).filter { pieces[$0] == nil }
        for first in stride(from: 0, to: others.count, by: Self.batchCount) {
            let batch = Array(others[first..<min(first + Self.batchCount, others.count)])
            let done = try Parallel.map(batch.count, threadCount: threadCount) { place in
                let cluster = self.cluster(batch[place], source, work)
                cluster.advance(to: limit)
                return cluster.packed()
            }
            take(batch, done)
            try report()
        }
        return pieces
    }

    /// Of each mesh, the share of its triangles that may go without its falling below its floor.
    private func allowances(_ counts: [Int]) -> [Double] {
        zip(counts, floors).map { $0 > 0 ? max(Double($0 - $1) / Double($0), 0) : 0 }
    }

    /// Makes one surface of pieces of one that had so many wedges and vertices, and lets go of them.
    private func join(
        _ pieces: inout [Surface?],
        _ size: (wedges: Int, vertices: Int),
        isSeeded: Bool,
        shift: Float
    ) -> Surface {
        let join = SurfaceJoin(
            pieces.compactMap { $0 },
            wedgeCount: size.wedges,
            vertexCount: size.vertices,
            shift: shift
        )
        let surface = Surface(&pieces, join, isSeeded: isSeeded, layout: layout)
        if !isSeeded { QuadricSeeding(options: options).finish(surface) }
        return surface
    }

    private func cluster(_ number: Int, _ source: Source, _ work: RoundWork) -> ClusterWork {
        let cluster = work.plan.clusters[number]
        let share = Double(cluster.triangles.count) / Double(work.plan.triangleCount)
        let floors: [Int]
        let collapser: Collapser
        switch source {
        case .scene(let scene):
            let patch = Patch(cluster, scene.connectivity)
            let state = CollapseState(patch, layout: layout)
            state.load(patch, scene, layout, parts)
            state.hold(patch, work.plan)
            QuadricSeeding(options: options).seed(state)
            floors = work.floors(of: patch, meshCount: parts.count)
            collapser = Collapser(state, options: options, budget: 0, floors: floors)
            return ClusterWork(collapser, patch, self, most: work.most(share))
        case .surface(let surface):
            let patch = Patch(cluster, surface.connectivity)
            let state = CollapseState(patch, layout: layout)
            state.load(patch, surface, layout, parts)
            state.hold(patch, work.plan)
            floors = work.floors(of: patch, meshCount: parts.count)
            collapser = Collapser(state, options: options, budget: 0, floors: floors)
            return ClusterWork(collapser, patch, self, most: work.most(share))
        }
    }

    /// Works on some clusters step by step until they have given four fifths of their share, and tells how dear that
    /// was.
    private func pilot(_ numbers: [Int], _ source: Source, _ work: RoundWork) throws -> (UInt16, [Surface?]) {
        let clusters = try Parallel.map(numbers.count, threadCount: threadCount) { cluster(numbers[$0], source, work) }
        let edges = clusters.reduce((all: 0, free: 0)) { ($0.all + $1.edgeCounts.all, $0.free + $1.edgeCounts.free) }
        let triangles = numbers.reduce(0) { $0 + work.plan.clusters[$1].triangles.count }
        let share = Double(work.excess) * Double(triangles) / Double(work.plan.triangleCount)
        let goal = Int(share * 0.85 * Double(edges.free) / Double(max(edges.all, 1)))
        var counts = [Int](repeating: 0, count: Int(CollapseQueue.last) + 1)
        for cluster in clusters { cluster.countWaiting(&counts) }
        var search = LimitSearch(goal: goal, first: CollapseQueue.limit(leaving: goal / 2, counts))
        while let limit = search.next {
            Parallel.forEach(clusters.count, threadCount: threadCount) { clusters[$0].advance(to: limit) }
            search.note(removed: clusters.reduce(0) { $0 + $1.removedCount })
        }
        let limit = search.limit
        return (limit, try Parallel.map(clusters.count, threadCount: threadCount) { clusters[$0].packed() })
    }
}

/// Finds the key at which so many triangles are gone, from below.
struct LimitSearch {
    /// The key that was tried last, and how many triangles were gone then.
    private(set) var limit: UInt16
    /// The key to try, or `nil` when the goal is near enough or out of reach.
    private(set) var next: UInt16?
    private let goal: Int
    private var removed = 0
    private var tries = 0

    /// Keys that the cost may rise by in one step: four times.
    private static let stride: Double = 128

    /// Looks for the key at which `goal` triangles are gone, from `first` on.
    init(goal: Int, first: UInt16) {
        self.goal = goal
        limit = 0
        next = min(first, CollapseQueue.last - 1)
    }

    /// Notes how many triangles were gone at `next`, and looks further.
    mutating func note(removed count: Int) {
        guard let tried = next else { return }
        // How many keys it takes to lose as many again: costs rise with a power of what is gone.
        let gained = Double(count - removed) / Double(max(count, 1))
        let slope = tries > 0 && gained > 0 ? -Double(tried - limit) / log2(1 - min(gained, 0.999)) : 64
        limit = tried
        removed = count
        tries += 1
        next = nil
        guard Double(count) < Double(goal) * 0.93, tries < 24, tried < CollapseQueue.last - 1 else { return }
        let distance = log2(Double(goal) * 0.98 / Double(max(count, 1))) * slope
        let step = UInt16(min(max(distance, 4), Self.stride))
        next = min(tried + step, CollapseQueue.last - 1)
    }
}

/// What all clusters of a round go by.
private struct RoundWork {
    let plan: ClusterPlan
    /// Triangles above the budget.
    let excess: Int
    /// Of each mesh, the share of its triangles that may go.
    let allowances: [Double]

    /// The most triangles that a cluster with a `share` of all may lose, so that all together keep the budget.
    func most(_ share: Double) -> Int { Int(Double(excess) * share * 0.95) }

    /// The triangles of each mesh that a cluster must keep, so that all together keep the mesh's floor.
    func floors(of patch: borrowing Patch, meshCount: Int) -> [Int] {
        var floors = [Int](repeating: 0, count: meshCount)
        for list in patch.meshTriangles {
            let count = list.triangles.count
            floors[list.mesh] = count - Int(Double(count) * allowances[list.mesh])
        }
        return floors
    }
}

/// A cluster in work; one thread at a time has it.
private final class ClusterWork: @unchecked Sendable {
    // Taken out while it works: in a local variable its tables' addresses stay in registers.
    private var collapser: Collapser?
    private let patch: Patch
    private let rounds: ClusterRounds
    private let most: Int
    private let rules: CollapseRules
    let edgeCounts: (all: Int, free: Int)
    /// Triangles at the beginning.
    private let triangleCount: Int
    /// Triangles that are gone.
    private(set) var removedCount = 0

    init(_ collapser: consuming Collapser, _ patch: consuming Patch, _ rounds: ClusterRounds, most: Int) {
        var collapser = collapser
        collapser.begin()
        edgeCounts = collapser.edgeCounts
        triangleCount = collapser.remaining
        self.collapser = consume collapser
        self.patch = patch
        self.rounds = rounds
        self.most = most
        rules = CollapseRules.stages(rounds.options)[0]
    }

    /// Counts the waiting edges by their keys.
    func countWaiting(_ counts: inout [Int]) { collapser?.countWaiting(&counts) }

    /// Collapses edges up to a key of the queue.
    func advance(to limit: UInt16) {
        guard var work = collapser.take() else { return }
        work.advance(to: limit, removing: most - removedCount, rules, rounds.squaredLimit)
        removedCount = triangleCount - work.remaining
        collapser = consume work
    }

    /// What is left; the work ends with it.
    func packed() -> Surface? {
        guard let work = collapser.take() else { return nil }
        return Surface(work.state, patch, meshCount: rounds.parts.count, layout: rounds.layout)
    }
}
