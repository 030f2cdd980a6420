import LODEngine
import Testing

@Suite("Comparing surfaces")
struct SurfaceComparisonTests {
    private func sphere(_ rings: Int, radius: Float = 1) -> DrawableMesh {
        DrawableMesh(mesh: TestSolids.sphere(rings: rings, radius: radius))
    }

    private func square(z: Float, half: Float = 1) -> DrawableMesh {
        DrawableMesh(
            mesh: Mesh(
                positions: [
                    SIMD3(-half, -half, z), SIMD3(half, -half, z), SIMD3(half, half, z), SIMD3(-half, half, z),
                ],
                indices: [0, 1, 2, 0, 2, 3]
            )
        )
    }

    private func isClose(_ one: Double, _ other: Double, within tolerance: Double = 1e-5) -> Bool {
        abs(one - other) <= tolerance
    }

    @Test("parallel planes are apart by their distance everywhere, both ways")
    func planes() throws {
        let found = try SurfaceComparison(original: [square(z: 0)], simplified: [square(z: 0.25)], pointCount: 500)
        for part in [found.fromOriginal, found.fromSimplified] {
            for number in [part.mean, part.rootMeanSquare, part.percentile99, part.max] {
                #expect(isClose(number, 0.25))
            }
        }
        #expect(isClose(found.extent, 8.0.squareRoot()) && isClose(found.mean, 0.25) && isClose(found.max, 0.25))
        #expect(found.originalTriangleCount == 2 && found.simplifiedTriangleCount == 2)
    }

    @Test("what was lost is far from the simplified surface, and that is near the original")
    func lostPart() throws {
        let found = try SurfaceComparison(
            original: [square(z: 0), square(z: 3, half: 0.5)],
            simplified: [square(z: 0)],
            pointCount: 2_000
        )
        #expect(isClose(found.fromSimplified.max, 0))
        #expect(isClose(found.fromOriginal.max, 3) && isClose(found.max, 3))
        // The lost square is a fifth of the area.
        #expect(isClose(found.fromOriginal.mean, 0.6, within: 0.01))
    }

    @Test("a coarse sphere lies inside a fine one by what geometry says, whatever the threads")
    func spheres() throws {
        let one = try SurfaceComparison(
            original: [sphere(40)],
            simplified: [sphere(8)],
            pointCount: 4_000,
            threadCount: 1
        )
        let two = try SurfaceComparison(
            original: [sphere(40)],
            simplified: [sphere(8)],
            pointCount: 4_000,
            threadCount: 2
        )
        #expect(one.fromOriginal == two.fromOriginal && one.fromSimplified == two.fromSimplified)
        // The middle of a face between two rings is the farthest in.
        #expect(one.max > 0.03 && one.max < 0.2)
        #expect(one.mean < one.rootMeanSquare && one.rootMeanSquare < one.max)
        #expect(one.fromOriginal.percentile99 <= one.fromOriginal.max)
    }

    @Test("placements count, and what is no number does not")
    func placements() throws {
        var placed = square(z: 0)
        placed.transform.origin.z = 0.5
        var broken = square(z: 0)
        broken.mesh.positions.append(SIMD3(.nan, 0, 0))
        broken.mesh.indices += [0, 1, 4, 0, 1, 99, 7]
        let found = try SurfaceComparison(original: [broken], simplified: [placed], pointCount: 200)
        #expect(isClose(found.max, 0.5) && found.originalTriangleCount == 2)
    }

    @Test("a scene without triangles cannot be compared")
    func empty() {
        let error = #expect(throws: LODError.self) {
            try SurfaceComparison(original: [square(z: 0)], simplified: [])
        }
        #expect(error?.code == .invalidModel && error?.message.contains("simplified") == true)
    }

    @Test("a heat map is blue where nothing was lost and red where most was")
    func heatMap() throws {
        var bumped = square(z: 0)
        // A pyramid over the right half, which the flat square lacks.
        bumped.mesh.positions += [SIMD3(0, -1, 0), SIMD3(0, 1, 0), SIMD3(0.5, 0, 0.8)]
        bumped.mesh.indices = [0, 4, 5, 0, 5, 3, 4, 1, 6, 1, 2, 6, 2, 5, 6, 5, 4, 6]
        let found = try SurfaceComparison(original: [bumped], simplified: [square(z: 0)], pointCount: 2_000)
        let camera = Camera(position: SIMD3(0, 0, 10), target: .zero, verticalFieldOfView: 2 * 0.0996687)
        let picture = try found.heatMap(width: 64, height: 64, camera: camera, threadCount: 2)
        #expect(picture[10, 32].z > picture[10, 32].x && picture[10, 32].w == 255)
        #expect(picture[48, 32].x > picture[48, 32].z)
        #expect(found.heatTop >= found.fromOriginal.percentile99 && found.heatTop < found.fromOriginal.max * 3)
        #expect(try found.heatMap(width: 64, height: 64, camera: camera, threadCount: 1) == picture)
    }

    @Test("the sheet shows three pictures with titles, on white")
    func sheet() throws {
        let found = try SurfaceComparison(original: [sphere(12)], simplified: [sphere(4)], pointCount: 500)
        let sheet = try found.sideBySide(panelSide: 160)
        #expect(sheet.width == 480 && sheet.height > 160)
        #expect(stride(from: 3, to: sheet.bytes.count, by: 4).allSatisfy { sheet.bytes[$0] == 255 })
        #expect(sheet[479, 0] == SIMD4(255, 255, 255, 255))
        // Letters stand above each picture.
        for panel in 0..<3 {
            let dark = (0..<160 * 18).count { sheet[panel * 160 + $0 % 160, $0 / 160].x < 100 }
            #expect(dark > 60, "panel \(panel)")
        }
        #expect(throws: LODError.self) { try found.sideBySide(panelSide: 20) }
    }

    @Test("what progress throws ends the measuring")
    func cancellation() {
        #expect(throws: CancellationError.self) {
            try SurfaceComparison(original: [sphere(8)], simplified: [sphere(4)]) { fraction in
                if fraction > 0.3 { throw CancellationError() }
            }
        }
    }
}
