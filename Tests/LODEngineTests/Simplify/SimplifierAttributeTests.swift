import Glibc
import LODEngine
import Testing

@Suite("Simplifier: attributes")
struct SimplifierAttributeTests {
    @Test("a texture seam stays a seam, shut and undistorted")
    func textureSeam() throws {
        let sphere = MeshShapes.sphere(14)
        let mesh = try Simplifier.simplify([sphere], to: .ratio(0.2), options: .unmeasured).meshes[0]
        #expect(MeshFacts([mesh]).borderCount == 0, "both sides of the seam are in the same places")
        let wedges = Dictionary(grouping: mesh.positions.indices) { mesh.positions[$0] }
        #expect(wedges.values.contains { $0.count == 2 }, "some places have two sides")
        let coordinates = mesh.textureCoordinates[0]
        for vertex in mesh.positions.indices {
            let p = mesh.positions[vertex] / length(mesh.positions[vertex])
            guard abs(p.z) < 0.9 else { continue }
            // Where the globe's coordinates should be, on the side of the seam that this vertex is of.
            var angle = angleInTurns(p.y, p.x)
            if angle - coordinates[vertex].x > 0.5 { angle -= 1 }
            if coordinates[vertex].x - angle > 0.5 { angle += 1 }
            #expect(abs(coordinates[vertex].x - angle) < 0.05)
        }
        for triangle in stride(from: 0, to: mesh.indices.count, by: 3) {
            let u = (0..<3).map { coordinates[Int(mesh.indices[triangle + $0])].x }
            #expect((u.max() ?? 0) - (u.min() ?? 0) < 0.6, "no triangle reaches across the seam")
        }
    }

    @Test("linear attributes are reproduced where vertices moved")
    func linearAttributes() throws {
        var grid = MeshShapes.grid(16) { x, y in 0.2 * (x - 0.5) * (x - 0.5) + 0.1 * y * y }
        let points = grid.positions
        grid.colors = [points.map { SIMD4($0.x, $0.y, 1 - $0.x, 1) }]
        grid.textureCoordinates.append(points.map { SIMD2($0.y * 3, $0.x * 2) })
        grid.textureCoordinates.append(points.map { SIMD2($0.y, $0.x) })
        grid.customAttributes["_TEMPERATURE"] = CustomAttribute(componentCount: 1, values: points.map { $0.x + $0.y })
        var target = MorphTarget()
        target.positions = points.map { SIMD3(0, 0, $0.x) }
        target.normals = points.map { _ in SIMD3(0, 0.5, 0) }
        grid.morphTargets = [target]
        let mesh = try Simplifier.simplify([grid], to: .ratio(0.1), options: .unmeasured).meshes[0]
        #expect(mesh.triangleCount <= 52)
        try mesh.check()
        let custom = try #require(mesh.customAttributes["_TEMPERATURE"])
        let morphed = try #require(mesh.morphTargets.first?.positions)
        for (vertex, p) in mesh.positions.enumerated() {
            #expect(abs(mesh.colors[0][vertex].x - p.x) < 0.03)
            #expect(abs(mesh.colors[0][vertex].z - (1 - p.x)) < 0.03)
            #expect(length(SIMD3(mesh.textureCoordinates[0][vertex] - SIMD2(p.x, p.y), 0)) < 0.03)
            #expect(length(SIMD3(mesh.textureCoordinates[1][vertex] - SIMD2(p.y * 3, p.x * 2), 0)) < 0.06)
            #expect(length(SIMD3(mesh.textureCoordinates[2][vertex] - SIMD2(p.y, p.x), 0)) < 0.03)
            // These are carried by interpolation along the edges only, so they may be off by a little more.
            #expect(abs(custom.values[vertex] - (p.x + p.y)) < 0.15)
            #expect(abs(morphed[vertex].z - p.x) < 0.15)
        }
        #expect(mesh.morphTargets[0].normals?.allSatisfy { abs($0.y - 0.5) < 1e-5 } == true)
    }

