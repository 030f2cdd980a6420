/// Placements whose triangles are drawn together.
struct DrawingGroup: Sendable {
    let placed: [PlacedMesh]
    /// Whether they blend with what is behind them.
    let blends: Bool
    /// Where each placement's triangles start, and one more for the end.
    let triangleStarts: [Int]
    private let vertexStarts: [Int]
    /// The vertices in the picture, one placement after the other.
    private let vertices: [ScreenVertex]

    var triangleCount: Int { triangleStarts[placed.count] }

    init(
        _ placed: [PlacedMesh],
        blends: Bool,
        scene: PreparedScene,
        grid: SampleGrid,
        near: Float,
        threadCount: Int
    ) throws {
        self.placed = placed
        self.blends = blends
        var (triangles, vertices) = ([0], [0])
        for (index, placed) in placed.enumerated() {
            triangles.append(triangles[index] + scene.meshes[placed.mesh].triangleCount)
            vertices.append(vertices[index] + scene.meshes[placed.mesh].positions.count)
        }
        triangleStarts = triangles
        vertexStarts = vertices
        let starts = vertices
        let total = starts[placed.count]
        let pieceSize = 1 << 14
        self.vertices = try Parallel.map((total + pieceSize - 1) / pieceSize, threadCount: threadCount) { piece in
            let range = piece * pieceSize..<min((piece + 1) * pieceSize, total)
            var part: [ScreenVertex] = []
            part.reserveCapacity(range.count)
            var number = starts.lastNotAbove(range.lowerBound)
            while number < placed.count, starts[number] < range.upperBound {
                let placement = placed[number]
                let mesh = scene.meshes[placement.mesh]
                let start = starts[number]
                let own = max(range.lowerBound - start, 0)..<min(range.upperBound - start, mesh.positions.count)
                for vertex in own {
                    part.append(ScreenVertex(placement.place(mesh.positions[vertex]), grid: grid, near: near))
                }
                number += 1
            }
            return part
        }.flatMap { $0 }
    }

    func vertices(of number: Int) -> ArraySlice<ScreenVertex> {
        vertices[vertexStarts[number]..<vertexStarts[number + 1]]
    }

    /// The placement that has the triangle of this number.
    func placement(ofTriangle triangle: Int) -> Int {
        triangleStarts.lastNotAbove(triangle)
    }
}

extension [Int] {
    /// The last place of a rising list, that starts with 0, whose number is not above this one.
    fileprivate func lastNotAbove(_ number: Int) -> Int {
        var (low, high) = (0, count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if self[middle] <= number { low = middle } else { high = middle }
        }
        return low
    }
}

/// What drawing triangles of one placement after the other holds on to, so that it is looked up once for each.
struct DrawingContext {
    private let scene: PreparedScene
    private let group: DrawingGroup
    private let lighting: Lighting
    private var placement: UInt32?
    private var mesh: PreparedMesh?
    private var placed: PlacedMesh?
    private(set) var material = DrawableMaterial()

    init(scene: PreparedScene, group: DrawingGroup, lighting: Lighting) {
        self.scene = scene
        self.group = group
        self.lighting = lighting
    }

    @inline(__always)
    mutating func turn(to placement: UInt32) {
        guard placement != self.placement else { return }
        let placed = group.placed[Int(placement)]
        self.placement = placement
        self.placed = placed
        mesh = scene.meshes[placed.mesh]
        material = scene.drawables[placed.drawable].material
    }

    @inline(__always)
    func shader(
        _ triangle: ScreenTriangle,
        _ edges: EdgeFunctions,
        _ clip: Corners<SIMD3<Float>>?
    ) -> TriangleShader? {
        guard let mesh, let placed else { return nil }
        return TriangleShader(
            triangle,
            edges: edges,
            clip: clip,
            mesh: mesh,
            placed: placed,
            material: material,
            lighting: lighting
        )
    }
}
