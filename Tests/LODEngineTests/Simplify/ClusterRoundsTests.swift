import Glibc
import LODEngine
import Testing
import VitrineTestSupport

/// Meshes that are large enough to be cut into clusters, and light enough for a build for debugging.
@Suite("Simplifier: large meshes in clusters")
struct ClusterRoundsTests {
    @Test("the result is the same bytes on any number of threads")
    func threads() throws {
        let parts = [MeshShapes.torus(46), MeshShapes.grid(24) { x, y in 0.1 * x * y }]
        var results: [[Mesh]] = []
        for threadCount in [1, 2, 3, 7] {
            var options = SimplificationOptions.unmeasured
            options.threadCount = threadCount
            results.append(try Simplifier.simplify(parts, to: .ratio(0.1), options: options).meshes)
        }
        for result in results.dropFirst() { #expect(result == results[0]) }
        #expect(results[0].map(\.triangleCount).reduce(0, +) < parts.map(\.triangleCount).reduce(0, +) / 9)
    }

    @Test("no crack opens where clusters met, and the budget is met", arguments: [0.3, 0.1, 0.01])
    func closed(ratio: Double) throws {
        let torus = MeshShapes.torus(46)
        let result = try Simplifier.simplify([torus], to: .ratio(ratio), options: .unmeasured)
        let budget = Int((Double(torus.triangleCount) * ratio).rounded())
        #expect((budget - 2...budget).contains(result.triangleCount))
        let facts = MeshFacts(result.meshes)
        #expect(facts.borderCount == 0)
        #expect(facts.branchCount == 0)
        #expect(facts.degenerateCount == 0)
        #expect(abs(facts.volume / MeshFacts([torus]).volume - 1) < (ratio < 0.1 ? 0.12 : 0.01))
    }

    @Test("triangles are as large where clusters met as elsewhere")
    func seams() throws {
        // What a round holds back along its cuts would be left as rows of small triangles in a plane.
        let result = try Simplifier.simplify([MeshShapes.grid(70)], to: .triangles(40), options: .unmeasured)
        #expect(result.triangleCount <= 40)
        let areas = result.meshes[0].triangles.map { a, b, c in length(cross(b - a, c - a)) / 2 }
        #expect(abs(areas.reduce(0, +) - 1) < 1e-3, "nothing overlaps and nothing is missing")
        #expect(areas.count { $0 < 2e-4 } == 0, "an original triangle has an area of 1e-4")
    }

    @Test("open borders and borders between meshes stay where they are through the rounds")
    func borders() throws {
        let whole = MeshShapes.grid(72) { x, y in 0.05 * sin(9 * x) * cos(7 * y) }
        let parts = [whole.keeping { $0.x + $0.y > 1 }, whole.keeping { $0.x + $0.y <= 1 }]
        let result = try Simplifier.simplify(parts, to: .ratio(0.1), options: .unmeasured)
        let before = MeshFacts([whole])
        let after = MeshFacts(result.meshes)
        #expect(abs(after.borderLength / before.borderLength - 1) < 0.02)
        #expect(after.branchCount == 0)
        for point in result.meshes[0].positions { #expect(point.x + point.y > 0.95) }
        for point in result.meshes[1].positions { #expect(point.x + point.y < 1.05) }
    }

    @Test("what is only carried, and skins, come through the rounds")
    func carried() throws {
        var grid = MeshShapes.grid(68) { x, y in 0.1 * x * x + 0.05 * y * y }
        let points = grid.positions
        grid.customAttributes["_HEAT"] = CustomAttribute(componentCount: 1, values: points.map { $0.x + $0.y })
        grid.influences = [
            points.map { SkinInfluence(joints: [1, 2, 0, 0], weights: [$0.x, 1 - $0.x, 0, 0]) }
        ]
        let mesh = try Simplifier.simplify([grid], to: .ratio(0.05), options: .unmeasured).meshes[0]
        try mesh.check()
        let heat = try #require(mesh.customAttributes["_HEAT"])
        for (vertex, point) in mesh.positions.enumerated() {
            #expect(abs(heat.values[vertex] - (point.x + point.y)) < 0.2)
            let influence = mesh.influences[0][vertex]
            #expect(abs(influence.weights.sum() - 1) < 1e-3)
            let first = (0..<4).reduce(Float(0)) { $0 + (influence.joints[$1] == 1 ? influence.weights[$1] : 0) }
            #expect(abs(first - point.x) < 0.2)
            #expect(abs(mesh.textureCoordinates[0][vertex].x - point.x) < 0.02)
        }
    }

    @Test("a small part of a large scene keeps its floor through the rounds")
    func floors() throws {
        let parts = [
            ScenePart(mesh: MeshShapes.torus(46)), ScenePart(mesh: MeshShapes.cube(4), frame: 1, scale: 0.001),
        ]
        let result = try Simplifier.simplify(parts, to: .ratio(0.2), options: .unmeasured)
        // A fair share would be a fifth; the floor is a quarter of that.
        #expect(result.meshes[1].triangleCount >= parts[1].mesh.triangleCount / 20)
    }

    @Test("a limit of the error holds for clusters too")
    func errorLimit() throws {
        let torus = MeshShapes.torus(46)
        let result = try Simplifier.simplify([torus], to: .error(0.01))
        #expect(try #require(result.error) <= 0.01)
        #expect(result.triangleCount < torus.triangleCount / 4)
    }

    @Test("shuffled triangles give a result as good as ordered ones")
    func shuffled() throws {
        let torus = MeshShapes.torus(46)
        var mixed = torus
        mixed.indices = []
        // A step that shares no factor with the count visits every triangle once, each far from the last.
        for number in 0..<torus.triangleCount {
            let first = number * 5237 % torus.triangleCount * 3
            mixed.indices += torus.indices[first..<(first + 3)]
        }
        var options = SimplificationOptions()
        options.measuresError = true
        let ordered = try #require(try Simplifier.simplify([torus], to: .ratio(0.1), options: options).error)
        let shuffled = try #require(try Simplifier.simplify([mixed], to: .ratio(0.1), options: options).error)
        #expect(shuffled < ordered * 1.5)
    }

    @Test(
        "soups that are large enough to be cut come out sound, and the same on any number of threads",
        arguments: 0..<3
    )
    func soups(number: Int) throws {
        var random = SeededGenerator(seed: 0x5009 + UInt64(number))
        var mesh = Mesh(positions: [], indices: [])
        for _ in 0..<2500 {
            mesh.positions.append(SIMD3((0..<3).map { _ in Float(Int.random(in: 0..<14, using: &random)) / 7 }))
        }
        mesh.textureCoordinates = [mesh.positions.map { SIMD2($0.x, Float(Int.random(in: 0..<2, using: &random))) }]
        // Triangles that lie near each other, with edges and places of many sheets among them.
        for _ in 0..<9000 {
            let first = UInt32.random(in: 0..<2500, using: &random)
            mesh.indices += [first, (first + 1) % 2500, UInt32.random(in: 0..<2500, using: &random)]
        }
        var results: [[Mesh]] = []
        for threadCount in [1, 2] {
            var options = SimplificationOptions.unmeasured
            options.threadCount = threadCount
            options.relaxesTopology = number == 1
            let result = try Simplifier.simplify([mesh], to: .ratio(0.1), options: options)
            try result.meshes[0].check()
            #expect(result.triangleCount > 0 && result.triangleCount <= mesh.triangleCount)
            results.append(result.meshes)
        }
        #expect(results[0] == results[1], "seed \(random.seed)")
    }

    @Test("progress rises through the rounds, and what it throws ends them")
    func progress() throws {
        struct Stop: Error {}
        var fractions: [Double] = []
        _ = try Simplifier.simplify([MeshShapes.torus(46)], to: .ratio(0.1), options: .unmeasured) {
            fractions.append($0)
        }
        #expect(fractions.first == 0)
        #expect(fractions.last == 1)
        #expect(fractions == fractions.sorted())
        #expect(fractions.contains { $0 > 0.3 && $0 < 0.9 }, "the rounds are heard of: \(fractions)")
        for limit in [0.0, 0.2] {
            #expect(throws: Stop.self) {
                try Simplifier.simplify([MeshShapes.torus(46)], to: .ratio(0.1), options: .unmeasured) {
                    if $0 >= limit { throw Stop() }
                }
            }
        }
    }
}
