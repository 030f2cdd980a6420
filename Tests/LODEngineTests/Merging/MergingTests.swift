import LODEngine
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Merging parts")
struct MergingTests {
    private func ball(_ rings: Int, radius: Float, at center: SIMD3<Float> = .zero) -> Mesh {
        var mesh = TestSolids.sphere(rings: rings, radius: radius)
        mesh.positions = mesh.positions.map { $0 + center }
        return mesh
    }

    private func model(_ meshes: [Mesh]) -> Model {
        Model(meshes: meshes.map { ("", $0) }, name: "parts")
    }

    /// Only what the test is about.
    private func options(_ set: (inout MergeOptions) -> Void) -> MergeOptions {
        var options = MergeOptions()
        options.weldTolerance = 0
        options.joinsPrimitives = false
        options.tinyPartSize = 0
        options.hidden = .never
        options.viewSide = 128
        options.viewCount = 64
        set(&options)
        return options
    }

    @Test("a sphere inside another one goes, and nothing that a picture shows", arguments: [2, 1])
    func hidden(threadCount: Int) throws {
        let outside = ball(8, radius: 0.2, at: SIMD3(1.5, 0, 0))
        var scene = model([ball(12, radius: 1), ball(9, radius: 0.8), outside, ball(40, radius: 0.3)])
        let before = try scene.thumbnail(width: 96, height: 96)
        var fractions: [Double] = []
        let report = try scene.merge(options { $0.hidden = .parts }, threadCount: threadCount) { fractions.append($0) }
        #expect(report.hiddenParts == 2)
        #expect(scene.primitives.map { $0.mesh.triangleCount > 0 } == [true, false, true, false])
        #expect(scene.primitives[2].mesh == outside)
        #expect(try scene.thumbnail(width: 96, height: 96) == before)
        #expect(fractions == fractions.sorted() && fractions.last == 1)
        let back = try Model.read(scene.glb(), name: "back.glb")
        // Of a mesh that nodes still refer to, one triangle without area is written.
        #expect(back.triangleCount == scene.triangleCount + 2)
    }

    @Test("what shows through a hole, glass or the back of a sheet stays")
    func shows() throws {
        let inner = ball(6, radius: 0.5)
        let open = ball(12, radius: 1).keeping { $0.y < 0.6 }
        var scene = model([open, inner])
        #expect(try scene.merge(options { $0.hidden = .parts }).isEmpty)
        for (key, value) in [("alphaMode", JSONValue.string("BLEND")), ("doubleSided", .bool(false))] {
            var builder = GLTFBuilder()
            builder.root["materials"] = [[key: value], [:]] as JSONValue
            // The shell is turned inside out where its backs must not hide: nothing of it faces the viewer.
            var shell = ball(10, radius: 1)
            if key == "doubleSided" { for t in 0..<shell.triangleCount { shell.indices.swapAt(t * 3, t * 3 + 1) } }
            for (material, mesh) in [shell, inner].enumerated() { builder.add(mesh, material: material) }
            var scene = try builder.model()
            _ = try scene.merge(options { $0.hidden = .parts })
            #expect(scene.primitives[1].mesh.triangleCount == inner.triangleCount, "\(key)")
        }
    }

    @Test("hidden triangles go by themselves where that is asked for")
    func hiddenTriangles() throws {
        // A box that stands on the inside of a larger one's floor: its side that touches is seen from nowhere.
        var scene = model([ball(12, radius: 1), MeshShapes.cube(4)])
        let before = try scene.thumbnail(width: 96, height: 96)
        let report = try scene.merge(options { $0.hidden = .triangles })
        #expect(report.hiddenTriangles > 20 && report.hiddenParts == 0, "the corner within the sphere")
        #expect(try scene.thumbnail(width: 96, height: 96) == before)
    }

    @Test("what moves stays, hidden or not")
    func animated() throws {
        var builder = GLTFBuilder()
        for mesh in [ball(10, radius: 1), ball(6, radius: 0.5)] { builder.add(mesh, material: nil) }
        let times = builder.floats([0, 1], "SCALAR", ["min": [0], "max": [1]])
        let places = builder.floats([0, 0, 0, 3, 0, 0])
        builder.root["animations"] = [
            [
                "samplers": [["input": .int(times), "output": .int(places)]],
                "channels": [["sampler": 0, "target": ["node": 1, "path": "translation"]]],
            ]
        ]
        var scene = try builder.model()
        #expect(try scene.merge(options { $0.hidden = .parts }).isEmpty)
    }

    @Test("parts below the size go, by their size in the scene, and dust stays where there is nothing else")
    func tiny() throws {
        let (large, small) = (ball(8, radius: 1), ball(5, radius: 0.004, at: SIMD3(0, 1.2, 0)))
        var scene = model([large, small])
        let report = try scene.merge(options { $0.tinyPartSize = 0.01 })
        #expect(report.tinyParts == 1 && report.tinyTriangles == small.triangleCount)
        #expect(scene.primitives.map(\.mesh.triangleCount) == [large.triangleCount, 0])
        var dust = model((0..<5).map { ball(4, radius: 0.001, at: SIMD3(Float($0), 0, 0)) })
        #expect(try dust.merge(options { $0.tinyPartSize = 0.01 }).isEmpty)
    }