    @Test("normals and tangents come out at length 1 and at right angles")
    func frames() throws {
        var sphere = MeshShapes.sphere(12)
        sphere.tangents = sphere.positions.map { p in
            let along = SIMD3<Float>(-p.y, p.x, 0)
            let unit = length(along) > 1e-6 ? along / length(along) : SIMD3(1, 0, 0)
            return SIMD4(unit, -1)
        }
        let mesh = try Simplifier.simplify([sphere], to: .ratio(0.2), options: .unmeasured).meshes[0]
        let normals = try #require(mesh.normals)
        let tangents = try #require(mesh.tangents)
        for vertex in normals.indices {
            let tangent = SIMD3(tangents[vertex].x, tangents[vertex].y, tangents[vertex].z)
            let p = mesh.positions[vertex] / length(mesh.positions[vertex])
            #expect(abs(length(normals[vertex]) - 1) < 1e-3)
            #expect(abs(length(tangent) - 1) < 1e-3)
            #expect(tangents[vertex].w == -1)
            #expect(dot(normals[vertex], p) > 0.85)
        }
    }

    @Test("skin influences stay four, positive and whole")
    func skin() throws {
        var grid = MeshShapes.grid(12)
        grid.influences = [
            grid.positions.map { p in
                SkinInfluence(
                    joints: [UInt16(p.x * 5), UInt16(p.x * 5) + 1, UInt16(p.y * 5) + 10, UInt16(p.y * 5) + 11],
                    weights: [0.3, 0.2, 0.4, 0.1]
                )
            }
        ]
        let mesh = try Simplifier.simplify([grid], to: .ratio(0.1), options: .unmeasured).meshes[0]
        #expect(mesh.influences[0].count == mesh.vertexCount)
        for influence in mesh.influences[0] {
            #expect(abs(influence.weights.sum() - 1) < 1e-3)
            #expect(influence.weights.min() >= 0)
            #expect(influence.joints.max() <= 16)
        }
    }

    @Test("the joint with the greater weight wins where two meet")
    func skinFollowsPlace() throws {
        var grid = MeshShapes.grid(12)
        grid.influences = [
            grid.positions.map { p in
                SkinInfluence(joints: [p.x < 0.5 ? 3 : 7, 0, 0, 0], weights: [1, 0, 0, 0])
            }
        ]
        let mesh = try Simplifier.simplify([grid], to: .triangles(2)).meshes[0]
        for (p, influence) in zip(mesh.positions, mesh.influences[0]) {
            #expect(influence.joints.x == (p.x < 0.5 ? 3 : 7), "at \(p): \(influence)")
        }
    }

    @Test("vertices that stay keep their attributes bit by bit")
    func untouched() throws {
        let sphere = MeshShapes.sphere(10)
        let mesh = try Simplifier.simplify([sphere], to: .ratio(0.9), options: .unmeasured).meshes[0]
        let known = Set(sphere.positions)
        #expect(mesh.positions.count { known.contains($0) } > mesh.vertexCount / 2)
    }

    @Test("a colour boundary on a flat grid is kept where it is")
    func colourBoundary() throws {
        var grid = MeshShapes.grid(16)
        grid.colors = [grid.positions.map { $0.x < 0.49 ? SIMD4(1, 0, 0, 1) : SIMD4(0, 0, 1, 1) }]
        let mesh = try Simplifier.simplify([grid], to: .ratio(0.15), options: .unmeasured).meshes[0]
        for (p, color) in zip(mesh.positions, mesh.colors[0]) {
            if p.x < 0.35 { #expect(color.x > 0.9, "red at \(p): \(color)") }
            if p.x > 0.6 { #expect(color.z > 0.9, "blue at \(p): \(color)") }
        }
    }

    private func angleInTurns(_ y: Float, _ x: Float) -> Float {
        let turn = atan2(y, x) / (2 * Float.pi)
        return turn < 0 ? turn + 1 : turn
    }
}
