/// Some triangles of a surface, with their wedges and vertices numbered from 0 by first use.
///
/// A surface numbers its wedges and vertices in the order in which its triangles use them. So those that a stretch of
/// triangles is the first to use have numbers in a row; only what it shares with earlier stretches is looked up.
struct Patch: ~Copyable {
    /// Three wedges a triangle.
    let corners: FlatArray<UInt32>
    /// Which triangles are whose, in order of meshes.
    let meshTriangles: [MeshTriangles]
    /// The vertex of each wedge.
    let wedgeVertex: FlatArray<UInt32>
    /// What the surface calls the wedges.
    let wedgeNumbers: FlatArray<UInt32>
    /// What the surface calls the vertices.
    let vertexNumbers: FlatArray<UInt32>

    /// A mesh's triangles.
    struct MeshTriangles {
        var mesh: Int
        var triangles: Range<Int>
    }

    /// Takes the triangles of `cluster` out of a surface.
    init(_ cluster: ClusterPlan.Cluster, _ surface: Connectivity) {
        let first = cluster.triangles.lowerBound
        corners = FlatArray(repeating: 0, count: cluster.triangles.count * 3)
        var wedges = Renumbering(cluster.firstWedge..<cluster.endWedge)
        var vertices = Renumbering(cluster.firstVertex..<cluster.endVertex)
        for corner in 0..<corners.count { corners[corner] = wedges.number(surface.corners[first * 3 + corner]) }
        wedgeNumbers = FlatArray(wedges.originals)
        wedgeVertex = FlatArray(repeating: 0, count: wedgeNumbers.count)
        for wedge in 0..<wedgeNumbers.count {
            wedgeVertex[wedge] = vertices.number(surface.wedgeVertex[Int(wedgeNumbers[wedge])])
        }
        vertexNumbers = FlatArray(vertices.originals)
        var lists: [MeshTriangles] = []
        for (mesh, triangles) in surface.meshTriangles.enumerated() {
            let own = triangles.clamped(to: cluster.triangles)
            guard !own.isEmpty else { continue }
            lists.append(.init(mesh: mesh, triangles: (own.lowerBound - first)..<(own.upperBound - first)))
        }
        meshTriangles = lists
    }
}

/// Numbers of a surface and those that stand for them in a patch.
private struct Renumbering {
    /// The surface's number of each of the patch's.
    private(set) var originals: [UInt32]
    private let firstOwn: UInt32
    /// Where those lie that are not the patch's own; made when the first comes.
    private var table: WeldTable?

    /// Begins with the patch's own numbers.
    init(_ own: Range<UInt32>) {
        firstOwn = own.lowerBound
        originals = Array(own)
    }

    @inline(__always)
    mutating func number(_ original: UInt32) -> UInt32 {
        original >= firstOwn ? original - firstOwn : foreignNumber(original)
    }

    private mutating func foreignNumber(_ original: UInt32) -> UInt32 {
        let hash = UInt64(original)
        var places = table ?? WeldTable(capacity: 256)
        if let known = places.find(hash, where: { originals[Int($0)] == original }) { return known }
        table = nil
        let number = UInt32(originals.count)
        originals.append(original)
        places.insert(number, hash) { UInt64(originals[Int($0)]) }
        table = places
        return number
    }
}

/// What patches are cut from: triangles in a spatial order, wedges and vertices numbered by their first use.
struct Connectivity {
    /// Three wedges a triangle.
    var corners: [UInt32]
    /// The vertex of each wedge.
    var wedgeVertex: [UInt32]
    /// How many vertices there are.
    var vertexCount: Int
    /// Which triangles are each mesh's, in a row.
    var meshTriangles: [Range<Int>]

    var triangleCount: Int { corners.count / 3 }
}

/// A surface cut into stretches of triangles that lie together, to be simplified side by side.
struct ClusterPlan {
    /// A stretch, and the numbers of the wedges and vertices that no earlier one uses.
    struct Cluster {
        var triangles: Range<Int>
        var firstWedge: UInt32 = 0
        var endWedge: UInt32 = 0
        var firstVertex: UInt32 = 0
        var endVertex: UInt32 = 0
    }

    private(set) var clusters: [Cluster] = []
    /// Triangles of all.
    let triangleCount: Int
    /// By vertex, whether more than one cluster uses it.
    private(set) var isShared: [Bool]

    /// One cluster of everything.
    init(whole surface: Connectivity) {
        self.init(surface, count: 1)
    }

    /// Cuts `surface` into `count` clusters of as many triangles each as the others, up to one.
    init(_ surface: Connectivity, count: Int) {
        isShared = Array(repeating: false, count: surface.vertexCount)
        let total = surface.corners.count / 3
        triangleCount = total
        var wedge: UInt32 = 0
        var vertex: UInt32 = 0
        for number in 0..<max(count, 1) {
            var cluster = Cluster(triangles: (total * number / max(count, 1))..<(total * (number + 1) / max(count, 1)))
            cluster.firstWedge = wedge
            cluster.firstVertex = vertex
            for corner in (cluster.triangles.lowerBound * 3)..<(cluster.triangles.upperBound * 3) {
                let used = surface.corners[corner]
                wedge = max(wedge, used + 1)
                let place = surface.wedgeVertex[Int(used)]
                if place < cluster.firstVertex { isShared[Int(place)] = true }
                vertex = max(vertex, place + 1)
            }
            cluster.endWedge = wedge
            cluster.endVertex = vertex
            clusters.append(cluster)
        }
    }
}