    @Test("parts that nearly touch are welded, and simplified across the seam")
    func welds() throws {
        let cells = 12
        let left = MeshShapes.grid(cells)
        var right = left
        right.positions = right.positions.map { SIMD3($0.x + 1.00001, $0.y + 0.00001, $0.z) }
        right.textureCoordinates[0] = right.textureCoordinates[0].map { SIMD2($0.x + 1, $0.y) }
        var scene = model([left, right])
        let report = try scene.merge(
            options {
                $0.weldTolerance = 1e-4
                $0.joinsPrimitives = true
            }
        )
        #expect(report.joinedPrimitives == 1 && report.movedVertices == cells + 1)
        #expect(scene.primitives[0].mesh.triangleCount == left.triangleCount * 2)
        var relaxed = SimplificationOptions()
        relaxed.relaxesTopology = true
        let result = try Simplifier.simplify(scene.sceneParts, to: .triangles(2), options: relaxed)
        #expect(result.triangleCount == 2, "one sheet, not two")
        #expect(try #require(result.error) < 1e-3)
        let apart = try Simplifier.simplify(model([left, right]).sceneParts, to: .triangles(2), options: relaxed)
        #expect(apart.meshes.allSatisfy { $0.triangleCount > 0 }, "two sheets stay two")
    }

    @Test("primitives of other nodes keep their place in the scene, turned or mirrored")
    func joinsAcrossNodes() throws {
        var builder = GLTFBuilder()
        for mesh in [ball(5, radius: 1), ball(4, radius: 0.5)] { builder.add(mesh, material: nil) }
        builder.root["nodes"] = [
            ["mesh": 0, "translation": [0, 2, 0], "scale": [2, 1, 1]],
            ["mesh": 1, "scale": [-1, 1, 2], "translation": [3, 0, 1], "rotation": [0, 0.6, 0, 0.8]],
        ]
        var scene = try builder.model()
        let (before, bounds) = (scene, try #require(scene.bounds))
        #expect(try scene.merge(options { $0.joinsPrimitives = true }).joinedPrimitives == 1)
        #expect(scene.primitives.map(\.mesh.triangleCount) == [before.triangleCount, 0])
        // The box of turned boxes may only have become tighter.
        let after = try #require(scene.bounds)
        #expect((after.size - bounds.size).max() < 1e-4)
        let comparison = try SurfaceComparison(
            original: before.drawableMeshes(),
            simplified: scene.drawableMeshes(),
            pointCount: 500
        )
        #expect(comparison.max < 1e-4)
        let pictures = try [before, scene].map { try $0.thumbnail(width: 64, height: 64) }
        let differing = zip(pictures[0].bytes, pictures[1].bytes).count { abs(Int($0) - Int($1)) > 8 }
        #expect(differing < 20, "the same light from the same side")
    }

    @Test("options beyond their range are refused, and what progress throws leaves the model as it was")
    func refusals() throws {
        var scene = model([ball(6, radius: 1), ball(5, radius: 0.5)])
        for set: (inout MergeOptions) -> Void in [
            { $0.weldTolerance = -1 }, { $0.weldTolerance = .nan }, { $0.tinyPartSize = 0.5 }, { $0.viewCount = 1 },
            { $0.viewSide = 1 << 20 },
        ] {
            #expect(throws: LODError.self) { try scene.merge(options(set)) }
        }
        let before = scene.primitives
        #expect(throws: CancellationError.self) { try scene.merge { _ in throw CancellationError() } }
        #expect(scene.primitives == before)
        var empty = model([])
        #expect(try empty.merge().isEmpty)
    }

    @Test(
        "models of the assets look as before",
        .enabled(if: SharedAssets.directory != nil),
        arguments: TestEnvironment.count(1, soak: 4) == 1
            ? ["Fox"] : ["Fox", "DamagedHelmet", "WickerChair", "GlamVelvetSofa"]
    )
    func assets(name: String) throws {
        let directory = try #require(SharedAssets.directory)
        var model = try Model.read(contentsOf: "\(directory)/models/\(name).glb")
        let before = try model.thumbnail(width: 128, height: 128)
        var options = MergeOptions()
        options.viewSide = 256
        options.viewCount = 32
        let report = try model.merge(options)
        let after = try model.thumbnail(width: 128, height: 128)
        let differing = zip(before.bytes, after.bytes).count { abs(Int($0) - Int($1)) > 24 }
        #expect(differing < before.bytes.count / 1_000, "\(name): \(differing) after \(report)")
    }
}

extension GLTFBuilder {
    /// Adds a mesh of one primitive with positions and normals, and a node that places it.
    mutating func add(_ mesh: Mesh, material: Int?) {
        let positions = floats(mesh.positions.flatMap { [$0.x, $0.y, $0.z] })
        let normals = floats((mesh.normals ?? []).flatMap { [$0.x, $0.y, $0.z] })
        let corners = indices(mesh.indices.map { UInt16($0) })
        var primitive: JSONObject = [
            "attributes": ["POSITION": .int(positions), "NORMAL": .int(normals)], "indices": .int(corners),
        ]
        if let material { primitive["material"] = .int(material) }
        let number = root["meshes"]?.array?.count ?? 0
        root["meshes"] = .array((root["meshes"]?.array ?? []) + [["primitives": [.object(primitive)]]])
        root["nodes"] = .array((root["nodes"]?.array ?? []) + [["mesh": .int(number)]])
        root["scenes"] = [["nodes": .array((0...number).map { .int($0) })]]
        root["scene"] = 0
    }
}
