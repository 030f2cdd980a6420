import LODEngine
import Testing
import VitrineTestSupport

@Suite("Repair")
struct RepairTests {
    /// Options that do nothing but what a test asks for on top.
    private static var quiet: RepairOptions {
        var options = RepairOptions()
        options.normals = .never
        options.tangents = .never
        return options
    }

    @Test("triangles given as corners of their own become one connected surface")
    func weldsDuplicates() throws {
        let sphere = MeshShapes.sphere(8)
        var soup = sphere
        soup.positions = sphere.indices.map { sphere.positions[Int($0)] }
        soup.normals = sphere.normals.map { normals in sphere.indices.map { normals[Int($0)] } }
        soup.textureCoordinates = [sphere.indices.map { sphere.textureCoordinates[0][Int($0)] }]
        soup.indices = Array(0..<UInt32(soup.positions.count))
        let report = try soup.repair(Self.quiet)
        #expect(report.weldedVertices + report.unusedVertices == sphere.indices.count - soup.vertexCount)
        // Both poles are rows of triangles without area, and of vertices that only those use.
        #expect(report.degenerateTriangles == 2 * 16)
        #expect(soup.vertexCount == sphere.vertexCount - 2)
        let facts = MeshFacts([soup])
        #expect(facts.borderCount == 0 && facts.degenerateCount == 0)
        #expect(try soup.repair(Self.quiet).isEmpty, "a second repair changes nothing")
    }

