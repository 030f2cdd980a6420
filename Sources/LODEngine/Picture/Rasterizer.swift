/// Draws triangles into bands of rows, with a depth for each sample (Pineda, "A parallel algorithm for polygon
/// rasterization", 1988).
///
/// Threads first set up triangles, some pieces of a mesh each, and then draw, a band each: every sample meets the
/// triangles in the same order however many threads there are.
struct Rasterizer {
    /// What a surface looks like.
    enum Appearance: Sendable {
        /// As its material says, in the light.
        case material
        /// By the distance to another surface.
        case distance(DistanceColors)
    }

    private let scene: PreparedScene
    private let grid: SampleGrid
    private let rows: Range<Int>
    private let projection: Projection
    private let lighting: Lighting
    private let appearance: Appearance
    private let threadCount: Int
    private let bands: [Band]

    /// Rows of a band: as few as keep setting triangles up twice rare.
    private static let bandRows = 32
    /// Triangles that one thread sets up at a time.
    private static let pieceTriangles = 4_096
    /// Pieces that are drawn together: what they take of memory is some 20 MB.
    private static let stepPieces = 64
    /// Vertices whose places are held at a time, but for a mesh that has more.
    private static let groupVertices = 1 << 20

    /// Rows of samples in which nothing is seen yet.
    init(
        _ scene: PreparedScene,
        camera: Camera,
        grid: SampleGrid,
        rows: Range<Int>,
        appearance: Appearance,
        threadCount: Int
    ) {
        self.scene = scene
        self.grid = grid
        self.rows = rows
        self.appearance = appearance
        self.threadCount = threadCount
        projection = Projection(camera: camera, aspect: Float(grid.width) / Float(grid.height))
        lighting = Lighting(view: projection.view)
        bands = stride(from: rows.lowerBound, to: rows.upperBound, by: Self.bandRows).map { first in
            Band(rows: first..<min(first + Self.bandRows, rows.upperBound), width: grid.width)
        }
    }

    /// Draws all meshes: those that hide what is behind them from the nearest to the farthest, and then those that blend
    /// with it, the other way.
    ///
    /// - Parameter progress: Is called on this thread with the number of placements that are drawn.
    func draw(progress: (Int) throws -> Void) throws {
        let placed = try placedMeshes()
        var done = scene.placements.count - placed.count
        let blends = placed.filter { isBlending($0.mesh) }.sorted { $0.mesh.distance > $1.mesh.distance }
        let others = placed.filter { !isBlending($0.mesh) }.sorted { $0.mesh.distance < $1.mesh.distance }
        for list in [others, blends] {
            var next = 0
            while next < list.count {
                var (group, vertexCount): ([PlacedMesh], Int) = ([], 0)
                while next < list.count, vertexCount < Self.groupVertices, group.count < Self.groupVertices {
                    // What is hidden by what earlier groups drew need not be set up.
                    if !isHidden(list[next].box) {
                        vertexCount += scene.meshes[list[next].mesh.mesh].positions.count
                        group.append(list[next].mesh)
                    }
                    next += 1
                    done += 1
                }
                if let first = group.first { try draw(group, blends: isBlending(first)) }
                try progress(done)
            }
        }
    }

    private func isHidden(_ box: ScreenBox) -> Bool {
        let first = (box.rows.lowerBound - rows.lowerBound) / Self.bandRows
        let last = (box.rows.upperBound - 1 - rows.lowerBound) / Self.bandRows
        return bands[first...last].allSatisfy { $0.hides(box) }
    }

    private func isBlending(_ placed: PlacedMesh) -> Bool {
        // A map of distances shows the surface, however it looks.
        if case .distance = appearance { return false }
        return scene.drawables[placed.drawable].material.transparency == .blend
    }

    /// The placements of which some part may be seen in these rows.
    private func placedMeshes() throws -> [(mesh: PlacedMesh, box: ScreenBox)] {
        let (scene, projection, grid, rows) = (scene, projection, grid, rows)
        let pieceCount = (scene.placements.count + 1_023) / 1_024
        return try Parallel.map(pieceCount, threadCount: threadCount) { piece in
            let range = piece * 1_024..<min((piece + 1) * 1_024, scene.placements.count)
            return scene.placements[range].compactMap { placement -> (mesh: PlacedMesh, box: ScreenBox)? in
                guard let bounds = scene.meshes[placement.mesh].bounds else { return nil }
                let transform = scene.drawables[placement.drawable].transform
                let placed = PlacedMesh(placement, transform: transform, bounds: bounds, projection: projection)
                return placed.screenBox(bounds, grid: grid, rows: rows, near: projection.nearDistance)
                    .map { (placed, $0) }
            }
        }.flatMap { $0 }
    }

