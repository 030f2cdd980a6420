/// Orders triangles so that their vertices are still in a GPU's cache of transformed vertices.
///
/// After Tom Forsyth, "Linear-Speed Vertex Cache Optimisation" (2006): the next triangle is the one whose vertices are
/// worth most, where a vertex is worth more the more lately it was used and the fewer triangles it has left. Only
/// triangles at cached vertices are looked at, so that the time is linear; where none is left, the list's own order
/// goes on.
struct VertexCacheOrder: ~Copyable {
    /// Vertices that the modelled cache holds, and three that a triangle pushes out of it.
    private static let cacheSize = 16
    private static let valenceMax = 31

    /// Triangles that are not yet put out, for each vertex: those at `firsts[vertex]` on, `lefts[vertex]` of them.
    private let adjacency: FlatArray<UInt32>
    private let firsts: FlatArray<UInt32>
    private let lefts: FlatArray<UInt32>
    private let vertexScores: FlatArray<Float>
    /// Less than zero for a triangle that is put out.
    private let triangleScores: FlatArray<Float>
    private let corners: FlatArray<UInt32>
    /// The cached vertices, the latest first, and how many they are.
    private var cache: InlineArray<19, UInt32> = .init(repeating: none)
    private var cached = 0
    private let worth: FlatArray<Float>

    /// The triangles of `indices` in their new order, as numbers of the old.
    static func order(_ indices: [UInt32], vertexCount: Int) -> [UInt32] {
        var order = VertexCacheOrder(indices, vertexCount: vertexCount)
        return order.run()
    }

    private init(_ indices: [UInt32], vertexCount: Int) {
        let triangles = indices.count / 3
        corners = FlatArray(indices)
        lefts = FlatArray(repeating: 0, count: vertexCount)
        firsts = FlatArray(repeating: 0, count: vertexCount)
        for corner in 0..<triangles * 3 { lefts[corners[corner]] += 1 }
        var sum: UInt32 = 0
        for vertex in 0..<vertexCount {
            firsts[vertex] = sum
            sum += lefts[vertex]
            lefts[vertex] = 0
        }
        adjacency = FlatArray(repeating: 0, count: triangles * 3)
        for corner in 0..<triangles * 3 {
            let vertex = corners[corner]
            adjacency[firsts[vertex] + lefts[vertex]] = UInt32(corner / 3)
            lefts[vertex] += 1
        }
        worth = VertexCacheOrder.worths()
        vertexScores = FlatArray(repeating: 0, count: vertexCount)
        triangleScores = FlatArray(repeating: 0, count: triangles)
        for vertex in 0..<vertexCount { vertexScores[vertex] = score(place: nil, left: lefts[vertex]) }
        for triangle in 0..<triangles {
            let first = triangle * 3
            triangleScores[triangle] =
                vertexScores[corners[first]] + vertexScores[corners[first + 1]] + vertexScores[corners[first + 2]]
        }
    }

    /// What each place in the cache, none among them, is worth with each number of triangles left.
    ///
    /// The last triangle's three vertices are worth less than those before them, or the order would run off in strips.
    private static func worths() -> FlatArray<Float> {
        let table = FlatArray<Float>(repeating: 0, count: (cacheSize + 1) * (valenceMax + 1))
        for place in 0...cacheSize {
            var recency: Float = 0
            if place < 3 {
                recency = 0.75
            } else if place < cacheSize {
                let age = 1 - Float(place - 3) / Float(cacheSize - 3)
                recency = age * age.squareRoot()
            }
            for left in 1...valenceMax {
                table[place * (valenceMax + 1) + left] = recency + 2 / Float(left).squareRoot()
            }
        }
        return table
    }

    @inline(__always)
    private func score(place: Int?, left: UInt32) -> Float {
        worth[(place ?? Self.cacheSize) * (Self.valenceMax + 1) + Int(min(left, UInt32(Self.valenceMax)))]
    }

    private mutating func run() -> [UInt32] {
        let triangles = triangleScores.count
        var order: [UInt32] = []
        order.reserveCapacity(triangles)
        var next = 0
        var best: UInt32?
        while order.count < triangles {
            if best == nil {
                while triangleScores[next] < 0 { next += 1 }
                best = UInt32(next)
            }
            guard let triangle = best else { break }
            order.append(triangle)
            best = putOut(triangle)
        }
        return order
    }

    /// Takes `triangle` out of what is left and returns the best at a cached vertex.
    private mutating func putOut(_ triangle: UInt32) -> UInt32? {
        triangleScores[triangle] = -1
        var fresh: InlineArray<19, UInt32> = .init(repeating: none)
        var count = 0
        for corner in 0..<3 {
            let vertex = corners[triangle * 3 + UInt32(corner)]
            remove(triangle, from: vertex)
            if count > 0, fresh[0] == vertex || count > 1 && fresh[1] == vertex { continue }
            fresh[count] = vertex
            count += 1
        }
        let own = count
        for place in 0..<cached {
            let vertex = cache[place]
            if vertex == fresh[0] || own > 1 && vertex == fresh[1] || own > 2 && vertex == fresh[2] { continue }
            fresh[count] = vertex
            count += 1
        }
        cache = fresh
        cached = min(count, Self.cacheSize)
        return rescore(count)
    }

    /// Takes one entry of `triangle` off a vertex's list.
    private func remove(_ triangle: UInt32, from vertex: UInt32) {
        let first = firsts[vertex]
        let last = first + lefts[vertex] - 1
        var place = first
        while adjacency[place] != triangle { place += 1 }
        adjacency[place] = adjacency[last]
        lefts[vertex] = last - first
    }

    /// Brings the scores of the first `count` vertices of the cache, and of their triangles, up to date.
    private func rescore(_ count: Int) -> UInt32? {
        var best: (triangle: UInt32, score: Float)?
        for place in 0..<count {
            let vertex = cache[place]
            let left = lefts[vertex]
            guard left > 0 else { continue }
            let score = score(place: place < Self.cacheSize ? place : nil, left: left)
            let change = score - vertexScores[vertex]
            vertexScores[vertex] = score
            let first = firsts[vertex]
            for entry in first..<first + left {
                let triangle = adjacency[entry]
                let sum = triangleScores[triangle] + change
                triangleScores[triangle] = sum
                if sum > best?.score ?? 0 { best = (triangle, sum) }
            }
        }
        return best?.triangle
    }
}