    @Test("a tolerance closes cracks without blending attributes, and moves no vertex farther")
    func weldsWithin() throws {
        let whole = MeshShapes.grid(8)
        let halves = [whole.keeping { $0.x < 0.5 }, whole.keeping { $0.x > 0.5 }]
        var cracked = halves[0]
        let first = UInt32(cracked.positions.count)
        var random = SeededGenerator(seed: 5)
        cracked.positions += halves[1].positions.map {
            $0 + SIMD3(0, 0, Float.random(in: 0.0002...0.0006, using: &random))
        }
        cracked.textureCoordinates[0] += halves[1].textureCoordinates[0].map { $0 + SIMD2(2, 0) }
        cracked.indices += halves[1].indices.map { $0 + first }
        #expect(MeshFacts([cracked]).borderLength > 5.9)
        var options = Self.quiet
        options.weldTolerance = 0.001
        let before = cracked.positions
        let report = try cracked.repair(options)
        #expect(report.movedVertices > 8 && report.unusedVertices > 0)
        #expect(abs(MeshFacts([cracked]).borderLength - 4) < 0.01)
        #expect(Set(cracked.textureCoordinates[0].map { $0.x > 1.5 }) == [true, false], "both sides of the seam stay")
        for point in cracked.positions { #expect(before.contains { length($0 - point) <= 0.001 }) }
        #expect(cracked.triangleCount == whole.triangleCount)
    }

    @Test("vertices that differ in any attribute stay apart")
    func keepsWedges() throws {
        func mesh(_ change: (inout Mesh) -> Void) -> Mesh {
            var mesh = Mesh(
                positions: [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0]],
                indices: [0, 1, 2, 3, 4, 5]
            )
            change(&mesh)
            return mesh
        }
        func vertices(_ change: (inout Mesh) -> Void) throws -> Int {
            var mesh = mesh(change)
            try mesh.repair(Self.quiet)
            return mesh.vertexCount
        }
        #expect(try vertices { _ in } == 4)
        #expect(try vertices { $0.colors = [(0..<6).map { SIMD4(repeating: $0 == 3 ? 0 : 1) }] } == 5)
        #expect(
            try vertices {
                var target = MorphTarget()
                target.positions = (0..<6).map { SIMD3(repeating: $0 == 4 ? 1 : 0) }
                $0.morphTargets = [target]
            } == 5
        )
        #expect(
            try vertices { $0.customAttributes["_A"] = CustomAttribute(componentCount: 1, values: [0, 1, 2, 3, 4, 5]) }
                == 6
        )
        #expect(
            try vertices {
                $0.influences = [
                    (0..<6).map { SkinInfluence(joints: [$0 == 3 ? 1 : 0, 0, 0, 0], weights: [1, 0, 0, 0]) }
                ]
            } == 5
        )
        #expect(try vertices { $0.normals = (0..<6).map { _ in SIMD3(-0.0, 0, 1) } } == 4)
    }

    @Test("a triangle whose corners are in line goes without opening a crack")
    func cutsAtFlatTriangles() throws {
        // The corner 3 lies in the middle of the side from 0 to 1 of the triangle below.
        var mesh = Mesh(
            positions: [[0, 0, 0], [2, 0, 0], [1, 2, 0], [1, 0, 0], [1, -2, 0]],
            indices: [0, 3, 2, 3, 1, 2, 0, 1, 3, 1, 0, 4]
        )
        let report = try mesh.repair(Self.quiet)
        #expect(report.degenerateTriangles == 1 && mesh.triangleCount == 4)
        let facts = MeshFacts([mesh])
        #expect(facts.borderCount == 4 && facts.branchCount == 0)
        for (a, b, c) in mesh.triangles { #expect(cross(b - a, c - a).z > 0.5) }
    }

    @Test("triangles said twice go; those that show the other side stay")
    func dropsDuplicates() throws {
        let grid = MeshShapes.grid(3)
        var mesh = grid
        mesh.indices += grid.indices
        for first in stride(from: 0, to: grid.indices.count, by: 3) {
            mesh.indices += [grid.indices[first + 1], grid.indices[first + 2], grid.indices[first]]
            mesh.indices += [grid.indices[first + 2], grid.indices[first + 1], grid.indices[first]]
        }
        let report = try mesh.repair(Self.quiet)
        #expect(report.duplicateTriangles == 2 * grid.triangleCount)
        #expect(mesh.triangleCount == 2 * grid.triangleCount)
    }

    @Test("what is no number is replaced, and so are triangles without a place")
    func cleansNumbers() throws {
        var mesh = MeshShapes.grid(2)
        let count = mesh.vertexCount
        mesh.positions[8].x = .nan
        mesh.normals = (0..<count).map { $0 == 1 ? SIMD3(.nan, 0, 0) : $0 == 2 ? .zero : SIMD3(0, 0, 1) }
        mesh.tangents = (0..<count).map { $0 == 3 ? SIMD4(.infinity, 0, 0, 1) : SIMD4(1, 0, 0, 1) }
        mesh.textureCoordinates[0][0].y = .infinity
        mesh.colors = [(0..<count).map { $0 == 4 ? SIMD4(repeating: .nan) : SIMD4(0, 0, 0, 1) }]
        mesh.influences = [(0..<count).map { _ in SkinInfluence(joints: [1, 2, 0, 0], weights: [.nan, 0.5, 0, -1]) }]
        var target = MorphTarget()
        target.positions = (0..<count).map { $0 == 5 ? SIMD3(0, .nan, 0) : .one }
        mesh.morphTargets = [target]
        mesh.customAttributes["_A"] = CustomAttribute(
            componentCount: 1,
            values: [.nan] + [Float](repeating: 1, count: count - 1)
        )
        #expect(throws: LODError.self) { try mesh.check() }
        let report = try mesh.repair(Self.quiet)
        try mesh.check()
        #expect(report.unplacedTriangles == 1 && mesh.triangleCount == 7)
        #expect(report.replacedValues == 7 + 2 * mesh.vertexCount)
        #expect(mesh.normals == Array(repeating: SIMD3(0, 0, 1), count: mesh.vertexCount))
        #expect(mesh.colors[0].contains(SIMD4(repeating: 1)))
        #expect(mesh.influences[0].allSatisfy { $0.weights.sum() == 1 && $0.joints.max() == 2 })
        #expect(
            mesh.tangents?.allSatisfy { abs($0.x * $0.x + $0.y * $0.y + $0.z * $0.z - 1) < 1e-5 && abs($0.z) < 1e-5 }
                == true
        )
    }

    @Test("generated normals are smooth below the crease angle and apart above it", arguments: [Float(30), 100])
    func normals(creaseAngle: Float) throws {
        let cube = MeshShapes.cube(3)
        var mesh = Mesh(positions: cube.positions, indices: cube.indices)
        var options = RepairOptions()
        options.creaseAngle = creaseAngle
        let report = try mesh.repair(options)
        #expect(report.generatedNormals == mesh.vertexCount && report.generatedTangents == 0)
        let normals = try #require(mesh.normals)
        if creaseAngle < 90 {
            #expect(mesh.vertexCount == cube.vertexCount, "every side has vertices of its own again")
            for (first, (a, b, c)) in zip(stride(from: 0, to: mesh.indices.count, by: 3), mesh.triangles) {
                let face = cross(b - a, c - a)
                for k in 0..<3 { #expect(dot(normals[Int(mesh.indices[first + k])], face) > 0.999 * length(face)) }
            }
        } else {
            #expect(mesh.vertexCount == Set(cube.positions).count)
            for (point, normal) in zip(mesh.positions, normals)
            where Set([point.x, point.y, point.z]).isSubset(of: [0, 1]) {
                // Whichever way the sides are cut in two: weights by angle make a corner's normal the diagonal.
                #expect(dot(normal, point * 2 - 1) > 1.7320)
            }
        }
    }

    @Test("generated normals of a round thing point where it bulges")
    func roundNormals() throws {
        let sphere = MeshShapes.sphere(16)
        var mesh = Mesh(positions: sphere.positions, indices: sphere.indices)
        try mesh.repair()
        #expect(MeshFacts([mesh]).borderCount == 0)
        #expect(mesh.vertexCount == Set(sphere.positions).count)
        for (point, normal) in zip(mesh.positions, mesh.normals ?? []) { #expect(dot(point, normal) > 0.995) }
    }

    @Test("options out of range and arrays that do not fit are refused")
    func refuses() {
        for change: (inout RepairOptions) -> Void in [
            { $0.weldTolerance = -1 }, { $0.weldTolerance = .nan }, { $0.weldTolerance = 0.2 },
            { $0.creaseAngle = 200 }, { $0.creaseAngle = .nan },
        ] {
            var options = RepairOptions()
            change(&options)
            var mesh = MeshShapes.grid(2)
            let error = #expect(throws: LODError.self) { try mesh.repair(options) }
            #expect(error?.code == .invalidModel)
        }
        var mesh = MeshShapes.grid(2)
        mesh.indices[3] = 77
        #expect(throws: LODError.self) { try mesh.repair() }
    }

    @Test("random soups come out in order and stay so", arguments: 0..<16)
    func soups(number: Int) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(0x5EED) &+ UInt64(number))
        var mesh = RandomMeshes.soup(&random)
        var options = RepairOptions()
        options.weldTolerance = [0, 0.001, 0.1][number % 3]
        try mesh.repair(options)
        try mesh.check()
        #expect(MeshFacts([mesh]).degenerateCount == 0, "seed \(random.seed)")
        #expect(Set(mesh.indices).count == mesh.vertexCount, "seed \(random.seed)")
        #expect(mesh.normals?.allSatisfy { abs(length($0) - 1) < 1e-3 || mesh.normals == nil } ?? false)
        if options.weldTolerance == 0 {
            let once = mesh
            #expect(try mesh.repair(options).isEmpty, "seed \(random.seed)")
            #expect(mesh == once, "seed \(random.seed)")
        }
    }
}