    /// Draws some placements, a step at a time.
    private func draw(_ placed: [PlacedMesh], blends: Bool) throws {
        let group = try DrawingGroup(
            placed,
            blends: blends,
            scene: scene,
            grid: grid,
            near: projection.nearDistance,
            threadCount: threadCount
        )
        let pieceCount = (group.triangleCount + Self.pieceTriangles - 1) / Self.pieceTriangles
        for first in stride(from: 0, to: pieceCount, by: Self.stepPieces) {
            var pieces = try Parallel.map(min(Self.stepPieces, pieceCount - first), threadCount: threadCount) { index in
                let start = (first + index) * Self.pieceTriangles
                var piece = setUp(group, start..<min(start + Self.pieceTriangles, group.triangleCount))
                if !group.blends { divide(&piece) }
                return piece
            }
            if group.blends {
                var all = ScreenPiece()
                for piece in pieces { all.append(piece) }
                all.sortBackToFront()
                divide(&all)
                pieces = [all]
            }
            let drawn = pieces
            Parallel.forEach(bands.count, threadCount: threadCount) { draw(drawn, of: group, band: $0) }
        }
    }

    private func divide(_ piece: inout ScreenPiece) {
        piece.divide(rows: rows, bandRows: Self.bandRows, bandCount: bands.count)
    }

    /// Sets up the triangles of these numbers, counted over all placements of the group.
    private func setUp(_ group: DrawingGroup, _ range: Range<Int>) -> ScreenPiece {
        var piece = ScreenPiece()
        var number = group.placement(ofTriangle: range.lowerBound)
        while number < group.placed.count, group.triangleStarts[number] < range.upperBound {
            let placed = group.placed[number]
            let mesh = scene.meshes[placed.mesh]
            let start = group.triangleStarts[number]
            let own = max(range.lowerBound - start, 0)..<min(range.upperBound - start, mesh.triangleCount)
            let setup = TriangleSetup(
                grid: grid,
                rows: rows,
                near: projection.nearDistance,
                placement: UInt32(truncatingIfNeeded: number),
                isMirrored: placed.isMirrored,
                isDoubleSided: scene.drawables[placed.drawable].material.isDoubleSided
            )
            piece.add(own, of: mesh, vertices: group.vertices(of: number), view: setup)
            number += 1
        }
        return piece
    }

    /// Draws one band's part of some pieces.
    private func draw(_ pieces: [ScreenPiece], of group: DrawingGroup, band number: Int) {
        let band = bands[number]
        var context = DrawingContext(scene: scene, group: group, lighting: lighting)
        var marked: [(triangle: ScreenTriangle, clip: Corners<SIMD3<Float>>?, edges: EdgeFunctions)] = []
        for piece in pieces {
            for index in piece.triangles(in: number) {
                let triangle = piece.triangles[Int(index)]
                guard let edges = EdgeFunctions(triangle, rows: band.rows, width: grid.width) else { continue }
                let clip = triangle.clip >= 0 ? piece.clips[Int(triangle.clip)] : nil
                context.turn(to: triangle.placement)
                var test = Band.Test.passes
                if appearance.isMaterial, context.material.transparency != .opaque {
                    guard let shader = context.shader(triangle, edges, clip) else { continue }
                    if case .mask(let cutoff) = context.material.transparency {
                        test = .mask(cutoff: cutoff, shader)
                    } else {
                        band.blend(triangle, edges, shader: shader)
                        continue
                    }
                }
                if band.mark(triangle, edges, as: Int32(truncatingIfNeeded: marked.count), test) {
                    marked.append((triangle, clip, edges))
                }
            }
        }
        guard !marked.isEmpty else { return }
        for (number, mark) in marked.enumerated() {
            context.turn(to: mark.triangle.placement)
            guard let shader = context.shader(mark.triangle, mark.edges, mark.clip) else { continue }
            let number = Int32(truncatingIfNeeded: number)
            switch appearance {
            case .material:
                band.shade(mark.edges, number: number, shader: shader) { $0.lit($0.base($1), $1) }
            case .distance(let colors):
                let finder = colors.finder()
                band.shade(mark.edges, number: number, shader: shader) { shader, weights in
                    shader.lit(finder.color(at: shader.point(weights)), weights)
                }
            }
        }
        band.forgetNumbers()
    }

    /// The rows' pixels, four bytes for each.
    func pixels(side: Int) throws -> [UInt8] {
        let bands = bands
        return try Parallel.map(bands.count, threadCount: threadCount) { bands[$0].pixels(side: side) }.flatMap { $0 }
    }
}

extension Rasterizer.Appearance {
    fileprivate var isMaterial: Bool { if case .material = self { true } else { false } }
}
